// dagbok notebook format=1 id=firingsquad title="The firing squad: one model, three rungs"

// %% [markdown] id=intro
// # The firing squad: one model, three rungs
//
// The court orders an execution, or it does not. On the order the captain signals; on the signal two riflemen,
// *A* and *B*, fire; either shot kills. Rifleman *A* is nervous now and then and fires without a signal. The story
// is Pearl's (*Causality*, 2000, section 7.1.2), and it is the smallest in which **seeing**, **doing** and
// **imagining** give three different answers about the same prisoner.

// %% id=sliders
const order = view(Inputs.range([0.05, 0.95], { step: 0.05, value: 0.7, label: "chance of the order" }));
const nerves = view(Inputs.range([0, 0.5], { step: 0.05, value: 0.1, label: "chance that A is nervous" }));

// %% [model] id=model name=squad
// court ~ bernoulli(${order})
// u_nerves ~ bernoulli(${nerves})
// captain = court
// A = captain or u_nerves
// B = captain
// dead = A or B

// %% [markdown] id=seetext
// ## I see
//
// We hear that *A* fired. Nervous shots are rare, so a shot from *A* is news about the court: very likely the
// order was given, and then *B* fired too.

// %% [counterfactual] id=seeing
// orderUnknown = P(B=1) in squad
// seen = P(B=1 | A=1) in squad

// %% [markdown] id=dotext
// ## II do
//
// Now we *make* *A* fire, whatever the captain does. His shot is our doing and no longer tells of an order, so
// *B* fires exactly as often as before. And if we hold *A* back, the prisoner still dies whenever the order comes:
// *B* does not depend on *A*.

// %% [counterfactual] id=doing
// done = P(B=1 | do(A=1)) in squad
// heldBack = P(dead=1 | do(A=0)) in squad

// %% [markdown] id=imaginetext
// ## III imagine
//
// The prisoner **is** dead. Would he live, had *A* not fired? Neither rung below can ask this: it is about *this*
// prisoner, in a world that did not happen. Three steps answer it. **Abduction**: being dead makes the order more
// likely than it was. **Action**: take *A*'s rifle away. **Prediction**: he lives only if nobody gave the order,
// so only if *A*'s nerves killed him.

// %% [counterfactual] id=imagining
// lives = P(dead_{A=0}=0 | dead=1) in squad
// livesAfterShots = P(dead_{A=0}=0 | A=1, B=1) in squad

// %% [markdown] id=closed
// With *p* the chance of the order and *q* that of nerves, the dead prisoner would live with probability
//
// $$P(\mathit{dead}_{A=0}=0 \mid \mathit{dead}=1) = \frac{q\,(1-p)}{1-(1-p)(1-q)} .$$
//
// The curve below is the engine's answer for every *p*; the dots are this formula. Move the sliders: the mark
// moves along the curve, and the answers above follow it.

// %% id=curve
const formula = (p: number, q: number) => (q * (1 - p)) / (1 - (1 - p) * (1 - q));
const squadOf = (p: number, q: number) => parseModel(
  `court ~ bernoulli(${p}); u_nerves ~ bernoulli(${q}); A = court or u_nerves; B = court; dead = A or B`,
);
const askLives = (p: number, q: number): number => {
  const answer = counterfactual(squadOf(p, q), "P(dead_{A=0}=0 | dead=1)");
  return answer.kind === "identified" ? answer.value : NaN;
};
const chances = Array.from({ length: 19 }, (_, i) => 0.05 * (i + 1));
const engineCurve = chances.map((p) => ({ p, value: askLives(p, nerves) }));
const largestGap = Math.max(...engineCurve.map(({ p, value }) => Math.abs(value - formula(p, nerves))));
display(chart({
  width: 460,
  height: 180,
  layer: [
    {
      data: { values: engineCurve },
      mark: { type: "line", strokeWidth: 2 },
    },
    {
      data: { values: chances.map((p) => ({ p, value: formula(p, nerves) })) },
      mark: { type: "point", filled: true, size: 24 },
    },
    {
      data: { values: [{ p: order, value: formula(order, nerves) }] },
      mark: { type: "point", shape: "circle", size: 220, strokeWidth: 2, filled: false },
    },
  ],
  encoding: {
    x: { field: "p", type: "quantitative", title: "chance of the order", scale: { domain: [0, 1] } },
    y: { field: "value", type: "quantitative", title: "would live, had A not fired" },
  },
}, `The more likely the order, the less A's shot mattered: from ${formula(0.05, nerves).toFixed(3)} at a chance of 0.05 to ${formula(0.95, nerves).toFixed(3)} at 0.95.`));

// %% [markdown] id=moral
// ## What the rungs were for
//
// | question | rung | with p = 0.7, q = 0.1 |
// |---|---|---|
// | *A* fired; did *B*? | I | 0.959 |
// | we make *A* fire; does *B*? | II | 0.7 |
// | he is dead; would he live without *A*'s shot? | III | 0.041 |
//
// Every mechanism here is a function and every noise has a chance, so all three have one answer. In the next
// notebooks the mechanisms are less generous, and some third-rung questions come back as a range.

// %% [$notebook]
// run=auto
// seed=1

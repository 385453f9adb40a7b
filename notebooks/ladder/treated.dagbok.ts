// dagbok notebook format=1 id=treatedown title="The treated’s own effect"

// %% [markdown] id=intro
// # The treated’s own effect
//
// A city offers a training programme to people looking for work. Those in greatest need join most, and they are
// also the ones it helps most. Was it worth it *for those who came*? Would it be for those who stayed away? And is
// either of these the effect one would see if it were made compulsory? Three questions, three numbers, and a crude
// comparison that answers none of them.

// %% [model] id=model name=town
// need ~ bernoulli(0.4)
// training ~ bernoulli(0.2 + 0.6*need)
// job ~ bernoulli(0.6 - 0.4*need + 0.1*training + 0.3*need*training)

// %% [markdown] id=seetext
// ## I see
//
// The trained find work hardly more often than the others. That is what an evaluation without a comparison group
// would report, and why the programme might be closed.

// %% [counterfactual] id=seeing
// crude = P(job=1 | training=1) - P(job=1 | training=0) in town

// %% [markdown] id=dotext
// ## II do
//
// Send *everybody* and the share with work rises by 0.22. Need is measured, so this is identified by adjustment, and
// two estimators find it in a sample of the town.

// %% [counterfactual] id=doing
// everybody = ATE(training -> job) in town

// %% [simulate] id=draw
// townsfolk = 8000 from town seed 5

// %% [graph] id=graph name=assumed
// need -> training, job
// training -> job

// %% [identify] id=effect
// effect = P(job | do(training)) in assumed

// %% [estimate] id=estimate
// ate = effect from townsfolk by ipw, aipw(seed: 1) for ATE

// %% [markdown] id=imaginetext
// ## III imagine
//
// The **effect on the treated** is $E[\mathit{job}_{1} - \mathit{job}_{0} \mid \mathit{training}=1]$: among those
// who came, what happened against what *would have* happened had they not come. That is a third-rung question, a
// world beside the one we saw, and yet it needs no mechanism: for those who came, the world with training is the
// one observed, and the other is found in people of the same need who stayed away.

// %% [counterfactual] id=imagining
// treated = ETT(training -> job) in town
// untreated = ATC(training -> job) in town

// %% [estimate] id=esttreated
// att = effect from townsfolk by ipw, aipw(seed: 1) for ATT

// %% [markdown] id=charttext
// Why do they differ? The programme adds 0.4 to the chances of those in need and 0.1 to those of others; each
// question weighs the two groups by its own people.

// %% id=weights
const gain = { need: 0.4, other: 0.1 };
const groups = [
  { who: "everybody", inNeed: 0.4, effect: Number(everybody.value) },
  { who: "those who came", inNeed: 8 / 11, effect: Number(treated.value) },
  { who: "those who stayed away", inNeed: 1 / 7, effect: Number(untreated.value) },
];
const crudeGain = Number(crude.value);
display(chart({
  width: 420,
  height: 130,
  layer: [
    {
      data: { values: [{ at: crudeGain }] },
      mark: { type: "rule", strokeDash: [4, 3] },
      encoding: { x: { field: "at", type: "quantitative" } },
    },
    {
      data: { values: groups.flatMap(({ who, inNeed }) => [
        { who, part: "people in need", effect: inNeed * gain.need },
        { who, part: "others", effect: (1 - inNeed) * gain.other },
      ]) },
      mark: { type: "bar", cornerRadius: 2 },
      encoding: {
        y: { field: "who", type: "nominal", title: null, sort: null },
        x: { field: "effect", type: "quantitative", title: "effect on the chance of a job", stack: "zero" },
        color: { field: "part", type: "nominal", title: null, sort: null },
      },
    },
  ],
}, `The effect: ${groups.map(({ who, effect }) => `${who} ${effect.toFixed(3)}`).join(", ")}. The dashed line is the crude difference, ${crudeGain.toFixed(3)}.`));

// %% [markdown] id=onetext
// ## One person
//
// Anna came and has a job. Would she have one without the programme? The average over the treated is settled; *hers* is
// not, because two people of equal need may respond differently, and no table tells which.

// %% [counterfactual] id=anna
// withoutIt = P(job_{training=0} = 1 | training=1, job=1) in town
// ifNeedy = P(job_{training=0} = 1 | training=1, job=1, need=1) in town

// %% [markdown] id=moral
// **By hand.** $P(\text{need} \mid \text{training}) = 0.4\cdot0.8 / (0.4\cdot0.8 + 0.6\cdot0.2) = 8/11$ and $1/7$ among
// those who stayed away. So the effects are $0.4\cdot0.4 + 0.6\cdot0.1 = 0.22$, $(8\cdot0.4 + 3\cdot0.1)/11 = 0.318$ and
// $(0.4 + 6\cdot0.1)/7 = 0.143$; the crude difference is $6.9/11 - 3.8/7 = 0.084$.

// %% [$notebook]
// run=auto
// seed=1

// dagbok notebook format=1 id=smokingtar title="Smoking, tar, cancer: through the front door"

// %% [markdown] id=intro
// # Smoking, tar, cancer: through the front door
//
// Does smoking cause cancer, or does an unmeasured gene make people both smoke and fall ill? In the 1950s this was
// a serious defence of the tobacco industry (R. A. Fisher argued it), and no table of smokers and patients could
// refute it. Tar in the lungs can: **if** smoking acts on cancer only through tar, and tar is not itself touched
// by the gene, the effect follows from observation alone (Pearl 1995, the *front door*).
//
// The numbers are made up, so that every answer can be checked: nobody in the data knows the gene, but we do.

// %% [model] id=model name=world
// latent gene ~ bernoulli(0.5)
// smoking ~ bernoulli(0.2 + 0.6*gene)
// tar ~ bernoulli(0.1 + 0.8*smoking)
// cancer ~ bernoulli(0.1 + 0.3*tar + 0.4*gene)

// %% [markdown] id=seetext
// ## I see
//
// Smokers fall ill far more often. Part of the difference is the gene: four of five smokers carry it, and one of
// five others.

// %% [simulate] id=draw
// people = 20000 from world seed 11

// %% [counterfactual] id=seeing
// smokers = P(cancer=1 | smoking=1) in world
// others = P(cancer=1 | smoking=0) in world

// %% [markdown] id=dotext
// ## II do
//
// The graph an analyst would draw, with the gene as an unmeasured common cause (the dashed arc). No set of
// measured variables closes the back door, so adjustment is out; the front door through tar is open. Draw an arrow
// `smoking -> cancer` and the *identify* cell will tell you that even this is lost.

// %% [graph] id=graph name=suspected
// smoking -> tar -> cancer
// smoking <-> cancer

// %% [identify] id=effect
// effect = P(cancer | do(smoking)) in suspected

// %% [markdown] id=estimatetext
// From twenty thousand simulated people who never had their genes read: the front-door estimate, and beside it the
// naive regression that an impatient reader would run. The interval of the first should hold the truth, 0.24; the
// second is precise, and wrong.

// %% [estimate] id=estimate
// frontDoor = effect from people by front-door

// %% [estimate] id=naive
// crude = cancer ~ smoking from people by regression(model: "linear")

// %% [counterfactual] id=doing
// truth = ATE(smoking -> cancer) in world

// %% id=compare
const trueEffect = Number(truth.value);
const shown = [
  { what: "smokers against others", ...crude.interval, value: Number(crude.estimate) },
  { what: "front door", ...frontDoor.interval, value: Number(frontDoor.estimate) },
];
display(chart({
  width: 460,
  height: 90,
  layer: [
    { data: { values: [{ at: trueEffect }] }, mark: { type: "rule", strokeDash: [4, 3] }, encoding: { x: { field: "at", type: "quantitative" } } },
    { data: { values: shown }, mark: { type: "rule", strokeWidth: 2 }, encoding: { x: { field: "low", type: "quantitative", title: "difference in risk of cancer", scale: { domain: [0, 0.6] } }, x2: { field: "high" }, y: { field: "what", type: "nominal", title: null, sort: null } } },
    { data: { values: shown }, mark: { type: "point", filled: true, size: 80 }, encoding: { x: { field: "value", type: "quantitative" }, y: { field: "what", type: "nominal", sort: null } } },
  ],
}, `${shown.map(({ what, value }) => `${what}: ${value.toFixed(2)}`).join("; ")}. The dashed line is the true effect, ${trueEffect.toFixed(2)}.`));

// %% [markdown] id=imaginetext
// ## III imagine
//
// A smoker has cancer and goes to court. Would she have stayed healthy, had she not smoked? This is the
// **probability of necessity**. The model above is only tables of chances: it says how *often* tar brings cancer, not
// *for whom*. So the honest answer is a range.

// %% [counterfactual] id=court
// necessity = PN(smoking -> cancer) in world

// %% [markdown] id=spreadtext
// How much of that range hangs on the mechanism? If nobody is ever *protected* by smoking or by tar (monotone), the
// range closes to its lower end. With two levels Gumbel-max mechanisms are monotone too, so they agree; the bar is
// everything else that fits the same tables.

// %% [counterfactual] id=spread
// classes = spread of PN(smoking -> cancer) in world

// %% [markdown] id=moral
// The court's question, *more likely than not?*, is the line at one half. The data cannot put this case on
// either side of it: only an assumption about mechanisms can, and now it is written down.
//
// **By hand.** $P(\text{cancer} \mid \text{smoking}) = 0.1 + 0.3\cdot0.9 + 0.4\cdot0.8 = 0.69$ and
// $0.1 + 0.3\cdot0.1 + 0.4\cdot0.2 = 0.21$ for others. The effect is $0.8 \cdot 0.3 = 0.24$, half of the
// difference. Under monotone mechanisms the necessity is $0.24/0.69 \approx 0.348$.

// %% [$notebook]
// run=auto
// seed=1

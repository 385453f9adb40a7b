// dagbok notebook format=1 id=simpsonladder title="Simpson’s paradox: kidney stones, three rungs"

// %% [markdown] id=intro
// # Simpson’s paradox: kidney stones, three rungs
//
// Charig, Webb, Payne and Wickham (1986, *BMJ* 292:879) compared two treatments of kidney stones. Open surgery
// succeeded in 273 of 350 operations, the newer percutaneous method in 289 of 350. Yet open surgery did better
// for **small** stones and better for **large** ones. Which treatment would you choose? The numbers alone do
// not say; the graph does.

// %% [data] id=data name=stones
// stones = table repeat count:
// open, small, recovered, count
// 1, 1, 1, 81
// 1, 1, 0, 6
// 1, 0, 1, 192
// 1, 0, 0, 71
// 0, 1, 1, 234
// 0, 1, 0, 36
// 0, 0, 1, 55
// 0, 0, 0, 25

// %% [markdown] id=see1
// ## I see
//
// What the table says, whatever brought it about: the recovery rate by treatment, over all stones and by size.

// %% id=rates
const rows = rowsOf(stones);
const rate = (open: number, small?: number): number => {
  const some = rows.filter((r) => r.open === open && (small === undefined || r.small === small));
  return some.filter((r) => r.recovered === 1).length / some.length;
};
const crude = rate(1) - rate(0);
const withinSmall = rate(1, 1) - rate(0, 1);
const withinLarge = rate(1, 0) - rate(0, 0);
display(chart({
  data: { values: [
    { stones: "all stones", treatment: "open surgery", rate: rate(1) },
    { stones: "all stones", treatment: "percutaneous", rate: rate(0) },
    { stones: "small", treatment: "open surgery", rate: rate(1, 1) },
    { stones: "small", treatment: "percutaneous", rate: rate(0, 1) },
    { stones: "large", treatment: "open surgery", rate: rate(1, 0) },
    { stones: "large", treatment: "percutaneous", rate: rate(0, 0) },
  ] },
  width: 420,
  height: 160,
  mark: { type: "bar", cornerRadius: 2 },
  encoding: {
    x: { field: "stones", type: "nominal", sort: null, title: null, axis: { labelAngle: 0 } },
    xOffset: { field: "treatment" },
    y: { field: "rate", type: "quantitative", title: "recovered", axis: { format: "%" } },
    color: { field: "treatment", type: "nominal", title: null },
  },
}, "Open surgery recovers 78 % against 83 % over all stones, but 93 % against 87 % of small and 73 % against 69 % of large stones."));

// %% [markdown] id=rung2
// ## II do
//
// Doctors chose open surgery for large stones, and large stones heal less often: size is a common cause of
// treatment and recovery. Turn the arrow round (make `small` a *consequence* of treatment) and the answer changes
// with it: try it in the graph.

// %% [graph] id=graph name=clinic
// small -> open, recovered
// open -> recovered

// %% [identify] id=effect
// effect = P(recovered | do(open)) in clinic

// %% [estimate] id=estimate
// ate = effect from stones by regression(model: "linear", byArm: true), ipw

// %% [markdown] id=imagine1
// ## III imagine
//
// A patient had the percutaneous method and did **not** recover. Would open surgery have saved him? No table of
// rates fixes that: the model below knows only how often each treatment works, not *for whom*. The honest answer
// is a range, and both of its ends are reached by models that agree with everything above.

// %% [model] id=model name=world
// small ~ bernoulli(357/700)
// open ~ bernoulli(263/343 + (87/357 - 263/343)*small)
// recovered ~ bernoulli(55/80 + (192/263 - 55/80)*open + (234/270 - 55/80)*small
//   + (81/87 - 192/263 - 234/270 + 55/80)*open*small)

// %% [counterfactual] id=ladder
// seen = P(recovered=1 | open=1) in world
// done = P(recovered=1 | do(open=1)) in world
// saved = P(recovered_{open=1}=1 | open=0, recovered=0) in world

// %% [$notebook]
// run=auto
// seed=1

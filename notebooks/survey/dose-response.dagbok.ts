// dagbok notebook format=1 id=vcnetsurvey title="VCNet: the response to a dose"

// %% [markdown] id=intro
// # VCNet: the response to a dose
//
// A treatment is often not a switch but an amount. Nie, Ye, Liu and Nicolae (2021, *VCNet and functional targeted
// regularization*) let the weights of the outcome’s network be smooth functions (splines) of the dose, so that the dose cannot get lost
// among many covariates, and the estimated curve is continuous.
//
// **The paper’s claim.** Lower error of the average dose–response curve than nets with a head for each block of doses (DRNet).

// %% [markdown] id=worldtext
// ## A curve we know
//
// Sicker people are given more, and stay longer. The dose itself works up to a point: if everybody got dose $d$, the mean stay would be
// $10 - 3 \sin(d) $ for doses from 0 to 3: it falls until $d = \pi/2$, and then rises again. A straight line sees next to nothing.

// %% id=world
const rng = createRng(21);
const n = 1200;
const draw = (): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
const [sick, age, other] = [draw(), draw(), draw()];
const dose = sick.map((v) => 3 / (1 + Math.exp(-(0.8 * v + 0.9 * rng.normal()))));
const truthAt = (d: number): number => 10 - 3 * Math.sin(d);
const stay = dose.map((d, i) => truthAt(d) + 1.2 * sick[i] + 0.5 * age[i] + rng.normal());
const patients = tableOf({ sick, age, other, dose, stay });

// %% [graph] id=graph name=graph
// sick -> dose, stay; age -> stay; dose -> stay

// %% [identify] id=effect
// effect = P(stay | do(dose)) in graph

// %% [estimate] id=linear
// linear = effect from patients by regression

// %% [estimate] id=curved
// curved = effect from patients by vcnet(from: 0.5, to: 1.5, epochs: 60, folds: 2, seed: 4)

// %% id=compare
const found = curved.diagnostics.find((one) => one.kind === "curve" && one.title === "Dose-response curve");
const points = found?.kind === "curve" ? found.lines[0].points : [];
const inside = points.filter(({ x }) => x > 0.4 && x < 2.6);
const worst = Math.max(...inside.map(({ x, y }) => Math.abs(y - truthAt(x))));
const slope = truthAt(1.5) - truthAt(0.5);
// Binned means of the raw data: what one would read off a plot.
const raw = Array.from({ length: 10 }, (_, k) => {
  const rows = Array.from(dose.keys()).filter((i) => dose[i] >= 0.3 * k && dose[i] < 0.3 * (k + 1));
  return { dose: 0.3 * k + 0.15, stay: rows.reduce((sum, i) => sum + stay[i] / rows.length, 0), what: "raw means" };
});
display(chart({
  width: 480,
  height: 220,
  data: { values: [
    ...points.map(({ x, y }) => ({ dose: x, stay: y, what: "VCNet, doubly robust" })),
    ...points.map(({ x }) => ({ dose: x, stay: truthAt(x), what: "truth" })),
    ...raw,
  ] },
  mark: { type: "line", strokeWidth: 2 },
  encoding: {
    x: { field: "dose", type: "quantitative" },
    y: { field: "stay", type: "quantitative", title: "mean stay if everybody got it", scale: { zero: false } },
    color: { field: "what", type: "nominal", title: null, legend: { orient: "top" } },
  },
}, `The estimated curve follows the truth to within ${worst.toFixed(2)} between doses 0.4 and 2.6; raw means are too low at small doses and too high at large ones, since the sick get more.`));
md`One more unit of dose, from 0.5 to 1.5, changes the stay by **${slope.toFixed(2)}**. VCNet says ${curved.estimate.toFixed(2)} (${curved.interval.low.toFixed(2)} to ${curved.interval.high.toFixed(2)}); a straight line through everything, ${linear.estimate.toFixed(2)}.`

// %% [markdown] id=findings
// ## What reproduces, and what does not
//
// * **The shape does**: the curve falls and rises where it should, although raw means are tilted: the sick get more, so small doses look
//   better and large ones worse than they are.
// * **The paper’s intervals do not exist**: it gives none. Here the net is cross-fitted, corrected by kernel-weighted residuals (Kennedy and
//   others 2017), and the band is pointwise, not for the whole curve.
// * **The ends are guesses.** Few people have doses near 0 or 3; weights are capped, and how many is reported. DRNet is not offered: with splines there is
//   no reason to cut the dose into blocks.

// %% [$notebook]
// run=auto
// seed=1

// dagbok notebook format=1 id=deepivsurvey title="DeepIV: instruments and curves"

// %% [markdown] id=intro
// # DeepIV: instruments and curves
//
// A hidden cause moves both treatment and outcome; an instrument moves the treatment only. Two-stage least squares needs
// straight lines. Hartford, Lewis, Leyton-Brown and Taddy (2017, *Deep IV*) use two nets: one learns the whole distribution of the
// treatment given instrument and covariates, the other an outcome function $h(t, x)$ such that its mean over that distribution
// predicts the outcome.
//
// **The paper’s claim.** On a made-up market with prices set by a hidden demand, DeepIV finds a demand curve that depends on
// covariates, where two-stage least squares cannot.

// %% [markdown] id=worldtext
// ## Two worlds with a hidden cause
//
// The same hidden cause twice. In the first world the outcome rises by **1.5** for each unit of treatment. In the second it is
// $t^2$: a line has nothing to find, since the mean slope is zero.

// %% id=world
const rng = createRng(5);
const n = 1000;
const draw = (): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
const [x, z, hidden] = [draw(), draw(), draw()];
const t = z.map((v, i) => v + 0.5 * x[i] + 0.7 * hidden[i]);
const line = t.map((v, i) => 1.5 * v + x[i] + 1.5 * hidden[i] + 0.5 * rng.normal());
const bowl = t.map((v, i) => v ** 2 + x[i] + 1.5 * hidden[i] + 0.5 * rng.normal());
const market = tableOf({ x, z, t, line, bowl });

// %% [estimate] id=biased
// biased = line ~ t | x from market by regression

// %% [estimate] id=straight
// straight = line ~ t | x using z from market by 2sls

// %% [estimate] id=deep
// deep = line ~ t | x using z from market by deepiv(epochs: 20, pieces: 2, seed: 1)

// %% id=first
md`The truth is 1.5. Least squares says **${biased.estimate.toFixed(2)}**, two-stage least squares **${straight.estimate.toFixed(2)}** ± ${(1.96 * straight.standardError).toFixed(2)}, DeepIV **${deep.estimate.toFixed(2)}**: where a line is right, the nets have nothing to add, and take a thousand times longer.`

// %% [estimate] id=flat
// flat = bowl ~ t | x using z from market by 2sls

// %% [estimate] id=curved
// curved = bowl ~ t | x using z from market by deepiv(epochs: 25, pieces: 2, learningRate: 0.003, from: 0, to: 1.5, seed: 1)

// %% id=second
const found = curved.diagnostics.find((one) => one.kind === "curve" && one.xLabel === "t");
const points = found?.kind === "curve" ? found.lines[0].points : [];
const near = (dose: number): number =>
  points.reduce((best, p) => (Math.abs(p.x - dose) < Math.abs(best.x - dose) ? p : best)).y;
const rises = [near(-1.5) - near(0), near(1.5) - near(0)];
display(chart({
  width: 480,
  height: 220,
  data: { values: [
    ...points.map((p) => ({ t: p.x, y: p.y, what: "DeepIV" })),
    ...points.map((p) => ({ t: p.x, y: p.x ** 2, what: "truth" })),
    ...points.map((p) => ({ t: p.x, y: 1.3 + flat.estimate * p.x, what: "2SLS (slope only)" })),
  ] },
  mark: { type: "line", strokeWidth: 2 },
  encoding: {
    x: { field: "t", type: "quantitative" },
    y: { field: "y", type: "quantitative", title: "mean outcome if everybody had t" },
    color: { field: "what", type: "nominal", title: null, legend: { orient: "top" } },
  },
}, `DeepIV’s curve rises by ${rises[0].toFixed(1)} from t = 0 to −1.5 and by ${rises[1].toFixed(1)} to 1.5; the truth rises by 2.25 on both sides. The line’s slope is ${flat.estimate.toFixed(2)}.`));
md`From 0 to −1.5 and to 1.5 the true curve rises by **2.25**. DeepIV’s rises by **${rises[0].toFixed(2)}** and **${rises[1].toFixed(2)}**; the line, by ${(-1.5 * flat.estimate).toFixed(2)} and ${(1.5 * flat.estimate).toFixed(2)}.`

// %% [markdown] id=findings
// ## What reproduces, and what does not
//
// * **A curve where a line finds nothing** does, in its shape.
// * **Its exact height does not, at this size.** To undo an average over the treatment’s distribution is an ill-posed task: curves
//   that differ much give nearly the same averages. Early stopping picks one of them: here the bottom of the bowl lies too low. The more the instrument moves, the better.
// * **Intervals are not in the paper.** Here they come from disjoint parts of the rows, and are wide; a bias that all parts
//   share is not in them.
// * What is assumed is more than for two-stage least squares with its local effect: the hidden cause has to *add* to the outcome, and not
//   to change the effect. No peer we know of has the method in a current release.

// %% [$notebook]
// run=auto
// seed=1

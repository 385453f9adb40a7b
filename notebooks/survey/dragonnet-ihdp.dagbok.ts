// dagbok notebook format=1 id=dragonnetihdp title="Dragonnet on the IHDP benchmark"

// %% [markdown] id=intro
// # Dragonnet on the IHDP benchmark
//
// Shi, Blei and Veitch (2019, *Adapting neural networks for the estimation of treatment effects*) train one network with
// three heads: the outcome under treatment, the outcome without, and the propensity. **Targeted regularization**
// pulls the fit towards the efficient estimate. Hill’s (2011) semi-synthetic IHDP data have real covariates and
// simulated outcomes, so the truth is known for every child.
//
// File 1 is used when it is attached or in the catalogue (`dagbok data add ihdp`); otherwise a simulated
// stand-in of the same shape, so that the notebook always runs.

// %% id=standin
const standIn = (() => {
  const rng = createRng(5);
  const n = 747;
  const columns: Record<string, number[]> = { treatment: [], y_factual: [], mu0: [], mu1: [] };
  for (let j = 1; j <= 25; j++) columns[`x${j}`] = [];
  for (let i = 0; i < n; i++) {
    const x = Array.from({ length: 25 }, (_, j) => (j < 6 ? rng.normal() : Number(rng.next() < 0.5)));
    const index = 0.4 * x[0] - 0.4 * x[1] + 0.6 * x[7] - 0.5 * x[9];
    const treatment = Number(rng.next() < 1 / (1 + Math.exp(1.4 - index)));
    const mu0 = Math.exp(0.3 * x[0] + 0.2 * x[2] + 0.3 * x[7] + 0.5);
    const mu1 = 6 + 0.5 * x[0] - 0.4 * x[1] + 0.4 * x[7];
    x.forEach((value, j) => columns[`x${j + 1}`].push(value));
    columns.treatment.push(treatment);
    columns.mu0.push(mu0);
    columns.mu1.push(mu1);
    columns.y_factual.push((treatment === 1 ? mu1 : mu0) + rng.normal());
  }
  return tableOf(columns);
})();

// %% [data] id=data
// ihdp = "ihdp_1.csv" else standIn

// %% id=graph
const names = Array.from({ length: 25 }, (_, j) => `x${j + 1}`);
const trial = parseGraph(`${names.map((x) => `${x} -> treatment, y_factual`).join("; ")}; treatment -> y_factual`);

// %% [identify] id=effect
// effect = P(y_factual | do(treatment)) in trial

// %% [estimate] id=neural
// net = effect from ihdp by dragonnet(epochs: 60, folds: 2, seed: 7)

// %% [estimate] id=classical
// classical = effect from ihdp by regression, aipw(seed: 7)

// %% [markdown] id=truthtext
// ## Against the truth
//
// `root-PEHE` is the root mean squared error of the effect of single children; it must be taken against
// `mu1 − mu0`, never against noisy outcomes. One file says little: the benchmark’s mean over files is ruled by a few.

// %% id=truth
const mu0 = numbersOf(ihdp, "mu0");
const mu1 = numbersOf(ihdp, "mu1");
const trueEffect = Array.from(mu1, (value, i) => value - mu0[i]);
const trueAte = trueEffect.reduce((sum, value) => sum + value, 0) / trueEffect.length;
const rootPehe = Math.sqrt(
  trueEffect.reduce((sum, value, i) => sum + (net.unitEffects![i] - value) ** 2, 0) / trueEffect.length,
);
const ateError = Math.abs(net.estimate - trueAte);
md`Average effect: true **${trueAte.toFixed(3)}**, Dragonnet **${net.estimate.toFixed(3)}** (error ${ateError.toFixed(3)}). root-PEHE **${rootPehe.toFixed(3)}**.`

// %% id=scatter
chart({
  data: { values: trueEffect.map((value, i) => ({ truth: value, estimate: net.unitEffects![i] })) },
  width: 360,
  height: 300,
  layer: [
    { mark: { type: "point", opacity: 0.5, filled: true, size: 22 }, encoding: { x: { field: "truth", type: "quantitative", title: "true effect" }, y: { field: "estimate", type: "quantitative", title: "Dragonnet" } } },
    { mark: { type: "rule", strokeDash: [4, 3] }, data: { values: [{ a: 0, b: 8 }] }, encoding: { x: { field: "a", type: "quantitative" }, y: { field: "a", type: "quantitative" }, x2: { field: "b" }, y2: { field: "b" } } },
  ],
}, "True against estimated effect of each child, with the diagonal.")

// %% [$notebook]
// run=auto
// seed=1

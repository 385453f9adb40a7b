// dagbok notebook format=1 id=judgingcate title="Judging effects of single units without the truth"

// %% [markdown] id=intro
// # Judging effects of single units without the truth
//
// On real data nobody’s effect is known. Still, predictions of it can be judged: a *doubly robust score* of each
// row has that row’s effect as its mean, whatever model predicted it. Scores are far too noisy for one row, but their averages are not, and
// averages are all that the following need.
//
// | question | answer |
// |---|---|
// | Is the size of the predictions right? | calibration: the regression of the scores on them has slope 1 (Chernozhukov and others 2018) |
// | Do those predicted to gain more gain more? | means by fifth (GATES), and the area under the curve of treating the first (RATE: AUTOC, Qini; Yadlowsky and others 2021) |
// | What is it worth to treat by them? | the value of the policy |
//
// We try them where the truth is known, so that the judges can be judged, too.

// %% [markdown] id=worldtext
// ## Four predictions
//
// A randomised experiment (Nie and Wager’s set B) with 2,000 people and a wavy effect. The first half trains, the second half judges. Four predictions for the second half: a **causal forest**, the
// **truth** itself, the truth **drawn to its mean** by half, and **noise**.

// %% id=world
import { fitCausalForest } from "dagbok/forest";
import { calibrate, doublyRobustScores, groupEffects, judgeRanking, nieWagerDesign, policyValue } from "dagbok/judge";
const design = nieWagerDesign("B", 2000, createRng(31));
const half = 1000;
const { d } = design;
const first = { n: half, d, x: design.x.slice(0, half * d), treatment: design.treatment.slice(0, half), outcome: design.outcome.slice(0, half) };
const second = { n: half, d, x: design.x.slice(half * d), treatment: design.treatment.slice(half), outcome: design.outcome.slice(half) };
const truth = design.effect.slice(half);
const meanTruth = truth.reduce((sum, v) => sum + v / half, 0);

// %% id=predictions
const still = { signal: new AbortController().signal, progress: () => {} };
const grown = await fitCausalForest(first, { trees: 400, minimumLeaf: 5, tried: null }, createRng(2), still);
// Nearest by covariates in the first half: a forest predicts its own rows, and this carries it over without fitting anything.
const nearest = (i: number): number => {
  let best = 0;
  let least = Infinity;
  for (let k = 0; k < half; k++) {
    let far = 0;
    for (let j = 0; j < d; j++) far += (second.x[i * d + j] - first.x[k * d + j]) ** 2;
    if (far < least) [least, best] = [far, k];
  }
  return best;
};
const noise = createRng(7);
const predictions: Readonly<Record<string, Float64Array>> = {
  truth,
  "half the spread": truth.map((v) => meanTruth + (v - meanTruth) / 2),
  forest: Float64Array.from({ length: half }, (_, i) => grown.effects.value[nearest(i)]),
  noise: Float64Array.from({ length: half }, () => meanTruth + noise.normal()),
};

// %% [markdown] id=scoretext
// ## The scores
//
// They need an outcome model and a propensity that have not seen the rows. In an experiment the propensity is known, so the scores are
// right in the mean even with a poor outcome model: here, a straight line fitted to the first half.

// %% id=scores
const lineOf = (arm: number): number[] => {
  // Normal equations with an intercept, solved by elimination.
  const p = d + 1;
  const a = Array.from({ length: p }, () => new Array<number>(p + 1).fill(0));
  for (let i = 0; i < half; i++) {
    if (first.treatment[i] !== arm) continue;
    const row = [1, ...first.x.subarray(i * d, (i + 1) * d)];
    for (let r = 0; r < p; r++) {
      for (let c = 0; c < p; c++) a[r][c] += row[r] * row[c];
      a[r][p] += row[r] * first.outcome[i];
    }
  }
  for (let r = 0; r < p; r++) {
    for (let other = 0; other < p; other++) {
      if (other === r) continue;
      const factor = a[other][r] / a[r][r];
      for (let c = r; c <= p; c++) a[other][c] -= factor * a[r][c];
    }
  }
  return a.map((row, r) => row[p] / row[r]);
};
const at = (beta: readonly number[], i: number): number =>
  beta[0] + beta.slice(1).reduce((sum, b, j) => sum + b * second.x[i * d + j], 0);
const [line0, line1] = [lineOf(0), lineOf(1)];
const all = Array.from({ length: half }, (_, i) => i);
const scores = doublyRobustScores(second.treatment, second.outcome, {
  outcome0: Float64Array.from(all, (i) => at(line0, i)),
  outcome1: Float64Array.from(all, (i) => at(line1, i)),
  propensity: new Float64Array(half).fill(0.5),
});

// %% id=judged
const judged = Object.entries(predictions).map(([name, predicted]) => {
  const { slope, pValue } = calibrate(scores, predicted);
  const { autoc, qini } = judgeRanking(scores, predicted);
  const policy = policyValue(scores, predicted.map((v) => (v > 0 ? 1 : 0)));
  const error = Math.sqrt(truth.reduce((sum, v, i) => sum + (predicted[i] - v) ** 2 / half, 0));
  return { name, slope, pValue, autoc, qini, policy, error };
});
const pm = ({ estimate, standardError }: { estimate: number; standardError: number }): string => `${estimate.toFixed(2)} ± ${(1.96 * standardError).toFixed(2)}`;
md`| prediction | calibration slope | p of none | AUTOC | Qini | policy value | *root-PEHE (truth)* |
|---|---|---|---|---|---|---|
${judged.map((one) => `| ${one.name} | ${pm(one.slope)} | ${one.pValue < 0.001 ? "< 0.001" : one.pValue.toFixed(3)} | ${pm(one.autoc)} | ${pm(one.qini)} | ${pm(one.policy)} | *${one.error.toFixed(2)}* |`).join("\n")}`

// %% [markdown] id=readtext
// The last column is what nobody has. The judges agree with it: the truth has slope 1 and the largest areas; half the spread has **slope 2** (its
// predictions have to be doubled) but the *same* areas, since ranking asks only for the order; noise has slope and areas of
// nothing, within its error.

// %% id=gates
const fifths = ["truth", "forest", "noise"].flatMap((name) =>
  groupEffects(scores, predictions[name], 5).map((group, k) => ({
    name,
    fifth: k + 1,
    mean: group.estimate,
    low: group.estimate - 1.96 * group.standardError,
    high: group.estimate + 1.96 * group.standardError,
  })),
);
chart({
  data: { values: fifths },
  facet: { column: { field: "name", type: "nominal", sort: ["truth", "forest", "noise"], title: null } },
  spec: {
    width: 150,
    height: 180,
    layer: [
      { mark: "rule", encoding: { x: { field: "fifth", type: "ordinal", title: "fifth of the prediction", axis: { labelAngle: 0 } }, y: { field: "low", type: "quantitative", title: "mean effect" }, y2: { field: "high" } } },
      { mark: { type: "point", filled: true, size: 60 }, encoding: { x: { field: "fifth", type: "ordinal" }, y: { field: "mean", type: "quantitative" } } },
    ],
  },
}, `Mean effect by fifth of the prediction, with 95 % intervals: ${["truth", "forest", "noise"].map((name) => { const own = fifths.filter((one) => one.name === name); return `by ${name} from ${own[0].mean.toFixed(2)} to ${own[4].mean.toFixed(2)}`; }).join("; ")}.`)

// %% [markdown] id=findings
// ## What holds, and what to beware of
//
// * **The tests keep their level** when prediction and scores come from different rows. Judged on the rows that it was trained on, even noise
//   looks good.
// * **They have little power.** With 1,000 rows an effect must vary as much as the outcome’s noise before its ranking shows. A test that finds nothing has not shown that
//   the effect is the same for all.
// * **A good ranking is not a good size**, and the other way round: look at both.
// * Error against the truth exists on simulated sets only: see the benchmark cells of the other notebooks, and never trust one set alone.

// %% [$notebook]
// run=auto
// seed=1

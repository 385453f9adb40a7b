// dagbok notebook format=1 id=rieszsurvey title="RieszNet: learn the weights, not the propensity"

// %% [markdown] id=intro
// # RieszNet: learn the weights, not the propensity
//
// The doubly robust average adds to a model’s effects a correction: residuals weighted by $\alpha(t, x)$, which for the
// average effect is $t/e(x) - (1-t)/(1-e(x))$. Usually $e(x)$ is fitted and then inverted, and a small error near 0 or 1
// becomes a large one. Chernozhukov, Newey, Quintas-Martínez and Syrgkanis (2022, *RieszNet and ForestRiesz*) learn $\alpha$
// itself, as a third head of the net, by the loss that it alone minimises:
// $\mathbb{E}[\alpha(T,X)^2 - 2(\alpha(1,X) - \alpha(0,X))]$.
//
// **The paper’s claim.** Average effects with honest intervals: IHDP error 0.110, against 0.146 for Dragonnet, and
// intervals that cover.

// %% [markdown] id=boardtext
// ## Poor overlap, and no effect at all
//
// *IHDP-like* has corners with next to no treated children. In *Kang–Schafer* nobody has an effect, and the confounders are
// seen through distorting mirrors, so that a linear propensity is wrong just where it matters.

// %% [benchmark] id=board
// board = aipw, riesznet(epochs: 30, folds: 2, width: 50, learningRate: 0.003)
//   on ihdp-like(n: 400), kang-schafer(n: 400)
//   replications 2
//   seed 1

// %% id=coverage
const covered = (method: string): readonly [number, number] => {
  const own = board.standings.filter((one) => one.method.startsWith(method));
  return [own.reduce((sum, one) => sum + one.covered, 0), own.reduce((sum, one) => sum + one.length!.count, 0)];
};
const [held, of] = covered("riesznet");
const errorOf = (set: string, method: string): number =>
  board.standings.find((one) => one.set.startsWith(set) && one.method.startsWith(method))!.ateError!.mean;
md`RieszNet’s intervals hold the truth in **${held} of ${of}** runs. Its mean error of the average on Kang–Schafer is ${errorOf("kang", "riesznet").toFixed(1)}, that of aipw with linear models ${errorOf("kang", "aipw").toFixed(1)}.`

// %% [markdown] id=onetext
// ## One fit, with its parts
//
// The table “more numbers of the same fit” shows what the Riesz head changes: the plug-in (the mean of the net’s effects, with no
// correction), and the same correction with a logistic propensity in its place.

// %% id=world
import { kangSchaferDesign } from "dagbok/judge";
import { problemOfDesign } from "dagbok/benchmark";
const { table: people } = problemOfDesign(kangSchaferDesign(500, createRng(5)));

// %% [estimate] id=onefit
// one = y ~ t | x1, x2, x3, x4 from people by riesznet(epochs: 40, folds: 2, width: 50, learningRate: 0.003, seed: 3)

// %% [markdown] id=findings
// ## What reproduces, and what does not
//
// * **A nearer average does**, on both sets, than doubly robust estimation with linear models, whose inverted propensities run away on Kang–Schafer. Much of
//   that is the net’s outcome model; look at the parts above for the rest.
// * **Intervals that always hold do not.** They are those of an influence function, cross-fitted, and right in the long run if the net is. On Kang–Schafer,
//   where every covariate is distorted, one run misses with 400 rows; the wide intervals of linear `aipw` hold there because they are three times as long.
// * **The size of the gain on IHDP** (0.110 against 0.146) is smaller than the noise of a single split: it takes hundreds of files to
//   see it. `dagbok bench --sets ihdp --replications 1000 --shard 1/8` does that, where the files are.

// %% [$notebook]
// run=auto
// seed=1

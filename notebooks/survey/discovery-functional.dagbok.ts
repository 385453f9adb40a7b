// dagbok notebook format=1 id=discoveryfunctional title="Directions from the form of the noise: LiNGAM and additive noise"

// %% [markdown] id=intro
// # Directions from the form of the noise: LiNGAM and additive noise
//
// Independence alone never tells x → y from y → x. Two assumptions do. If everything is **linear and the noise is not
// normal** (Shimizu et al. 2006, 2011), then the residual of the right regression is independent of its cause, and that
// of the wrong one is not. If the mechanism is **curved with additive noise** (Hoyer et al. 2009), the same holds
// even with normal noise. Both buy every direction with an assumption; this notebook shows what happens when it fails.

// %% id=simulator
import { compareGraphs, discover } from "dagbok/discover";
import { createGraph } from "dagbok/graph";
const truth = createGraph({ edges: [["a", "b"], ["a", "c"], ["b", "c"], ["c", "d"]] });
/** The same linear world with noise of one form or another, each of variance 1. */
const world = (noise: string, n: number, seed: number) => {
  const rng = createRng(seed);
  const draw = (): number => {
    if (noise === "uniform") return Math.sqrt(12) * (rng.next() - 0.5);
    if (noise === "skewed") return -Math.log(1 - rng.next()) - 1;
    return rng.normal();
  };
  const a = Array.from({ length: n }, draw);
  const b = a.map((v) => 0.8 * v + draw());
  const c = b.map((v, i) => 0.7 * v - 0.5 * a[i] + draw());
  const d = c.map((v) => 0.9 * v + draw());
  return tableOf({ d, c, b, a });
};
const skewed = world("skewed", 800, notebookSeed + 1);

// %% [markdown] id=onetext
// ## Every arrow decided
//
// The columns stand in the table in the wrong order, last effect first. PC can only leave edges open; DirectLiNGAM
// decides them all.

// %% [discover] id=one
// pairOfGraphs = direct-lingam, pc from skewed

// %% id=oneright
const byLingam = pairOfGraphs[0];
const oneWrong = compareGraphs(byLingam, truth, "shd").value;
md`DirectLiNGAM has ${oneWrong} of 6 pairs wrong.`

// %% [markdown] id=noisetext
// ## What it hangs on
//
// The same world with noise of three forms, 8 samples of each. Under normal noise there is nothing to see, and the
// directions are guesses; the method does not know that.

// %% id=forms
const forms = await (async () => {
  const found: { noise: string; wrong: number }[] = [];
  for (const noise of ["uniform", "skewed", "normal"]) {
    for (let k = 1; k <= 8; k++) {
      const { graph } = await discover(world(noise, 400, notebookSeed + 50 * k), { method: "direct-lingam" });
      found.push({ noise, wrong: compareGraphs(graph, truth, "shd").value });
    }
  }
  return found;
})();
const meanWrong = (noise: string) => { const own = forms.filter((one) => one.noise === noise); return own.reduce((sum, one) => sum + one.wrong, 0) / own.length; };
md`Pairs wrong on average, of 6: **${meanWrong("uniform").toFixed(2)}** with uniform noise, **${meanWrong("skewed").toFixed(2)}** with skewed noise, **${meanWrong("normal").toFixed(2)}** with normal noise.`

// %% [vega-lite] id=formschart
// {
//   "data": { "name": "forms" },
//   "mark": { "type": "bar" },
//   "width": 420,
//   "encoding": {
//     "y": { "field": "noise", "type": "nominal", "title": null, "sort": ["uniform", "skewed", "normal"] },
//     "x": { "aggregate": "mean", "field": "wrong", "type": "quantitative", "title": "pairs wrong, of 6 (mean of 8 samples)" }
//   }
// }

// %% [markdown] id=pairtext
// ## Two columns and a curve
//
// Normal noise, but a curved mechanism: now the additive-noise test can tell cause from effect. With a straight line it
// cannot, and says so.

// %% id=pairs
const rng = createRng(notebookSeed + 3);
const dose = Array.from({ length: 200 }, () => rng.normal());
const curve = tableOf({ response: dose.map((v) => v + v ** 3 / 2 + rng.normal()), dose });
const line = tableOf({ response: dose.map((v) => v + rng.normal()), dose });

// %% [discover] id=curved
// bent = anm from curve

// %% [discover] id=straight
// flat = anm from line

// %% id=pairwords
const arrowOf = ({ edges }: { edges: readonly { from: string; mark: string; to: string }[] }) => edges.map(({ from, mark, to }) => `${from} ${mark} ${to}`).join(", ") || "no edge";
md`Curved: \`${arrowOf(bent)}\`. Straight: \`${arrowOf(flat)}\`.`

// %% [$notebook]
// run=auto
// seed=1

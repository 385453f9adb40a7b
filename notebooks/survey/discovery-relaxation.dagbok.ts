// dagbok notebook format=1 id=discoveryrelaxation title="Graphs by continuous relaxation"

// %% [markdown] id=intro
// # Graphs by continuous relaxation
//
// NOTEARS (Zheng et al. 2018) turned the search for a graph into a smooth problem: find the weights $W$ that explain
// each column by the others, under a function $h(W)$ that is zero exactly when the arrows have no cycle. GOLEM (Ng et
// al. 2020) put a likelihood in the place of least squares, DAGMA (Bello et al. 2022) a log-determinant in the place of
// the matrix exponential. On their usual benchmark they find nearly every arrow.
//
// This notebook first repeats that success, and then shows what it rests on: **the scale of the columns**. Everything is
// simulated, so the truth is known.

// %% id=engines
import { compareGraphs, discover, discoveryOf } from "dagbok/discover";

// %% [markdown] id=worldtext
// ## The usual benchmark
//
// A random graph on 12 columns with 24 arrows, weights between 0.5 and 2 of either sign, and noise of **variance 1 in
// every column**. That last point is the one to watch: effects pile up along the arrows, so a column's variance grows
// the further down it stands.

// %% id=world
const names = Array.from({ length: 12 }, (_, v) => `x${v + 1}`);
const world = (() => {
  const rng = createRng(notebookSeed + 6);
  const order = [...names];
  for (let i = order.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const weights = new Map<string, number>();
  while (weights.size < 24) {
    const [a, b] = [rng.int(12), rng.int(12)];
    if (a === b) continue;
    const key = `${order[Math.min(a, b)]} -> ${order[Math.max(a, b)]}`;
    if (!weights.has(key)) weights.set(key, (rng.next() < 0.5 ? -1 : 1) * (0.5 + 1.5 * rng.next()));
  }
  const columns: Record<string, Float64Array> = {};
  for (const name of order) {
    const column = Float64Array.from({ length: 1000 }, () => rng.normal());
    for (const cause of Object.keys(columns)) {
      const weight = weights.get(`${cause} -> ${name}`) ?? 0;
      for (let i = 0; i < 1000; i++) column[i] += weight * columns[cause][i];
    }
    columns[name] = column;
  }
  return { columns, arrows: [...weights.keys()] };
})();
const truth = parseGraph(`${names.join("; ")}; ${world.arrows.join("; ")}`);
const raw = tableOf(Object.fromEntries(names.map((name) => [name, world.columns[name]])));
truth

// %% id=scaledworld
const scaled = tableOf(
  Object.fromEntries(
    names.map((name) => {
      const column = world.columns[name];
      const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
      const deviation = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length);
      return [name, column.map((x) => (x - mean) / deviation)];
    }),
  ),
);

// %% [discover] id=raw
// byDagma = dagma from raw

// %% [markdown] id=racetext
// ## Raw columns, and the same columns standardised
//
// Each method sees the data twice: as simulated, and with every column scaled to variance 1. Nothing about causes has
// changed between the two. The count is of pairs of columns that are joined differently than in the truth (a turned
// arrow is 1); a graph without any edge has 24. BOSS reads correlations only and is there for comparison: it gives a
// class of graphs, so it is measured against the class of the truth.

// %% id=race
const race: { method: string; columns: string; wrong: number }[] = [];
for (const method of ["dagma", "notears", "golem-ev", "golem-nv", "boss"]) {
  for (const [columns, table] of [["raw", raw], ["standardised", scaled]] as const) {
    const found = await discover(table, { method, seed: 1 });
    const metric = method === "boss" ? "cpdag-shd" : "shd";
    race.push({ method, columns, wrong: compareGraphs(found, truth, metric).value });
  }
}
const wrongOf = (method: string, columns: string): number =>
  race.find((row) => row.method === method && row.columns === columns)!.wrong;

// %% id=racechart
chart({
  data: { values: race },
  width: 420,
  height: 220,
  layer: [
    { mark: "bar", encoding: { x: { field: "method", type: "nominal", sort: null, title: null, axis: { labelAngle: 0 } }, xOffset: { field: "columns", sort: null }, y: { field: "wrong", type: "quantitative", title: "pairs wrong" }, color: { field: "columns", type: "nominal", sort: null, title: "columns" } } },
    { mark: { type: "text", dy: -6 }, encoding: { x: { field: "method", type: "nominal", sort: null }, xOffset: { field: "columns", sort: null }, y: { field: "wrong", type: "quantitative" }, text: { field: "wrong", type: "quantitative" } } },
    { mark: { type: "rule", strokeDash: [4, 3] }, encoding: { y: { datum: 24 } } },
  ],
}, "Pairs joined wrongly by each method on raw and on standardised columns; the dashed line is the empty graph.")

// %% id=verdict
md`On raw columns DAGMA gets **${wrongOf("dagma", "raw")}** pairs wrong, on standardised ones **${wrongOf("dagma", "standardised")}**; the empty graph gets 24. BOSS gets ${wrongOf("boss", "raw")} and ${wrongOf("boss", "standardised")}: the same, since scaling changes no correlation.`

// %% [markdown] id=whytext
// ## Why: the variances tell the order
//
// Sort the columns by variance and look how often an arrow goes from the smaller to the larger. That share is called
// **varsortability** (Reisach et al. 2021): 0.5 is chance, 1 means that the order of the graph can be read off the units
// of measurement. Least squares on raw columns prefers to explain large columns by small ones, and so finds that order.
// Every result of these methods prints it, beside its kin by $R^2$ and beside what sorting and regressing would have
// given, and warns when variances alone would do.

// %% id=sortability
const { diagnostics } = discoveryOf(byDagma)!;
const printed = diagnostics.find((note) => note.kind === "sortability")!;
const warnings = diagnostics.flatMap((note) => (note.kind === "warning" ? [note.message] : []));
md`Varsortability of the graph found above: **${printed.variance.toFixed(2)}**; by R²: ${printed.rSquared.toFixed(2)}. The result’s own warning: *${warnings.join(" ")}*`

// %% [markdown] id=unitstext
// ## A change of units
//
// One need not standardise everything. Here the most varied column is merely written in another unit, divided by a
// hundred, as when metres become hectometres. No cause has changed, but arrows into it turn round or fall below
// the threshold, which is in the columns’ units, too.

// %% id=units
const variance = (name: string): number => {
  const column = world.columns[name];
  const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
  return column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length;
};
const widest = [...names].sort((a, b) => variance(b) - variance(a))[0];
const inHundreds = tableOf(
  Object.fromEntries(names.map((name) => [name, name === widest ? world.columns[name].map((x) => x / 100) : world.columns[name]])),
);
const otherUnit = await discover(inHundreds, { method: "dagma" });
const causesOf = (graph: typeof truth): string =>
  graph.edges.filter((edge) => edge.to === widest).map((edge) => edge.from).sort().join(", ") || "none";
md`Causes of ${widest}: in truth ${causesOf(truth)}; found in the first unit ${causesOf(byDagma)}; found in the other unit **${causesOf(otherUnit.graph)}**. Pairs wrong in all: ${wrongOf("dagma", "raw")} before, **${compareGraphs(otherUnit, truth).value}** after.`

// %% [markdown] id=curvedtext
// ## Curved effects
//
// DAGMA-MLP and NOTEARS-MLP give each column a small network in place of a line. Four columns: $b$ is a parabola in $a$,
// $c$ a sine of $b$, $d$ depends on $a$ and on $|c|$. A linear method cannot see a parabola that is symmetric around
// the mean; the networks can. They too rest on noises of equal variance.

// %% id=curved
const bent = (() => {
  const rng = createRng(notebookSeed + 1);
  const noise = (): number[] => Array.from({ length: 500 }, () => rng.normal());
  const a = noise();
  const b = noise().map((e, i) => a[i] ** 2 + e);
  const c = noise().map((e, i) => 3 * Math.sin(b[i]) + e);
  const d = noise().map((e, i) => 2 * Math.tanh(2 * a[i]) + 1.5 * Math.abs(c[i]) + e);
  return tableOf({ a, b, c, d });
})();
const bentTruth = parseGraph("a; b; c; d; a -> b; b -> c; a -> d; c -> d");

// %% [discover] id=network
// byNetwork = notears-mlp from bent seed 2

// %% id=bentresult
const byLine = await discover(bent, { method: "dagma" });
const bentWrong = { network: compareGraphs(byNetwork, bentTruth).value, line: compareGraphs(byLine, bentTruth).value };
md`Of the six pairs, the networks get **${bentWrong.network}** wrong, the line **${bentWrong.line}**.`

// %% [markdown] id=lessons
// ## What to take along
//
// * If the columns’ units mean something and the noises are of about the same size, these methods are accurate and quick.
// * If units are a convention, which is the usual case, their directions are a convention too. Run them with
//   `standardise: true` beside the plain run; where the two disagree, believe neither.
// * `boss`, `pc` and `ges` do not change with units and leave open what the data cannot decide. `direct-lingam` decides
//   directions by the shape of the noise, also in any unit.
// * Set tiers, required and forbidden edges where you know them: all of these methods hold them.

// %% [$notebook]
// run=auto
// seed=1

// dagbok notebook format=1 id=discoveryscore title="Graphs by score: BOSS, GES and exact search"

// %% [markdown] id=intro
// # Graphs by score: BOSS, GES and exact search
//
// Give every graph a number, and look for the best. The number here is the **BIC**: how well each column is predicted by
// its parents, less a price for every arrow. Graphs of one equivalence class get the same number, so the answer is a
// class. The difficulty is the search. **GES** (Chickering 2002) adds and removes one edge at a time; **exact** search
// looks at all, up to twenty columns or so; **BOSS** (Andrews et al. 2023) searches over orders of the columns, and grows
// and shrinks each one's parents along the way.

// %% id=simulator
import { compareGraphs, discover, discoveryOf } from "dagbok/discover";
import { createGraph } from "dagbok/graph";

/** A random graph with `arrows` arrows a column, and standardised linear data from it. */
const world = (d: number, arrows: number, n: number, seed: number) => {
  const rng = createRng(seed);
  const edges = new Map<string, [string, string, number]>();
  while (edges.size < arrows * d) {
    const [a, b] = [rng.int(d), rng.int(d)].sort((x, y) => x - y);
    if (a !== b) edges.set(`${a} ${b}`, [`x${a}`, `x${b}`, (rng.next() < 0.5 ? -1 : 1) * (0.5 + rng.next())]);
  }
  const columns: Record<string, number[]> = {};
  for (let v = 0; v < d; v++) {
    const parents = [...edges.values()].filter(([, to]) => to === `x${v}`);
    const raw = Array.from({ length: n }, (_, i) => parents.reduce((sum, [from, , weight]) => sum + weight * columns[from][i], rng.normal()));
    const mean = raw.reduce((sum, one) => sum + one, 0) / n;
    const sd = Math.sqrt(raw.reduce((sum, one) => sum + (one - mean) ** 2, 0) / n);
    columns[`x${v}`] = raw.map((one) => (one - mean) / sd);
  }
  const truth = createGraph({ nodes: Object.keys(columns), edges: [...edges.values()].map(([from, to]) => [from, to] as const) });
  return { table: tableOf(columns), truth };
};
const small = world(8, 1.5, 500, notebookSeed + 10);
const rows = small.table;

// %% [markdown] id=smalltext
// ## Eight columns: is the search any good?
//
// With eight columns the best of *all* graphs can be found, and the others held against it.

// %% [discover] id=three
// three = exact, boss, ges from rows

// %% id=scores
const scores = Object.fromEntries(three.map((graph) => { const found = discoveryOf(graph)!; return [found.method, found.score!]; }));
const bossIsBest = Math.abs(scores.boss.value - scores.exact.value) < 1e-6 * Math.abs(scores.exact.value);
md`The best score there is: **${scores.exact.value.toFixed(1)}** (the graph without edges: ${scores.exact.empty.toFixed(1)}). BOSS reaches ${scores.boss.value.toFixed(1)}, GES ${scores.ges.value.toFixed(1)}.`

// %% [markdown] id=racetext
// ## Forty columns: against tests
//
// Four worlds of 40 columns and 80 arrows with 500 rows each. Wrong are the pairs joined differently from the true class
// (the graph without edges has 80 wrong).

// %% id=race
const race = await (async () => {
  const found: { method: string; world: number; wrong: number }[] = [];
  for (let k = 1; k <= 4; k++) {
    const { table, truth } = world(40, 2, 500, notebookSeed + 100 * k);
    for (const method of ["boss", "ges", "pc"]) {
      const { graph } = await discover(table, { method, ...(method === "pc" ? {} : { penalty: 2 }) });
      found.push({ method, world: k, wrong: compareGraphs(graph, truth, "cpdag-shd").value });
    }
  }
  return found;
})();
const meanWrong = (method: string) => { const own = race.filter((one) => one.method === method); return own.reduce((sum, one) => sum + one.wrong, 0) / own.length; };

// %% [vega-lite] id=racechart
// {
//   "data": { "name": "race" },
//   "mark": { "type": "point", "filled": true, "size": 70 },
//   "width": 420,
//   "encoding": {
//     "y": { "field": "method", "type": "nominal", "title": null, "sort": ["boss", "ges", "pc"] },
//     "x": { "field": "wrong", "type": "quantitative", "title": "pairs joined differently from the true class" }
//   }
// }

// %% id=racewords
md`On average BOSS has ${meanWrong("boss").toFixed(1)} pairs wrong, GES ${meanWrong("ges").toFixed(1)}, PC ${meanWrong("pc").toFixed(1)}. The columns are standardised: nothing is given away by their variances.`

// %% [markdown] id=sachstext
// ## Proteins in a cell
//
// Sachs et al. (2005) measured eleven proteins in 853 cells; biologists drew 17 arrows between them. Attach
// `sachs_observational_853.csv` (or fetch it: `dagbok data add sachs`) to see the real cells; until then the same network
// stands in with linear mechanisms. On the real cells every search misses most of the arrows: the empty graph has 17
// pairs wrong, and ten is a good result.

// %% id=consensus
const network = createGraph({ edges: [["Raf", "Mek"], ["Mek", "Erk"], ["Plcg", "PIP2"], ["Plcg", "PIP3"], ["PIP3", "PIP2"], ["Erk", "Akt"], ["PKA", "Raf"], ["PKA", "Mek"], ["PKA", "Erk"], ["PKA", "Akt"], ["PKA", "P38"], ["PKA", "Jnk"], ["PKC", "Raf"], ["PKC", "Mek"], ["PKC", "PKA"], ["PKC", "P38"], ["PKC", "Jnk"]] });
const standIn = (() => {
  const rng = createRng(notebookSeed + 7);
  const names = ["PKC", "PKA", "Raf", "Mek", "Erk", "Akt", "P38", "Jnk", "Plcg", "PIP3", "PIP2"];
  const columns: Record<string, number[]> = {};
  for (const name of names) {
    const parents = network.edges.filter(({ to }) => to === name).map(({ from }) => from);
    columns[name] = Array.from({ length: 853 }, (_, i) => Math.exp(parents.reduce((sum, parent) => sum + 0.6 * Math.log(columns[parent][i]), rng.normal())));
  }
  return tableOf(columns);
})();

// %% [data] id=cells
// cells = "sachs_observational_853.csv" else standIn

// %% id=logged
const proteins = tableOf(Object.fromEntries(network.nodes.map(({ name }) => [name, Array.from(numbersOf(cells, name), Math.log)])));

// %% [discover] id=sachs
// signalling = boss(penalty: 4) from proteins bootstrap 20

// %% id=sachswords
const wrongPairs = compareGraphs(signalling, network, "shd-to-dag").value;
md`Against the 17 arrows of the consensus, ${wrongPairs} pairs are wrong (undecided edges count as right, turned arrows as one).`

// %% [$notebook]
// run=auto
// seed=1

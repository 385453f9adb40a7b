// dagbok notebook format=1 id=discoveryattention title="Graphs from time series by attention"

// %% [markdown] id=intro
// # Graphs from time series by attention
//
// A net that predicts a series from the past of all others must decide what to look at. TCDF (Nauta, Bucur & Seifert
// 2019) and CausalFormer (Kong et al. 2024) read causes and their delays off that decision. Here, for each column, one
// small net with an attention over *(column, delay)* pairs is trained on the spot on the first rows. Attention is scarce,
// so what does not help to predict loses it.
//
// Attention alone proves nothing: it is what a net leaned on, not what matters. So every candidate is **validated** on
// later rows by shuffling it. The series below are simulated, so every link is known.

// %% id=engines
import { discover, discoveryOf } from "dagbok/discover";

// %% id=simulator
type Link = readonly [from: string, to: string, delay: number, effect: (x: number) => number];
/** Each series is normal noise of variance 1 plus what its links bring; the first 50 steps are thrown away. */
const simulate = (names: readonly string[], links: readonly Link[], steps: number, seed: number) => {
  const rng = createRng(seed);
  const series: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let t = 0; t < steps + 50; t++) {
    for (const name of names) {
      let value = rng.normal();
      for (const [from, to, delay, effect] of links) if (to === name && t >= delay) value += effect(series[from][t - delay]);
      series[name].push(value);
    }
  }
  return tableOf(Object.fromEntries(names.map((name) => [name, series[name].slice(50)])));
};

// %% [markdown] id=worldtext
// ## Four series, one of them moved both ways
//
// `heat` drives `demand` after three steps, and **in both directions**: cold means heating, heat means cooling. The
// effect is even, so a straight line through it is flat. `wind` makes `supply` after one step, up to a limit; `supply`
// lowers the price of tomorrow, and `demand` raises the price after two steps. `price` remembers itself.

// %% id=world
const names = ["heat", "wind", "demand", "supply", "price"];
const links: Link[] = [
  ["heat", "demand", 3, (x) => 1.1 * Math.min(4, x * x)],
  ["wind", "supply", 1, (x) => 1.6 * Math.tanh(1.5 * x)],
  ["supply", "price", 1, (x) => -0.5 * x],
  ["demand", "price", 2, (x) => 0.5 * x],
  ["price", "price", 1, (x) => 0.4 * x],
];
const market = simulate(names, links, 900, notebookSeed + 3);
const textOf = ({ from, to, lag }: { from: string; to: string; lag: number }): string => `${from} -> ${to} after ${lag}`;
const truth = links.map(([from, to, lag]) => textOf({ from, to, lag }));

// %% [discover] id=search
// byAttention = attention from market seed 1

// %% id=verdict
const found = discoveryOf(byAttention)!;
const linksFound = found.lagged!.map(textOf);
const missed = truth.filter((link) => !linksFound.includes(link));
const extra = linksFound.filter((link) => !truth.includes(link));
md`${truth.length} true links; missed: **${missed.length}**${missed.length === 0 ? "" : ` (${missed.join(", ")})`}; false: **${extra.length}**${extra.length === 0 ? "" : ` (${extra.join(", ")})`}.`

// %% [markdown] id=attentiontext
// ## What drew attention, and what held
//
// Each target's attention over all columns and delays that drew at least half an even share. Many inputs draw a little;
// few survive the shuffling.

// %% id=attention
const rows = found.diagnostics.flatMap((note) =>
  note.kind === "table" && note.title.startsWith("Candidates")
    ? note.rows.map(([from, to, delay, attention, , , , kept]) => ({ input: `${from}, ${delay} back`, to, attention: Number.parseFloat(attention) / 100, kept: kept === "yes" ? "link" : "dropped" }))
    : [],
);
chart({
  data: { values: rows },
  mark: { type: "point", filled: true, size: 70 },
  width: 320,
  encoding: { y: { field: "to", type: "nominal", sort: names, title: "target" }, x: { field: "attention", type: "quantitative", title: "share of the target's attention", axis: { format: "%" } }, color: { field: "kept", type: "nominal", sort: ["link", "dropped"], title: null }, shape: { field: "kept", type: "nominal", sort: ["link", "dropped"], title: null }, tooltip: { field: "input" } },
}, "Candidates by target and share of attention; those that survived validation are links.")

// %% [markdown] id=lineartext
// ## What a linear test sees
//
// PCMCI tests partial correlations: excellent for straight effects, blind to an even one.

// %% id=linear
const byPcmci = await discover(market, { method: "pcmci", lags: 5, alpha: 0.05, correction: "fdr" });
const even = "heat -> demand after 3";
const pcmciFound = byPcmci.lagged!.map(textOf);
md`Attention finds *${even}*: **${linksFound.includes(even) ? "yes" : "no"}**. PCMCI finds it: **${pcmciFound.includes(even) ? "yes" : "no"}**; of the other ${truth.length - 1} links PCMCI finds ${truth.filter((link) => link !== even && pcmciFound.includes(link)).length}.`

// %% [markdown] id=nulltext
// ## And where there is nothing?
//
// Three series that only remember themselves, five times over. Each link to another column is false.

// %% id=nothing
let falseLinks = 0;
let ownFound = 0;
for (let k = 1; k <= 5; k++) {
  const own = ["a", "b", "c"].map((name): Link => [name, name, 1, (x) => 0.6 * x]);
  const alone = await discover(simulate(["a", "b", "c"], own, 500, notebookSeed + 50 * k), { method: "attention", seed: 1, lags: 3 });
  for (const { from, to, lag } of alone.lagged!) {
    if (from === to && lag === 1) ownFound++;
    else falseLinks++;
  }
}
md`Of 15 true memories it finds **${ownFound}**; false links in all five tables together: **${falseLinks}**. The level (5 %) bounds the expected share of false links among all that are reported.`

// %% [markdown] id=end
// **How the shuffling works.** Shuffling an input outright would also convict a mere stand-in: a column that goes along
// with the true cause, and on which a penalised net leans in part. So only that part of the input is shuffled that the
// other inputs do not tell (the residual of a regression on them). For an input that is independent of the target given
// the others, this leaves the error on later rows as it is, whatever the net made of it (Tansey et al. 2022).
//
// **When to use it.** For long series (hundreds of rows at least) whose effects may bend. It assumes that nothing
// unmeasured causes two columns, that nothing acts within one step, and that the relations do not change; where effects
// are straight, `pcmci` needs less data and says more.

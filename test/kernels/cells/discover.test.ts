import { describe, expect, test } from "vitest";
import type { Block, Report } from "../../../app/protocol/report.ts";
import { discoverCell } from "../../../kernels/cells/discover-cell.ts";
import { discoverReport } from "../../../kernels/cells/discover-report.ts";
import { readDiscover, withBootstrap, withMethod } from "../../../kernels/cells/discover-text.ts";
import { statementsOf } from "../../../kernels/cells/language.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { discover, methods } from "../../../kernels/discover/index.ts";
import { parseGraph } from "../../../kernels/graph/parse.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { KernelHarness } from "../kernel-support.ts";

const read = (source: string) => readDiscover(statementsOf(source)[0]!, "found", source);

const host = { attachment: async () => undefined, attachmentNames: () => [] };
const complaints = (source: string): readonly string[] =>
  discoverCell
    .parse({ id: "aaaa", kind: "discover", source }, host)
    .diagnostics.map(({ message, place }) => `${place?.start}: ${message}`);

describe("the text of a discover cell", () => {
  test("says methods, table, columns, knowledge and resamples", () => {
    expect(
      read(
        'found = boss(penalty: 4), pc from rows columns (a, "b c", d) tiers (a | "b c", d) require (a -> d) forbid (d -> a, "b c" <- d) missing drop bootstrap 50 seed 3',
      ),
    ).toMatchObject({
      methods: [{ name: "boss" }, { name: "pc" }],
      table: "rows",
      columns: ["a", "b c", "d"],
      knowledge: {
        tiers: [["a"], ["b c", "d"]],
        required: [["a", "d"]],
        forbidden: [
          ["d", "a"],
          ["d", "b c"],
        ],
      },
      missing: "drop",
      bootstrap: 50,
      seed: 3,
    });
    expect(read("pc")).toMatchObject({ table: "data", bootstrap: 0 });
  });

  test.each([
    ["", "0: It is not said what to search."],
    ["found = from data", "8: It is not said how to search."],
    ["found = pc from data require (a b)", '30: "a b" is no arrow.'],
    ["found = pc from data missing never", '29: "never" is no way to go on.'],
    ["found = pc from data bootstrap x", '31: "x" does not fit here.'],
    ["found = pc from data\nfound2 = ges from data", "30: A discover cell holds one statement."],
  ])("%s is refused with its place", (source, message) => {
    expect(complaints(source)[0]).toContain(message);
  });

  test("can be rewritten by its own buttons", () => {
    const text = read("found = boss(penalty: 4) from data");
    expect(withMethod(text, "pc")).toBe("found = boss(penalty: 4), pc from data");
    expect(withBootstrap(text, 50)).toBe("found = boss(penalty: 4) from data bootstrap 50");
    expect(withBootstrap(read("pc from d bootstrap 50 seed 2"), 0)).toBe(
      "pc from d bootstrap 0 seed 2",
    );
  });
});

/** x -> z <- y, z -> w: every arrow but none is decided by independence alone. */
const draws = (n: number) => {
  const rng = createRng(11);
  const x = Float64Array.from({ length: n }, () => rng.normal());
  const y = Float64Array.from({ length: n }, () => rng.normal());
  const z = Float64Array.from(x, (v, i) => v + (y[i] ?? 0) + 0.5 * rng.normal());
  const w = Float64Array.from(z, (v) => v + rng.normal());
  return tableOf({ x, y, z, w }, { name: "drawn" });
};

const blocksOf = (blocks: readonly Block[]): readonly Block[] =>
  blocks.flatMap((block): readonly Block[] =>
    block.kind === "details"
      ? [block, ...blocksOf(block.blocks)]
      : block.kind === "columns"
        ? [block, ...block.columns.flatMap((column) => blocksOf(column))]
        : [block],
  );

const named = (name: string) => methods.find((method) => method.name === name)!;

describe("the report of a search", () => {
  test("draws the graph with shares, says the empty graph's score, and offers it as a graph cell", async () => {
    const found = await discover(draws(400), { method: "boss", bootstrap: 10 });
    const report = discoverReport([found], [named("boss")]);
    const blocks = blocksOf(report.blocks);
    const graph = blocks.find((block) => block.kind === "graph");
    expect(graph?.edges.map(({ from, mark, to }) => `${from} ${mark} ${to}`).toSorted()).toEqual([
      "x -> z",
      "y -> z",
      "z -> w",
    ]);
    expect(graph?.edges.every(({ weight = -1 }) => weight > 0.5 && weight <= 1)).toBe(true);
    const labels = blocks.flatMap((block) =>
      block.kind === "facts" ? block.facts.map(({ label }) => label) : [],
    );
    expect(labels).toContain("of the graph without edges");
    const use = blocks.find((block) => block.kind === "actions");
    const does = use?.actions[0]?.does;
    if (does?.kind !== "insert") throw new Error("There is no such action.");
    expect(does.cell).toBe("graph");
    expect(does.source).toMatch(/^# Found by boss .*from drawn, 400 rows, seed 1\./u);
    expect(parseGraph(does.source)).toMatchObject({ type: found.graph.type });
    expect(parseGraph(does.source).edges).toEqual(found.graph.edges);
    expect(report.claim?.assumptions.length).toBeGreaterThan(0);
  });

  test("draws an undecided edge by the probability of both its directions when there are no resamples", async () => {
    const found = await discover(draws(400), { method: "boss" });
    const graph = { ...found.graph, edges: [{ from: "x", to: "z", mark: "--" as const }] };
    const pair = { from: "z", to: "x", forward: 0.5, backward: 0.375, undecided: 0, bidirected: 0 };
    const report = discoverReport([{ ...found, graph, edgeProbability: [pair] }], [named("boss")]);
    const drawn = blocksOf(report.blocks).find((block) => block.kind === "graph");
    expect(drawn?.edges[0]?.weight).toBe(0.875);
  });

  test("gives undecided edges and circles back as they are", async () => {
    const rng = createRng(3);
    const a = Float64Array.from({ length: 300 }, () => rng.normal());
    const b = Float64Array.from(a, (v) => v + rng.normal());
    for (const [method, mark] of [
      ["pc", "--"],
      ["fci", "o-o"],
    ] as const) {
      const found = await discover(tableOf({ a, b }), { method });
      expect(found.graph.edges.map((edge) => edge.mark)).toEqual([mark]);
      const report = discoverReport([found], [named(method)]);
      const use = blocksOf(report.blocks).find((block) => block.kind === "actions");
      const does = use?.actions[0]?.does;
      if (does?.kind !== "insert") throw new Error("There is no such action.");
      expect(parseGraph(does.source).type).toBe(found.graph.type);
      expect(report.summary).toContain("undecided");
    }
  });

  test("puts several searches side by side with what they disagree in", async () => {
    const rows = draws(300);
    const found = [
      await discover(rows, { method: "pc", alpha: 0.01 }),
      await discover(rows, { method: "pc", alpha: 0.2 }),
      await discover(rows, { method: "fci" }),
    ];
    const report = discoverReport(found, [named("pc"), named("pc"), named("fci")]);
    const table = report.blocks.find((block) => block.kind === "table");
    expect(table?.rows.length).toBe(3);
    expect(table?.columns.map(({ label }) => label).slice(1, 3)).toEqual([
      expect.stringContaining("alpha: 0.01"),
      expect.stringContaining("alpha: 0.2"),
    ]);
    expect(report.claim).toBeUndefined();
  });
});

describe("a discover cell", () => {
  const data = {
    id: "rows",
    source:
      "const rng = createRng(5);\nconst n = 600;\nconst x = Array.from({length: n}, () => rng.normal());\nconst z = Array.from({length: n}, () => rng.normal());\nconst y = x.map((v, i) => v + z[i] + 0.5 * rng.normal());\nconst rows = tableOf({ x, y, z });",
  };

  test("gives a graph that a question can be asked in, and its assumptions travel along", async () => {
    const kernel = new KernelHarness();
    await kernel.open([
      data,
      { id: "find", kind: "discover", source: "found = pc from rows" },
      { id: "asks", kind: "identify", source: "effect = P(y | do(x)) in found" },
      { id: "back", kind: "identify", source: "P(x | do(y)) in found" },
    ]);
    expect(kernel.text("find")).toContain("2 edges among 3 variables");
    expect(kernel.states.get("asks")?.kind).toBe("done");
    const claim = kernel.claims.get("asks");
    expect(claim?.assumptions.map(({ id }) => id)).toContain("discovery:pc:1");
    // as of a graph drawn by hand: it follows from the graph, and the graph is an assumption
    expect(claim?.status).toBe("identified");
  });

  test("asks for what is missing when the class leaves an effect open, and knowledge settles it", async () => {
    const pair = {
      id: "pair",
      source:
        "const rng = createRng(5);\nconst a = Array.from({length: 300}, () => rng.normal());\nconst b = a.map((v) => v + rng.normal());\nconst rows = tableOf({ a, b });",
    };
    const open = new KernelHarness();
    await open.open([
      pair,
      { id: "find", kind: "discover", source: "found = pc from rows" },
      { id: "asks", kind: "identify", source: "effect = P(b | do(a)) in found" },
    ]);
    expect(open.text("asks")).toMatch(/not|direction|class/iu);
    expect(open.claims.get("asks")?.status).not.toBe("identified");
    const known = new KernelHarness();
    await known.open([
      pair,
      { id: "find", kind: "discover", source: "found = pc from rows tiers (a | b)" },
      { id: "look", source: "found.edges.map(({ from, mark, to }) => from + mark + to).join()" },
    ]);
    expect(known.text("look")).toContain("a->b");
  });

  test("tells what it cannot do at its place, and two methods give two graphs", async () => {
    const kernel = new KernelHarness();
    await kernel.open([
      data,
      { id: "bad1", kind: "discover", source: "f1 = bos from rows" },
      { id: "bad2", kind: "discover", source: "f2 = pc(alpha: 7) from rows" },
      { id: "bad3", kind: "discover", source: "f3 = pc from rng" },
      { id: "bad4", kind: "discover", source: "f4 = pc from rows tiers (x | nope)" },
      { id: "both", kind: "discover", source: "two = pc, boss from rows" },
      { id: "look", source: "two.length" },
    ]);
    const failure = (cell: string): string => JSON.stringify(kernel.states.get(cell));
    expect(failure("bad1")).toContain("Did you mean boss");
    expect(failure("bad2")).toContain("alpha");
    expect(failure("bad3")).toContain("is not a table");
    expect(failure("bad4")).toContain("nope");
    expect(kernel.shown.get("look")).toEqual(["2"]);
  });
});

test("every method there is runs through the cell's report", async () => {
  const rng = createRng(8);
  const n = 400;
  const a = Float64Array.from({ length: n }, () => rng.next() - 0.5);
  const b = Float64Array.from(a, (v) => v + 0.5 * (rng.next() - 0.5));
  const rows = tableOf({ a, b });
  for (const method of methods) {
    if (["gies", "cd-nod"].includes(method.name)) continue; // these need a column of their own
    const found = await discover(rows, { method });
    const report: Report = discoverReport([found], [method]);
    expect([method.name, report.summary]).toEqual([method.name, expect.stringContaining("among")]);
  }
}, 120_000);

import { describe, expect, test } from "vitest";
import type { Work } from "../../../../app/work.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import { discoverBy } from "../../../../kernels/discover/discover.ts";
import type { Method } from "../../../../kernels/discover/method.ts";
import { relaxationMethods } from "../../../../kernels/discover/relaxation/methods.ts";
import { openTensorEngine } from "../../../../kernels/tensor/backend.ts";
import { arrowsOf, distance, linearWorld } from "./worlds.ts";

const long = process.env["DAGBOK_LONG"] === "1";
const method = (name: string): Method => relaxationMethods.find((one) => one.name === name)!;
const codes = (found: { diagnostics: readonly { kind: string; code?: string }[] }): string[] =>
  found.diagnostics.flatMap((note) => (note.code === undefined ? [] : [note.code]));

describe("raw columns with noises of equal variance", () => {
  // Some sets end in poor optima (seeds 51 and 53, whatever the optimiser); the typical one is found whole.
  // NOTEARS shrinks more (lambda 0.1) and misses an edge or two more.
  test.each([
    ["dagma", 1],
    ["notears", 2],
    ["golem-ev", 1],
    ["golem-nv", 1],
  ] as const)(
    "%s finds most graphs up to %i edges, and tells that variances give the order",
    async (name, typical) => {
      const distances: number[] = [];
      let warned = 0;
      for (let seed = 51; seed <= 58; seed++) {
        const world = linearWorld(10, 18, 1000, seed);
        const found = await discoverBy(method(name), world.table);
        distances.push(distance(found.graph, world));
        expect(found.diagnostics.map((note) => note.kind)).toContain("sortability");
        if (codes(found).includes("variance-order")) warned++;
        expect(found.score!.value).toBeGreaterThan(found.score!.empty);
      }
      const sorted = distances.toSorted((a, b) => a - b);
      expect([name, sorted, sorted[4]! <= typical]).toEqual([name, sorted, true]);
      expect(sorted.reduce((sum, x) => sum + x, 0)).toBeLessThan(0.2 * 8 * 18);
      expect(warned).toBeGreaterThanOrEqual(6);
    },
  );

  test("weights are those of least squares, in the columns' units", async () => {
    const world = linearWorld(6, 8, 5000, 61);
    const plain = await discoverBy(method("dagma"), world.table);
    expect(distance(plain.graph, world)).toBe(0);
    for (const { from, to, weight } of plain.weights!) {
      const truth = world.w[Number(from.slice(1)) * 6 + Number(to.slice(1))]!;
      expect(Math.abs(weight - truth)).toBeLessThan(0.08);
    }
  });
});

describe("standardised columns", () => {
  test.each(["dagma", "notears", "golem-ev"])(
    "%s loses the directions, says so, and is no better than the empty graph",
    async (name) => {
      let total = 0;
      let empty = 0;
      for (const seed of [51, 52, 53]) {
        const world = linearWorld(10, 18, 1000, seed);
        const found = await discoverBy(method(name), world.table, { standardise: true });
        total += distance(found.graph, world);
        empty += world.arrows.size;
        expect(codes(found)).toContain("relaxation-standardised");
        expect(codes(found)).not.toContain("variance-order");
      }
      expect(total).toBeGreaterThan(empty / 2);
    },
  );

  test("standardising by option is standardising the columns", async () => {
    const world = linearWorld(8, 12, 500, 55);
    const scaled = tableOf(
      Object.fromEntries(
        world.table.columns.map((column) => {
          if (column.type !== "number") throw new Error("numbers");
          const mean = column.values.reduce((sum, x) => sum + x, 0) / 500;
          const variance = column.values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 500;
          return [column.name, column.values.map((x) => (x - mean) / Math.sqrt(variance))];
        }),
      ),
    );
    const byOption = await discoverBy(method("dagma"), world.table, { standardise: true });
    const byHand = await discoverBy(method("dagma"), scaled);
    expect(arrowsOf(byOption.graph)).toEqual(arrowsOf(byHand.graph));
  });

  test("changing one column's unit changes the graph: what the warning warns of", async () => {
    const world = linearWorld(8, 12, 1000, 56);
    const last = [...world.arrows][0]!.split(">")[1]!; // an effect, made small
    const shrunk = tableOf(
      Object.fromEntries(
        world.table.columns.map((column) => {
          if (column.type !== "number") throw new Error("numbers");
          const factor = column.name === last ? 0.01 : 1;
          return [column.name, column.values.map((x) => factor * x)];
        }),
      ),
    );
    const before = await discoverBy(method("dagma"), world.table);
    const after = await discoverBy(method("dagma"), shrunk);
    expect(distance(before.graph, world)).toBe(0);
    expect(distance(after.graph, world)).toBeGreaterThan(0);
  });
});

describe("knowledge", () => {
  test.each(["dagma", "notears", "golem-ev", "golem-nv"])("%s holds all of it", async (name) => {
    const world = linearWorld(7, 10, 500, 71);
    const [forbidden] = [...world.arrows].map((arrow) => arrow.split(">") as [string, string]);
    // one required edge against the truth, one tier that turns the order over
    const required = [...world.arrows][3]!.split(">").toReversed() as [string, string];
    const free = world.table.columns
      .map((column) => column.name)
      .filter((v) => ![...forbidden!, ...required].includes(v));
    const found = await discoverBy(method(name), world.table, {
      knowledge: {
        forbidden: [forbidden!],
        required: [required],
        tiers: [[free[1]!], [free[0]!]],
      },
    });
    const arrows = arrowsOf(found.graph);
    expect(arrows.has(forbidden!.join(">"))).toBe(false);
    expect(arrows.has(required.join(">"))).toBe(true);
    expect(arrows.has(`${free[0]}>${free[1]}`)).toBe(false);
    expect(found.weights!.some((e) => e.from === required[0] && e.to === required[1])).toBe(true);
  });
});

describe("long work", () => {
  test.each([
    ["dagma", {}],
    ["dagma", { precision: "float32" }],
    ["notears", {}],
    ["golem-nv", {}],
  ] as const)("%s %o stops when told and reports before", async (name, options) => {
    const world = linearWorld(24, 48, 300, 81);
    const stop = new AbortController();
    let reports = 0;
    const work: Work = {
      signal: stop.signal,
      progress: () => {
        if (++reports === 2) stop.abort(new Error("stopped"));
      },
    };
    await expect(discoverBy(method(name), world.table, options, work)).rejects.toThrow("stopped");
  });
});

describe("DAGMA in single precision", () => {
  const sizes = long ? [6, 20, 50, 100] : [6];
  test.each(sizes)(
    "is within one edge of double precision at d = %i, and leaves no tensor behind",
    { timeout: 1_200_000 },
    async (d) => {
      const engine = await openTensorEngine();
      const before = engine.memory().tensors;
      for (const seed of d === 20 ? [91, 92] : [91]) {
        const world = linearWorld(d, d === 6 ? 8 : 2 * d, 1000, seed);
        const double = await discoverBy(method("dagma"), world.table);
        const single = await discoverBy(method("dagma"), world.table, { precision: "float32" });
        const off = distance(single.graph, { arrows: arrowsOf(double.graph) });
        expect(off).toBeLessThanOrEqual(1);
        expect(distance(double.graph, world)).toBeLessThanOrEqual(Math.ceil(d / 20));
        expect(single.diagnostics).toContainEqual(expect.objectContaining({ label: "Backend" }));
      }
      expect(engine.memory().tensors).toBe(before);
    },
  );
});

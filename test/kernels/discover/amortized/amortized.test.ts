import { describe, expect, test } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { amortizedMethod } from "../../../../kernels/discover/amortized/amortized-method.ts";
import { reliability } from "../../../../kernels/discover/amortized/calibrate.ts";
import { predictArrows, shippedNetwork } from "../../../../kernels/discover/amortized/predict.ts";
import { simulate } from "../../../../kernels/discover/amortized/simulate.ts";
import { pcMethod } from "../../../../kernels/discover/constraint/methods.ts";
import { discoverBy } from "../../../../kernels/discover/discover.ts";
import type { Method } from "../../../../kernels/discover/method.ts";
import { gesMethod } from "../../../../kernels/discover/score/methods.ts";
import { type Table, tableOf } from "../../../../kernels/data/table.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { namesOf, precisionOn } from "./versus.ts";

const long = process.env["DAGBOK_LONG"] === "1";
const method = amortizedMethod;

function tableOfColumns(columns: readonly ArrayLike<number>[]): Table {
  const names = namesOf(columns.length);
  return tableOf(
    Object.fromEntries(names.map((name, v) => [name, Float64Array.from(columns[v]!)])),
  );
}

const tableFor = (seed: number, d: number, n: number): Table =>
  tableOfColumns(simulate(createRng(seed), d, n).columns);

const codes = (found: { diagnostics: readonly { kind: string }[] }): string[] =>
  found.diagnostics.flatMap((note) => ("code" in note ? [String(note.code)] : []));

const counts = new Map<string, number>();

const kindOf = (kind: ReturnType<typeof simulate>["kind"]): string =>
  `${kind.effects} ${kind.scale}${kind.effects === "linear" ? ` ${kind.noise === "normal" ? "normal" : "other noise"}` : ""}`;

describe("the shipped network", () => {
  test("does not depend on the order of rows, and permutes with the columns", async () => {
    const network = await shippedNetwork();
    const { columns } = simulate(createRng(21), 7, 150);
    const { arrows } = await predictArrows(network, columns);
    const backwards = await predictArrows(
      network,
      columns.map((column) => column.toReversed()),
    );
    const order = [3, 0, 6, 2, 5, 1, 4];
    const permuted = await predictArrows(
      network,
      order.map((v) => columns[v]!),
    );
    const again = await predictArrows(network, columns);
    expect(again.arrows).toEqual(arrows);
    for (let i = 0; i < 7; i++) {
      for (let j = 0; j < 7; j++) {
        expect(backwards.arrows[i * 7 + j]).toBeCloseTo(arrows[i * 7 + j]!, 4);
        expect(permuted.arrows[i * 7 + j]).toBeCloseTo(arrows[order[i]! * 7 + order[j]!]!, 4);
      }
    }
  });

  // Average precision over ordered pairs; an undecided share counts half each way. PC and GES rank their edges by a
  // bootstrap and, if that is better, by their single graph; the best of their usual settings counts for them.
  test(
    `beats PC and GES on graphs of its family it was not trained on${long ? "" : " (few)"}`,
    { timeout: 1_800_000 },
    async () => {
      const [graphs, resamples] = long ? [200, 50] : [10, 10];
      const baselines: readonly (readonly [string, Method, number, Record<string, unknown>])[] = [
        ["pc 0.01", pcMethod, resamples, { alpha: 0.01 }],
        ["pc 0.05", pcMethod, resamples, { alpha: 0.05 }],
        ["pc 0.01, one graph", pcMethod, 0, { alpha: 0.01 }],
        ["ges 1x", gesMethod, resamples, { penalty: 1 }],
        ["ges 2x", gesMethod, resamples, { penalty: 2 }],
        ["ges 2x, one graph", gesMethod, 0, { penalty: 2 }],
      ];
      const arrow = new Map<string, number>();
      const skeleton = new Map<string, number>();
      for (let g = 0; g < graphs; g++) {
        const simulation = simulate(createRng(40_000 + g), 10, 200);
        for (const [name, one, times, options] of [
          ["network", method, 0, {}] as const,
          ...baselines,
        ]) {
          const found = await precisionOn(one, simulation, times, options);
          for (const key of ["all", kindOf(simulation.kind)]) {
            arrow.set(`${key}: ${name}`, (arrow.get(`${key}: ${name}`) ?? 0) + found.arrow);
            skeleton.set(
              `${key}: ${name}`,
              (skeleton.get(`${key}: ${name}`) ?? 0) + found.skeleton,
            );
            if (name === "network") counts.set(key, (counts.get(key) ?? 0) + 1);
          }
        }
      }
      if (long) {
        for (const [key, sum] of arrow) {
          const n = counts.get(key.split(":")[0]!)!;
          console.log(
            `${key}: arrows ${(sum / n).toFixed(3)}, pairs ${(skeleton.get(key)! / n).toFixed(3)} (${n})`,
          );
        }
      }
      const network = arrow.get("all: network")! / graphs;
      expect(network).toBeGreaterThan(0.75);
      for (const [name] of baselines) {
        expect(arrow.get(`all: ${name}`)! / graphs, name).toBeLessThan(network - 0.1);
        expect(skeleton.get(`all: ${name}`)!, name).toBeLessThan(skeleton.get("all: network")!);
      }
    },
  );

  test(
    "its probabilities hold on graphs of its family it was not trained on",
    { timeout: 600_000 },
    async () => {
      const network = await shippedNetwork();
      const claimed: number[] = [];
      const truth: number[] = [];
      for (let g = 0; g < (long ? 300 : 16); g++) {
        const { columns, arrows } = simulate(createRng(60_000 + g), 8, 200);
        const found = await predictArrows(network, columns);
        for (let p = 0; p < 64; p++) {
          if (p % 9 === 0) continue;
          claimed.push(found.arrows[p]!);
          truth.push(arrows[p]!);
        }
      }
      const { error, bins } = reliability(claimed, truth);
      if (long) console.log(`expected calibration error ${error.toFixed(4)}`, bins);
      expect(error).toBeLessThan(long ? 0.015 : 0.05);
      expect(network.calibrationError).toBeLessThan(0.02);
    },
  );
});

describe("the method", () => {
  test("gives a graph, probabilities and what it was trained on", async () => {
    const found = await discoverBy(method, tableFor(31, 6, 200));
    const undecided = found.graph.edges.some((edge) => edge.mark === "--");
    expect(found.kind).toBe(undecided ? "mpdag" : "dag");
    expect(found.graph.type).toBe(undecided ? "cpdag" : "admg");
    expect(found.edgeProbability!.length).toBeGreaterThan(0);
    for (const { forward, backward } of found.edgeProbability!) {
      expect(forward + backward).toBeLessThanOrEqual(1 + 1e-9);
    }
    const facts = found.diagnostics.flatMap((note) => (note.kind === "fact" ? [note.label] : []));
    expect(facts).toEqual(expect.arrayContaining(["Trained on", "Calibration"]));
    expect(codes(found).filter((code) => code.startsWith("amortized"))).toEqual([]);
    expect(found.claim.assumptions[0]!.text).toMatch(/family the network was trained on/u);
  });

  test("does not depend on units", async () => {
    const { columns } = simulate(createRng(33), 6, 200);
    const scaled = columns.map((column, v) => column.map((x) => 10 ** v * x + v));
    const [a, b] = [
      await discoverBy(method, tableOfColumns(columns)),
      await discoverBy(method, tableOfColumns(scaled)),
    ];
    expect(b.graph.edges).toEqual(a.graph.edges);
  });

  test("holds required and forbidden edges and tiers", async () => {
    const found = await discoverBy(method, tableFor(31, 6, 200), {
      knowledge: {
        required: [["v0", "v3"]],
        tiers: [
          ["v0", "v1", "v2"],
          ["v3", "v4", "v5"],
        ],
      },
    });
    expect(found.graph.edges).toContainEqual(
      expect.objectContaining({ from: "v0", to: "v3", mark: "->" }),
    );
    for (const { from, to, mark } of found.graph.edges) {
      if (mark === "->") expect(from >= "v3" && to < "v3").toBe(false);
    }
  });

  test("refuses what it has never seen the like of", async () => {
    const columns21 = Array.from({ length: 21 }, (_, v) => {
      const rng = createRng(v + 1);
      return Float64Array.from({ length: 60 }, () => rng.normal());
    });
    await expect(discoverBy(method, tableOfColumns(columns21))).rejects.toMatchObject({
      code: "discovery-many-columns",
    });
    await expect(discoverBy(method, tableFor(1, 6, 49))).rejects.toMatchObject({
      code: "amortized-few-rows",
    });
    const levels = tableOf({ a: ["x", "y", "x"], b: ["p", "p", "q"] });
    await expect(discoverBy(method, levels)).rejects.toMatchObject({
      code: "discovery-categories",
    });
  });

  test("warns outside its family: few rows, many rows, more or fewer columns, few values, far outliers", async () => {
    expect(codes(await discoverBy(method, tableFor(2, 6, 70)))).toContain("amortized-rows");
    const many = await discoverBy(method, tableFor(2, 5, 700));
    expect(codes(many)).toContain("amortized-parts");
    expect(codes(await discoverBy(method, tableFor(2, 16, 100)))).toContain("amortized-columns");
    expect(codes(await discoverBy(method, tableFor(2, 3, 100)))).toContain("amortized-columns");
    const { columns } = simulate(createRng(2), 5, 150);
    const coarse = columns.map((column, v) =>
      v === 1 ? column.map((x) => Math.round(x)) : column,
    );
    const told = await discoverBy(method, tableOfColumns(coarse));
    expect(codes(told)).toContain("amortized-discrete");
    const wild = columns.map((column, v) =>
      v === 0 ? column.map((x, s) => (s === 5 ? 300 : x)) : column,
    );
    expect(codes(await discoverBy(method, tableOfColumns(wild)))).toContain("amortized-tails");
  });

  test("reads a long table in parts, with a better answer than the first rows give, and stops when told", async () => {
    let [whole, first] = [0, 0];
    for (let seed = 70; seed < 78; seed++) {
      const simulation = simulate(createRng(seed), 6, 800);
      const columns = simulation.columns.map((column) => column.slice(0, 200));
      whole += (await precisionOn(method, simulation, 0)).arrow / 8;
      first += (await precisionOn(method, { ...simulation, columns }, 0)).arrow / 8;
    }
    expect(whole).toBeGreaterThan(first);
    const { columns } = simulate(createRng(77), 6, 800);
    const stopper = new AbortController();
    const seen: number[] = [];
    const run = discoverBy(
      method,
      tableOfColumns(columns),
      {},
      {
        ...quietWork,
        signal: stopper.signal,
        progress: ({ fraction }) => {
          seen.push(fraction ?? 0);
          if (seen.length === 3) stopper.abort();
        },
      },
    );
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
    expect(seen.length).toBe(3);
  });
});

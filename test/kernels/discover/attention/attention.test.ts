import { describe, expect, test } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { attentionMethod } from "../../../../kernels/discover/attention/attention-method.ts";
import {
  attentionOf,
  bend,
  filter,
  lossAndGradient,
  newNet,
  predict,
} from "../../../../kernels/discover/attention/attention-net.ts";
import { validateInput } from "../../../../kernels/discover/attention/validate.ts";
import { windowsOf } from "../../../../kernels/discover/attention/windows.ts";
import { discoverBy } from "../../../../kernels/discover/discover.ts";
import type { Discovery } from "../../../../kernels/discover/result.ts";
import { type Table, tableOf } from "../../../../kernels/data/table.ts";
import { createRng, type Rng } from "../../../../kernels/math/rng.ts";

const long = process.env["DAGBOK_LONG"] === "1";

type Link = readonly [from: string, to: string, lag: number, effect: (x: number) => number];

/** Series that follow their links, each with normal noise of variance 1, after a run-in. */
function series(names: readonly string[], links: readonly Link[], n: number, rng: Rng): Table {
  const columns = new Map(names.map((name) => [name, new Float64Array(n + 50)]));
  for (let t = 0; t < n + 50; t++) {
    for (const name of names) columns.get(name)![t] = rng.normal();
    for (const [from, to, lag, effect] of links) {
      if (t >= lag) columns.get(to)![t]! += effect(columns.get(from)![t - lag]!);
    }
  }
  return tableOf(Object.fromEntries([...columns].map(([name, x]) => [name, x.slice(50)])));
}

const times =
  (w: number) =>
  (x: number): number =>
    w * x;

const linksOf = (found: Discovery): string[] =>
  found.lagged!.map(({ from, to, lag }) => `${from}-${lag}->${to}`).toSorted();

const truth = (links: readonly Link[]): string[] =>
  links.map(([from, to, lag]) => `${from}-${lag}->${to}`).toSorted();

describe("the net of one target", () => {
  const rng = createRng(3);
  const [inputs, channels, rows] = [6, 3, 20];
  const x = Float64Array.from({ length: rows * inputs }, () => rng.normal());
  const y = Float64Array.from({ length: rows }, () => rng.normal());
  const net = newNet(inputs, channels, rng);
  net.values.forEach((_, k) => (net.values[k]! += 0.5 * rng.normal()));

  test("has the gradient of its loss", () => {
    const gradient = new Float64Array(net.values.length);
    lossAndGradient(net, x, y, 0.3, gradient);
    const scratch = new Float64Array(gradient.length);
    for (let k = 0; k < gradient.length; k++) {
      const kept = net.values[k]!;
      net.values[k] = kept + 1e-6;
      const above = lossAndGradient(net, x, y, 0.3, scratch);
      net.values[k] = kept - 1e-6;
      const below = lossAndGradient(net, x, y, 0.3, scratch);
      net.values[k] = kept;
      expect(gradient[k]).toBeCloseTo((above - below) / 2e-6, 6);
    }
  });

  test("shares out its attention, and predicts a changed input as if it had been given", () => {
    expect(attentionOf(net).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    const change = Float64Array.from({ length: rows }, () => rng.normal());
    const changed = x.map(
      (value, k) => value + (k % inputs === 4 ? change[Math.floor(k / inputs)]! : 0),
    );
    const quick = bend(net, filter(net, x, rows), rows, 4, change);
    predict(net, changed, rows).forEach((value, t) => expect(quick[t]).toBeCloseTo(value, 12));
  });

  test("reads columns at delays from 1 on", () => {
    const { x, y, rows } = windowsOf([Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 6, 7, 8)], 2);
    expect(rows).toBe(2);
    expect(Array.from(x)).toEqual([2, 1, 6, 5, 3, 2, 7, 6]);
    expect(Array.from(y[1]!)).toEqual([7, 8]);
  });
});

describe("validation by shuffling", () => {
  /** y depends on z alone; x goes with z. A net that leans on x in part, as a penalised one would. */
  function proxy(seed: number): {
    net: ReturnType<typeof newNet>;
    x: Float64Array;
    y: Float64Array;
  } {
    const rng = createRng(seed);
    const rows = 300;
    const x = new Float64Array(2 * rows);
    const y = new Float64Array(rows);
    for (let t = 0; t < rows; t++) {
      const z = rng.normal();
      x[2 * t] = z;
      x[2 * t + 1] = 0.9 * z + 0.44 * rng.normal();
      y[t] = z + rng.normal();
    }
    const net = newNet(2, 0, rng);
    // even attention; u for z and x
    net.values.set([0, 0, 0.6, 0.35, 0]);
    return { net, x, y };
  }

  test("passes a cause, and an input that only stands for one at the rate of its level", () => {
    let [cause, stand] = [0, 0];
    for (let seed = 1; seed <= 100; seed++) {
      const { net, x, y } = proxy(seed);
      const rng = createRng(1000 + seed);
      if (validateInput(net, x, y, 0, 60, rng).p < 0.05) cause += 1;
      if (validateInput(net, x, y, 1, 60, rng).p < 0.05) stand += 1;
    }
    expect(cause).toBeGreaterThan(95);
    // 5 of 100 expected, sd 2.2
    expect(stand).toBeLessThan(13);
  });
});

describe("the method", () => {
  test("finds causes and delays of linear series", async () => {
    const links: Link[] = [
      ["a", "a", 1, times(0.6)],
      ["a", "b", 2, times(0.7)],
      ["b", "c", 1, times(-0.6)],
      ["d", "c", 4, times(0.6)],
    ];
    const found = await discoverBy(
      attentionMethod,
      series(["a", "b", "c", "d"], links, 800, createRng(1)),
    );
    expect(linksOf(found)).toEqual(truth(links));
    for (const { strength, p } of found.lagged!) {
      expect(strength).toBeGreaterThan(0.02);
      expect(p).toBeLessThan(0.05);
    }
    expect(found.graph.edges.length).toBe(links.length);
  });

  test("finds an even effect and a bent one", async () => {
    const links: Link[] = [
      ["a", "b", 3, (x) => 1.2 * Math.min(4, x * x)],
      ["c", "b", 1, (x) => 1.5 * Math.tanh(2 * x)],
    ];
    const found = await discoverBy(
      attentionMethod,
      series(["a", "b", "c"], links, 900, createRng(2)),
    );
    expect(linksOf(found)).toEqual(truth(links));
  });

  test(
    `keeps false links rare where there are none, and finds most of what there is${long ? "" : " (few)"}`,
    { timeout: 600_000 },
    async () => {
      const names = ["a", "b", "c", "d"];
      let [wrong, right, missed] = [0, 0, 0];
      const worlds = long ? 40 : 4;
      for (let seed = 1; seed <= worlds; seed++) {
        const rng = createRng(300 + seed);
        const links: Link[] = names.map((name) => [name, name, 1, times(0.3 + 0.4 * rng.next())]);
        if (seed % 2 === 0) {
          links.push(
            ["a", "b", 1 + rng.int(4), times(0.5)],
            ["b", "c", 1 + rng.int(4), times(-0.5)],
          );
          links.push(["c", "d", 1 + rng.int(4), (x) => 1.3 * Math.tanh(x)]);
        }
        const found = linksOf(
          await discoverBy(attentionMethod, series(names, links, 600, rng), { seed }),
        );
        const there = new Set(truth(links));
        const hits = found.filter((link) => there.has(link)).length;
        right += hits;
        missed += there.size - hits;
        wrong += found.length - hits;
      }
      if (long) console.log({ right, missed, wrong });
      expect(wrong).toBeLessThanOrEqual(0.12 * (right + wrong));
      expect(missed).toBeLessThan(0.25 * (right + missed));
    },
  );

  test("repeats with its seed, tells how far it is, and stops when told", async () => {
    const table = series(["a", "b"], [["a", "b", 1, times(0.8)]], 400, createRng(5));
    const quick = { epochs: 100, lags: 3 };
    const one = await discoverBy(attentionMethod, table, { ...quick, seed: 4 });
    const two = await discoverBy(attentionMethod, table, { ...quick, seed: 4 });
    expect(two.lagged).toEqual(one.lagged);
    const stopper = new AbortController();
    const fractions: number[] = [];
    const run = discoverBy(
      attentionMethod,
      table,
      { epochs: 20_000 },
      {
        ...quietWork,
        signal: stopper.signal,
        progress: ({ fraction }) => {
          fractions.push(fraction ?? 0);
          if (fractions.length === 4) stopper.abort();
        },
      },
    );
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
    expect(fractions.length).toBe(4);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  });

  test("refuses short series and warns of random walks", async () => {
    const links: Link[] = [["a", "b", 1, times(0.8)]];
    await expect(
      discoverBy(attentionMethod, series(["a", "b"], links, 90, createRng(1))),
    ).rejects.toMatchObject({ code: "attention-short" });
    const walk = await discoverBy(
      attentionMethod,
      series(["a", "b"], [...links, ["a", "a", 1, times(1)]], 400, createRng(1)),
      { epochs: 60, lags: 2 },
    );
    expect(walk.diagnostics.some((note) => "code" in note && note.code === "attention-drift")).toBe(
      true,
    );
  });
});

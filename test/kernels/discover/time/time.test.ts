import { describe, expect, test } from "vitest";
import { quietWork, type Work } from "../../../../app/work.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import { discoverBy } from "../../../../kernels/discover/discover.ts";
import { constraintsOf, noConstraints } from "../../../../kernels/discover/knowledge.ts";
import { paceOf } from "../../../../kernels/discover/pace.ts";
import type { Discovery, LaggedEdge } from "../../../../kernels/discover/result.ts";
import { summaryOf } from "../../../../kernels/discover/time/finding.ts";
import { lagged, partialCorrelationTest } from "../../../../kernels/discover/time/lagged-test.ts";
import { pcmciMethod, pcmciPlusMethod } from "../../../../kernels/discover/time/methods.ts";
import { falseDiscovery, pcmci } from "../../../../kernels/discover/time/pcmci.ts";
import { pcmciPlus, type PlusResult } from "../../../../kernels/discover/time/pcmci-plus.ts";
import type { Method } from "../../../../kernels/discover/method.ts";
import { leastSquares, residualsOf } from "../../../../kernels/math/least-squares.ts";
import { twoSidedP } from "../../../../kernels/math/distributions.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { acyclicNow, type Link, oracle, simulate } from "./series.ts";

const long = process.env["DAGBOK_LONG"] === "1";
const pace = paceOf(quietWork);
const asMethod = (method: unknown): Method => method as Method;
const names = (d: number): string[] => Array.from({ length: d }, (_, v) => `x${v}`);
const tableFrom = (columns: readonly Float64Array[]): ReturnType<typeof tableOf> =>
  tableOf(Object.fromEntries(columns.map((column, v) => [`x${v}`, column])));
const edgeText = ({ from, to, lag, mark }: LaggedEdge): string =>
  mark === "--" ? `${[from, to].toSorted().join("--")}@0` : `${from}->${to}@${lag}`;
const texts = (found: Discovery): string[] => found.lagged!.map(edgeText).toSorted();

describe("partial correlation over time", () => {
  test("is that of the residuals of two regressions, with n - k - 2 degrees of freedom", async () => {
    const columns = simulate(
      3,
      [
        [0, 0, 1, 0.5],
        [0, 1, 1, 0.6],
        [1, 2, 0, 0.7],
      ],
      120,
      3,
    );
    const deepest = 4;
    const n = 116;
    const at = (code: number): Float64Array => {
      const lag = Math.floor(code / 3);
      return columns[code % 3]!.slice(deepest - lag, deepest - lag + n);
    };
    const tests = await partialCorrelationTest(columns, deepest);
    for (const [x, y, given] of [
      [3, 1, []],
      [4, 2, [5]],
      [6, 2, [1, 4, 5]],
      [9, 0, [3, 4, 7, 13]],
    ] as const) {
      const design = new Float64Array(n * (given.length + 1));
      for (let i = 0; i < n; i++) {
        design[i * (given.length + 1)] = 1;
        given.forEach((code, k) => (design[i * (given.length + 1) + k + 1] = at(code)[i]!));
      }
      const rest = [x, y].map((code) => {
        const fit = leastSquares(design, n, given.length + 1, at(code));
        return residualsOf(design, n, given.length + 1, at(code), fit.coefficients);
      });
      const inner = (a: Float64Array, b: Float64Array): number =>
        a.reduce((sum, value, i) => sum + value * b[i]!, 0);
      const r =
        inner(rest[0]!, rest[1]!) /
        Math.sqrt(inner(rest[0]!, rest[0]!) * inner(rest[1]!, rest[1]!));
      const df = n - given.length - 2;
      const answer = tests.test(x, y, given);
      expect(answer.value).toBeCloseTo(r, 9);
      expect(answer.p).toBeCloseTo(twoSidedP(r * Math.sqrt(df / (1 - r * r)), df), 9);
    }
  });

  test("nothing left to test counts as independent", async () => {
    const columns = [Float64Array.from({ length: 50 }, (_, i) => Math.sin(i))];
    columns.push(columns[0]!.slice(), new Float64Array(50).fill(2));
    const tests = await partialCorrelationTest(columns, 2);
    expect(tests.test(lagged(3, 0, 1), 1, [lagged(3, 1, 1)]).p).toBe(1);
    expect(tests.test(lagged(3, 2, 1), 0, []).p).toBe(1);
  });
});

describe("PCMCI with true separations", () => {
  const everySet = async (d: number, lags: number, each: (links: Link[]) => Promise<void>) => {
    const slots: Link[] = [];
    for (let lag = 1; lag <= lags; lag++) {
      for (let from = 0; from < d; from++)
        for (let to = 0; to < d; to++) slots.push([from, to, lag]);
    }
    const step = long || slots.length <= 8 ? 1 : 7;
    for (let mask = 0; mask < 2 ** slots.length; mask += step) {
      await each(slots.filter((_, bit) => (mask >> bit) & 1));
    }
  };

  test.each([
    [2, 2],
    [3, 1],
  ])("finds every lagged graph of %i columns and %i lags", async (d, lags) => {
    let graphs = 0;
    await everySet(d, lags, async (links) => {
      const settings = { lags, alpha: 0.5, knowledge: noConstraints(d) };
      const { pairs } = await pcmci(oracle(d, links, lags), settings, pace);
      const found = pairs.filter((pair) => pair.p < 0.5).map((p) => [p.from, p.to, p.lag].join());
      expect(found.toSorted()).toEqual(links.map((link) => link.join()).toSorted());
      graphs++;
    });
    expect(graphs).toBeGreaterThan(70);
  });
});

/** Marks at lag 0 that all graphs with the same lagged links, skeleton and unshielded colliders share: by trying all. */
function classByBruteForce(d: number, links: readonly Link[]): { now: Uint8Array; size: number } {
  const lag = links.filter(([, , at]) => at > 0);
  const now = links.filter(([, , at]) => at === 0);
  const joined = (from: number, to: number, at: number): boolean =>
    links.some(
      ([a, b, l]) => l === at && ((a === from && b === to) || (at === 0 && a === to && b === from)),
    );
  const colliders = (arrows: readonly Link[]): string => {
    const found: string[] = [];
    for (const [from, middle, at] of [...lag, ...arrows]) {
      for (const [other, to] of arrows) {
        if (to !== middle || (at === 0 && other <= from)) continue;
        if (!joined(from, other, at)) found.push([from, at, middle, other].join());
      }
    }
    return found.toSorted().join(" ");
  };
  const truth = colliders(now);
  const shared = new Uint8Array(d * d);
  let size = 0;
  for (let mask = 0; mask < 2 ** now.length; mask++) {
    const arrows = now.map(([from, to], bit): Link =>
      (mask >> bit) & 1 ? [to, from, 0] : [from, to, 0],
    );
    if (!acyclicNow(d, arrows) || colliders(arrows) !== truth) continue;
    size++;
    for (const [from, to] of arrows) shared[from * d + to] = 1;
  }
  return { now: shared, size };
}

describe("PCMCI+ with true separations", () => {
  const run = (
    d: number,
    links: readonly Link[],
    lags: number,
    rule: "standard" | "majority" | "conservative",
  ): Promise<PlusResult> =>
    pcmciPlus(
      oracle(d, links, lags),
      { lags, alpha: 0.5, knowledge: noConstraints(d), colliders: rule },
      names(d),
      pace,
    );

  async function check(d: number, links: readonly Link[], lags: number): Promise<number> {
    const expected = classByBruteForce(d, links);
    for (const rule of ["standard", "majority", "conservative"] as const) {
      const found = await run(d, links, lags, rule);
      const key = ([from, to, lag]: Link): string =>
        lag === 0 ? `${Math.min(from, to)}-${Math.max(from, to)}` : [from, to, lag].join();
      expect(found.links.map((p) => key([p.from, p.to, p.lag])).toSorted()).toEqual(
        links.map(key).toSorted(),
      );
      expect([links, [...found.now.may]]).toEqual([links, [...expected.now]]);
      expect(found.diagnostics.filter((note) => note.kind === "warning")).toEqual([]);
    }
    return expected.size;
  }

  test("finds the class of every graph of two columns and one lag", async () => {
    for (const now of [[], [[0, 1, 0]], [[1, 0, 0]]] as Link[][]) {
      for (let mask = 0; mask < 16; mask++) {
        const past = [0, 1, 2, 3]
          .filter((bit) => (mask >> bit) & 1)
          .map((bit): Link => [bit >> 1, bit & 1, 1]);
        await check(2, [...past, ...now], 1);
      }
    }
  });

  test("finds the class of random graphs of three and four columns", async () => {
    const rng = createRng(17);
    let open = 0;
    let decided = 0;
    for (let round = 0; round < (long ? 2000 : 250); round++) {
      const d = 3 + rng.int(2);
      const lags = 1 + rng.int(2);
      const links: Link[] = [];
      for (let from = 0; from < d; from++) {
        for (let to = 0; to < d; to++) {
          for (let lag = 1; lag <= lags; lag++) if (rng.next() < 0.15) links.push([from, to, lag]);
          if (from < to && rng.next() < 0.5)
            links.push(rng.next() < 0.5 ? [from, to, 0] : [to, from, 0]);
        }
      }
      if (!acyclicNow(d, links)) continue;
      if ((await check(d, links, lags)) > 1) open++;
      else decided++;
    }
    expect(Math.min(open, decided)).toBeGreaterThan(40);
  });

  test("knowledge directs what the class leaves open, and keeps links out", async () => {
    const settings = { lags: 1, alpha: 0.5, colliders: "majority" as const };
    const chain: Link[] = [
      [0, 1, 0],
      [1, 2, 0],
    ];
    const found = await pcmciPlus(
      oracle(3, chain, 1),
      { ...settings, knowledge: constraintsOf(names(3), { tiers: [["x0"], ["x1", "x2"]] }) },
      names(3),
      pace,
    );
    expect([...found.now.may]).toEqual([0, 1, 0, 0, 0, 1, 0, 0, 0]);
    const lag: Link[] = [
      [0, 1, 1],
      [1, 1, 1],
    ];
    const without = await pcmciPlus(
      oracle(2, lag, 1),
      { ...settings, knowledge: constraintsOf(names(2), { forbidden: [["x0", "x1"]] }) },
      names(2),
      pace,
    );
    expect(without.links.some((link) => link.from === 0 && link.to === 1 && link.lag > 0)).toBe(
      false,
    );
  });
});

describe("false discovery rate", () => {
  test("equals the definition", () => {
    const p = [0.01, 0.04, 0.03, 0.5, 0.04];
    const adjusted = falseDiscovery(p);
    const direct = p.map((value) =>
      Math.min(
        1,
        ...p
          .filter((other) => other >= value)
          .map((other) => (other * 5) / p.filter((q) => q <= other).length),
      ),
    );
    adjusted.forEach((value, i) => expect(value).toBeCloseTo(direct[i]!, 12));
  });
});

describe("on simulated series", () => {
  const links = [
    [0, 0, 1, 0.6],
    [1, 1, 1, 0.5],
    [2, 2, 1, 0.4],
    [3, 3, 1, 0.5],
    [0, 1, 1, 0.5],
    [1, 2, 2, -0.5],
    [0, 3, 2, 0.4],
  ] as const;
  const truth = links.map(([from, to, lag]) => `x${from}->x${to}@${lag}`).toSorted();

  test("PCMCI finds the true links, few others, and fewer with the false discovery rate", async () => {
    let missed = 0;
    let extra = 0;
    let extraFdr = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const table = tableFrom(simulate(4, links, 600, seed));
      const found = texts(await discoverBy(asMethod(pcmciMethod), table));
      const bounded = texts(await discoverBy(asMethod(pcmciMethod), table, { correction: "fdr" }));
      missed += truth.filter((link) => !found.includes(link)).length;
      extra += found.filter((link) => !truth.includes(link)).length;
      extraFdr += bounded.filter((link) => !truth.includes(link)).length;
    }
    expect(missed).toBe(0);
    expect(extra).toBeLessThanOrEqual(8); // 47 other pairs in each of 5 series at level 0.01
    expect(extraFdr).toBeLessThanOrEqual(Math.min(3, extra));
  });

  test("PCMCI+ directs links within a step by the past and by colliders", async () => {
    const world = [
      [0, 0, 1, 0.8],
      [1, 1, 1, 0.7],
      [2, 2, 1, 0.6],
      [3, 3, 1, 0.7],
      [0, 1, 0, 0.6],
      [2, 1, 0, -0.6],
      [1, 3, 0, 0.7],
      [2, 0, 2, 0.5],
    ] as const;
    const want = world.map(([from, to, lag]) => `x${from}->x${to}@${lag}`).toSorted();
    let wrong = 0;
    for (let seed = 11; seed <= 14; seed++) {
      const table = tableFrom(simulate(4, world, 1000, seed));
      const found = await discoverBy(asMethod(pcmciPlusMethod), table);
      const got = texts(found);
      wrong += want.filter((link) => !got.includes(link)).length;
      wrong += got.filter((link) => !want.includes(link)).length;
      expect(found.kind).toBe("time-series");
      expect(found.claim.status).toBe("not-certified");
    }
    expect(wrong).toBeLessThanOrEqual(3);
  });

  test("a single undirected link within a step stays open, the graph is a class", async () => {
    const columns = simulate(2, [[0, 1, 0, 0.8]], 500, 21);
    const plus = await discoverBy(asMethod(pcmciPlusMethod), tableFrom(columns));
    expect(texts(plus)).toEqual(["x0--x1@0"]);
    expect(plus.graph.type).toBe("cpdag");
    const known = await discoverBy(asMethod(pcmciMethod), tableFrom(columns), {
      knowledge: { tiers: [["x0"], ["x1"]] },
    });
    expect(texts(known)).toContain("x0->x1@0");
    const codes = (found: Discovery): string[] =>
      found.diagnostics.flatMap((note) => (note.kind === "warning" ? [note.code] : []));
    expect(codes(known)).not.toContain("pcmci-within-step");
    const plain = await discoverBy(asMethod(pcmciMethod), tableFrom(columns));
    expect(codes(plain)).toContain("pcmci-within-step");
  });

  test("under the null with autocorrelation the rate of false links is its level, unlike that of plain correlation", async () => {
    const runs = long ? 200 : 40;
    const alpha = 0.05;
    let tests = 0;
    let momentary = 0;
    let plain = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const columns = simulate(
        4,
        [0, 1, 2, 3].map((v) => [v, v, 1, 0.9] as const),
        200,
        1000 + seed,
      );
      const test = await partialCorrelationTest(columns, 4);
      const settings = { lags: 2, alpha: 0.2, knowledge: noConstraints(4) };
      const { pairs } = await pcmci(test, settings, pace);
      for (const { from, to, lag, p } of pairs) {
        if (from === to) continue;
        tests++;
        if (p <= alpha) momentary++;
        if (test.test(lagged(4, from, lag), to, []).p <= alpha) plain++;
      }
    }
    expect(tests).toBe(runs * 30);
    const error = Math.sqrt((alpha * (1 - alpha)) / tests);
    expect(Math.abs(momentary / tests - alpha)).toBeLessThan(5 * error); // tests of a run are not independent
    expect(plain / tests).toBeGreaterThan(0.3);
  });

  test("scale and place of a column do not matter, nor does the order of the columns", async () => {
    const columns = simulate(4, links, 400, 31);
    for (const method of [pcmciMethod, pcmciPlusMethod]) {
      const plain = texts(await discoverBy(asMethod(method), tableFrom(columns)));
      const scaled = columns.map((column, v) => column.map((x) => 10 ** (3 * v - 4) * x + v));
      expect(texts(await discoverBy(asMethod(method), tableFrom(scaled)))).toEqual(plain);
      const turned = tableOf({
        x3: columns[3]!,
        x1: columns[1]!,
        x0: columns[0]!,
        x2: columns[2]!,
      });
      expect(texts(await discoverBy(asMethod(method), turned))).toEqual(plain);
    }
  });

  test("the tables tell the lag function and the summary, which may go in circles", async () => {
    const columns = simulate(
      2,
      [
        [0, 1, 1, 0.6],
        [1, 0, 2, 0.6],
      ],
      600,
      41,
    );
    const found = await discoverBy(asMethod(pcmciMethod), tableFrom(columns), { lags: 2 });
    expect(summaryOf(found.lagged!).map(({ from, to, lags }) => [from, to, lags])).toEqual([
      ["x1", "x0", [2]],
      ["x0", "x1", [1]],
    ]);
    const tables = found.diagnostics.filter((note) => note.kind === "table");
    expect(tables[0]!.rows.find(([pair]) => pair === "x0 → x1")![2]).toMatch(/^0\.\d\d\*$/);
    expect(tables[1]!.rows).toHaveLength(2);
  });
});

describe("what users must mend", () => {
  const columns = simulate(2, [], 60, 51);

  test("too short a series, required edges, a bootstrap of single rows", async () => {
    const method = asMethod(pcmciMethod);
    await expect(discoverBy(method, tableFrom(columns), { lags: 20 })).rejects.toMatchObject({
      code: "time-short",
    });
    const wide = tableFrom(simulate(40, [], 200, 53));
    await expect(discoverBy(method, wide, { lags: 60 })).rejects.toMatchObject({
      code: "time-large",
    });
    await expect(
      discoverBy(method, tableFrom(columns), { knowledge: { required: [["x0", "x1"]] } }),
    ).rejects.toMatchObject({ code: "discovery-knowledge-unused" });
    await expect(discoverBy(method, tableFrom(columns), { bootstrap: 5 })).rejects.toMatchObject({
      code: "discovery-bootstrap-time",
    });
  });

  test.each([pcmciMethod, pcmciPlusMethod])("$name stops when told", async (method) => {
    const stop = new AbortController();
    const work: Work = { signal: stop.signal, progress: () => stop.abort(new Error("stopped")) };
    const many = simulate(60, [], 300, 52);
    await expect(discoverBy(asMethod(method), tableFrom(many), { lags: 4 }, work)).rejects.toThrow(
      "stopped",
    );
  });
});

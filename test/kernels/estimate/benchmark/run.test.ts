import { describe, expect, test } from "vitest";
import { quietWork, type Progress } from "../../../../app/work.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import {
  type BenchmarkResult,
  type BenchmarkRow,
  type BenchmarkSpec,
  knownSet,
  type KnownSet,
  runBenchmark,
  scoreEffect,
  spoken,
  spreadOf,
  standingsOf,
} from "../../../../kernels/estimate/benchmark/index.ts";
import type { Effect } from "../../../../kernels/estimate/effect.ts";
import { methods } from "../../../../kernels/estimate/index.ts";
import type { Method } from "../../../../kernels/estimate/method.ts";

const method = (name: string, options: Record<string, unknown> = {}, label = name) => ({
  method: methods.find((one) => one.name === name)!,
  options,
  label,
});
const set = (name: string, n: number | null) => ({ set: knownSet(name)!, n, label: name });
/** Trees would take seconds. */
const linear = { outcomeModel: "linear" };
const nothing = async (): Promise<undefined> => undefined;
const spec: BenchmarkSpec = {
  methods: [method("regression", { byArm: true }), method("t-learner", linear), method("2sls")],
  sets: [set("nie-wager-a", 300), set("kang-schafer", 200)],
  replications: [1, 2],
  seed: 3,
};

async function run(
  changes: Partial<BenchmarkSpec> = {},
  known: readonly BenchmarkRow[] = [],
): Promise<{ result: BenchmarkResult; learned: BenchmarkRow[]; progress: Progress[] }> {
  const learned: BenchmarkRow[] = [];
  const progress: Progress[] = [];
  const result = await runBenchmark(
    { ...spec, ...changes },
    {
      known: new Map(known.map((row) => [row.key, row])),
      learn: (row) => learned.push(row),
    },
    nothing,
    { ...quietWork, progress: (one) => progress.push(one) },
  );
  return { result, learned, progress };
}

const numbers = (rows: readonly BenchmarkRow[]) => rows.map((row) => ({ ...row, seconds: 0 }));

test("every combination has its row; what cannot answer says so in it", async () => {
  const { result, learned, progress } = await run();
  expect(result.rows).toHaveLength(12);
  expect(result.jobs).toBe(12);
  expect(learned).toHaveLength(12);
  const failed = result.rows.filter((row) => row.result.kind === "failed");
  expect(failed.map((row) => row.method)).toEqual(Array.from({ length: 4 }, () => "2sls"));
  expect(failed[0]?.result).toMatchObject({ kind: "failed", code: "not-applicable" });
  for (const row of result.rows) {
    if (row.result.kind !== "scored") continue;
    if (row.method === "t-learner") expect(row.result.rootPehe).toBeGreaterThan(0);
    expect(row.result.high!).toBeGreaterThan(row.result.low!);
  }
  expect(progress.at(-1)?.message).toMatch(/^12 of 12: .*left$/u);
  const fractions = progress.map(({ fraction }) => fraction!);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
});

test("the same seed gives the same numbers, another gives others", async () => {
  const [a, b, c] = [await run(), await run(), await run({ seed: 4 })];
  expect(numbers(a.result.rows)).toEqual(numbers(b.result.rows));
  expect(numbers(a.result.rows)).not.toEqual(numbers(c.result.rows));
});

test("what is known is not run again, whatever it is called; what differs is", async () => {
  const first = await run();
  const again = await run({}, first.learned);
  expect(again.learned).toEqual([]);
  expect(again.result.known).toBe(12);
  expect(again.result.rows).toEqual(first.result.rows);
  const more = await run(
    {
      // The default written out is the same method; another depth is not.
      methods: [
        method("regression", { byArm: true, errors: "HC2" }, "OLS"),
        method("t-learner", linear, "T"),
      ],
      replications: [1, 2, 3],
    },
    first.learned,
  );
  expect(more.result.rows.map((row) => row.method)).toContain("OLS");
  expect(new Set(more.learned.map((row) => row.replication))).toEqual(new Set([3]));
  const other = await run({ methods: [method("regression", { byArm: false })] }, first.learned);
  expect(other.learned).toHaveLength(4);
  const fewer = await run({ sets: [set("kang-schafer", 250)] }, first.learned);
  expect(fewer.result.known).toBe(0);
});

test("shards share out the jobs: together they are the whole, none twice", async () => {
  const whole = await run();
  const shards = await Promise.all(
    [1, 2, 3].map(async (index) => (await run({ shard: { index, of: 3 } })).learned),
  );
  for (const shard of shards) expect(shard).toHaveLength(4);
  const merged = await run({}, shards.flat());
  expect(merged.learned).toEqual([]);
  expect(numbers(merged.result.rows)).toEqual(numbers(whole.result.rows));
});

test("a stop in the middle keeps what is done, and going on gives the same", async () => {
  const control = new AbortController();
  const learned: BenchmarkRow[] = [];
  let last: BenchmarkResult | undefined;
  const stopped = runBenchmark(
    spec,
    {
      known: new Map(),
      learn: (row, soFar) => {
        learned.push(row);
        last = soFar;
        if (learned.length === 5) control.abort();
      },
    },
    nothing,
    { ...quietWork, signal: control.signal },
  );
  await expect(stopped).rejects.toThrow();
  expect(learned).toHaveLength(5);
  expect(last?.rows).toHaveLength(5);
  const rest = await run({}, learned);
  expect(rest.learned).toHaveLength(7);
  expect(numbers(rest.result.rows)).toEqual(numbers((await run()).result.rows));
});

test("a set whose files are not here is named with them, and the others go on", async () => {
  const { result } = await run({ sets: [set("ihdp", null), set("kang-schafer", 200)] });
  expect(result.absent).toEqual([{ set: "ihdp", files: ["ihdp_1.csv", "ihdp_2.csv"] }]);
  expect(result.rows).toHaveLength(6);
});

test("a method that throws is a row, and is tried again next time", async () => {
  const broken: Method = {
    ...methods[0]!,
    name: "broken",
    options: {},
    run: () => {
      throw new Error("no such tree");
    },
  };
  const { result, learned } = await run({
    methods: [{ method: broken, options: {}, label: "broken" }, method("t-learner", linear)],
  });
  expect(result.rows.filter((row) => row.result.kind === "failed")).toHaveLength(4);
  expect(result.rows[0]?.result).toMatchObject({ code: "error", message: "no such tree" });
  expect(learned.map((row) => row.method)).not.toContain("broken");
  const unknown = await run({ methods: [method("t-learner", { leaves: 3 })] });
  expect(unknown.result.rows[0]?.result).toMatchObject({ code: "unknown-option" });
});

test("a set of one replication is not asked for a second", async () => {
  const one: KnownSet = { ...knownSet("kang-schafer")!, replications: 1 };
  const { result } = await run({ sets: [{ set: one, n: 200, label: "one" }] });
  expect(result.rows).toHaveLength(3);
});

describe("scores", () => {
  const problem = {
    table: tableOf({ t: [0, 1, 1, 0], y: [1, 2, 3, 4] }),
    treatment: "t",
    outcome: "y",
    adjustment: [],
    target: "ATE" as const,
    effect: Float64Array.of(1, -1, 3, 5),
    among: Uint8Array.of(1, 1, 1, 1),
  };
  const effect = {
    kind: "effect",
    estimate: 2.5,
    interval: { low: 1, high: 4, level: 0.95, method: "" },
    unitEffects: Float64Array.of(2, 1, 3, 4),
  } as unknown as Effect;

  test("against the truth, by hand", () => {
    // errors 1, 2, 0, −1; effects have mean 2 and variance (1 + 9 + 1 + 9)/4 = 5
    expect(scoreEffect(effect, problem, "high")).toEqual({
      kind: "scored",
      n: 4,
      truth: 2,
      estimate: 2.5,
      low: 1,
      high: 4,
      rootPehe: Number(Math.sqrt(6 / 4).toPrecision(8)),
      relativePehe: Number(Math.sqrt(1.5 / 5).toPrecision(8)),
      // All are treated; the second loses 1: (1 + 3 + 5)/4 − 8/4
      regret: 0.25,
    });
  });

  test("where low outcomes are good, treating is right where the effect is negative", () => {
    // Nobody is treated, the second should have been
    expect(scoreEffect(effect, problem, "low").regret).toBe(0.25);
    const right = { ...effect, unitEffects: Float64Array.of(2, -1, 3, 4) };
    expect(scoreEffect(right, problem, "low").regret).toBe(0);
  });

  test("over the target's rows, and those the method used", () => {
    const treated = { ...problem, target: "ATT" as const, among: Uint8Array.of(0, 1, 1, 0) };
    expect(scoreEffect(effect, treated, "high")).toMatchObject({
      truth: 1,
      rootPehe: Number(Math.SQRT2.toPrecision(8)),
    });
    const fewer = { ...effect, rows: Int32Array.of(0, 3), unitEffects: Float64Array.of(2, 4) };
    expect(scoreEffect(fewer, problem, "high")).toMatchObject({ n: 2, truth: 3, rootPehe: 1 });
  });

  test("a constant effect has no relative error; no interval is no interval", () => {
    const flat = { ...problem, effect: Float64Array.of(0.1, 0.1, 0.1, 0.1) };
    expect(scoreEffect(effect, flat, "high")).not.toHaveProperty("relativePehe");
    const bare = { ...effect, interval: { ...effect.interval, low: Number.NaN, high: Number.NaN } };
    expect(scoreEffect(bare, problem, "high")).not.toHaveProperty("low");
  });
});

describe("standings", () => {
  const row = (
    name: string,
    replication: number,
    rootPehe: number,
    error: number,
  ): BenchmarkRow => ({
    key: `${name}${replication}`,
    set: "s",
    replication,
    method: name,
    seconds: 1,
    result: {
      kind: "scored",
      n: 10,
      truth: 1,
      estimate: 1 + error,
      low: 0.5 + error,
      high: 1.5 + error,
      rootPehe,
    },
  });

  test("sorted by the median, which one bad replication does not rule", () => {
    const rows = [
      ...[1, 1.1, 1.2].map((v, k) => row("steady", k, v, 0.1)),
      ...[0.5, 0.6, 27].map((v, k) => row("wild", k, v, 2)),
    ];
    const [first, second] = standingsOf(rows);
    expect([first?.method, second?.method]).toEqual(["wild", "steady"]);
    expect(first?.rootPehe).toMatchObject({ median: 0.6, highest: 27 });
    expect(first?.rootPehe?.mean).toBeCloseTo(28.1 / 3, 9);
    expect([first?.covered, second?.covered]).toEqual([0, 3]);
    expect(first?.length?.mean).toBe(1);
  });

  test("those without unit effects come after, those without a number last", () => {
    const { rootPehe: _, ...bare } = row("plain", 1, 0, 0.1).result as never as {
      rootPehe: number;
    };
    const rows: BenchmarkRow[] = [
      { ...row("none", 1, 0, 0), result: { kind: "failed", code: "x", message: "no" } },
      { ...row("plain", 1, 0, 0.1), result: bare as never },
      row("full", 1, 9, 9),
    ];
    expect(standingsOf(rows).map(({ method: name }) => name)).toEqual(["full", "plain", "none"]);
    expect(standingsOf(rows).at(-1)).toMatchObject({ scored: 0, failed: 1 });
  });

  test("mean, median and error by hand", () => {
    expect(spreadOf([4, 1, 7, 2])).toEqual({
      count: 4,
      mean: 3.5,
      median: 3,
      standardError: Math.sqrt(21 / 3 / 4),
      lowest: 1,
      highest: 7,
    });
    expect(spreadOf([5]).standardError).toBeNaN();
  });

  test("times are said as a person would", () => {
    expect([0.2, 40, 200, 9000].map(spoken)).toEqual(["1 s", "40 s", "3 min", "2.5 h"]);
  });
});

import { describe, expect, test } from "vitest";
import { checkKernelEvent } from "../../../app/protocol/check.ts";
import { mime } from "../../../app/protocol/mime.ts";
import { Inputs } from "../../../kernels/cells/inputs.ts";
import { reportOf } from "../../../kernels/cells/reports.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { tablePage, toBundle } from "../../../kernels/output/display.ts";
import { inlineText, inspect } from "../../../kernels/output/inspect.ts";
import { toPlain } from "../../../kernels/output/json.ts";
import { OutputLimiter } from "../../../kernels/output/limiter.ts";
import { VariableFeed } from "../../../kernels/output/variable.ts";
import { FloodGate } from "../../../renderer/kernel-frame/flood-gate.ts";

const hostile = new Proxy(
  {},
  {
    ownKeys: () => {
      throw new Error("no");
    },
    getPrototypeOf: () => {
      throw new Error("no");
    },
  },
);
const circular: Record<string, unknown> = { a: 1 };
circular["self"] = circular;
const values: readonly unknown[] = [
  undefined,
  null,
  true,
  1,
  -0,
  Number.NaN,
  10n,
  "text",
  "x".repeat(1e6),
  Symbol("s"),
  () => 1,
  new Date(0),
  new Date(Number.NaN),
  new Error("e"),
  [1, [2, [3, [4, [5, [6]]]]]],
  new Map([[1, 2]]),
  new Set([1]),
  circular,
  hostile,
  new Float64Array(1e5),
  Object.create(null),
  /x/u,
  new (class Thing {
    a = 1;
  })(),
  {
    get explosive() {
      throw new Error("getter ran");
    },
  },
  Array.from({ length: 1e5 }, (_, i) => ({ i })),
];

describe("any value can be shown", () => {
  test.each(values.map((value, i) => [i, value]))("value %i", (_, value) => {
    const bundle = toBundle(value, reportOf);
    expect(bundle[mime.text]).toBeTypeOf("string");
    expect(JSON.stringify(bundle).length).toBeLessThan(3e6);
    expect(inlineText(value).length).toBeLessThanOrEqual(1e6);
  });

  test("getters are not run, circles are named, long lists say what is left out", () => {
    expect(JSON.stringify(inspect(values.at(-2)))).toContain("(getter)");
    expect(JSON.stringify(inspect(circular))).toContain("(circular)");
    expect(inspect(new Float64Array(100)).more).toBe(50);
    expect(inlineText([1, "a"])).toBe('[1, "a"]');
    expect(inlineText({ a: 1, b: [1] })).toContain("a: 1");
  });

  test("results of engines are told by their reports", () => {
    const bundle = toBundle(parseGraph("x -> y; u -> x, y; u [latent]"), reportOf);
    expect(bundle[mime.report]).toMatchObject({ blocks: [{ kind: "graph" }] });
    expect(bundle[mime.text]).toContain("Unmeasured: u");
  });
});

test("pages of a table are text, and offsets beyond it are empty", () => {
  const table = tableOf({ x: [1, Number.NaN, 2.5], g: ["a", "b", "a"] });
  expect(tablePage(table, 1, 5)).toMatchObject({
    offset: 1,
    n: 3,
    rows: [
      [null, "b"],
      ["2.5", "a"],
    ],
  });
  expect(tablePage(table, 99, 5).rows).toEqual([]);
  expect(tablePage(table, -5, 1).rows).toEqual([["1", "a"]]);
});

test("plain JSON for programs: what JSON has no word for is said in text", () => {
  expect(
    toPlain({ a: Number.NaN, b: undefined, c: new Float64Array([1]), d: () => 1, e: 2n }),
  ).toEqual({
    a: "NaN",
    b: null,
    c: [1],
    d: "(function)",
    e: "2",
  });
  expect((toPlain(new Float64Array(20_000)) as unknown[]).at(-1)).toBe("… 10000 more");
});

describe("floods", () => {
  test("the limiter lets 64 KB through per 50 ms, one larger thing at a time, and counts the rest", () => {
    let now = 0;
    const limiter = new OutputLimiter({ now: () => now });
    let admitted = 0;
    for (let i = 0; i < 1000; i++) if (limiter.admit(1024)) admitted++;
    expect(admitted).toBe(64);
    expect(limiter.takeDropped()).toBe(936);
    expect(limiter.takeDropped()).toBe(0);
    now = 50;
    expect(limiter.admit(1e7)).toBe(true);
    expect(limiter.admit(1)).toBe(false);
  });

  test("the gate drops what is drawn one by one sooner than states", () => {
    const gate = new FloodGate();
    const count = (type: string): number => {
      let n = 0;
      for (let i = 0; i < 3000; i++) if (gate.admit(type, 0)) n++;
      return n;
    };
    const logs = count("log");
    expect(logs).toBeLessThan(500);
    expect(count("state")).toBe(3000);
    expect(gate.takeDropped()).toBe(3000 - logs);
    expect(gate.admit("log", 51)).toBe(true);
  });

  test("variables that change fast are told together, the last value of each", () => {
    const posts: unknown[] = [];
    const feed = new VariableFeed((event) => posts.push(event));
    for (let i = 0; i <= 100; i++) feed.changed({ name: "a", cell: "c", value: i });
    feed.changed({ name: "b", cell: "c", value: 1 });
    feed.gone("b");
    feed.flush();
    expect(posts).toMatchObject([{ changed: [{ name: "a", preview: "100" }], removed: ["b"] }]);
  });
});

test("what is no event of the protocol ends at the page's edge", () => {
  for (const wrong of [
    undefined,
    null,
    1,
    "x",
    [],
    {},
    { type: "evil" },
    { type: "state" },
    { type: "output", cell: 1 },
    { type: "toString" },
    { type: "__proto__" },
    { type: "state", cell: "a", state: [] },
  ]) {
    expect(checkKernelEvent(wrong)).toBeUndefined();
  }
  expect(checkKernelEvent({ type: "settled" })).toEqual({ type: "settled" });
  expect(checkKernelEvent({ type: "state", cell: "a", state: { kind: "idle" } })).toBeDefined();
});

describe("descriptions of controls", () => {
  test("a range has a sensible step and start", () => {
    expect(Inputs.range([0, 10])).toMatchObject({
      widget: "range",
      initial: 5,
      options: { min: 0, max: 10, step: 0.1 },
    });
    expect(Inputs.range([0, 3], { value: 9 }).initial).toBe(3);
    expect(() => Inputs.range([3, 1])).toThrow(/smaller to a larger/);
  });
  test("choices from lists, maps and objects", () => {
    expect(Inputs.select(["a", "b"]).initial).toBe("a");
    expect(Inputs.radio(new Map([["one", 1]])).initial).toBe(1);
    expect(Inputs.checkbox({ x: 1, y: 2 }, { value: [2] }).options).toMatchObject({
      labels: ["x", "y"],
      values: [1, 2],
    });
    expect(() => Inputs.select([])).toThrow(/nothing to choose/);
  });
});

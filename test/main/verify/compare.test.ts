import { describe, expect, test } from "vitest";
import type { SavedOutput } from "../../../app/protocol/store.ts";
import { compareOutputs, compareProvenance } from "../../../main/verify/compare.ts";

function output(shown: unknown, rest: Partial<SavedOutput> = {}): SavedOutput {
  return {
    cell: "aaaa",
    digest: "d",
    ms: 1,
    at: 0,
    bundles: [{ "application/json": shown }],
    ...rest,
  };
}

const differs = (a: unknown, b: unknown, tolerance = 0): number =>
  compareOutputs(output(a), output(b), tolerance).length;

describe("two outputs of one cell", () => {
  test("are compared exactly where nothing else is said", () => {
    expect(differs({ x: [1, "a 3.14"] }, { x: [1, "a 3.14"] })).toBe(0);
    expect(differs(0.1 + 0.2, 0.3)).toBe(1);
    expect(differs("0.30", "0.31")).toBe(1);
    expect(differs({ x: 1 }, { x: 1, y: null })).toBe(1);
    expect(differs([1, 2], [1, 2, 3])).toBe(1);
    expect(differs([], {})).toBe(1);
    expect(differs(null, 0)).toBe(1);
  });

  test("may have numbers within the tolerance, in data and in words", () => {
    expect(differs(1000, 1000.0001, 1e-6)).toBe(0);
    expect(differs(1000, 1000.01, 1e-6)).toBe(1);
    expect(differs(-2, 2, 0.5)).toBe(1);
    expect(differs(2.2e-16, 0, 1e-7)).toBe(0);
    expect(differs(2.2e-9, 0, 1e-7)).toBe(1);
    expect(differs(2.2e-16, 0)).toBe(1);
    expect(differs("effect 3.4405 kg", "effect 3.4406 kg", 1e-9)).toBe(0);
    expect(differs("effect 3.4405 kg", "effect 3.4408 kg", 1e-9)).toBe(1);
    expect(differs("effect 3.4405 kg", "effect 3.4405 lb", 1e-9)).toBe(1);
    expect(differs("p = 1.2e-5", "p = 1.3e-5", 1e-9)).toBe(0);
    expect(differs("-0.5", "0.5", 1)).toBe(1);
  });

  test("may differ in times that were measured, and in nothing beside them", () => {
    const table = (seconds: string, rows: string) => ({
      blocks: [
        {
          kind: "table",
          columns: [{ label: "rows" }, { label: "seconds", timing: true }],
          rows: [[rows, seconds]],
        },
      ],
    });
    expect(differs(table("0.1", "3"), table("0.7", "3"))).toBe(0);
    expect(differs(table("0.1", "3"), table("0.1", "4"))).toBe(1);
  });

  test("may not differ in what is counted", () => {
    expect(differs("1,566 rows", "1,567 rows", 1e-9)).toBe(1);
    expect(differs("3 of 9", "4 of 9", 1e-9)).toBe(1);
  });

  test("are compared in their claims and failures too, and the place is told", () => {
    const claim = { rung: 2, status: "identified", assumptions: [] } as unknown as never;
    expect(compareOutputs(output(1, { claim }), output(1), 0)).toMatchObject([{ path: "claim" }]);
    const failure = { kind: "runtime", error: { name: "Error", message: "no" } } as const;
    expect(compareOutputs(output(1), output(1, { failure }), 0)).toEqual([
      { path: "failure", saved: undefined, now: "no" },
    ]);
    expect(compareOutputs(output({ a: { b: 1 } }), output({ a: { b: 2 } }), 0)).toEqual([
      { path: "output 1 / application/json / a / b", saved: 1, now: 2 },
    ]);
  });
});

test("seed, backend and versions are told when they change", () => {
  const made = { seed: 1, backend: "wasm", versions: { node: "24.21.0", dagbok: "0.1.0" } };
  expect(compareProvenance(made, made)).toEqual([]);
  expect(
    compareProvenance(made, { seed: 2, backend: "wasm", versions: { chromium: "140" } }),
  ).toEqual([
    { what: "seed", saved: "1", now: "2" },
    { what: "node", saved: "24.21.0", now: undefined },
    { what: "dagbok", saved: "0.1.0", now: undefined },
    { what: "chromium", saved: undefined, now: "140" },
  ]);
});

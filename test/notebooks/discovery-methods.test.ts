import { expect, test } from "vitest";
import type { Discovery } from "../../kernels/discover/index.ts";
import { runNotebook, shipped } from "./run-notebook.ts";

test("survey/discovery-relaxation: right in the simulated units, no better than the empty graph once standardised", async () => {
  const run = await runNotebook(shipped("survey/discovery-relaxation"));
  expect(run.failures).toEqual([]);
  const wrongOf = run.value("wrongOf") as (method: string, columns: string) => number;
  for (const method of ["dagma", "notears", "golem-ev"]) {
    expect([method, wrongOf(method, "raw") <= 3]).toEqual([method, true]);
    // of 24 arrows; the empty graph has 24 pairs wrong
    expect([method, wrongOf(method, "standardised") >= 18]).toEqual([method, true]);
  }
  expect(wrongOf("dagma", "raw")).toBeLessThanOrEqual(1);
  expect(wrongOf("boss", "standardised")).toBe(wrongOf("boss", "raw"));
  expect((run.value("printed") as { variance: number }).variance).toBeGreaterThan(0.9);
  expect((run.value("warnings") as readonly string[]).join()).toContain("Sorting the columns");
  const otherUnit = run.value("otherUnit") as Discovery;
  expect(otherUnit.kind).toBe("dag");
  const bent = run.value("bentWrong") as { network: number; line: number };
  expect(bent.network).toBeLessThanOrEqual(1);
  expect(bent.line).toBeGreaterThan(bent.network);
});

test("survey/discovery-time: false links at their level, true links with lags and directions, a hidden cause misleads", async () => {
  const run = await runNotebook(shipped("survey/discovery-time"));
  expect(run.failures).toEqual([]);
  const trap = run.value("trap") as { plain: number; pcmci: number };
  expect(trap.plain).toBeGreaterThan(0.3);
  expect(Math.abs(trap.pcmci - 0.05)).toBeLessThan(0.03);
  expect(run.value("pastMissed")).toEqual([]);
  expect((run.value("pastExtra") as readonly string[]).length).toBeLessThanOrEqual(1);
  expect(run.value("stepRight")).toBe(7);
  expect((run.value("stepFound") as readonly string[]).length).toBeLessThanOrEqual(8);
  expect((run.value("alone") as Discovery).lagged).toMatchObject([{ lag: 0, mark: "--" }]);
  expect((run.value("blamed") as readonly unknown[]).length).toBeGreaterThan(0);
});

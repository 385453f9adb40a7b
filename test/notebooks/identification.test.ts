import { expect, test } from "vitest";
import type { ImplicationTest } from "../../kernels/graph/index.ts";
import { toText } from "../../kernels/identify/index.ts";
import type { Bounds, Identification } from "../../kernels/identify/index.ts";
import { mime } from "../../app/protocol/mime.ts";
import { runNotebook, shipped } from "./run-notebook.ts";

test("guide/identification: six graphs with their known answers", async () => {
  const run = await runNotebook(shipped("guide/identification"));
  expect(run.failures).toEqual([]);
  const answer = (name: string): Identification => run.value(name) as Identification;
  const formula = (name: string): string => {
    const result = answer(name);
    return "estimand" in result ? toText(result.estimand) : result.kind;
  };
  expect(formula("backDoor")).toBe("Σ_{severity} P(severity) P(recovery | severity, treatment)");
  expect(formula("mEffect")).toBe("P(cancer | smoking)");
  expect(run.value("withoutIt")).toMatchObject({ separated: false });
  expect(run.value("nothingWorks")).toBe(true);
  expect(run.value("tirednessWorks")).toBe(false);
  expect(formula("viaTar")).toBe(
    "Σ_{tar} P(tar | smoking) (Σ_{smoking'} P(smoking') P(cancer | smoking', tar))",
  );
  expect(run.value("worstError")).toBeLessThan(1e-12);
  expect(formula("napkin")).toContain("for any z");
  const iv = answer("ivEffect");
  expect(iv.kind === "not-identified" && iv.strategies).toContainEqual(
    expect.objectContaining({ kind: "instrument", instrument: "offer" }),
  );
  expect(answer("bow").kind).toBe("not-identified");
  // One-sided non-compliance: P(healed, taken | offer) = 240/500, and at most the 200/500 who refuse come on top.
  const narrow = run.value("narrow") as Extract<Bounds, { kind: "bounds" }>;
  expect(narrow.lower).toBeCloseTo(0.48, 9);
  expect(narrow.upper).toBeCloseTo(0.88, 9);
  // Manski without the instrument: P(healed, taken) = 0.24, P(not taken) = 0.7.
  const wide = run.value("wide") as Extract<Bounds, { kind: "bounds" }>;
  expect(wide.lower).toBeCloseTo(0.24, 9);
  expect(wide.upper).toBeCloseTo(0.94, 9);
  const [rejected] = run.value("rejected") as readonly ImplicationTest[];
  // Among those who did not take it, 200 of 500 without an offer and 60 of 200 with one were healed.
  expect(rejected?.kind === "tested" && rejected.p).toBeCloseTo(0.0125, 3);
  const shownBy = (cell: string): string =>
    (run.outputs.get(cell) ?? []).map((bundle) => String(bundle[mime.text])).join("\n");
  expect(shownBy("ivquestion")).toContain("Two models of this graph agree on the data");
  expect(shownBy("napkinquestion")).toContain("Replayed by a separate checker");
  expect(shownBy("backdoor")).toMatch(/would leave no formula/);
});

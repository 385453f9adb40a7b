import { describe, expect, it } from "vitest";
import type { Block } from "../../../app/protocol/report.ts";
import { columnOf, numbersOf, tableOf } from "../../../kernels/data/table.ts";
import type { CategoryColumn } from "../../../kernels/data/table.ts";
import type { Effect } from "../../../kernels/estimate/effect.ts";
import { heterogeneity } from "../../../kernels/estimate/heterogeneity.ts";
import type { Judgement } from "../../../kernels/estimate/judgement.ts";
import { applyPolicyTree } from "../../../kernels/estimate/judge/policy-tree.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { runCell } from "./run-cell.ts";

/** The drug helps the young and harms the old; men and women alike. */
function patients(n: number, seed: number) {
  const rng = createRng(seed);
  const age = Float64Array.from({ length: n }, () => 20 + 60 * rng.next());
  const sex = Array.from({ length: n }, () => (rng.next() < 0.5 ? "f" : "m"));
  const drug = age.map((a) => (rng.next() < 0.3 + a / 200 ? 1 : 0));
  const effect = age.map((a) => (a < 50 ? 2 : -1));
  const health = drug.map((t, i) => age[i]! / 20 + t * effect[i]! + rng.normal());
  return { table: tableOf({ age, sex, drug, health }), effect };
}

const graph = parseGraph("age -> drug, health; sex -> drug, health; drug -> health");
const { table, effect } = patients(1500, 1);

async function estimated(
  by: string,
): Promise<{ judged: Judgement | undefined; blocks: readonly Block[] }> {
  const asked = await runCell("identify", "effect = P(health | do(drug)) in graph", { graph });
  const run = await runCell("estimate", `ate = effect from data by ${by}`, {
    data: table,
    effect: asked.values["effect"],
  });
  const found = heterogeneity(run.values["ate"] as Effect, table);
  return { judged: found?.judgement, blocks: run.blocks };
}

describe("what an estimate cell says of effects of units", () => {
  it("finds whom to treat, what that gains, and how far units may be off", async () => {
    const { judged, blocks } = await estimated("t-learner");
    const { policy, predictions, intervals } = judged!;
    if (policy?.tree.kind !== "split") throw new Error("no rule was found");
    expect(policy.columns).toEqual(["age", "sex=m"]);
    const code = numbersOf(table, "age");
    const male = columnOf(table, "sex") as CategoryColumn;
    const x = Float64Array.from({ length: 3000 }, (_, k) =>
      k % 2 === 0 ? code[k / 2]! : Number(male.levels[male.codes[(k - 1) / 2]!] === "m"),
    );
    const treat = applyPolicyTree(policy.tree, { n: 1500, d: 2, x });
    expect(effect.filter((e, i) => e > 0 !== (treat[i] === 1)).length).toBeLessThan(75);
    // Half of the patients gain 2
    expect(Math.abs(policy.value.estimate - 1)).toBeLessThan(3 * policy.value.standardError);
    expect(policy.overUniform.estimate).toBeGreaterThan(3 * policy.overUniform.standardError);
    expect(Math.abs(predictions!.calibration.slope.estimate - 1)).toBeLessThan(0.25);
    expect(predictions!.ranking.autoc.estimate).toBeGreaterThan(0.5);
    // Effects of units differ from 2 and -1 by the noise of both outcomes
    expect(intervals!.width).toBeGreaterThan(3);
    expect(intervals!.width).toBeLessThan(8);
    const text = JSON.stringify(blocks);
    expect(text).toContain("Whom to treat");
    expect(text).toContain("How far single units may be off");
    expect(text).toMatch(/age ≤ (?:4[6-9]|5[0-3])/u);
    expect(effect.length).toBe(intervals!.n);
    blocks.forEach((block) => {
      if (block.kind === "chart") expect(block.summary.length).toBeGreaterThan(20);
    });
  });

  it("says nothing of whom to treat where no effect was identified", async () => {
    const { values, blocks } = await runCell(
      "estimate",
      "ate = health ~ drug | age, sex from data by t-learner",
      { data: table },
    );
    expect(heterogeneity(values["ate"] as Effect, table)?.judgement).toBeUndefined();
    expect(JSON.stringify(blocks)).not.toContain("Whom to treat");
  });

  it("says nothing of it where a method is about the average", async () => {
    const { judged, blocks } = await estimated("aipw");
    expect(judged).toBeUndefined();
    expect(JSON.stringify(blocks)).not.toContain("Whom to treat");
  });
});

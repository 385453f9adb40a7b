import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  formatCladderReport,
  readCladderModel,
  runCladder,
} from "../../../kernels/counterfactual/index.ts";
import type { CladderModel, CladderQuestion } from "../../../kernels/counterfactual/index.ts";

const folder = new URL("../../../../shared/data/cladder/", import.meta.url);
const there = existsSync(folder);
if (!there) console.warn("CLadder reference data is not here: 500 questions are not checked.");

interface Reference extends CladderQuestion {
  readonly exact: number | null;
  readonly answerExact: string;
  readonly agree: boolean;
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));

/** All values of P(order) by enumeration: an oracle that shares nothing with the engine but the file's own numbers. */
function jointOf(model: CladderModel & { readonly order: readonly string[] }): Map<string, number> {
  const joint = new Map<string, number>();
  const visit = (i: number, levels: Record<string, number>, p: number): void => {
    const name = model.order[i];
    if (name === undefined) {
      joint.set(JSON.stringify(levels), p);
      return;
    }
    const [key, table] = Object.entries(model.params).find(([k]) => k.startsWith(`p(${name}`))!;
    const parents =
      /\|(.*)\)/
        .exec(key)?.[1]
        ?.split(",")
        .map((s) => s.trim()) ?? [];
    const share = parents.reduce<unknown>(
      (t, parent) => (t as unknown[])[levels[parent]!],
      table,
    ) as number;
    visit(i + 1, { ...levels, [name]: 0 }, p * (1 - share));
    visit(i + 1, { ...levels, [name]: 1 }, p * share);
  };
  visit(0, {}, 1);
  return joint;
}

describe.skipIf(!there)("CLadder", () => {
  const questions = there ? (read("questions.json") as Reference[]) : [];
  const models = there ? (read("models.json") as (CladderModel & { order: string[] })[]) : [];
  const { answers, report } = runCladder(questions, models);

  it("gives the exact value and yes/no of all 500 questions from the models", () => {
    const wrong = answers.flatMap((answer, i) => {
      const { exact, answerExact } = questions[i]!;
      const sameValue =
        exact === null ? answer.value === undefined : Math.abs(answer.value! - exact) < 1e-6;
      return sameValue && answer.answer === answerExact ? [] : [answer.id];
    });
    expect(answers).toHaveLength(500);
    expect(wrong).toEqual([]);
  });

  it("agrees with the published numbers exactly where the reference says they are right", () => {
    const published = answers.filter((answer) => answer.agreesWithPublished);
    expect(published.map(({ id }) => id)).toEqual(
      questions.filter((q) => q.agree).map(({ id }) => id),
    );
    expect(report.differences).toHaveLength(answers.length - published.length);
    expect(report.differences.every(({ explanation }) => explanation.includes("cladder#15"))).toBe(
      true,
    );
    expect(formatCladderReport(report).split("\n").length).toBe(
      report.groups.length + report.differences.length,
    );
  });

  it("answers from the given numbers alone what the textbook estimand publishes", () => {
    const off = answers.flatMap((answer, i) => {
      const { type, published } = questions[i]!;
      const { fromGiven } = answer;
      if (fromGiven.kind !== "value" || type === "marginal") return [];
      return Math.abs(fromGiven.value - Number(published)) < 1e-6 ? [] : [answer.id];
    });
    expect(off).toEqual([]);
  });

  it("says where the numbers do not suffice, and its bounds hold the truth", () => {
    const bounded = answers.filter(({ fromGiven }) => fromGiven.kind === "bounded");
    const kinds = new Set(
      bounded.map(({ id }) => {
        const { type, graph } = questions[answers.findIndex((a) => a.id === id)]!;
        return `${type}/${graph}`;
      }),
    );
    expect([...kinds].sort()).toEqual([
      "ate/IV",
      "ett/confounding",
      "exp_away/collision",
      "nde/arrowhead",
      "nie/arrowhead",
    ]);
    for (const { fromGiven, value } of bounded) {
      if (fromGiven.kind !== "bounded") continue;
      expect(fromGiven.lower).toBeLessThanOrEqual(value! + 1e-9);
      expect(fromGiven.upper).toBeGreaterThanOrEqual(value! - 1e-9);
    }
  });

  it("reads every model: marginals by elimination equal enumeration", async () => {
    const { counterfactual, pointOf } = await import("../../../kernels/counterfactual/index.ts");
    for (const source of models) {
      const model = readCladderModel(source);
      const joint = jointOf(source);
      for (const name of source.order) {
        let expected = 0;
        for (const [key, p] of joint)
          if ((JSON.parse(key) as Record<string, number>)[name] === 1) expected += p;
        expect(pointOf(counterfactual(model, `P(${name}=1)`))).toBeCloseTo(expected, 12);
      }
    }
  });
});

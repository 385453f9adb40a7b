import { describe, expect, test } from "vitest";
import { methodCatalogue } from "../../../main/cell-types.ts";
import {
  causalCompletions,
  causalFindings,
  causalHover,
} from "../../../renderer/editor/causal/assist.ts";
import { contextAt } from "../../../renderer/editor/causal/context.ts";
import { readCausal } from "../../../renderer/editor/causal/facts.ts";
import { clauseWords } from "../../../renderer/editor/causal/words.ts";
import type { TypeCell } from "../../../renderer/editor/types/cells.ts";
import type { MethodInfo } from "../../../renderer/editor/types/methods.ts";
import type { TypeService } from "../../../renderer/editor/types/service.ts";
import { cellKinds } from "../../../kernels/cells/index.ts";
import { cellsOf, createService } from "./fixture.ts";

const methods = methodCatalogue() as readonly MethodInfo[];
let shared: TypeService | undefined;

const survey: Partial<TypeCell> = {
  source: 'survey = "survey.csv"',
  columns: [
    { name: "age", type: "integer" },
    { name: "sex", type: "category" },
    { name: "weight", type: "number" },
  ],
};
const around = {
  "data:d": survey,
  "graph:g": { source: "age -> sex, weight; sex -> weight; u [latent]; u -> age", name: "assumed" },
  "identify:i": "effect = P(weight | do(sex)) in assumed",
  "model:m": { source: "x ~ bernoulli(0.5)\ny = 2*x + u_y; u_y ~ normal(0, 1)", name: "world" },
};

/** A cell after those of `around`; `¦` marks the place asked about. */
function at(kind: string, text: string) {
  const service = (shared ??= createService());
  const offset = text.indexOf("¦");
  const source = text.replace("¦", "");
  service.setCells(cellsOf({ ...around, [`${kind}:here`]: source }));
  service.diagnostics("here");
  return { service, offset, source };
}
function labels(kind: string, text: string): readonly string[] {
  const { service, offset } = at(kind, text);
  return (causalCompletions(service, methods, "here", offset) ?? [])
    .toSorted((a, b) => a.sort.localeCompare(b.sort))
    .map(({ label }) => label);
}
function findings(kind: string, text: string): readonly string[] {
  const { service, source } = at(kind, text);
  return [...service.findings("here"), ...causalFindings(service, methods, "here")].map(
    ({ start, end, message }) => `${source.slice(start, end)}: ${message}`,
  );
}

describe("completion in causal cells", () => {
  test("a question names the graph's variables", () => {
    expect(labels("identify", "q = P(w¦ | do(sex)) in assumed")).toEqual([
      "age",
      "sex",
      "weight",
      "u",
      "do",
    ]);
  });
  test("the laws at hand of a question: experiments, another population", () => {
    const after = labels("identify", "q = P(weight | do(sex)) in assumed ¦");
    for (const word of ["given experiments on", "from", "to", "except"])
      expect(after).toContain(word);
    const shifted = "q = P(weight | do(sex)) in assumed from trial to town except ¦";
    expect(labels("identify", shifted).slice(0, 4)).toEqual(["age", "sex", "weight", "u"]);
    const surrogate = "q = P(weight | do(sex)) in assumed given experiments on ¦";
    expect(labels("identify", surrogate).slice(0, 4)).toEqual(["age", "sex", "weight", "u"]);
    expect(labels("identify", "r = bounds of P(sex) in assumed from ¦")[0]).toBe("survey");
  });
  test("in: the graphs there are", () => {
    expect(labels("identify", "q = P(weight | do(sex)) in ¦")[0]).toBe("assumed");
  });
  test("from: tables; by: methods with their help", () => {
    expect(labels("estimate", "ate = effect from ¦")[0]).toBe("survey");
    const { service, offset } = at("estimate", "ate = effect from survey by ai¦");
    const list = causalCompletions(service, methods, "here", offset) ?? [];
    expect(list.find(({ label }) => label === "aipw")).toMatchObject({
      detail: "Augmented IPW (doubly robust)",
      doc: expect.stringContaining("right if either is") as string,
      replace: { start: 28, end: 30, text: "ai" },
    });
  });
  test("in a method's brackets: its options, then the values of a choice", () => {
    expect(labels("estimate", "ate = effect from survey by aipw(¦)")).toEqual(
      expect.arrayContaining(["folds", "outcomeModel", "seed"]),
    );
    expect(labels("estimate", "ate = effect from survey by tmle, aipw(outcomeModel: ¦)")).toEqual(
      expect.arrayContaining(['"linear"', '"boosting"']),
    );
  });
  test("a formula, terms and designs name the table's columns", () => {
    expect(labels("estimate", "a = weight ~ ¦ from survey").slice(0, 3)).toEqual([
      "age",
      "sex",
      "weight",
    ]);
    expect(labels("estimate", "a = weight ~ sex from survey by aipw terms (ag¦)")).toContain("age");
    expect(labels("estimate", "a = weight ~ sex over ¦ from survey")).toContain("age");
  });
  test("for: whom the effect is averaged over", () => {
    expect(labels("estimate", "a = effect from survey for ¦")).toContain("ATT");
  });
  test("a model's variables in counterfactual and simulate cells", () => {
    expect(labels("counterfactual", "P(y¦_{x=0} = 1) in world").slice(0, 3)).toEqual([
      "x",
      "y",
      "u_y",
    ]);
    expect(labels("simulate", "draws = 10 from ¦")[0]).toBe("world");
    expect(labels("simulate", "draws = 10 from world do (¦").slice(0, 2)).toEqual(["x", "y"]);
  });
  test("a graph cell offers its own variables and the columns of tables", () => {
    expect(labels("graph", "age -> ¦")).toEqual(expect.arrayContaining(["age", "sex", "weight"]));
  });
  test("continuation lines belong to the statement", () => {
    expect(labels("estimate", "ate = effect from survey\n  by ¦")).toContain("aipw");
    expect(contextAt("a = b\nate = effect\n  by x", 24, ["by"]).clause).toBe("by");
  });
  test("nothing in comments, and none of ours for code", () => {
    expect(labels("estimate", "ate = effect # by ¦")).toEqual([]);
    const { service } = at("ts", "1");
    expect(causalCompletions(service, methods, "here", 0)).toBeUndefined();
  });
});

describe("findings in causal cells", () => {
  test("a variable the graph does not have", () => {
    expect(findings("identify", "q = P(wieght | do(sex), age) in assumed")).toEqual([
      "wieght: assumed has no variable wieght. Did you mean weight?",
    ]);
    expect(findings("identify", "age _||_ hight | sex in assumed")).toEqual([
      "hight: assumed has no variable hight. Did you mean weight?",
    ]);
  });
  test("values are no variables", () => {
    expect(findings("identify", "q = P(weight=high | do(sex=female)) in assumed")).toEqual([]);
  });
  test("a column the table does not have", () => {
    expect(findings("estimate", "a = weight ~ sex | agee from survey by aipw")).toEqual([
      "agee: survey has no column agee. Did you mean age?",
    ]);
  });
  test("names with dots and names in quotes are whole names", () => {
    const columns = ["first.treat", "wt 71", "y"].map((name) => ({ name, type: "number" }));
    const service = (shared ??= createService());
    const source = 'a = y ~ first.treat | "wt 71" over first.treat, y from odd by did';
    service.setCells(
      cellsOf({ "data:o": { source: 'odd = "f.csv"', columns }, "estimate:here": source }),
    );
    service.diagnostics("here");
    expect(causalFindings(service, methods, "here")).toEqual([]);
  });
  test("a method and an option there are not", () => {
    expect(findings("estimate", "a = effect from survey by apiw")).toEqual([
      "apiw: There is no method apiw. Did you mean aipw?",
    ]);
    expect(findings("estimate", "a = effect from survey by aipw(fold: 2, seed: 1)")).toEqual([
      "fold: aipw has no option fold. Did you mean folds?",
    ]);
  });
  test("a name that stands for something else", () => {
    expect(findings("estimate", "a = effect from assumed by aipw")).toEqual([
      "assumed: assumed is not a table: it is Graph.",
    ]);
  });
});

test("hover explains methods, options, variables and words", () => {
  const hover = (kind: string, text: string): string | undefined => {
    const { service, offset } = at(kind, text);
    return causalHover(service, methods, "here", offset)?.signature;
  };
  expect(hover("estimate", "a = effect from survey by ai¦pw(folds: 2)")).toBe(
    "aipw: Augmented IPW (doubly robust)",
  );
  expect(hover("estimate", "a = effect from survey by aipw(fol¦ds: 2)")).toBe(
    "folds: a whole number from 1 to 50 = 5",
  );
  expect(hover("identify", "q = P(wei¦ght | do(sex)) in assumed")).toBe(
    "weight: variable of assumed",
  );
  expect(hover("estimate", "a = effect from survey b¦y aipw")).toBe("by");
});

test("what is read leniently agrees with the kernel on names in and out", () => {
  const host = { attachment: () => Promise.resolve(undefined), attachmentNames: () => [] };
  const texts: readonly (readonly [string, string, string?])[] = [
    ["graph", "x -> y", "assumed"],
    ["identify", "e = P(y | do(x)) in g\nx _||_ y | z in h"],
    ["identify", "P(y | do(x))", "named"],
    ["estimate", "ate = effect from survey by aipw(seed: s), tmle for ATT"],
    ["estimate", "y ~ x | a from t by regression missing drop", "named"],
    ["estimate", "r = grade at score = 0 from scholarship by rdd"],
    ["model", "x ~ bernoulli(${p})\ny = 2*x + u_y; u_y ~ normal(0, 1)", "world"],
    ["model", "m = fit g to t"],
    ["counterfactual", "c = P(y_{x=0} = 1 | x=1) in world"],
    ["simulate", "draws = n from world seed 1 do (x: 1)"],
    ["data", 'd = "f.csv" else other where age > 30 keep (a, b)'],
    ["data", "t = table:\na, b\n1, 2"],
    ["data", "small = big where a is not missing"],
  ];
  for (const [kind, source, name] of texts) {
    const read = readCausal(kind, source, name);
    const cell = { id: "c", kind, source, ...(name === undefined ? {} : { name }) };
    const program = cellKinds.get(kind)?.parse(cell, host);
    expect(program?.diagnostics, source).toEqual([]);
    expect(
      read?.outputs.map((output) => output.name),
      source,
    ).toEqual(program?.outputs);
    const inputs = new Set(read?.uses.map((use) => use.name));
    // Names left out stand for a default that only the kernel supplies.
    const defaults = new Set(["graph", "model", "data", "notebookSeed"]);
    const options = new Set(["s"]);
    expect([...inputs].sort(), source).toEqual(
      program?.inputs.filter((input) => !defaults.has(input) && !options.has(input)).toSorted(),
    );
  }
  expect(Object.keys(clauseWords).filter((kind) => !cellKinds.has(kind))).toEqual([]);
});

import { describe, expect, test } from "vitest";
import type { Attribution } from "../../../kernels/counterfactual/attribution.ts";
import type { FairnessReport } from "../../../kernels/counterfactual/fairness.ts";
import { fitModel, parseModel } from "../../../kernels/counterfactual/index.ts";
import type { CounterfactualResult } from "../../../kernels/counterfactual/result.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import type { MechanismSpread } from "../../../kernels/counterfactual/spread.ts";
import { blocksOf, programOf, runCell } from "./cell-runs.ts";

const world = parseModel(`z ~ bernoulli(0.4); x ~ bernoulli(0.2 + 0.5*z)
m ~ bernoulli(0.1 + 0.6*x); y ~ bernoulli(0.1 + 0.3*m + 0.2*x + 0.3*z)`);

async function ask(source: string, inputs: Record<string, unknown> = { world }) {
  return runCell(programOf("counterfactual", source), inputs);
}

const kindsAndValues = (result: unknown): unknown => {
  const { kind, value } = result as CounterfactualResult & { value?: unknown };
  return [kind, value];
};

describe("every query of the third rung can be written", () => {
  // By hand: P(z=1|x=1) = 0.28/0.4 = 0.7, P(z=1|x=0) = 0.2; the effect is 0.3·0.6 + 0.2 = 0.38 for every z.
  const effect = 0.38;
  test.each([
    ["ATE(x -> y)", effect],
    ["ATT(x -> y)", effect],
    ["ETT(x -> y)", effect],
    ["ATC(x -> y)", effect],
    ["CDE(x -> y, m=0)", 0.2],
    ["NDE(x -> y via m)", 0.2],
    ["NIE(x -> y via m)", 0.18],
    ["PSE(x -> m -> y)", 0.18],
    ["E[y_{x=1} - y_{x=0} | x=1]", effect],
    ["E[y_{x=0} | x=1]", 0.1 + 0.03 + 0.3 * (0.28 / 0.4)],
    ["P(y=1 | do(x=1)) - P(y=1 | do(x=0))", effect],
  ])("%s", async (query, expected) => {
    const { values, claim } = await ask(`a = ${query} in world`);
    expect(kindsAndValues(values["a"])).toEqual(["identified", expect.closeTo(expected, 10)]);
    expect(claim?.rung).toBeGreaterThan(1);
  });

  test("PN, PS and PNS are ranges, narrowed by what is known from elsewhere", async () => {
    const tables = parseModel("x ~ bernoulli(0.5); y ~ bernoulli(0.3 + 0.4*x)");
    const { values, text } = await ask(
      "necessity = PN(x -> y) in tables\nboth = PNS(x -> y) in tables\nmore = PS(x -> y) in tables",
      { tables },
    );
    // Without confounding PNS lies between p1 - p0 and min(p1, 1 - p0); PN and PS divide by p1 and 1 - p0.
    expect(kindsAndValues(values["both"])).toEqual([
      "bounded",
      { lower: expect.closeTo(0.4, 9), upper: expect.closeTo(0.7, 9) },
    ]);
    expect(kindsAndValues(values["necessity"])).toEqual([
      "bounded",
      { lower: expect.closeTo(0.4 / 0.7, 9), upper: expect.closeTo(1, 9) },
    ]);
    expect(text).toContain("lies between");
    // Tian & Pearl (2000): observations, confounded, and an experiment on the same people.
    const observed = fitModel(
      parseGraph("x -> y; x <-> y"),
      tableOf({ x: [1, 1, 0, 0], y: [1, 0, 1, 0], p: [0.35, 0.15, 0.2, 0.3] }),
      { weights: "p" },
    );
    const source =
      "p = PN(x -> y) in observed knowing P(y=1 | do(x=1)) = 0.6, P(y=1 | do(x=0)) = k";
    const known = await ask(source, { observed, k: 0.3 });
    expect(kindsAndValues(known.values["p"])).toEqual([
      "bounded",
      { lower: expect.closeTo(0.25 / 0.35, 9), upper: expect.closeTo(1, 9) },
    ]);
    await expect(ask(source, { observed, k: 0.9 })).rejects.toThrow(/contradict/);
    await expect(ask(source, { observed, k: "much" })).rejects.toThrow(/k is not a number/);
    await expect(ask("PNS(x -> y) in tables knowing PN(x -> y) = 0.8", { tables })).rejects.toThrow(
      /seen or done/,
    );
  });

  test("spread: across classes of mechanism, and across models", async () => {
    const { values, reports, text } = await ask("s = spread of PN(x -> y) in world");
    const spread = values["s"] as MechanismSpread;
    expect(spread.rows.map(({ mechanism }) => mechanism)).toEqual(["any", "monotone", "gumbel"]);
    const kinds = blocksOf(reports).map(({ kind }) => kind);
    expect(kinds).toContain("chart");
    expect(text).toContain("any mechanism");
    const noise = (slope: string) =>
      parseModel(`x ~ normal(0, 1); y = x*${slope} + u_y; u_y ~ normal(0, 1)`);
    const models = { a: noise("1"), b: noise("3") };
    const across = await ask("s = spread of E[y_{x=1} | x=0, y=2] in a, b", models);
    expect(across.claim?.status).toBe("not-certified");
    expect(across.text).toContain("The models answer between 3 and 5");
    expect(
      (across.values["s"] as MechanismSpread).rows.map((r) => kindsAndValues(r.result)),
    ).toEqual([
      ["identified", expect.closeTo(3, 9)],
      ["identified", expect.closeTo(5, 9)],
    ]);
  });

  test("fairness, with the groups and the kinds of people named", async () => {
    const { values, reports } = await ask("f = fairness of y to x = 1 vs 0 given z in world");
    const report = values["f"] as FairnessReport;
    expect(report.counterfactuallyFair).toBe("no");
    expect(report.rows.map(({ person }) => Object.keys(person).sort().join())).toEqual(
      report.rows.map(() => "x,z"),
    );
    expect(blocksOf(reports).filter(({ kind }) => kind === "chart")).toHaveLength(2);
  });

  test("attribution of a change and of an anomaly", async () => {
    const before = parseModel("x ~ normal(0, 1); y ~ normal(2*x, 1)");
    const after = parseModel("x ~ normal(1, 1); y ~ normal(2*x + 0.5, 1)");
    const { values, text } = await ask("c = change of y from before to after", { before, after });
    const change = values["c"] as Attribution;
    expect(Object.fromEntries(change.contributions.map((p) => [p.variable, p.value]))).toEqual({
      x: expect.closeTo(2, 9),
      y: expect.closeTo(0.5, 9),
    });
    expect(text).toContain("+2.5");
    const odd = await ask("o = anomaly of y at x=3, y=7 in before seed 4", { before });
    const anomaly = odd.values["o"] as Attribution;
    // x's noise is 3, worth 2·3; y's own is 1; both against means of about 0.
    expect(anomaly.contributions[0]!.value).toBeCloseTo(6, 0);
    expect(anomaly.contributions[1]!.value).toBeCloseTo(1, 0);
    expect(anomaly.seed).toBe(4);
  });

  test("the notebook's seed is taken where none is named, and recorded", async () => {
    const before = parseModel("x = u_x; u_x ~ normal(0, 1); y = 2*x + u_y; u_y ~ normal(0, 1)");
    const seedFor = async (source: string, notebookSeed?: number): Promise<number> => {
      const inputs = { before, ...(notebookSeed === undefined ? {} : { notebookSeed }) };
      return ((await ask(source, inputs)).values["o"] as Attribution).seed;
    };
    const open = "o = anomaly of y at x=3, y=7 in before";
    expect(await seedFor(open, 9)).toBe(9);
    expect(await seedFor(open)).toBe(1);
    expect(await seedFor(`${open} seed 4`, 9)).toBe(4);
    expect(programOf("counterfactual", `${open} seed 4`).inputs).toEqual(["before"]);
  });

  test("a slider's number stands in a query", async () => {
    const line = parseModel("x ~ normal(0, 1); y = 2*x + u_y; u_y ~ normal(0, 1)");
    const one = programOf("counterfactual", "a = E[y_{x=${dose}} | x=0, y=1] in line");
    expect(one.inputs).toEqual(["line", "dose", "notebookSeed"]);
    const { values } = await runCell(one, { line, dose: 3 });
    expect(kindsAndValues(values["a"])).toEqual(["identified", expect.closeTo(7, 9)]);
    await expect(runCell(one, { line, dose: "high" })).rejects.toThrow(/dose/);
  });
});

describe("the three kinds of answer, and the fourth", () => {
  test("identified, bounded, needs a mechanism, impossible evidence, each with its own view", async () => {
    const coin = parseModel("x ~ bernoulli(0.5); y ~ bernoulli(0.5 + 0*x)");
    const { values, reports } = await ask(
      `a = P(y=1 | do(x=1)) in coin
b = PNS(x -> y) in coin
c = P(y_{x=0} = 1 | x=1, y=1) in coin
d = P(y=1 | x=2) in sure`,
      { coin, sure: parseModel("x {1, 2} ~ categorical(1, 0); y ~ bernoulli(0.5 + 0*x)") },
    );
    expect(["a", "b", "c", "d"].map((n) => (values[n] as CounterfactualResult).kind)).toEqual([
      "identified",
      "bounded",
      "needs-mechanism",
      "impossible-evidence",
    ]);
    const notices = blocksOf(reports).flatMap((b) => (b.kind === "notice" ? [b] : []));
    expect(notices.map(({ tone }) => tone)).toEqual(["answer", "answer", "answer"]);
    for (const { hint } of notices) expect(hint).toBeTruthy();
    expect(reports[0]?.summary).toContain("open until a mechanism is chosen for y");
  });
});

describe("mistakes have their place", () => {
  test.each([
    ["", "counterfactual-empty", ""],
    ["P(y in world", "query-syntax", "in"],
    ["a = ATT(x -> ) in world", "query-syntax", ")"],
    ["spread of FOO(x) in world", "query-syntax", "FOO"],
    ["fairness of y in world", "counterfactual-clause", "world"],
    ["change of y from a", "counterfactual-clause", "a"],
    ["anomaly of y at x in world", "counterfactual-unit", "x"],
    ["PN(x -> y) in world knowing P(y=1)", "counterfactual-known", "P(y=1)"],
    ["P(y=1) in world seed 0", "cell-number", "0"],
    ["P(y=1) in two words", "cell-syntax", "words"],
  ])("%s", (source, code, seen) => {
    const { diagnostics, run } = programOf("counterfactual", source);
    expect(run).toBeUndefined();
    const [one] = diagnostics;
    expect(one?.code).toBe(code);
    const { start = -1, end = -1 } = one?.place ?? {};
    expect(source.slice(start, end).includes(seen) || seen.includes(source.slice(start, end))).toBe(
      true,
    );
    expect(one?.message).not.toMatch(/line \d+, column/);
  });

  test("what is not a model is named", async () => {
    await expect(ask("P(y=1) in world", { world: 3 })).rejects.toThrow(/world is not a structural/);
    await expect(ask("P(q=1) in world")).rejects.toThrow(/no variable "q"/);
  });
});

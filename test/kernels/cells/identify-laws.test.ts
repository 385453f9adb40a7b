/** Other laws at hand, and classes of graphs, asked through the identify cell. */
import { describe, expect, test } from "vitest";
import type { Claim } from "../../../app/claim.ts";
import { parseModel } from "../../../kernels/counterfactual/index.ts";
import type { Identification } from "../../../kernels/identify/index.ts";
import { toText } from "../../../kernels/identify/index.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { programOf, runCell } from "./run-cell.ts";

async function ask(text: string, graph: string) {
  const run = await runCell("identify", `e = ${text}`, { g: parseGraph(graph) });
  const result = run.values["e"] as Identification;
  const words = run.blocks.flatMap((block) =>
    block.kind === "notice"
      ? [block.title, block.text ?? "", block.hint ?? ""]
      : block.kind === "text" || block.kind === "formula"
        ? [block.text]
        : block.kind === "table"
          ? [block.caption ?? "", ...block.rows.map((row) => row.join(" | "))]
          : block.kind === "details"
            ? [block.title]
            : [],
  );
  const formula = "estimand" in result ? toText(result.estimand) : "";
  return { ...run, result, formula, words: words.join("\n") };
}

describe("experiments at hand", () => {
  test("a surrogate experiment identifies what the observed law does not", async () => {
    // Bareinboim & Pearl 2012, figure 1b of their z-identification: z acts on x only, x and z share a cause.
    const graph = "z -> x -> y; x <-> y; z <-> y";
    expect((await ask("P(y | do(x)) in g", graph)).result.kind).toBe("not-identified");
    const { result, formula, words } = await ask("P(y | do(x)) in g given experiments on x", graph);
    expect(result.kind).toBe("identified");
    expect(formula).toContain("do(x)");
    expect(words).toContain("Laws at hand");
    expect(words).toContain("`P(v | do(x))`");
    // Sets and missing arrows of the observed law are not offered beside it.
    expect(words).not.toMatch(/adjustment set|missing arrows/);
  });

  test("the no names what no law gives, the experiment that would do, and shows two models", async () => {
    const { result, words, reports } = await ask(
      "P(y | do(x)) in g given experiments on z",
      "z -> x -> y; x <-> y",
    );
    expect(result.kind).toBe("not-identified");
    expect(words).toContain("How y comes about is given by none of the laws at hand");
    expect(words).toContain("An experiment on x would be enough.");
    expect(words).toMatch(/share P\(v\) and P\(v \| do\(z\)\)|P\(v \| do\(z\)\)/);
    expect(words).toContain("differ");
    expect(reports).toHaveLength(3);
  });

  test("only: the observed law is not at hand", async () => {
    const graph = "z -> x -> y; z -> y";
    const both = await ask("P(y | do(x)) in g given experiments on z", graph);
    const only = await ask("P(y | do(x)) in g given only experiments on z", graph);
    expect([both.result.kind, only.result.kind]).toEqual(["identified", "not-identified"]);
    const joint = await ask("P(y | do(x)) in g given only experiments on z and on x, z", graph);
    expect(joint.result.kind).toBe("not-identified");
  });

  test("a conditional no is said only once two models are found", async () => {
    const { result } = await ask(
      "P(y | do(x), w) in g given experiments on z",
      "z -> x -> y; x <-> y; y -> w",
    );
    expect(result.kind).toBe("not-identified");
    expect("reason" in result ? result.reason : "").toContain("Two models agree on all laws");
  });

  test("counterfactuals and classes of graphs are not certified from single experiments", async () => {
    const unit = await ask("P(y_{x=1} | x=0) in g given experiments on x", "x -> y; x <-> y");
    expect(unit.result.kind).toBe("not-certified");
    const many = await ask(
      "P(y | do(x)) in g given experiments on z",
      "pag { z o-> x; x o-> y }".replaceAll("o->", "@->"),
    );
    expect(many.result.kind).toBe("not-certified");
  });
});

describe("from one population to another", () => {
  test("an experiment elsewhere is reweighted by what differs", async () => {
    // Pearl & Bareinboim 2011, figure 1a: ages differ, and age modifies the effect.
    const { result, formula, words, blocks } = await ask(
      "P(y | do(x)) in g from trial to town except z given experiments on x",
      "z -> x, y; x -> y; x <-> y",
    );
    expect(result.kind).toBe("identified");
    expect(formula).toContain("P^{trial}(y | do(x), z)");
    expect(formula).toContain("P(z)");
    const graph = blocks.find((block) => block.kind === "graph");
    expect(graph?.nodes.find(({ role }) => role === "selection")?.name).toBe("z differs");
    expect(words).toContain("z may come about otherwise in trial than in town");
    const ids = result.claim.assumptions.map(({ id }) => id);
    expect(ids).toContain("same-mechanisms:trial,town");
  });

  test("no: the outcome itself comes about otherwise; an experiment at home would do", async () => {
    const { result, words } = await ask(
      "P(y | do(x)) in g from trial to town except y given experiments on x",
      "x -> y; x <-> y",
    );
    expect(result.kind).toBe("not-identified");
    expect(words).toContain("An experiment on x in town would be enough.");
    expect(words).toContain("What comes about otherwise in the population studied");
    const home = await ask(
      "P(y | do(x)) in g from trial to town except y given experiments on x at town",
      "x -> y; x <-> y",
    );
    expect(home.result.kind).toBe("identified");
    expect(home.formula).not.toContain("trial");
  });
});

describe("classes of graphs", () => {
  test.each([
    // x -> y is visible: z points at x and not at y.
    ["pag { z @-> x; w @-> x; x -> y }", "P(y | do(x))", "identified"],
    ["pag { x @-> y }", "P(y | do(x))", "not-certified"],
    ["pag { x -> y; z @-@ w }", "P(z | do(y))", "zero-by-structure"],
    ["pag { z @-> x; w @-> x; x -> y }", "P(y | do(x), z)", "not-certified"],
    ["pdag { z -> x; w -> x; x -> y }", "P(y | do(x))", "identified"],
    ["pdag { a -- x; x -> y; b -> y }", "P(y | do(x))", "identified"],
    ["pdag { x -- y; y -- z }", "P(z | do(x))", "not-certified"],
    ["mag { x <-> y }", "P(y | do(x))", "zero-by-structure"],
  ])("%s: %s is %s", async (graph, query, kind) => {
    const { result } = await ask(`${query} in g`, graph);
    expect(result.kind).toBe(kind);
    if (kind !== "identified") return;
    const ids = result.claim.assumptions.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
  });
});

test.each([
  ["identify", "e = P(y | do(x)) in g", { g: parseGraph("z -> x, y; x -> y") }],
  ["identify", "e = P(y_{x=1} | x=0) in g", { g: parseGraph("z -> x, y; x -> y") }],
  ["identify", "e = P(y | do(x)) in g", { g: parseGraph("pdag { z -> x; w -> x; x -> y }") }],
  [
    "counterfactual",
    "e = E[y_{x=1} - y_{x=0}] in g",
    { g: parseModel("x ~ bernoulli(0.5); y ~ bernoulli(0.2 + 0.5*x)") },
  ],
])(
  "%s %s: what every causal number takes for granted is in its claim, not in its report",
  async (kind, source, inputs) => {
    const { values, blocks } = await runCell(kind, source, inputs);
    const { claim } = values["e"] as { claim: Claim };
    const ids = claim.assumptions.map(({ id }) => id);
    expect(ids).toContain("consistency:x");
    expect(ids).toContain("no-interference:x");
    const shown = blocks.flatMap((block) =>
      block.kind === "assumptions" ? block.assumptions : [],
    );
    expect(shown.length).toBeGreaterThan(0);
    expect(
      shown.filter(({ kind: of }) => of === "consistency" || of === "no-interference"),
    ).toEqual([]);
  },
);

describe("mistakes are placed", () => {
  const at = (source: string): string => {
    const [found] = programOf("identify", source).diagnostics;
    return source.slice(found?.place?.start, found?.place?.end);
  };
  test.each([
    ["P(y | do(x)) in g given z", "z"],
    ["P(y | do(x)) in g to town", "town"],
    ["P(y | do(x)) in g except z", "z"],
    ["P(y | do(x)) in g from town to town", "town"],
    ["P(y | do(x)) in g given experiments on z at town", "town"],
    ["P(y | do(x)) in g given experiments on z, ", "z,"],
    ["x _||_ y in g given experiments on z", "x _||_ y"],
    ["P(y | do(x)) in g from trial to town given only experiments on z", "only experiments on z"],
  ])("%s", (source, word) => {
    expect(at(source)).toBe(word);
  });

  test("a variable that the graph lacks, or does not measure", async () => {
    for (const [name, code] of [
      ["q", "unknown-node"],
      ["u", "query-unmeasured"],
    ] as const) {
      const source = `P(y | do(x)) in g given experiments on z and on ${name}`;
      const g = parseGraph("z -> x -> y; u -> x, y; u [latent]");
      const error = (await runCell("identify", source, { g }).catch((e: unknown) => e)) as {
        code: string;
        place: { start: number; end: number };
      };
      expect(error.code).toBe(code);
      expect(source.slice(error.place.start, error.place.end)).toBe(name);
    }
  });
});

import { expect, test } from "vitest";
import { createNotebook } from "../../app/notebook/document.ts";
import { mime } from "../../app/protocol/mime.ts";
import type { Report } from "../../app/protocol/report.ts";
import type { CounterfactualResult } from "../../kernels/counterfactual/result.ts";
import { runNotebook } from "./run-notebook.ts";

test("a model made by code is shown as one, used by every causal cell, and its draws have a truth", async () => {
  const run = await runNotebook(
    createNotebook({
      id: "modelbycode",
      title: "model by code",
      cells: [
        {
          id: "code",
          source: `import { fitModel, parseModel, sample, admitConfounder, mechanismSpread, assessFairness, attributeChange, bounds, pointOf } from "dagbok/counterfactual";
const made = parseModel("z ~ bernoulli(0.5); x ~ bernoulli(0.2 + 0.6*z); y ~ bernoulli(0.1 + 0.3*x + 0.4*z)");
const drawn = sample(made, 4000, createRng(3));
const open = admitConfounder(made, "x", "y");
const wide = bounds(open, "ATE(x -> y)");
const necessity = mechanismSpread(made, "PN(x -> y)");
const fair = assessFairness(made, { attribute: "x", outcome: "y" });
made`,
        },
        { id: "asked", kind: "counterfactual", source: "effect = ATE(x -> y) in made" },
        { id: "draw", kind: "simulate", source: "rows = 500 from made seed 2 do(x=1)" },
        { id: "crude", kind: "estimate", source: "crude = y ~ x from drawn by regression" },
        { id: "refit", kind: "model", source: "again = fit shape to drawn by table" },
        { id: "shape", kind: "graph", name: "shape", source: "z -> x, y; x -> y" },
        { id: "shown", source: "display(necessity); display(fair); display(wide)" },
      ],
    }),
  );
  expect(run.failures).toEqual([]);
  const report = (id: string, at = 0): Report | undefined =>
    run.outputs.get(id)?.[at]?.[mime.report] as Report | undefined;
  expect(report("code")?.summary).toContain("Structural model of 3 variables");
  const effect = run.value("effect") as CounterfactualResult;
  expect(effect.kind === "identified" && effect.value).toBeCloseTo(0.3, 12);
  expect((run.value("wide") as CounterfactualResult).kind).toBe("bounded");
  const headings = report("crude")?.blocks.flatMap((b) => (b.kind === "heading" ? [b.text] : []));
  expect(headings).toContain("Against the truth");
  expect(report("refit")?.summary).toContain("fitted to 4000 rows");
  expect([0, 1, 2].map((at) => report("shown", at)?.summary)).toEqual([
    expect.stringContaining("any mechanism"),
    expect.stringContaining("counterfactually fair"),
    expect.stringContaining("lies between"),
  ]);
});

import type { CellProgram } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import { parseModel } from "../counterfactual/parse-model.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { blankHoles, fillHoles, holesOf } from "./holes.ts";
import { type CellKind, outputName, parsing } from "./kind.ts";
import { mistake, statementsOf } from "./language.ts";
import { type FitStatement, fitInputs, fitStatement, runFit } from "./model-fit.ts";
import { modelReport } from "./model-report.ts";

/**
 * A structural model in plain notation, where `${name}` puts in another cell's number, or mechanisms fitted to data
 * along a graph: `m = fit graph to data by linear-gaussian, y by flow seed 1`.
 */
export const modelCell: CellKind = {
  kind: "model",
  parse: (cell) =>
    parsing(cell.source, () => {
      if (cell.source.trim() === "") {
        throw new UserError({
          code: "model-empty",
          message: "The model has no variables yet.",
          expected:
            "e.g. x ~ bernoulli(0.5), and y ~ bernoulli(0.2 + 0.6*x) on the next line; or: fit graph to data",
          place: { start: 0, end: 1 },
        });
      }
      const fit = fitStatement(cell.source);
      return fit === undefined
        ? written(cell.source, outputName(cell, "model"))
        : fitted(cell.source, fit, fit.name ?? outputName(cell, "model"));
    }),
};

/** Mistakes that hang on the numbers in the holes, which are not known before the cell runs. */
const numeric = new Set(["model-probability-range", "model-probability-sum", "model-parameter"]);

/** The text is read with every hole at 0.5 first, so that mistakes of form show before anything runs. */
function written(source: string, name: string): CellProgram {
  const holes = holesOf(source);
  const shape = shapeOf(source, holes.length > 0);
  return {
    inputs: holes,
    outputs: [name],
    diagnostics: [],
    run: (inputs, context) => {
      const model =
        holes.length === 0 && shape !== undefined
          ? shape
          : parseModel(fillHoles(source, inputs, true));
      context.display(displayable(reportBundle(modelReport(model))));
      return { values: { [name]: model } };
    },
  };
}

function shapeOf(source: string, open: boolean): ReturnType<typeof parseModel> | undefined {
  try {
    return parseModel(blankHoles(source));
  } catch (error) {
    if (open && error instanceof UserError && numeric.has(error.code)) return undefined;
    throw error;
  }
}

function fitted(source: string, fit: FitStatement, name: string): CellProgram {
  const second = statementsOf(source)[1];
  if (second !== undefined) {
    throw mistake(
      "model-fit-alone",
      "A cell that fits a model holds nothing else.",
      second,
      0,
      second.body.length,
      { hint: "Indent a continuation line, or use a second cell." },
    );
  }
  return {
    inputs: fitInputs(fit),
    outputs: [name],
    diagnostics: [],
    run: async (inputs, context) => {
      const { model, ...found } = await runFit(fit, inputs, context);
      context.display(displayable(reportBundle(modelReport(model, found))));
      return {
        values: { [name]: model },
        claim: {
          rung: 1,
          query: `mechanisms of ${fit.graph} fitted to ${fit.table}`,
          status: "association",
          assumptions: [],
        },
      };
    },
  };
}

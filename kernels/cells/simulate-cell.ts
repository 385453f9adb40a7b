import { UserError } from "../../app/errors.ts";
import { createRng } from "../math/rng.ts";
import type { StructuralModel } from "../counterfactual/model.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { dataReport } from "./data-report.ts";
import { type CellKind, outputName, parsing } from "./kind.ts";
import {
  clausesOf,
  evaluateArgument,
  mistake,
  parseCalls,
  parseName,
  statementsOf,
  type Clause,
} from "./language.ts";

/** `draws = 1000 from model seed 7 do (x: 1)`: rows of the observed variables. */
export const simulateCell: CellKind = {
  kind: "simulate",
  parse: (cell) =>
    parsing(cell.source, () => {
      const [statement] = statementsOf(cell.source);
      if (statement === undefined) {
        throw new UserError({
          code: "simulate-empty",
          message: "It is not said what to draw.",
          expected: "e.g. draws = 1000 from model seed 1",
          place: { start: 0, end: 1 },
        });
      }
      const clauses = clausesOf(statement, ["from", "seed", "do"]);
      const size = valueOf(clauses[""], "a number of rows");
      const model =
        clauses.from === undefined ? "model" : parseName(clauses.from, "a model's name");
      const seed = clauses.seed === undefined ? { value: 1 } : valueOf(clauses.seed, "a seed");
      const doing =
        clauses.do === undefined ? [] : (parseCalls(callOf(clauses.do))[0]?.options ?? []);
      if (
        typeof size.value === "number" &&
        !(Number.isInteger(size.value) && size.value > 0 && size.value <= 5e6)
      ) {
        throw mistake("simulate-size", "So many rows cannot be drawn.", statement, 0, 1, {
          expected: "a whole number from 1 to five million",
        });
      }
      const name = statement.name ?? outputName(cell, "draws");
      const inputs = [
        model,
        size.name,
        seed.name,
        ...doing.flatMap((o) => (o.value.kind === "variable" ? [o.value.name] : [])),
      ];
      return {
        inputs: [...new Set(inputs.filter((n) => n !== undefined))],
        outputs: [name],
        diagnostics: [],
        run: async (values, context) => {
          const { sample } = await import("../counterfactual/index.ts");
          const n = numberOf(size, values, "the number of rows");
          const rng = createRng(numberOf(seed, values, "the seed"));
          const interventions = Object.fromEntries(
            doing.map((option) => [
              option.name,
              evaluateArgument(option.value, values) as number | string,
            ]),
          );
          const table = sample(values[model] as StructuralModel, n, rng, interventions);
          context.display(displayable(reportBundle(dataReport(table, 0))));
          return {
            values: { [name]: table },
            claim: {
              rung: doing.length === 0 ? 1 : 2,
              query: `draws from ${model}${doing.length === 0 ? "" : ` under do(${doing.map((o) => o.name).join(", ")})`}`,
              status: "association",
              assumptions: [],
            },
          };
        },
      };
    }),
};

interface NumberOrName {
  readonly value?: number;
  readonly name?: string;
}

function valueOf(clause: Clause | undefined, expected: string): NumberOrName {
  const text = clause?.text ?? "";
  const value = Number(text.replaceAll("_", ""));
  if (text !== "" && !Number.isNaN(value)) return { value };
  return { name: parseName(clause ?? { text: "", start: 0 }, expected) };
}

function numberOf(
  from: NumberOrName,
  values: Readonly<Record<string, unknown>>,
  what: string,
): number {
  const value = from.value ?? (from.name === undefined ? undefined : values[from.name]);
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new UserError({
    code: "simulate-number",
    message: `${what[0]?.toUpperCase()}${what.slice(1)} must be a whole number of at least 1.`,
    value,
    expected: "e.g. 1000",
  });
}

/** `(x: 1)` reads like the options of a call. */
function callOf(clause: Clause): Clause {
  return { text: `do${clause.text}`, start: clause.start - 2 };
}

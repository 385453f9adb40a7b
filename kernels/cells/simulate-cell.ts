import type { CellInputs } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import type { Report } from "../../app/protocol/report.ts";
import { isModel, type StructuralModel } from "../counterfactual/model.ts";
import { parseQuery } from "../counterfactual/parse-query.ts";
import { type Assignment, formatAssignments } from "../counterfactual/query.ts";
import type { Table } from "../data/table.ts";
import { createRng } from "../math/rng.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { shifted } from "./counterfactual-language.ts";
import { dataReport } from "./data-report.ts";
import { formatNumber } from "./format.ts";
import { blankHoles, fillHoles, holesOf } from "./holes.ts";
import { type CellKind, outputName, parsing, uniqueNames } from "./kind.ts";
import {
  type Clause,
  clausesOf,
  evaluateArgument,
  mistake,
  parseCalls,
  parseName,
  statementsOf,
} from "./language.ts";

/** What is drawn: how many rows of which model, from which seed, under which interventions. */
interface Draw {
  readonly name?: string;
  readonly size: NumberOrName;
  readonly model: string;
  /** The notebook's when absent. */
  readonly seed?: NumberOrName;
  readonly doing: Doing;
}

/** `do(x=1, z = z + 1, t ~ bernoulli(0.2))` in the field's notation, or `do (x: 1, z: name)` with cells' values. */
interface Doing {
  readonly assignments: readonly Assignment[];
  readonly named: ReturnType<typeof parseCalls>[number]["options"];
}

const MOST_ROWS = 5e6;

/**
 * `draws = 1000 from model seed 7 do(x=1)`: rows of the observed variables. The table remembers its model, so that
 * what is estimated from it is shown against the truth. `${name}` puts in another cell's number.
 */
export const simulateCell: CellKind = {
  kind: "simulate",
  parse: (cell) =>
    parsing(cell.source, () => {
      const shape = drawOf(blankHoles(cell.source));
      const holes = holesOf(cell.source);
      const name = shape.name ?? outputName(cell, "draws");
      const named = shape.doing.named.flatMap(({ value }) =>
        value.kind === "variable" ? [value.name] : [],
      );
      return {
        inputs: uniqueNames([shape.model, shape.size.name, seedName(shape), ...named, ...holes]),
        outputs: [name],
        diagnostics: [],
        run: async (values, context) => {
          const { sample } = await import("../counterfactual/index.ts");
          const draw = holes.length === 0 ? shape : drawOf(fillHoles(cell.source, values, false));
          const n = numberOf(draw.size, values, "the number of rows");
          if (n > MOST_ROWS) throw tooMany(n);
          const seed = numberOf(
            draw.seed ?? { value: (values["notebookSeed"] as number | undefined) ?? 1 },
            values,
            "the seed",
          );
          const doing = interventionsOf(draw.doing, values);
          const table = sample(modelIn(values, draw.model), n, createRng(seed), doing);
          context.display(displayable(reportBundle(drawReport(table, draw, seed, doing))));
          return {
            values: { [name]: table },
            claim: {
              rung: doing.length === 0 ? 1 : 2,
              query: `draws from ${draw.model}${underText(doing)}`,
              status: "association",
              assumptions: [],
            },
          };
        },
      };
    }),
};

function seedName({ seed }: Draw): string | undefined {
  return seed === undefined ? "notebookSeed" : seed.name;
}

function drawOf(source: string): Draw {
  const [statement, second] = statementsOf(source);
  if (statement === undefined) {
    throw new UserError({
      code: "simulate-empty",
      message: "It is not said what to draw.",
      expected: "e.g. draws = 1000 from model seed 1",
      place: { start: 0, end: 1 },
    });
  }
  if (second !== undefined) {
    const hint = "Indent a continuation line, or use a second cell.";
    const message = "A simulate cell holds one statement.";
    throw mistake("simulate-one", message, second, 0, second.body.length, { hint });
  }
  const clauses = clausesOf(statement, ["from", "seed", "do"], { do: /^\s*\(/u });
  const size = valueOf(clauses[""], "a number of rows");
  const whole = size.value === undefined || (Number.isInteger(size.value) && size.value > 0);
  if (!whole || (size.value ?? 0) > MOST_ROWS) {
    const { length } = clauses[""]?.text ?? "";
    throw mistake("simulate-size", "So many rows cannot be drawn.", statement, 0, length, {
      expected: "a whole number from 1 to five million",
    });
  }
  return {
    ...(statement.name === undefined ? {} : { name: statement.name }),
    size,
    model: clauses.from === undefined ? "model" : parseName(clauses.from, "a model's name"),
    ...(clauses.seed === undefined ? {} : { seed: valueOf(clauses.seed, "a seed") }),
    doing: clauses.do === undefined ? { assignments: [], named: [] } : doingOf(clauses.do),
  };
}

function doingOf(clause: Clause): Doing {
  if (/^\(\s*[\p{L}\p{N}_$]+\s*:/u.test(clause.text)) {
    const call = parseCalls({ text: `do${clause.text}`, start: clause.start - 2 })[0];
    return { assignments: [], named: call?.options ?? [] };
  }
  if (!clause.text.endsWith(")")) {
    throw new UserError({
      code: "query-syntax",
      message: "The bracket after do is not closed.",
      value: clause.text,
      expected: "e.g. do(x=1)",
      place: { start: clause.start, end: clause.start + Math.max(1, clause.text.length) },
    });
  }
  const before = "P(rows | do";
  try {
    const query = parseQuery(`${before}${clause.text})`);
    return { assignments: "doing" in query ? query.doing : [], named: [] };
  } catch (error) {
    throw shifted(error, clause.start - before.length);
  }
}

function interventionsOf({ assignments, named }: Doing, values: CellInputs): readonly Assignment[] {
  return [
    ...assignments,
    ...named.map(({ name, value }): Assignment => {
      const to = evaluateArgument(value, values);
      if (typeof to !== "number" && typeof to !== "string") {
        throw new UserError({
          code: "simulate-do",
          message: `${name} cannot be set to this.`,
          value: to,
          expected: "a number or a level's name",
        });
      }
      return { variable: name, to: { kind: "value", value: to } };
    }),
  ];
}

const underText = (doing: readonly Assignment[]): string =>
  doing.length === 0 ? "" : ` under do(${formatAssignments(doing)})`;

function drawReport(table: Table, draw: Draw, seed: number, doing: readonly Assignment[]): Report {
  const report = dataReport(table, 0);
  return {
    ...report,
    summary: `Drawn from ${draw.model}${underText(doing)}, seed ${seed}. ${report.summary}`,
    blocks: [
      ...report.blocks,
      {
        kind: "facts",
        footer: true,
        facts: [
          { label: "drawn from", value: draw.model },
          ...(doing.length === 0 ? [] : [{ label: "under", value: underText(doing).slice(7) }]),
          { label: "seed", value: String(seed) },
          { label: "estimates from it", value: "are shown against the truth" },
        ],
      },
    ],
  };
}

function modelIn(values: CellInputs, name: string): StructuralModel {
  const value = values[name];
  if (isModel(value)) return value;
  throw new UserError({
    code: "not-a-model",
    message: `${name} is not a structural model.`,
    value,
    expected: "the name of a model cell, or a model made by parseModel or fitModel",
  });
}

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

function numberOf(from: NumberOrName, values: CellInputs, what: string): number {
  const value = from.value ?? (from.name === undefined ? undefined : values[from.name]);
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new UserError({
    code: "simulate-number",
    message: `${what[0]?.toUpperCase()}${what.slice(1)} must be a whole number of at least 1.`,
    value,
    expected: "e.g. 1000",
  });
}

const tooMany = (n: number): UserError =>
  new UserError({
    code: "simulate-size",
    message: `${formatNumber(n)} rows cannot be drawn.`,
    value: n,
    expected: "a whole number from 1 to five million",
  });

import type { CellProgram } from "../../app/cell/program.ts";
import type { Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import type { Report } from "../../app/protocol/report.ts";
import type { StructuralModel } from "../counterfactual/model.ts";
import { parseQuery } from "../counterfactual/parse-query.ts";
import type { Query } from "../counterfactual/query.ts";
import type { CounterfactualResult } from "../counterfactual/result.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { counterfactualReport } from "./counterfactual-report.ts";
import { type CellKind, parsing, uniqueNames } from "./kind.ts";
import { clausesOf, parseName, type Statement, statementsOf } from "./language.ts";

interface Question {
  readonly name?: string;
  readonly query: Query;
  readonly text: string;
  readonly model: string;
}

/** One query a line: `[name =] P(y_{x=0} = 1 | x=1, y=1) in model`. Rungs I, II and III on one model, side by side. */
export const counterfactualCell: CellKind = {
  kind: "counterfactual",
  parse: (cell) =>
    parsing(cell.source, () => {
      const statements = statementsOf(cell.source);
      if (statements.length === 0) {
        throw new UserError({
          code: "counterfactual-empty",
          message: "There is no question yet.",
          expected: "e.g. P(y_{x=0} = 1 | x=1, y=1) in model",
          place: { start: 0, end: 1 },
        });
      }
      const questions = statements.map((statement, i) => {
        const question = questionOf(statement);
        return statements.length === 1 &&
          i === 0 &&
          question.name === undefined &&
          cell.name !== undefined
          ? { ...question, name: cell.name }
          : question;
      });
      return programOf(questions);
    }),
};

function questionOf(statement: Statement): Question {
  const clauses = clausesOf(statement, ["in"]);
  const head = clauses[""] ?? { text: "", start: statement.start };
  const model = clauses.in === undefined ? "model" : parseName(clauses.in, "a model's name");
  try {
    return {
      ...(statement.name === undefined ? {} : { name: statement.name }),
      query: parseQuery(head.text),
      text: head.text,
      model,
    };
  } catch (error) {
    throw shifted(error, head.start);
  }
}

/** The same mistake, placed in the cell instead of in the query's text. */
function shifted(error: unknown, by: number): unknown {
  if (!(error instanceof UserError)) return error;
  const start = by + (error.place?.start ?? (error.place?.column ?? 1) - 1);
  const end = error.place?.end === undefined ? start + 1 : by + error.place.end;
  return new UserError({
    code: error.code,
    message: error.message,
    value: error.value,
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    place: { start, end },
  });
}

function programOf(questions: readonly Question[]): CellProgram {
  const models = uniqueNames(questions.map((q) => q.model));
  return {
    inputs: models,
    outputs: uniqueNames(questions.map((q) => q.name)),
    diagnostics: [],
    run: async (inputs, context) => {
      const { counterfactual } = await import("../counterfactual/index.ts");
      const answers: { question: Question; result: CounterfactualResult }[] = [];
      for (const question of questions) {
        const model = asModel(inputs[question.model], question.model);
        const result = counterfactual(model, question.query, {
          work: { signal: context.signal, progress: context.progress },
        });
        context.signal.throwIfAborted();
        answers.push({ question, result });
      }
      const report: Report = counterfactualReport(answers.map((a) => a.result));
      context.display(displayable(reportBundle(report)));
      const claim = strongest(answers.map((a) => a.result.claim));
      return {
        values: Object.fromEntries(
          answers.flatMap(({ question, result }) =>
            question.name === undefined ? [] : [[question.name, result] as const],
          ),
        ),
        ...(claim === undefined ? {} : { claim }),
      };
    },
  };
}

function asModel(value: unknown, name: string): StructuralModel {
  if (typeof value === "object" && value !== null && (value as StructuralModel).kind === "model") {
    return value as StructuralModel;
  }
  throw new UserError({
    code: "not-a-model",
    message: `${name} is not a structural model.`,
    value,
    expected: "the name of a model cell, or a model made by parseModel or fitModel",
  });
}

/** The claim of a cell with several questions is that of its highest rung. */
function strongest(claims: readonly Claim[]): Claim | undefined {
  return claims.reduce<Claim | undefined>(
    (best, claim) => (best === undefined || claim.rung > best.rung ? claim : best),
    undefined,
  );
}

import type { CellProgram } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Identification } from "../identify/result.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { identifyReport, type Separation, separationReport } from "./identify-report.ts";
import { type CellKind, parsing, uniqueNames } from "./kind.ts";
import { clausesOf, parseName, type Statement, statementsOf } from "./language.ts";

type Question = {
  readonly name?: string;
  readonly graph: string;
  readonly start: number;
} & (
  | { readonly kind: "query"; readonly text: string }
  | {
      readonly kind: "separation";
      readonly a: readonly string[];
      readonly b: readonly string[];
      readonly given: readonly string[];
    }
);

/**
 * `effect = P(y | do(x)) in graph`, one question a line; `x _||_ y | z in graph` asks for m-separation. Without
 * `in` the graph is the one called `graph`.
 */
export const identifyCell: CellKind = {
  kind: "identify",
  parse: (cell) =>
    parsing(cell.source, () => {
      const statements = statementsOf(cell.source);
      if (statements.length === 0) {
        throw new UserError({
          code: "identify-empty",
          message: "There is no question yet.",
          expected: "e.g. effect = P(y | do(x)) in graph",
          place: { start: 0, end: 1 },
        });
      }
      const questions = statements.map(questionOf);
      const [only] = questions;
      return questions.length === 1 &&
        only?.name === undefined &&
        only !== undefined &&
        cell.name !== undefined
        ? programOf([{ ...only, name: cell.name }])
        : programOf(questions);
    }),
};

function questionOf(statement: Statement): Question {
  const clauses = clausesOf(statement, ["in"]);
  const head = clauses[""] ?? { text: "", start: statement.start };
  const base = {
    ...(statement.name === undefined ? {} : { name: statement.name }),
    graph: clauses.in === undefined ? "graph" : parseName(clauses.in, "a graph's name"),
    start: head.start,
  };
  const separation = /^(.+?)\s*(?:_\|\|_|⊥⊥|⫫)\s*(.+?)(?:\s*\|\s*(.+))?$/u.exec(head.text);
  if (separation !== null) {
    return {
      ...base,
      kind: "separation",
      a: namesIn(separation[1]),
      b: namesIn(separation[2]),
      given: namesIn(separation[3]),
    };
  }
  if (!/^(?:P\s*\(|E\s*[[(])/u.test(head.text)) {
    throw new UserError({
      code: "identify-question",
      message: `"${head.text}" is no question about a graph.`,
      value: head.text,
      expected:
        "a query such as P(y | do(x)) or E[y | do(x=1)], or a separation such as x _||_ y | z",
      place: { start: head.start, end: head.start + Math.max(1, head.text.length) },
    });
  }
  return { ...base, kind: "query", text: head.text };
}

function namesIn(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((name) => name.trim().replace(/^"(.*)"$/u, "$1"))
    .filter((name) => name !== "");
}

function programOf(questions: readonly Question[]): CellProgram {
  return {
    inputs: uniqueNames(questions.map((q) => q.graph)),
    outputs: uniqueNames(questions.map((q) => q.name)),
    diagnostics: [],
    run: async (inputs, context) => {
      const [{ identify, toLatex, toText }, { mSeparated, openPath }] = await Promise.all([
        import("../identify/index.ts"),
        import("../graph/index.ts"),
      ]);
      const values: Record<string, unknown> = {};
      let first: Identification | undefined;
      for (const question of questions) {
        const graph = asGraph(inputs[question.graph], question.graph);
        if (question.kind === "separation") {
          const { a, b, given } = question;
          const separated = mSeparated(graph, a, b, given);
          const path = separated ? undefined : openPath(graph, a, b, given);
          const result: Separation = {
            kind: "separation",
            a,
            b,
            given,
            separated,
            ...(path === undefined ? {} : { path }),
          };
          context.display(displayable(reportBundle(separationReport(result, graph))));
          if (question.name !== undefined) values[question.name] = result;
          continue;
        }
        const result = identify(graph, question.text);
        first ??= result;
        const formula =
          "estimand" in result
            ? { latex: toLatex(result.estimand), text: toText(result.estimand) }
            : undefined;
        context.display(displayable(reportBundle(identifyReport(result, graph, formula))));
        if (question.name !== undefined) values[question.name] = result;
      }
      return { values, ...(first === undefined ? {} : { claim: first.claim }) };
    },
  };
}

function asGraph(value: unknown, name: string): Graph {
  if (typeof value === "object" && value !== null && (value as Graph).kind === "graph") {
    return value as Graph;
  }
  throw new UserError({
    code: "not-a-graph",
    message: `${name} is not a graph.`,
    value,
    expected: "the name of a graph cell, or a graph made by parseGraph",
  });
}

import type { CellClaims, CellProgram } from "../../app/cell/program.ts";
import type { Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import { gatherClaims } from "../../app/runtime/claims.ts";
import type { Report } from "../../app/protocol/report.ts";
import type { Table } from "../data/table.ts";
import type { Graph } from "../graph/graph.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { checkLaws, lawsOf } from "./identify-laws.ts";
import type { Answer, Question } from "./identify-question.ts";
import { type CellKind, parsing, uniqueNames } from "./kind.ts";
import { clausesOf, parseName, type Statement, statementsOf, withLines } from "./language.ts";

/**
 * `effect = P(y | do(x)) in graph`, one question a line; `x _||_ y | z in graph` asks for m-separation,
 * `implications in graph from data` for what data can say against the graph, `bounds of P(y=1 | do(x=1)) in graph from
 * data` for the range that the data leave. Beside the observed law, `given experiments on z` has those at hand, and
 * `from trial to town except z given experiments on x` carries an answer to a population that differs in z. Without `in` the graph is the one called `graph`.
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
        ? programOf([{ ...only, name: cell.name }], cell.source)
        : programOf(questions, cell.source);
    }),
};

function questionOf(statement: Statement): Question {
  const clauses = clausesOf(statement, ["in", "from", "to", "except", "given"]);
  const head = clauses[""] ?? { text: "", start: statement.start };
  const base = {
    ...(statement.name === undefined ? {} : { name: statement.name }),
    graph: clauses.in === undefined ? "graph" : parseName(clauses.in, "a graph's name"),
    start: head.start,
  };
  const laws = lawsOf(clauses);
  const table =
    clauses.from === undefined || clauses.to !== undefined
      ? undefined
      : parseName(clauses.from, "a table's name");
  const wrong = (expected: string): UserError =>
    new UserError({
      code: "identify-question",
      message: `"${head.text}" is no question about a graph.`,
      value: head.text,
      expected,
      place: { start: head.start, end: head.start + Math.max(1, head.text.length) },
    });
  if (laws !== undefined && !isQuery(head.text))
    throw wrong("a query such as P(y | do(x)) before given, to and except");
  if (/^implications$/u.test(head.text))
    return { ...base, kind: "implications", ...(table === undefined ? {} : { table }) };
  const bounded = /^bounds\s+(?:of\s+)?/u.exec(head.text)?.[0];
  if (bounded !== undefined) {
    const text = head.text.slice(bounded.length);
    if (table === undefined || !isQuery(text))
      throw wrong(
        "bounds of a query from a table, e.g. bounds of P(y=1 | do(x=1)) in graph from data",
      );
    return { ...base, kind: "bounds", text, table, start: head.start + bounded.length };
  }
  if (table !== undefined)
    throw wrong(
      "from a table only after bounds or implications: a query is answered by the graph alone; another population is written from trial to town",
    );
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
  if (!isQuery(head.text)) {
    throw wrong(
      "a query such as P(y | do(x)) or E[y | do(x=1)], or a separation such as x _||_ y | z",
    );
  }
  return { ...base, kind: "query", text: head.text, ...(laws === undefined ? {} : { laws }) };
}

const isQuery = (text: string): boolean => /^(?:P\s*\(|E\s*[[(])/u.test(text);

function namesIn(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((name) => name.trim().replace(/^"(.*)"$/u, "$1"))
    .filter((name) => name !== "");
}

function programOf(questions: readonly Question[], source: string): CellProgram {
  return {
    inputs: uniqueNames(questions.flatMap((q) => [q.graph, ...("table" in q ? [q.table] : [])])),
    outputs: uniqueNames(questions.map((q) => q.name)),
    diagnostics: [],
    run: async (inputs, context) => {
      const { answerQuestion } = await import("./identify-answers.ts");
      const work = { signal: context.signal, progress: context.progress };
      const show = (report: Report): void => context.display(displayable(reportBundle(report)));
      const values: Record<string, unknown> = {};
      const answers: Named[] = [];
      // Every answer is shown, and every value out, before the first reason is looked for.
      for (const question of questions) {
        const graph = asGraph(inputs[question.graph], question.graph);
        const table =
          "table" in question ? asTable(inputs[question.table ?? ""], question.table) : undefined;
        if (question.kind === "query" && question.laws !== undefined)
          checkLaws(question.laws, graph, question.graph);
        const answer = await placed(question, source, () =>
          answerQuestion(question, graph, table, work, show),
        );
        if (question.name !== undefined) values[question.name] = answer.value;
        answers.push({ name: question.name, answer });
      }
      return {
        values,
        ...claimsOf(answers),
        rest: async () => {
          for (const { answer } of answers) await answer.reasons?.();
          return claimsOf(answers);
        },
      };
    },
  };
}

interface Named {
  readonly name: string | undefined;
  readonly answer: Answer;
}

function claimsOf(answers: readonly Named[]): CellClaims {
  const claims = answers.flatMap(({ name, answer }) => {
    const claim = claimOf(answer);
    return claim === undefined ? [] : [{ name, claim }];
  });
  const claim = gatherClaims(claims.map((one) => one.claim));
  return {
    claims: Object.fromEntries(
      claims.flatMap((one) => (one.name === undefined ? [] : [[one.name, one.claim] as const])),
    ),
    ...(claim === undefined ? {} : { claim }),
  };
}

/** With what was found of its assumptions: which of them carry it. */
function claimOf({ claim, bearing }: Answer): Claim | undefined {
  if (claim === undefined || bearing === undefined || bearing.size === 0) return claim;
  return {
    ...claim,
    assumptions: claim.assumptions.map((one) => {
      const bears = bearing.get(one.id);
      return bears === undefined ? one : { ...one, bears };
    }),
  };
}

/** Places of a query's mistakes count from the query's own beginning: here they are the cell's. */
async function placed<T>(question: Question, source: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof UserError) || !("text" in question)) throw error;
    const { start = 0, end = start + question.text.length } = error.place ?? {};
    const place = { start: start + question.start, end: end + question.start };
    const { code, message, value, expected, hint } = error;
    throw new UserError(
      {
        code,
        message,
        value,
        ...(expected === undefined ? {} : { expected }),
        ...(hint === undefined ? {} : { hint }),
        place: withLines(place, source),
      },
      { cause: error },
    );
  }
}

function asTable(value: unknown, name: string | undefined): Table | undefined {
  if (name === undefined) return undefined;
  if (typeof value === "object" && value !== null && (value as Table).kind === "table")
    return value as Table;
  throw new UserError({
    code: "not-a-table",
    message: `${name} is not a table.`,
    value,
    expected: "the name of a data cell, or a table made in code",
  });
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

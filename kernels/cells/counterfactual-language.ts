import { UserError } from "../../app/errors.ts";
import { parseQuery } from "../counterfactual/parse-query.ts";
import type { Query } from "../counterfactual/query.ts";
import {
  type Clause,
  clausesOf,
  mistake,
  parseName,
  splitAtCommas,
  type Statement,
  statementsOf,
  wholeNumber,
} from "./language.ts";

/** A number known from elsewhere, written or the value of another cell. */
export interface KnownClause {
  readonly query: Query;
  readonly value: number | string;
}

interface Asked {
  readonly name?: string;
}

/** One line of a counterfactual cell. */
export type Question =
  | (Asked & {
      readonly kind: "query";
      readonly query: Query;
      readonly model: string;
      readonly known: readonly KnownClause[];
      readonly seed?: number;
      readonly draws?: number;
    })
  | (Asked & {
      readonly kind: "spread";
      readonly query: Query;
      /** One: across the classes of mechanism its tables allow. Several: across the models. */
      readonly models: readonly string[];
      readonly seed?: number;
    })
  | (Asked & {
      readonly kind: "fairness";
      readonly outcome: string;
      readonly attribute: string;
      readonly group?: string;
      readonly reference?: string;
      readonly known?: readonly string[];
      readonly model: string;
    })
  | (Asked & {
      readonly kind: "change";
      readonly target: string;
      readonly before: string;
      readonly after: string;
      readonly seed?: number;
    })
  | (Asked & {
      readonly kind: "anomaly";
      readonly target: string;
      readonly unit: Readonly<Record<string, number | string>>;
      readonly model: string;
      readonly seed?: number;
    });

/**
 * The questions of a cell, one a line:
 *
 * ```
 * [name =] QUERY in model [knowing QUERY = number, …] [draws n] [seed n]
 * [name =] spread of QUERY in model            # across mechanism classes; in a, b, c: across models
 * [name =] fairness of y to x [=1 vs 0] [given a, b] in model
 * [name =] change of y from before to after    # attribution to mechanisms, by Shapley values
 * [name =] anomaly of y at x=1, y=9 in model   # attribution to noises
 * ```
 *
 * Throws `UserError` with its place in the cell.
 */
export function questionsOf(source: string): readonly Question[] {
  return statementsOf(source).map((statement) => ({
    ...(statement.name === undefined ? {} : { name: statement.name }),
    ...questionOf(statement),
  }));
}

function questionOf(statement: Statement): Question {
  const special = /^(spread|fairness|change|anomaly)\s+of\s+/u.exec(statement.body);
  if (special === null) return plainQuestion(statement);
  const inner: Statement = {
    body: statement.body.slice(special[0].length),
    start: statement.start + special[0].length,
  };
  switch (special[1]) {
    case "spread": {
      const clauses = clausesOf(inner, ["in", "seed"]);
      const models = clauses.in === undefined ? ["model"] : namesOf(clauses.in, "a model's name");
      const query = placed(headOf(clauses[""], inner));
      return { kind: "spread", query, models, ...seedOf(clauses.seed) };
    }
    case "fairness":
      return fairnessQuestion(inner);
    case "change": {
      const clauses = clausesOf(inner, ["from", "to", "seed"]);
      const example = "e.g. change of y from before to after";
      return {
        kind: "change",
        target: parseName(headOf(clauses[""], inner), "the variable whose mean changed"),
        before: parseName(need(clauses.from, inner, "from", example), "a model's name"),
        after: parseName(need(clauses.to, inner, "to", example), "a model's name"),
        ...seedOf(clauses.seed),
      };
    }
    default: {
      const clauses = clausesOf(inner, ["at", "in", "seed"]);
      const at = need(clauses.at, inner, "at", "e.g. anomaly of y at x=1, y=9 in model");
      return {
        kind: "anomaly",
        target: parseName(headOf(clauses[""], inner), "the variable that is unusual"),
        unit: unitOf(at),
        model: modelOf(clauses.in),
        ...seedOf(clauses.seed),
      };
    }
  }
}

/** Absent when the cell names none: the notebook's is then taken. */
function seedOf(clause: Clause | undefined): { readonly seed?: number } {
  return clause === undefined ? {} : { seed: wholeNumber(clause, "a seed", 1) };
}

function plainQuestion(statement: Statement): Question {
  const clauses = clausesOf(statement, ["in", "knowing", "draws", "seed"]);
  const draws =
    clauses.draws === undefined
      ? {}
      : { draws: wholeNumber(clauses.draws, "a number of draws", 1) };
  return {
    kind: "query",
    query: placed(headOf(clauses[""], statement)),
    model: modelOf(clauses.in),
    known: clauses.knowing === undefined ? [] : splitAtCommas(clauses.knowing).map(knownOf),
    ...seedOf(clauses.seed),
    ...draws,
  };
}

function fairnessQuestion(statement: Statement): Question {
  const clauses = clausesOf(statement, ["to", "given", "in"]);
  const example = "e.g. fairness of hired to gender in model";
  const to = need(clauses.to, statement, "to", example);
  const groups = /^(\S+?)\s*=\s*(\S+)\s+vs\s+(\S+)$/u.exec(to.text);
  const attribute = groups === null ? parseName(to, "the protected variable") : (groups[1] ?? "");
  return {
    kind: "fairness",
    outcome: parseName(headOf(clauses[""], statement), "the outcome"),
    attribute,
    ...(groups === null
      ? {}
      : { group: unquote(groups[2] ?? ""), reference: unquote(groups[3] ?? "") }),
    ...(clauses.given === undefined
      ? {}
      : { known: namesOf(clauses.given, "a variable that tells people apart") }),
    model: modelOf(clauses.in),
  };
}

const unquote = (text: string): string => text.replace(/^"(.*)"$|^'(.*)'$/u, "$1$2");

const modelOf = (clause: Clause | undefined): string =>
  clause === undefined ? "model" : parseName(clause, "a model's name");

const namesOf = (clause: Clause, expected: string): readonly string[] =>
  splitAtCommas(clause).map((part) => parseName(part, expected));

function headOf(clause: Clause | undefined, statement: Statement): Clause {
  return clause ?? { text: "", start: statement.start };
}

function need(
  clause: Clause | undefined,
  statement: Statement,
  word: string,
  expected: string,
): Clause {
  if (clause !== undefined) return clause;
  const { length } = statement.body;
  throw mistake(
    "counterfactual-clause",
    `The word "${word}" is missing.`,
    statement,
    Math.max(0, length - 1),
    length,
    { expected },
  );
}

function unitOf(clause: Clause): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    splitAtCommas(clause).map((part) => {
      const [, name, written] = /^([\p{L}_$][\p{L}\p{N}_$]*)\s*=\s*(.+)$/u.exec(part.text) ?? [];
      if (name === undefined || written === undefined) {
        throw atClause(part, "counterfactual-unit", "is no value of the unit", "e.g. x=1, y=9");
      }
      const number = Number(written);
      return [name, Number.isFinite(number) ? number : unquote(written)];
    }),
  );
}

function knownOf(part: Clause): KnownClause {
  const at = part.text.lastIndexOf("=");
  const written = part.text.slice(at + 1).trim();
  const head = part.text.slice(0, Math.max(0, at)).trim();
  if (at < 0 || written === "" || /[)\]}]/u.test(written)) {
    const expected = "e.g. knowing P(y=1 | do(x=1)) = 0.3";
    throw atClause(part, "counterfactual-known", "says no number", expected);
  }
  const number = Number(written);
  const start = part.start + part.text.indexOf(written, at);
  const value = Number.isFinite(number)
    ? number
    : parseName({ text: written, start }, "a number, or the name of another cell's number");
  return { query: placed({ text: head, start: part.start }), value };
}

function atClause(clause: Clause, code: string, message: string, expected: string): UserError {
  return new UserError({
    code,
    message: `"${clause.text}" ${message}.`,
    value: clause.text,
    expected,
    place: { start: clause.start, end: clause.start + Math.max(1, clause.text.length) },
  });
}

function placed(head: Clause): Query {
  try {
    return parseQuery(head.text);
  } catch (error) {
    throw shifted(error, head.start);
  }
}

/** The same mistake, placed in the cell instead of in the query's text. */
export function shifted(error: unknown, by: number): unknown {
  if (!(error instanceof UserError)) return error;
  const start = by + (error.place?.start ?? (error.place?.column ?? 1) - 1);
  const end = error.place?.end === undefined ? start + 1 : by + error.place.end;
  return new UserError({
    code: error.code,
    // The engine names line and column of the query; here they would be those of another text.
    message: error.message.replace(/ \(line \d+, column \d+\)/u, ""),
    value: error.value,
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    place: { start, end: Math.max(start + 1, end) },
  });
}

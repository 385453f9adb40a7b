import { UserError } from "../../app/errors.ts";
import type { Place, UserErrorFields } from "../../app/errors.ts";

/** A half-open range of the user's text, with where it begins. */
export interface Span {
  readonly line: number;
  readonly column: number;
  readonly start: number;
  readonly end: number;
}

function placed(source: string, span: Span | undefined): { place: Place } | object {
  return span === undefined ? {} : { place: { source, ...span } };
}

function fail(source: string, span: Span | undefined, fields: UserErrorFields): UserError {
  const where = span === undefined ? "" : ` (line ${span.line}, column ${span.column})`;
  return new UserError({
    ...fields,
    message: `${fields.message.replace(/\.$/, "")}${where}.`,
    ...placed(source, span),
  });
}

export const unexpectedText = (
  source: string,
  span: Span,
  seen: string,
  expected: string,
  hint?: string,
): UserError =>
  fail(source, span, {
    code: `${source}-syntax`,
    message: seen === "" ? `The ${source} ends too early.` : `"${seen}" is not expected here.`,
    value: seen,
    expected,
    ...(hint === undefined ? {} : { hint }),
  });

export const unknownVariable = (
  source: string,
  span: Span | undefined,
  name: string,
  known: readonly string[],
  usedBy?: string,
): UserError =>
  fail(source, span, {
    code: "model-unknown-variable",
    message:
      usedBy === undefined
        ? `The model has no variable "${name}".`
        : `"${usedBy}" depends on "${name}", which the model does not define.`,
    value: name,
    expected: known.length === 0 ? "a defined variable" : `one of ${known.slice(0, 20).join(", ")}`,
    hint: "Check the spelling (upper and lower case differ), or add a line that defines it.",
  });

export const definedTwice = (span: Span | undefined, name: string): UserError =>
  fail("model", span, {
    code: "model-defined-twice",
    message: `"${name}" is defined twice.`,
    value: name,
    expected: "one mechanism for each variable",
    hint: "Delete one of the two lines.",
  });

export const modelCycle = (span: Span | undefined, path: readonly string[]): UserError =>
  fail("model", span, {
    code: "model-cycle",
    message: `The model has a cycle: ${path.join(" -> ")}.`,
    value: path,
    expected: "an acyclic graph",
    hint: "Remove one of these dependences; feedback over time needs one variable per time step.",
  });

export const probabilityOutOfRange = (
  span: Span | undefined,
  name: string,
  value: number,
  when: string,
): UserError =>
  fail("model", span, {
    code: "model-probability-range",
    message: `The probability of "${name}" is ${value}${when === "" ? "" : ` when ${when}`}.`,
    value,
    expected: "a number from 0 to 1",
    hint: "Change the coefficients, or wrap the expression in sigmoid(…).",
  });

export const probabilitiesDoNotSum = (
  span: Span | undefined,
  name: string,
  sum: number,
  when: string,
): UserError =>
  fail("model", span, {
    code: "model-probability-sum",
    message: `The probabilities of "${name}" add up to ${sum}${when === "" ? "" : ` when ${when}`}.`,
    value: sum,
    expected: "a sum of 1",
  });

export const badParameter = (
  span: Span | undefined,
  message: string,
  value: unknown,
  expected: string,
  hint?: string,
): UserError =>
  fail("model", span, {
    code: "model-parameter",
    message,
    value,
    expected,
    ...(hint === undefined ? {} : { hint }),
  });

export const badQuery = (
  message: string,
  value: unknown,
  expected: string,
  hint?: string,
  span?: Span,
): UserError =>
  fail("query", span, {
    code: "query-invalid",
    message,
    value,
    expected,
    ...(hint === undefined ? {} : { hint }),
  });

export const unfitData = (
  message: string,
  value: unknown,
  expected: string,
  hint?: string,
): UserError =>
  fail("data", undefined, {
    code: "model-fit",
    message,
    value,
    expected,
    ...(hint === undefined ? {} : { hint }),
  });

import { buildModel } from "./build-model.ts";
import type { MechanismSpec, ResponseRow, TableRow, VariableSpec } from "./build-model.ts";
import { numberExpression } from "./expression.ts";
import type { Expression } from "./expression.ts";
import { badParameter, unexpectedText, unknownVariable } from "./messages.ts";
import type { Span } from "./messages.ts";
import type { Coupling, NoiseCorrelation, NoiseFamily, Role, StructuralModel } from "./model.ts";
import { parseExpression } from "./parse-expression.ts";
import { TokenReader, spanOf, tokenize } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/**
 * A model from its plain notation, one statement per line or separated by `;`:
 *
 * ```
 * smoking ~ bernoulli(0.3)
 * tar ~ bernoulli(0.1 + 0.8*smoking) [monotone]
 * y = 2*x + u_y; u_y ~ normal(0, 1)              # names starting with u_ or U_ are noise
 * latent w ~ normal(0, 1)
 * z {low, mid, high} | x ~ table { 0: 0.2 0.3 0.5; 1: 0.1 0.1 0.8 }
 * r | x ~ response { 0 1: 0.7; 1 1: 0.3 }        # one output per configuration of the parents
 * corr(u_x, u_y) = 0.4
 * ```
 *
 * Distributions: bernoulli, categorical, normal, uniform, exponential (rate), logistic, laplace. `[monotone]` or
 * `[gumbel]` after a discrete distribution says how one unit's responses hang together; without it the table is silent
 * about units. Throws `UserError` with line and column for anything wrong.
 */
export function parseModel(text: string): StructuralModel {
  const reader = new TokenReader(tokenize(text, "model"), "model");
  const variables: VariableSpec[] = [];
  const hidden = new Map<string, Token>();
  const correlations: (NoiseCorrelation & { readonly span: Token })[] = [];
  for (;;) {
    reader.skipBreaks();
    if (reader.peek().kind === "end") break;
    if (reader.peek().text === "corr" && reader.peek(1).text === "(") {
      correlations.push(parseCorrelation(reader));
    } else {
      const variable = parseStatement(reader, hidden);
      if (variable !== undefined) variables.push(variable);
    }
    if (reader.peek().kind !== "end" && reader.peek().kind !== "break") {
      reader.fail("the end of the line or “;”");
    }
  }
  const names = variables.map(({ name }) => name);
  if (names.length === 0) {
    throw unexpectedText(
      "model",
      reader.peek(),
      "",
      "at least one variable",
      "Write e.g. x ~ bernoulli(0.5)",
    );
  }
  for (const [name, token] of hidden) {
    if (!names.includes(name)) throw unknownVariable("model", token, name, names);
  }
  for (const { a, b, span } of correlations) {
    for (const name of [a, b]) {
      if (!names.includes(name)) throw unknownVariable("model", span, name, names);
    }
  }
  return buildModel({
    variables: variables.map((v) => (hidden.has(v.name) ? { ...v, role: "latent" } : v)),
    correlations: correlations.map(({ a, b, value }) => ({ a, b, value })),
  });
}

function parseCorrelation(reader: TokenReader): NoiseCorrelation & { readonly span: Token } {
  const span = reader.next();
  reader.expect("(");
  const a = reader.expectName("a variable with normal noise").text;
  reader.expect(",");
  const b = reader.expectName("a variable with normal noise").text;
  reader.expect(")");
  reader.expect("=");
  return { a, b, value: parseNumber(reader), span };
}

function parseNumber(reader: TokenReader): number {
  const negative = reader.accept("-") !== undefined;
  if (reader.peek().kind !== "number") return reader.fail("a number");
  const value = Number(reader.next().text);
  return negative ? -value : value;
}

const rolePrefixes: Readonly<Record<string, Role>> = { latent: "latent", noise: "noise" };

function parseStatement(reader: TokenReader, hidden: Map<string, Token>): VariableSpec | undefined {
  let role: Role | undefined;
  const word = reader.peek();
  if (Object.hasOwn(rolePrefixes, word.text) && reader.peek(1).kind === "name") {
    reader.next();
    role = rolePrefixes[word.text]!;
    const after = reader.peek(1);
    if (
      role === "latent" &&
      (after.text === "," || after.kind === "break" || after.kind === "end")
    ) {
      do {
        const token = reader.expectName("a variable's name");
        hidden.set(token.text, token);
      } while (reader.accept(",") !== undefined);
      return undefined;
    }
  }
  const token = reader.expectName("a variable's name");
  const name = token.text;
  let coupling: Coupling | undefined;
  const flags = (): void => {
    while (reader.accept("[") !== undefined) {
      do {
        const flag = reader.expectName("latent, noise, monotone or gumbel");
        if (flag.text === "latent" || flag.text === "noise") role = flag.text;
        else if (flag.text === "monotone" || flag.text === "gumbel") coupling = flag.text;
        else {
          const expected = "latent, noise, monotone or gumbel";
          throw unexpectedText("model", flag, flag.text, expected);
        }
      } while (reader.accept(",") !== undefined);
      reader.expect("]");
    }
  };
  flags();
  const levels = reader.peek().text === "{" ? parseLevels(reader) : undefined;
  const parents: string[] = [];
  const parentTokens: Token[] = [];
  const conditioned = reader.accept("|") !== undefined;
  if (conditioned) {
    do {
      const parent = reader.expectName("a parent's name");
      parents.push(parent.text);
      parentTokens.push(parent);
    } while (reader.accept(",") !== undefined);
  }
  const mechanism = parseRightSide(reader, parents, conditioned);
  flags();
  role ??= /^[uU]_/.test(name) ? "noise" : "observed";
  return {
    name,
    role,
    span: spanOf(token),
    ...(levels === undefined ? {} : { levels }),
    mechanism: withCoupling(mechanism, coupling, token),
  };
}

function withCoupling(
  mechanism: MechanismSpec,
  coupling: Coupling | undefined,
  token: Token,
): MechanismSpec {
  if (coupling === undefined) return mechanism;
  if (mechanism.kind === "levels" || mechanism.kind === "table") return { ...mechanism, coupling };
  throw badParameter(
    token,
    `[${coupling}] is written after "${token.text}"`,
    coupling,
    "a variable with bernoulli, categorical or table probabilities",
    "Functions, additive noise and response types already say how a unit responds.",
  );
}

function parseLevels(reader: TokenReader): readonly string[] {
  reader.expect("{");
  const levels: string[] = [];
  do levels.push(parseLevel(reader));
  while (reader.accept(",") !== undefined);
  reader.expect("}");
  return levels;
}

function parseLevel(reader: TokenReader): string {
  const negative = reader.accept("-") !== undefined;
  const token = reader.peek();
  if (token.kind === "number") return `${negative ? "-" : ""}${Number(reader.next().text)}`;
  if (!negative && (token.kind === "name" || token.kind === "text")) return reader.next().text;
  return reader.fail("a level's name or number");
}

function parseRightSide(
  reader: TokenReader,
  parents: readonly string[],
  conditioned: boolean,
): MechanismSpec {
  if (reader.accept("=") !== undefined) {
    return { kind: "function", expression: parseExpression(reader) };
  }
  reader.expect("~", "Write “=” for a function and “~” for a distribution.");
  const family = reader.expectName("a distribution");
  if (family.text === "table" || family.text === "response") {
    return family.text === "table"
      ? { kind: "table", parents, rows: parseTable(reader) }
      : { kind: "response", parents, types: parseResponses(reader) };
  }
  if (conditioned) {
    throw unexpectedText(
      "model",
      family,
      family.text,
      "table or response after “|”",
      "In other distributions the parents are the variables of the expression.",
    );
  }
  return parseDistribution(reader, family);
}

function parseDistribution(reader: TokenReader, family: Token): MechanismSpec {
  reader.expect("(");
  const parameters: Expression[] = [parseExpression(reader)];
  while (reader.accept(",") !== undefined) parameters.push(parseExpression(reader));
  reader.expect(")");
  const one = numberExpression(1);
  const zero = numberExpression(0);
  const additive = (
    noise: NoiseFamily,
    location: Expression,
    scale: Expression,
  ): MechanismSpec => ({
    kind: "additive",
    noise,
    location,
    scale,
  });
  const need = (count: number, names: string): void => {
    if (parameters.length === count) return;
    const seen = `${family.text} with ${parameters.length}`;
    throw unexpectedText("model", family, seen, `${family.text}(${names})`);
  };
  const [first, second] = parameters as [Expression, Expression];
  switch (family.text) {
    case "bernoulli":
      need(1, "probability of 1");
      return { kind: "levels", probabilities: parameters };
    case "categorical":
      if (parameters.length < 2) need(2, "p0, p1, …");
      return { kind: "levels", probabilities: parameters };
    case "normal":
      need(2, "mean, standard deviation");
      return additive("normal", first, second);
    case "logistic":
    case "laplace":
      need(2, "location, scale");
      return additive(family.text, first, second);
    case "uniform":
      need(2, "from, to");
      return additive("uniform", first, difference(second, first));
    case "exponential":
      need(1, "rate");
      return additive("exponential", zero, quotient(one, first));
    default:
      throw unexpectedText(
        "model",
        family,
        family.text,
        "bernoulli, categorical, normal, uniform, exponential, logistic, laplace, table or response",
      );
  }
}

const difference = (left: Expression, right: Expression): Expression =>
  left.kind === "number" && right.kind === "number"
    ? numberExpression(left.value - right.value)
    : { kind: "binary", operator: "-", left, right };

const quotient = (left: Expression, right: Expression): Expression =>
  left.kind === "number" && right.kind === "number"
    ? numberExpression(left.value / right.value)
    : { kind: "binary", operator: "/", left, right };

/** Rows in braces, one a line or separated by `;`; `read` reads one. */
function parseRows<Row>(reader: TokenReader, read: (span: Span) => Row): readonly Row[] {
  reader.expect("{");
  const rows: Row[] = [];
  for (;;) {
    reader.skipBreaks();
    if (reader.accept("}") !== undefined) return rows;
    if (reader.peek().kind === "end") reader.fail("“}”");
    rows.push(read(spanOf(reader.peek())));
    if (reader.peek().kind !== "break" && reader.peek().text !== "}") {
      reader.fail("the end of the row: a new line, “;” or “}”");
    }
  }
}

function parseCells(reader: TokenReader): readonly string[] {
  const cells: string[] = [];
  for (;;) {
    reader.accept(",");
    const { kind, text } = reader.peek();
    if (kind === "break" || kind === "end" || text === ":" || text === "}") return cells;
    cells.push(parseLevel(reader));
  }
}

function numbersOf(reader: TokenReader, cells: readonly string[], span: Span): readonly number[] {
  const numbers = cells.map(Number);
  if (numbers.length > 0 && numbers.every(Number.isFinite)) return numbers;
  throw unexpectedText(reader.source, span, cells.join(" "), "probabilities");
}

function parseTable(reader: TokenReader): readonly TableRow[] {
  return parseRows(reader, (span) => {
    const cells = parseCells(reader);
    if (reader.accept(":") === undefined) {
      return { when: [], probabilities: numbersOf(reader, cells, span), span };
    }
    return { when: cells, probabilities: numbersOf(reader, parseCells(reader), span), span };
  });
}

function parseResponses(reader: TokenReader): readonly ResponseRow[] {
  return parseRows(reader, (span) => {
    const outputs = parseCells(reader);
    reader.expect(":");
    return { outputs, probability: parseNumber(reader), span };
  });
}

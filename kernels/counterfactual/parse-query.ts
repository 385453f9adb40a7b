import type { Expression } from "./expression.ts";
import { unexpectedText } from "./messages.ts";
import { parseExpression } from "./parse-expression.ts";
import { effectNames } from "./query.ts";
import type {
  Assignment,
  EffectName,
  EffectQuery,
  Event,
  Query,
  Relation,
  Setting,
  Term,
} from "./query.ts";
import { TokenReader, spanOf, tokenize } from "./tokens.ts";

/**
 * A query from the field's notation:
 *
 * ```
 * P(y=1 | x=1)                      P(y | do(x=1), z=0)            P(y_{x=0} = 1 | x=1, y=1)
 * E[y_{x=1} - y_{x=0}]              E[y_{x=1, m_{x=0}} | z=2]      P(y > 2 | do(x = x + 1))
 * ATE(x -> y)   ETT(x -> y)   ATC(x -> y)   CDE(x -> y, m=0)   NDE(x -> y via m)   NIE(x=2 vs 1 -> y)
 * PN(x -> y)    PS(x -> y)    PNS(x -> y)   PSE(x -> m -> y; x -> w -> y)
 * P(y=1 | do(x=1)) - P(y=1 | do(x=0))
 * ```
 *
 * Names are checked against a model when the query is asked. Throws `UserError` with line and column.
 */
export function parseQuery(text: string): Query {
  const reader = new TokenReader(
    tokenize(text, "query").filter((token) => token.text !== "\n"),
    "query",
  );
  const parts: { weight: number; query: Query }[] = [];
  do {
    let weight = 1;
    for (;;) {
      if (reader.accept("-") !== undefined) weight = -weight;
      else if (reader.accept("+") === undefined) break;
    }
    if (reader.peek().kind === "number") {
      weight *= Number(reader.next().text);
      reader.expect("*");
    }
    parts.push({ weight, query: parseSingle(reader) });
  } while (reader.peek().text === "+" || reader.peek().text === "-");
  if (reader.peek().kind !== "end") reader.fail("the end of the query, “+” or “-”");
  const [only] = parts;
  return parts.length === 1 && only!.weight === 1 ? only!.query : { kind: "combination", parts };
}

const synonyms: Readonly<Record<string, EffectName>> = { ATT: "ETT", ATU: "ATC", TE: "ATE" };

function parseSingle(reader: TokenReader): Query {
  const token = reader.expectName("P(…), E[…] or an effect such as ATE(x -> y)");
  if (token.text === "P") return parseProbability(reader);
  if (token.text === "E") return parseExpectation(reader);
  const effect = Object.hasOwn(synonyms, token.text)
    ? synonyms[token.text]
    : effectNames.find((name) => name === token.text);
  if (effect === undefined) {
    const expected = `P, E, ${effectNames.join(", ")}`;
    throw unexpectedText("query", token, token.text, expected);
  }
  return parseEffect(reader, effect);
}

function parseProbability(reader: TokenReader): Query {
  reader.expect("(");
  const events = [parseEvent(reader)];
  while (reader.accept(",") !== undefined) events.push(parseEvent(reader));
  const behind = parseGiven(reader);
  reader.expect(")");
  return { kind: "probability", events, ...behind };
}

function parseExpectation(reader: TokenReader): Query {
  const closing = reader.accept("[") === undefined ? ")" : "]";
  if (closing === ")") reader.expect("(", "Write E[…].");
  const terms: Term[] = [];
  const keys: string[] = [];
  const expression = parseExpression(reader, (inner) => {
    const term = parseTerm(inner);
    const key = JSON.stringify(term);
    let index = keys.indexOf(key);
    if (index < 0) {
      index = keys.push(key) - 1;
      terms.push(term);
    }
    return { kind: "variable", name: `#${index}` };
  });
  if (terms.length === 0) reader.fail("a variable in E[…]");
  const behind = parseGiven(reader);
  reader.expect(closing);
  return { kind: "expectation", expression, terms, ...behind };
}

function parseGiven(reader: TokenReader): {
  given: readonly Event[];
  doing: readonly Assignment[];
} {
  const given: Event[] = [];
  const doing: Assignment[] = [];
  if (reader.accept("|") === undefined) return { given, doing };
  do {
    if (reader.peek().text === "do" && reader.peek(1).text === "(") {
      reader.next();
      reader.expect("(");
      doing.push(...parseAssignments(reader));
      reader.expect(")");
    } else {
      const at = reader.peek();
      const event = parseEvent(reader);
      if (event.relation === undefined) {
        throw unexpectedText("query", at, at.text, `a value, e.g. ${at.text}=1, behind the bar`);
      }
      given.push(event);
    }
  } while (reader.accept(",") !== undefined);
  return { given, doing };
}

function parseTerm(reader: TokenReader): Term {
  const variable = reader.expectName("a variable").text;
  if (reader.accept("_{") === undefined) return { variable, assignments: [] };
  const assignments = parseAssignments(reader);
  reader.expect("}");
  return { variable, assignments };
}

function parseAssignments(reader: TokenReader): readonly Assignment[] {
  const assignments: Assignment[] = [];
  do {
    const at = reader.peek();
    const assignment = parseAssignment(reader);
    if (assignments.some(({ variable }) => variable === assignment.variable)) {
      throw unexpectedText("query", at, assignment.variable, "each variable set once");
    }
    assignments.push(assignment);
  } while (reader.accept(",") !== undefined);
  return assignments;
}

function parseAssignment(reader: TokenReader): Assignment {
  const term = parseTerm(reader);
  const { variable } = term;
  if (term.assignments.length > 0) return { variable, to: { kind: "term", term } };
  if (reader.accept("~") !== undefined) return { variable, to: parsePolicy(reader) };
  reader.expect("=", "Write the value it is set to, e.g. x=1.");
  return { variable, to: parseSetting(reader) };
}

function parseSetting(reader: TokenReader): Setting {
  if (reader.peek().kind === "name" && reader.peek(1).text === "_{") {
    return { kind: "term", term: parseTerm(reader) };
  }
  const expression = parseExpression(reader);
  if (expression.kind === "number") return { kind: "value", value: expression.value };
  if (expression.kind === "text") return { kind: "value", value: expression.text };
  if (expression.kind === "variable") return { kind: "value", value: expression.name };
  return { kind: "expression", expression };
}

function parsePolicy(reader: TokenReader): Setting {
  const family = reader.expectName("bernoulli or categorical");
  if (family.text !== "bernoulli" && family.text !== "categorical") {
    throw unexpectedText("query", family, family.text, "bernoulli(…) or categorical(…)");
  }
  reader.expect("(");
  const probabilities: Expression[] = [parseExpression(reader)];
  while (reader.accept(",") !== undefined) probabilities.push(parseExpression(reader));
  reader.expect(")");
  if ((family.text === "bernoulli") !== (probabilities.length === 1)) {
    const seen = `${family.text} with ${probabilities.length}`;
    throw unexpectedText("query", family, seen, "bernoulli(p) or categorical(p0, p1, …)");
  }
  return { kind: "policy", probabilities };
}

const relations: readonly Relation[] = ["=", "!=", "<=", ">=", "<", ">"];

function parseEvent(reader: TokenReader): Event {
  const term = parseTerm(reader);
  const relation = relations.find((r) => reader.accept(r) !== undefined);
  if (relation === undefined && reader.accept("==") === undefined) return { term };
  return { term, relation: relation ?? "=", value: parseValue(reader) };
}

function parseValue(reader: TokenReader): number | string {
  const negative = reader.accept("-") !== undefined;
  const token = reader.peek();
  if (token.kind === "number") {
    const value = Number(reader.next().text);
    return negative ? -value : value;
  }
  if (negative || (token.kind !== "name" && token.kind !== "text")) return reader.fail("a value");
  return reader.next().text;
}

function parseEffect(reader: TokenReader, effect: EffectName): EffectQuery {
  reader.expect("(");
  const start = spanOf(reader.peek());
  const treatment = reader.expectName("the treatment").text;
  let active: number | string = 1;
  let reference: number | string = 0;
  if (reader.accept("=") !== undefined) {
    active = parseValue(reader);
    reader.expect("vs", "Write e.g. x=2 vs 1.");
    reference = parseValue(reader);
  }
  if (reader.accept("->") === undefined) reader.expect(",", `Write ${effect}(x -> y).`);
  const paths: string[][] = [[treatment, reader.expectName("the outcome").text]];
  const follow = (path: string[]): void => {
    while (reader.accept("->") !== undefined) path.push(reader.expectName("a variable").text);
  };
  follow(paths[0]!);
  while (reader.peek().kind === "break") {
    reader.next();
    const path = [reader.expectName("the treatment").text];
    follow(path);
    paths.push(path);
  }
  const outcome = paths[0]!.at(-1)!;
  const odd = paths.find((path) => path[0] !== treatment || path.at(-1) !== outcome);
  if (odd !== undefined || (effect !== "PSE" && (paths.length > 1 || paths[0]!.length > 2))) {
    const expected =
      effect === "PSE" ? `paths from ${treatment} to ${outcome}` : `${effect}(x -> y)`;
    throw unexpectedText("query", start, paths.map((p) => p.join(" -> ")).join("; "), expected);
  }
  const mediators: string[] = [];
  if (reader.accept("via") !== undefined) {
    do mediators.push(reader.expectName("a mediator").text);
    while (reader.accept(",") !== undefined);
  }
  const held = reader.accept(",") === undefined ? [] : parseAssignments(reader);
  const { given, doing } = parseGiven(reader);
  if (doing.length > 0)
    reader.fail(`${effect} without do(…)`, "An effect already compares worlds.");
  reader.expect(")");
  if ((effect === "CDE") !== held.length > 0) {
    const expected = effect === "CDE" ? "CDE(x -> y, m=0)" : `${effect} without values held`;
    throw unexpectedText("query", start, effect, expected);
  }
  return {
    kind: "effect",
    effect,
    treatment,
    outcome,
    active,
    reference,
    mediators,
    paths: effect === "PSE" ? paths : [],
    held,
    given,
  };
}

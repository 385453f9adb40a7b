import { arityOf, functionNames } from "./expression.ts";
import type { BinaryOperator, Expression } from "./expression.ts";
import { unexpectedText } from "./messages.ts";
import { spanOf } from "./tokens.ts";
import type { TokenReader } from "./tokens.ts";

/** Reads a name where an expression wants a value; the query language puts counterfactual terms here. */
export type AtomReader = (reader: TokenReader) => Expression | undefined;

const levels: readonly (readonly BinaryOperator[])[] = [
  ["or"],
  ["xor"],
  ["and"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/"],
];

/**
 * Reads one expression: `or` < `xor` < `and` < `not` < comparison < `+ -` < `* /` < unary minus < `^`, and
 * `c ? a : b` outermost. `atom` may claim a name first. Throws `UserError` by line and column.
 */
export function parseExpression(reader: TokenReader, atom?: AtomReader): Expression {
  const condition = parseLevel(reader, 0, atom);
  if (reader.accept("?") === undefined) return condition;
  const yes = parseExpression(reader, atom);
  reader.expect(":");
  const no = parseExpression(reader, atom);
  return { kind: "call", name: "if", operands: [condition, yes, no] };
}

function parseLevel(reader: TokenReader, level: number, atom: AtomReader | undefined): Expression {
  if (level === levels.length) return parseUnary(reader, atom);
  if (level === 3 && (reader.accept("not") ?? reader.accept("!")) !== undefined) {
    return { kind: "unary", operator: "not", operand: parseLevel(reader, level, atom) };
  }
  let left = parseLevel(reader, level + 1, atom);
  for (;;) {
    const operator = levels[level]!.find((o) => reader.accept(o) !== undefined);
    if (operator === undefined) return left;
    left = { kind: "binary", operator, left, right: parseLevel(reader, level + 1, atom) };
  }
}

function parseUnary(reader: TokenReader, atom: AtomReader | undefined): Expression {
  if (reader.accept("-") !== undefined) {
    const operand = parseUnary(reader, atom);
    return operand.kind === "number"
      ? { kind: "number", value: -operand.value }
      : { kind: "unary", operator: "-", operand };
  }
  reader.accept("+");
  const base = parseAtom(reader, atom);
  if (reader.accept("^") === undefined) return base;
  return { kind: "binary", operator: "^", left: base, right: parseUnary(reader, atom) };
}

function parseAtom(reader: TokenReader, atom: AtomReader | undefined): Expression {
  const token = reader.peek();
  if (token.kind === "number") return { kind: "number", value: Number(reader.next().text) };
  if (token.kind === "text") return { kind: "text", text: reader.next().text, span: spanOf(token) };
  if (reader.accept("(") !== undefined) {
    const inner = parseExpression(reader, atom);
    reader.expect(")");
    return inner;
  }
  if (token.kind !== "name") return reader.fail("a number, a variable or “(”");
  if (reader.peek(1).text === "(") return parseCall(reader, atom);
  const claimed = atom?.(reader);
  if (claimed !== undefined) return claimed;
  reader.next();
  if (token.text === "pi") return { kind: "number", value: Math.PI };
  if (token.text === "true" || token.text === "false") {
    return { kind: "number", value: token.text === "true" ? 1 : 0 };
  }
  return { kind: "variable", name: token.text, span: spanOf(token) };
}

function parseCall(reader: TokenReader, atom: AtomReader | undefined): Expression {
  const token = reader.next();
  const arity = arityOf(token.text);
  if (arity === undefined) {
    const expected = `one of ${functionNames.join(", ")}`;
    throw unexpectedText(reader.source, token, `${token.text}(`, expected);
  }
  reader.expect("(");
  const operands: Expression[] = [parseExpression(reader, atom)];
  while (reader.accept(",") !== undefined) operands.push(parseExpression(reader, atom));
  if (arity >= 0 && operands.length !== arity) {
    const expected = `${arity} value${arity === 1 ? "" : "s"} in ${token.text}(…)`;
    throw unexpectedText(reader.source, token, `${token.text} with ${operands.length}`, expected);
  }
  reader.expect(")");
  return { kind: "call", name: token.text, operands };
}

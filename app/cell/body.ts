import type { CellImport } from "./imports.ts";

export interface BodyParts {
  readonly cell: string;
  readonly inputs: readonly string[];
  /** Names of the run's own that it uses: display, view, invalidation. */
  readonly uses: readonly string[];
  readonly imports: readonly CellImport[];
  readonly isAsync: boolean;
  /** The cell's JavaScript, each character at its place in the source. */
  readonly code: string;
}

export interface Body {
  /** Text of an ES module whose default export runs the cell: `(inputs, context, modules) => outputs`. */
  readonly body: string;
  /** How much longer its first line is than the user's. All lines have the user's numbers. */
  readonly firstLineOffset: number;
}

/** Under this key a program hands over the value of its last line. No cell can define such a name. */
export const TAIL = "";

/** `tail` is where the expression stands that ends the program and is shown. */
export function programBody(
  parts: BodyParts,
  outputs: readonly string[],
  tail?: { readonly start: number; readonly end: number },
): Body {
  if (tail === undefined) return assemble(parts, "{", `\n;return{${outputs.join(",")}}}`);
  const { code } = parts;
  const before = code.slice(0, tail.start);
  const shown = `;$tail=(${code.slice(tail.start, tail.end)}\n)`;
  const close = `\n;return{${[...outputs, `"${TAIL}":$tail`].join(",")}}}`;
  return assemble(
    { ...parts, code: `${before}${shown}${code.slice(tail.end)}` },
    "{let $tail;",
    close,
  );
}

export function expressionBody(parts: BodyParts): Body {
  return assemble(parts, "(", "\n)");
}

/** A list after a 0: every expression of a text stands in the code as `,(…)`. */
export function listBody(parts: BodyParts): Body {
  return assemble(parts, "[0", "\n]");
}

function assemble(parts: BodyParts, open: string, close: string): Body {
  const { cell, inputs, uses, imports, isAsync, code } = parts;
  const parameters = [`{${inputs.join(",")}}`, `{${uses.join(",")}}`, importPattern(imports)];
  const prefix = `export default ${isAsync ? "async" : ""}(${parameters.join(",")})=>${open}`;
  return {
    body: `${prefix}${code}${close}\n//# sourceURL=${sourceName(cell)}\n`,
    firstLineOffset: prefix.length,
  };
}

/** The name under which a cell appears in stacks and in a debugger. */
export function sourceName(cell: string): string {
  return `cell-${cell}.ts`;
}

/** `{"dagbok/graph":{parse:p},"dagbok/math":m}` */
function importPattern(imports: readonly CellImport[]): string {
  const fields = imports.map(({ module, name, local }) => {
    const value = name === "*" ? local : `{${JSON.stringify(name)}:${local}}`;
    return `${JSON.stringify(module)}:${value}`;
  });
  return `{${fields.join(",")}}`;
}

/** Blanks out a part of the code, keeping its lines. The semicolon ends whatever stands before it. */
export function blankStatement(code: string, start: number, end: number): string {
  const blank = code.slice(start + 1, end).replace(/[^\n]/g, " ");
  return `${code.slice(0, start)};${blank}${code.slice(end)}`;
}

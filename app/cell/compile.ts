import type { Expression, Identifier, Program } from "acorn";
import { type Body, blankStatement, expressionBody, programBody } from "./body.ts";
import { type Declarations, findDeclarations } from "./declarations.ts";
import { CONTEXT_NAMES, type ContextName, GLOBALS, isContextName } from "./globals.ts";
import { type CellImport, findImports } from "./imports.ts";
import { parseCell, syntaxFinding } from "./parse.ts";
import { type Finding, toDiagnostic } from "./place.ts";
import type { Diagnostic } from "./program.ts";
import { findReferences, type References } from "./references.ts";
import { findTypeOutputs } from "./type-outputs.ts";

/** A TypeScript cell, analysed and turned into a module that can be evaluated. */
export interface CompiledCell extends Body {
  readonly cell: string;
  /** Names it needs, in order of first appearance. */
  readonly inputs: readonly string[];
  /** Names it defines, in order. With a syntax error, those that can be guessed, so that dependents can say why. */
  readonly outputs: readonly string[];
  /** Types it declares, for checking across cells. They have no value. */
  readonly typeOutputs: readonly string[];
  readonly isAsync: boolean;
  /** The whole cell is one expression without a semicolon. */
  readonly isExpression: boolean;
  /** The last line is an expression without a semicolon: its value is shown, as in Jupyter. */
  readonly hasTail: boolean;
  readonly uses: readonly ContextName[];
  readonly imports: readonly CellImport[];
  /** If one of them is an error, `body` is empty. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface CompileOptions {
  /** The cell's id: names it in messages and stacks. */
  readonly cell: string;
  /** Packages the host can provide for `import`; none by default. */
  readonly modules?: readonly string[];
}

export function compileCell(source: string, options: CompileOptions): CompiledCell {
  try {
    return compileSource(source, options);
  } catch (error) {
    return invalidCell(source, options.cell, [syntaxFinding(error, source, source)]);
  }
}

function compileSource(source: string, { cell, modules = [] }: CompileOptions): CompiledCell {
  const parsed = parseCell(source);
  if (parsed.kind === "invalid") return invalidCell(source, cell, parsed.findings);
  return parsed.kind === "expression"
    ? compileExpression(source, parsed.code, parsed.tree, cell)
    : compileProgram(source, parsed.code, parsed.tree, cell, modules);
}

function compileExpression(
  source: string,
  code: string,
  tree: Expression,
  cell: string,
): CompiledCell {
  const references = findReferences(tree, new Set());
  const findings = [...checkReferences(references), ...checkAssignments(references)];
  const { isAsync } = references;
  const names = splitNames(references);
  return {
    ...emptyCell(cell),
    ...names,
    isAsync,
    isExpression: true,
    ...(findings.length > 0 ? {} : expressionBody({ cell, ...names, imports: [], isAsync, code })),
    diagnostics: findings.map((finding) => toDiagnostic(finding, source, cell)),
  };
}

function compileProgram(
  source: string,
  code: string,
  tree: Program,
  cell: string,
  modules: readonly string[],
): CompiledCell {
  const declarations = findDeclarations(tree);
  const references = findReferences(tree, declarations.names);
  const { imports, findings: importFindings } = findImports(declarations.imports, modules);
  const findings = [
    ...checkExports(tree),
    ...checkDeclarations(declarations),
    ...checkReferences(references),
    ...checkAssignments(references, declarations),
    ...importFindings,
  ].sort((a, b) => a.start - b.start);
  const names = splitNames(references);
  const outputs = declarations.outputs.map(({ name }) => name);
  const { isAsync } = references;
  let body = code;
  for (const { start, end } of declarations.imports) body = blankStatement(body, start, end);
  const tail = findTail(tree, source);
  return {
    ...emptyCell(cell),
    ...names,
    outputs,
    // Stripping leaves an empty statement where a type declaration was.
    typeOutputs: findTypeOutputs(
      source,
      code,
      tree.body.filter(({ type }) => type !== "EmptyStatement"),
    ),
    isAsync,
    hasTail: tail !== undefined,
    imports,
    ...(findings.length > 0
      ? {}
      : programBody({ cell, ...names, imports, isAsync, code: body }, outputs, tail)),
    diagnostics: findings.map((finding) => toDiagnostic(finding, source, cell)),
  };
}

function invalidCell(source: string, cell: string, findings: readonly Finding[]): CompiledCell {
  return {
    ...emptyCell(cell),
    outputs: guessOutputs(source),
    diagnostics: findings.map((finding) => toDiagnostic(finding, source, cell)),
  };
}

/** The expression that ends the cell, unless a semicolon says that it is not to be shown. */
function findTail(
  tree: Program,
  source: string,
): { readonly start: number; readonly end: number } | undefined {
  const last = tree.body.at(-1);
  if (last?.type !== "ExpressionStatement" || source[last.end - 1] === ";") return undefined;
  return { start: last.expression.start, end: last.expression.end };
}

function emptyCell(cell: string): CompiledCell {
  return {
    cell,
    inputs: [],
    outputs: [],
    typeOutputs: [],
    isAsync: false,
    isExpression: false,
    hasTail: false,
    uses: [],
    imports: [],
    body: "",
    firstLineOffset: 0,
    diagnostics: [],
  };
}

/** The names a cell needs: from other cells or the library, and from its run. */
export function splitNames({ free }: References): {
  readonly inputs: readonly string[];
  readonly uses: readonly ContextName[];
} {
  const inputs = [...free.keys()].filter((name) => !GLOBALS.has(name) && !isContextName(name));
  return { inputs, uses: CONTEXT_NAMES.filter((name) => free.has(name)) };
}

function checkExports(tree: Program): readonly Finding[] {
  return tree.body.flatMap((statement): readonly Finding[] =>
    statement.type.startsWith("Export")
      ? [
          {
            code: "export",
            message: "A cell exports nothing.",
            hint: "Leave out `export`: other cells can use every top-level name.",
            start: statement.start,
            end: statement.start + "export".length,
          },
        ]
      : [],
  );
}

function checkDeclarations({ outputs }: Declarations): readonly Finding[] {
  return outputs.flatMap((identifier): readonly Finding[] => {
    const { name } = identifier;
    if (!GLOBALS.has(name) && !isContextName(name) && name !== "__proto__") return [];
    return [
      {
        code: "reserved-name",
        message: `${name} is built in and cannot be declared by a cell.`,
        hint: "Choose another name, or declare it inside a function or a block.",
        ...rangeOf(identifier),
      },
    ];
  });
}

export function checkReferences({ free, dynamicImports }: References): readonly Finding[] {
  const proto = free.get("__proto__");
  return [
    ...dynamicImports.map(({ start, end }) => ({
      code: "import-dynamic",
      message: "Cells cannot load code while they run.",
      hint: 'Use a static import at the top: import { … } from "dagbok/…";',
      start,
      end,
    })),
    ...(proto === undefined
      ? []
      : [
          {
            code: "reserved-name",
            message: "__proto__ is built in and cannot be used as a name.",
            ...rangeOf(proto),
          },
        ]),
  ];
}

function checkAssignments(
  { assigned }: References,
  declarations?: Declarations,
): readonly Finding[] {
  const imported = new Set(
    declarations?.imports.flatMap(({ specifiers }) => specifiers.map(({ local }) => local.name)),
  );
  return assigned.flatMap((identifier): readonly Finding[] => {
    const { name } = identifier;
    if (imported.has(name)) {
      return [
        {
          code: "assign-import",
          message: `${name} is imported and cannot be changed.`,
          hint: `Give the new value a name of its own.`,
          ...rangeOf(identifier),
        },
      ];
    }
    if (declarations?.names.has(name)) return [];
    return [
      {
        code: "assign-foreign",
        message:
          GLOBALS.has(name) || isContextName(name)
            ? `${name} is built in and cannot be changed.`
            : `This cell cannot change ${name}, because it does not declare it.`,
        hint: "Give the new value a name of its own, or declare and change it in one cell.",
        ...rangeOf(identifier),
      },
    ];
  });
}

function rangeOf({ start, end }: Identifier): { readonly start: number; readonly end: number } {
  return { start, end };
}

function guessOutputs(source: string): readonly string[] {
  const pattern =
    /^(?:const|let|var|class|(?:async\s+)?function\s*\*?)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gmu;
  const names = [...source.matchAll(pattern)].map((match) => match[1] as string);
  return [...new Set(names)].filter((name) => !GLOBALS.has(name) && !isContextName(name));
}

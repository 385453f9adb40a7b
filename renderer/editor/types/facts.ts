import { codeRanges } from "../../../app/cell/markdown-code.ts";
import { compileCell } from "../../../app/cell/compile.ts";
import { compileText } from "../../../app/cell/text-program.ts";
import { GLOBALS } from "../../../app/cell/globals.ts";
import { readCausal, type CausalFacts } from "../causal/facts.ts";
import type { TypeCell } from "./cells.ts";
import type { Compiler, Ts } from "./compiler.ts";
import { typeIn, valueType } from "./type-text.ts";

/** A name a cell defines, and what its value is to others. */
export interface Output {
  readonly name: string;
  /** `direct` names (functions, classes) and types pass as they are; values are unwrapped. */
  readonly pass: "unwrapped" | "direct" | "type" | "declared";
  /** For `declared`: its type as text. */
  readonly type?: string;
  readonly place?: { readonly start: number; readonly end: number };
}

/** What a cell's text alone tells. */
export interface CellFacts {
  readonly code:
    | { readonly kind: "none" }
    /** The user's own TypeScript; in brackets when the whole cell is one value that begins like a block. */
    | { readonly kind: "ts"; readonly text: string; readonly brackets: boolean }
    /** Expressions in a text, everything else blank. */
    | { readonly kind: "holes"; readonly text: string }
    | { readonly kind: "uses"; readonly causal: CausalFacts };
  readonly outputs: readonly Output[];
  /** Names it takes from elsewhere, types and library names among them; may list some that nobody has. */
  readonly needs: readonly string[];
  /** Those among them whose values it cannot run without. */
  readonly inputs: readonly string[];
  /** Stretches of text in which the compiler has already found a mistake. */
  readonly mistakes: readonly {
    readonly start: number;
    readonly end: number;
    readonly code: string;
  }[];
}

const empty: CellFacts = {
  code: { kind: "none" },
  outputs: [],
  needs: [],
  inputs: [],
  mistakes: [],
};

export function factsOf(ts: Compiler, cell: TypeCell): CellFacts {
  if (cell.kind === "ts") return tsFacts(ts, cell);
  if (cell.kind === "markdown" || cell.kind === "html") return textFacts(cell);
  const causal = readCausal(cell.kind, cell.source, cell.name);
  if (causal === undefined) {
    const outputs = (cell.outputs ?? []).map((name): Output => ({
      name,
      pass: "declared",
      type: "any",
    }));
    return { ...empty, outputs };
  }
  const inputs = [...new Set(causal.uses.map(({ name }) => name))];
  const read = causal.outputs.map(({ name, type, place }): Output => ({
    name,
    pass: "declared",
    type: type === "table" ? tableType(cell, causal.columns) : typeText(type),
    ...(place === undefined ? {} : { place }),
  }));
  // The kernel knows sentences of these languages that are not read here: what they define can be anything.
  const kernel = cell.outputs ?? [];
  const kept = read.filter(
    ({ name, place }) =>
      place !== undefined || name === cell.name || kernel.length === 0 || kernel.includes(name),
  );
  const more = kernel.filter((name) => !read.some((o) => o.name === name));
  return {
    code: { kind: "uses", causal },
    outputs: [...kept, ...more.map((name): Output => ({ name, pass: "declared", type: "any" }))],
    needs: inputs,
    inputs,
    mistakes: [],
  };
}

function typeText(type: string): string {
  if (type === "any") return type;
  const list = "readonly ";
  return type.startsWith(list) ? `${list}${valueType(type.slice(list.length))}` : valueType(type);
}

function tableType(cell: TypeCell, typed: readonly string[] | undefined): string {
  const columns =
    typed?.map((name) => ({
      name,
      type: cell.columns?.find((c) => c.name === name)?.type ?? "",
    })) ?? (cell.columnsOld === true ? undefined : cell.columns);
  if (columns === undefined || columns.length === 0 || columns.length > 2000)
    return valueType("Table");
  const all = '"number" | "integer" | "boolean" | "category" | "text" | "date"';
  const fields = columns.map(
    ({ name, type }) =>
      `${JSON.stringify(name)}: ${all.includes(`"${type}"`) ? JSON.stringify(type) : all}`,
  );
  return typeIn("tables", `TableOf<{ ${fields.join("; ")} }>`);
}

function textFacts(cell: TypeCell): CellFacts {
  const { source } = cell;
  if (!source.includes("${")) return empty;
  const compiled = compileText(source, cell.kind as "markdown" | "html", cell.id);
  if (compiled.pieces.length <= 1 || compiled.body === "") {
    return { ...empty, inputs: compiled.inputs };
  }
  const text = compiled.body.slice(
    compiled.firstLineOffset,
    compiled.firstLineOffset + source.length,
  );
  return {
    code: { kind: "holes", text },
    outputs: [],
    needs: compiled.inputs,
    inputs: compiled.inputs,
    mistakes: codeRanges(source).map((range) => ({ ...range, code: "text" })),
  };
}

const AMBIGUOUS = /^\s*(?:\{|(?:async\s+)?function\s*\*?\s*\(|class\s*(?:\{|extends\b))/;

function tsFacts(ts: Compiler, cell: TypeCell): CellFacts {
  const { source } = cell;
  const compiled = compileCell(source, { cell: cell.id, modules: [] });
  const errors = compiled.diagnostics.filter(
    ({ severity, code }) => severity === "error" && code !== "import-unknown",
  );
  const unread = compiled.body === "" && errors.length > 0 && compiled.inputs.length === 0;
  const brackets = compiled.isExpression && AMBIGUOUS.test(source);
  const tree = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ESNext, false);
  const declared = declarations(ts, tree);
  const isOwn = new Set([...declared.keys(), ...importedNames(ts, tree)]);
  const values = new Set(compiled.outputs);
  const outputs: Output[] = [];
  for (const [name, found] of declared) {
    if (GLOBALS.has(name)) continue;
    if (found.pass === "type") {
      if (!values.has(name)) outputs.push({ name, ...found });
    } else if (values.has(name) || unread) outputs.push({ name, ...found });
  }
  // A deep `var`, or what the compiler saw and the tree did not.
  for (const name of compiled.outputs) {
    if (!declared.has(name)) outputs.push({ name, pass: "unwrapped" });
  }
  for (const name of compiled.typeOutputs) {
    if (!declared.has(name) && !values.has(name)) outputs.push({ name, pass: "type" });
  }
  const words = unread ? allWords(ts, tree) : typeWords(ts, tree);
  const needs = new Set([...compiled.inputs, ...compiled.uses, ...words]);
  for (const name of needs) if (isOwn.has(name) || GLOBALS.has(name)) needs.delete(name);
  return {
    code: { kind: "ts", text: source, brackets },
    outputs,
    needs: [...needs],
    inputs: compiled.inputs,
    mistakes: errors.flatMap(({ place, code }) =>
      place?.start === undefined
        ? []
        : [{ start: place.start, end: place.end ?? place.start + 1, code }],
    ),
  };
}

type Declared = Pick<Output, "pass" | "place">;

/** Names declared at the top, however broken the rest. */
function declarations(ts: Compiler, tree: Ts.SourceFile): Map<string, Declared> {
  const found = new Map<string, Declared>();
  const add = (node: Ts.Node | undefined, pass: Output["pass"]): void => {
    if (node === undefined || !ts.isIdentifier(node) || node.text === "") return;
    const before = found.get(node.text);
    if (before !== undefined && before.pass !== "type") return;
    const start = ts.skipTrivia(tree.text, node.pos);
    found.set(node.text, { pass, place: { start, end: node.end } });
  };
  const bind = (name: Ts.BindingName): void => {
    if (ts.isIdentifier(name)) add(name, "unwrapped");
    else for (const element of name.elements) if (ts.isBindingElement(element)) bind(element.name);
  };
  for (const statement of tree.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations) bind(declaration.name);
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      add(statement.name, "direct");
    } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      add(statement.name, "type");
    }
  }
  return found;
}

function importedNames(ts: Compiler, tree: Ts.SourceFile): readonly string[] {
  return tree.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement)) return [];
    const clause = statement.importClause;
    const bindings = clause?.namedBindings;
    return [
      ...(clause?.name === undefined ? [] : [clause.name.text]),
      ...(bindings === undefined
        ? []
        : ts.isNamespaceImport(bindings)
          ? [bindings.name.text]
          : bindings.elements.map(({ name }) => name.text)),
    ];
  });
}

/** Names in type positions, which the JavaScript tree knows nothing of. */
function typeWords(ts: Compiler, tree: Ts.SourceFile): ReadonlySet<string> {
  const words = new Set<string>();
  const leftmost = (name: Ts.EntityName): string =>
    ts.isIdentifier(name) ? name.text : leftmost(name.left);
  const visit = (node: Ts.Node): void => {
    if (ts.isTypeReferenceNode(node)) words.add(leftmost(node.typeName));
    else if (ts.isTypeQueryNode(node)) words.add(leftmost(node.exprName));
    else if (ts.isExpressionWithTypeArguments(node) && ts.isIdentifier(node.expression)) {
      words.add(node.expression.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return words;
}

/** Every word that could be a name of another cell's: for a text that does not parse (yet). */
function allWords(ts: Compiler, tree: Ts.SourceFile): ReadonlySet<string> {
  const words = new Set<string>();
  const visit = (node: Ts.Node): void => {
    if (ts.isIdentifier(node)) words.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return words;
}

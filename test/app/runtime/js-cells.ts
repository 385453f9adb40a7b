/** A small compiler for the JavaScript cells of the tests: the session is tested apart from `app/cell`. */
import * as acorn from "acorn";
import type {
  CellContext,
  CellProgram,
  CellResult,
  Diagnostic,
} from "../../../app/cell/program.ts";

type Node = acorn.AnyNode;

const globals = new Set(
  "Promise Error Math Object Array JSON Symbol Map Set Number String Boolean Date undefined NaN Infinity globalThis console setTimeout structuredClone".split(
    " ",
  ),
);
const context = new Set(["display", "view", "invalidation", "signal", "progress"]);

export function compileJs(source: string, cell: string): CellProgram {
  let tree: acorn.Program;
  try {
    tree = acorn.parse(source, {
      ecmaVersion: "latest",
      sourceType: "module",
      allowAwaitOutsideFunction: true,
      locations: true,
    });
  } catch (error) {
    const { line, column } = (error as { loc: { line: number; column: number } }).loc;
    return broken({
      code: "syntax",
      severity: "error",
      message: (error as Error).message,
      place: { source: cell, line, column: column + 1 },
    });
  }
  const found = analyse(tree);
  const outputs = [...found.declared];
  const foreign = found.assigned.find((name) => !found.declared.has(name) && !globals.has(name));
  if (foreign !== undefined) {
    return {
      ...broken({
        code: "foreign-assignment",
        severity: "error",
        message: `${foreign} belongs to another cell and cannot be assigned here`,
      }),
      outputs,
    };
  }
  const names = [...found.free].filter((name) => !globals.has(name) && !context.has(name));
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const Make = found.awaits ? AsyncFunction : Function;
  const body = new Make(
    ...names,
    "context",
    `"use strict"; ${[...found.free]
      .filter((name) => context.has(name))
      .map((name) => `const ${name} = context.${name};`)
      .join(" ")}\n${source}\n;return {${outputs.join(", ")}};`,
  ) as (...values: unknown[]) => object | Promise<object>;
  return {
    inputs: names,
    outputs,
    diagnostics: [],
    run: (inputs, context: CellContext) => {
      const values = body(...names.map((name) => inputs[name]), context);
      return values instanceof Promise
        ? values.then((values) => ({ values }) as CellResult)
        : ({ values } as CellResult);
    },
  };
}

function broken(diagnostic: Diagnostic): CellProgram {
  return { inputs: [], outputs: [], diagnostics: [diagnostic] };
}

interface Found {
  readonly declared: Set<string>;
  readonly free: Set<string>;
  readonly assigned: string[];
  awaits: boolean;
}

function analyse(tree: acorn.Program): Found {
  const found: Found = { declared: new Set(), free: new Set(), assigned: [], awaits: false };
  for (const statement of tree.body) declare(statement, found.declared);
  visitAll(tree.body, [found.declared], found, false);
  return found;
}

function declare(node: Node, names: Set<string>): void {
  if (node.type === "VariableDeclaration") {
    for (const { id } of node.declarations) pattern(id, names);
  } else if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") {
    if (node.id !== null) names.add(node.id.name);
  }
}

function pattern(node: acorn.Pattern | acorn.AnyNode | null, names: Set<string>): void {
  if (node === null) return;
  if (node.type === "Identifier") names.add(node.name);
  else if (node.type === "ArrayPattern") for (const item of node.elements) pattern(item, names);
  else if (node.type === "ObjectPattern") for (const item of node.properties) pattern(item, names);
  else if (node.type === "Property") pattern(node.value, names);
  else if (node.type === "RestElement") pattern(node.argument, names);
  else if (node.type === "AssignmentPattern") pattern(node.left, names);
}

function visitAll(
  nodes: readonly Node[],
  scopes: readonly Set<string>[],
  found: Found,
  inner: boolean,
): void {
  for (const node of nodes) visit(node, scopes, found, inner);
}

function visit(node: Node, scopes: readonly Set<string>[], found: Found, inner: boolean): void {
  switch (node.type) {
    case "Identifier":
      if (!scopes.some((names) => names.has(node.name))) found.free.add(node.name);
      return;
    case "AwaitExpression":
      if (!inner) found.awaits = true;
      break;
    case "AssignmentExpression":
      if (node.left.type === "Identifier") {
        const { name } = node.left;
        if (!scopes.some((names) => names.has(name))) found.assigned.push(name);
      }
      break;
    case "MemberExpression":
      visit(node.object, scopes, found, inner);
      if (node.computed) visit(node.property, scopes, found, inner);
      return;
    case "Property":
      if (node.computed) visit(node.key, scopes, found, inner);
      visit(node.value, scopes, found, inner);
      return;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression": {
      const names = new Set<string>();
      if (node.type === "FunctionExpression" && node.id !== null && node.id !== undefined) {
        names.add(node.id.name);
      }
      for (const parameter of node.params) pattern(parameter, names);
      const within = [...scopes, names];
      visitAll(node.params, within, found, true);
      visit(node.body, within, found, true);
      return;
    }
    case "BlockStatement": {
      const names = new Set<string>();
      for (const statement of node.body) declare(statement, names);
      visitAll(node.body, [...scopes, names], found, inner);
      return;
    }
    case "ForOfStatement":
    case "ForInStatement":
    case "ForStatement": {
      const names = new Set<string>();
      const head = node.type === "ForStatement" ? node.init : node.left;
      if (head !== null && head !== undefined) declare(head, names);
      visitAll(children(node), [...scopes, names], found, inner);
      return;
    }
    case "CatchClause": {
      const names = new Set<string>();
      pattern(node.param ?? null, names);
      visit(node.body, [...scopes, names], found, inner);
      return;
    }
    default:
      break;
  }
  visitAll(children(node), scopes, found, inner);
}

function children(node: Node): Node[] {
  const nodes: Node[] = [];
  for (const value of Object.values(node) as unknown[]) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof item === "object" && item !== null && "type" in item && "start" in item) {
        nodes.push(item as Node);
      }
    }
  }
  return nodes;
}

import type {
  AnyNode,
  Identifier,
  ImportDeclaration,
  ModuleDeclaration,
  Pattern,
  Program,
  Statement,
  VariableDeclaration,
} from "acorn";

/** Identifiers that a pattern binds, in order: `{a, b: [c, ...d]}` binds a, c, d. */
export function boundNames(pattern: Pattern, found: Identifier[] = []): Identifier[] {
  switch (pattern.type) {
    case "Identifier":
      found.push(pattern);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        boundNames(property.type === "RestElement" ? property.argument : property.value, found);
      }
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element !== null) boundNames(element, found);
      break;
    case "AssignmentPattern":
      boundNames(pattern.left, found);
      break;
    case "RestElement":
      boundNames(pattern.argument, found);
      break;
    case "MemberExpression":
      break; // a target of an assignment, not a binding
  }
  return found;
}

/** What the statements of a block bind in it: let, const, using, functions, classes, imports. */
export function lexicalNames(
  statements: readonly (Statement | ModuleDeclaration)[],
  found: Identifier[] = [],
): Identifier[] {
  for (const statement of statements) {
    switch (statement.type) {
      case "VariableDeclaration":
        if (statement.kind !== "var") declaredNames(statement, found);
        break;
      case "FunctionDeclaration":
      case "ClassDeclaration":
        found.push(statement.id);
        break;
      case "ImportDeclaration":
        for (const { local } of statement.specifiers) found.push(local);
        break;
      case "ExportNamedDeclaration":
        if (statement.declaration) lexicalNames([statement.declaration], found);
        break;
    }
  }
  return found;
}

/** What `var` binds in the function around, however deep in blocks and loops it stands. */
export function varNames(node: AnyNode | null | undefined, found: Identifier[] = []): Identifier[] {
  if (!node) return found;
  switch (node.type) {
    case "VariableDeclaration":
      if (node.kind === "var") declaredNames(node, found);
      break;
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
      for (const statement of node.body) varNames(statement, found);
      break;
    case "IfStatement":
      varNames(node.consequent, found);
      varNames(node.alternate, found);
      break;
    case "ForStatement":
      varNames(node.init, found);
      varNames(node.body, found);
      break;
    case "ForInStatement":
    case "ForOfStatement":
      varNames(node.left, found);
      varNames(node.body, found);
      break;
    case "WhileStatement":
    case "DoWhileStatement":
    case "LabeledStatement":
      varNames(node.body, found);
      break;
    case "TryStatement":
      varNames(node.block, found);
      varNames(node.handler?.body, found);
      varNames(node.finalizer, found);
      break;
    case "SwitchStatement":
      for (const branch of node.cases) {
        for (const statement of branch.consequent) varNames(statement, found);
      }
      break;
    case "ExportNamedDeclaration":
      varNames(node.declaration, found);
      break;
    default:
      break; // expressions and the other statements hold no var of this function
  }
  return found;
}

function declaredNames(declaration: VariableDeclaration, found: Identifier[]): void {
  for (const { id } of declaration.declarations) boundNames(id, found);
}

export interface Declarations {
  /** What other cells see, in order: declared at the top itself, not in a block. */
  readonly outputs: readonly Identifier[];
  /** Every name of the cell's own, with those of `var` in blocks and of `using`. */
  readonly names: ReadonlySet<string>;
  readonly imports: readonly ImportDeclaration[];
}

export function findDeclarations(program: Program): Declarations {
  const outputs: Identifier[] = [];
  const imports: ImportDeclaration[] = [];
  for (const statement of program.body) {
    const inner = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (!inner) continue;
    if (inner.type === "ImportDeclaration") imports.push(inner);
    // A `using` value is disposed of when the cell ends: nothing to hand on.
    if (inner.type === "VariableDeclaration" && inner.kind.endsWith("using")) continue;
    if (inner.type === "VariableDeclaration") declaredNames(inner, outputs);
    else lexicalNames([inner], outputs);
  }
  const names = new Set<string>();
  for (const { name } of lexicalNames(program.body)) names.add(name);
  for (const { name } of varNames(program)) names.add(name);
  return { outputs: uniqueByName(outputs), names, imports };
}

/** `var a; var a` is allowed. */
function uniqueByName(identifiers: readonly Identifier[]): readonly Identifier[] {
  const seen = new Set<string>();
  return identifiers.filter(({ name }) => !seen.has(name) && seen.add(name));
}

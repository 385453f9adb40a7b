import type {
  AnyNode,
  ArrowFunctionExpression,
  Class,
  Expression,
  Function,
  Identifier,
  Pattern,
  Program,
} from "acorn";
import { boundNames, lexicalNames, varNames } from "./declarations.ts";

export interface References {
  /** Names used and not declared in the cell, built-ins among them, with their first place. */
  readonly free: ReadonlyMap<string, Identifier>;
  /** Assignments to names that are not declared in an inner scope: the cell's own ones and free ones. */
  readonly assigned: readonly Identifier[];
  /** Whether the cell itself awaits, outside functions. */
  readonly isAsync: boolean;
  readonly dynamicImports: readonly { readonly start: number; readonly end: number }[];
}

/** One walk over a cell's tree. `own` are the names declared at its top. */
export function findReferences(root: Program | Expression, own: ReadonlySet<string>): References {
  const walk = new Walk(own);
  if (root.type === "Program") for (const statement of root.body) walk.visit(statement);
  else walk.visit(root);
  return walk;
}

type Children = Readonly<Record<string, unknown>>;

class Walk implements References {
  readonly free = new Map<string, Identifier>();
  readonly assigned: Identifier[] = [];
  isAsync = false;
  readonly dynamicImports: { start: number; end: number }[] = [];
  readonly #own: ReadonlySet<string>;
  /** Scopes inside the cell, innermost last; the cell's own names are not among them. */
  readonly #scopes: ReadonlySet<string>[] = [];
  /** Functions (and other places where `await` would not be the cell's) around. */
  #depth = 0;

  constructor(own: ReadonlySet<string>) {
    this.#own = own;
  }

  visit(node: AnyNode | null | undefined): void {
    if (!node) return;
    switch (node.type) {
      case "Identifier":
        this.#refer(node);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#visitFunction(node);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        this.#visitClass(node);
        return;
      case "BlockStatement":
        this.#inScope(lexicalNames(node.body), () => this.#visitAll(node.body));
        return;
      case "VariableDeclaration":
        if (node.kind === "await using") this.#await();
        for (const { id, init } of node.declarations) {
          this.#visitPattern(id, false);
          this.visit(init);
        }
        return;
      case "ForStatement":
        this.#inScope(lexicalNames(headOf(node.init)), () => this.#visitChildren(node));
        return;
      case "ForInStatement":
      case "ForOfStatement":
        if (node.type === "ForOfStatement" && node.await) this.#await();
        this.#inScope(lexicalNames(headOf(node.left)), () => {
          if (node.left.type === "VariableDeclaration") this.visit(node.left);
          else this.#visitPattern(node.left, true);
          this.visit(node.right);
          this.visit(node.body);
        });
        return;
      case "SwitchStatement":
        this.visit(node.discriminant);
        this.#inScope(lexicalNames(node.cases.flatMap(({ consequent }) => consequent)), () =>
          this.#visitAll(node.cases),
        );
        return;
      case "CatchClause":
        this.#inScope(node.param ? boundNames(node.param) : [], () => {
          if (node.param) this.#visitPattern(node.param, false);
          this.visit(node.body);
        });
        return;
      case "AssignmentExpression":
        this.#visitPattern(node.left, true);
        if (node.operator !== "=" && node.left.type === "Identifier") this.visit(node.left);
        this.visit(node.right);
        return;
      case "UpdateExpression":
        if (node.argument.type === "Identifier") this.#assign(node.argument);
        this.visit(node.argument);
        return;
      case "AwaitExpression":
        this.#await();
        this.visit(node.argument);
        return;
      case "ImportExpression":
        this.dynamicImports.push({ start: node.start, end: node.end });
        this.#visitChildren(node);
        return;
      case "MemberExpression":
        this.visit(node.object);
        if (node.computed) this.visit(node.property);
        return;
      case "Property":
        if (node.computed) this.visit(node.key);
        this.visit(node.value);
        return;
      case "ExportNamedDeclaration":
        this.visit(node.declaration);
        return;
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "BreakStatement":
      case "ContinueStatement":
      case "MetaProperty":
        return;
      case "LabeledStatement":
        this.visit(node.body);
        return;
      default:
        this.#visitChildren(node);
    }
  }

  #visitFunction(node: Function | ArrowFunctionExpression): void {
    const names = node.params.flatMap((param) => boundNames(param));
    if (node.type === "FunctionExpression" && node.id) names.push(node.id);
    this.#depth++;
    this.#inScope(names, () => {
      for (const param of node.params) this.#visitPattern(param, false);
      if (node.body.type === "BlockStatement") {
        const { body } = node.body;
        // A scope of its own: a default value of a parameter does not see the body's names.
        this.#inScope([...varNames(node.body), ...lexicalNames(body)], () => this.#visitAll(body));
      } else {
        this.visit(node.body);
      }
    });
    this.#depth--;
  }

  #visitClass(node: Class): void {
    this.#inScope(node.id ? [node.id] : [], () => {
      this.visit(node.superClass);
      for (const member of node.body.body) {
        if (member.type === "StaticBlock") {
          this.#depth++;
          this.#inScope([...varNames(member), ...lexicalNames(member.body)], () =>
            this.#visitAll(member.body),
          );
          this.#depth--;
        } else {
          if (member.computed) this.visit(member.key);
          this.#depth++;
          this.visit(member.value);
          this.#depth--;
        }
      }
    });
  }

  #visitPattern(pattern: Pattern, assigns: boolean): void {
    switch (pattern.type) {
      case "Identifier":
        if (assigns) this.#assign(pattern);
        return;
      case "MemberExpression":
        this.visit(pattern);
        return;
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "RestElement") this.#visitPattern(property.argument, assigns);
          else {
            if (property.computed) this.visit(property.key);
            this.#visitPattern(property.value, assigns);
          }
        }
        return;
      case "ArrayPattern":
        for (const element of pattern.elements) {
          if (element !== null) this.#visitPattern(element, assigns);
        }
        return;
      case "AssignmentPattern":
        this.#visitPattern(pattern.left, assigns);
        this.visit(pattern.right);
        return;
      case "RestElement":
        this.#visitPattern(pattern.argument, assigns);
        return;
      default:
        // `(a) = 1`: brackets leave no node, so nothing else can stand here
        throw new Error(`Unknown pattern ${(pattern as { type: string }).type}.`);
    }
  }

  #visitAll(nodes: readonly (AnyNode | null)[]): void {
    for (const node of nodes) this.visit(node);
  }

  #visitChildren(node: AnyNode): void {
    for (const value of Object.values(node as unknown as Children)) {
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) this.visit(item);
      } else if (isNode(value)) this.visit(value);
    }
  }

  #inScope(names: readonly Identifier[], visit: () => void): void {
    if (names.length === 0) {
      visit();
      return;
    }
    this.#scopes.push(new Set(names.map(({ name }) => name)));
    visit();
    this.#scopes.pop();
  }

  #isInner(name: string): boolean {
    return this.#scopes.some((scope) => scope.has(name));
  }

  #refer(node: Identifier): void {
    if (this.free.has(node.name) || this.#own.has(node.name) || this.#isInner(node.name)) return;
    this.free.set(node.name, node);
  }

  #assign(node: Identifier): void {
    if (!this.#isInner(node.name)) this.assigned.push(node);
  }

  #await(): void {
    if (this.#depth === 0) this.isAsync = true;
  }
}

function headOf(
  node: AnyNode | null | undefined,
): readonly Extract<AnyNode, { type: "VariableDeclaration" }>[] {
  return node?.type === "VariableDeclaration" ? [node] : [];
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as AnyNode).type === "string";
}

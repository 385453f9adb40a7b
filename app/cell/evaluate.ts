import { type Place, UserError } from "../errors.ts";
import { sourceName, TAIL } from "./body.ts";
import type { CompiledCell } from "./compile.ts";
import { listenToModule } from "../runtime/listen.ts";
import type { CellContext, CellInputs, CellProgram, CellResult } from "./program.ts";

/** Default export of a compiled cell's module. */
export type CellFunction = (inputs: CellInputs, context: CellContext, modules: Modules) => unknown;

/** Turns the text of an ES module into its default export: `import(blob:)` in a Worker, `import("data:…")` in Node. */
export type Evaluator = (moduleText: string) => Promise<CellFunction>;

export type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Gives a bundled package's exports; needed only where `CompileOptions.modules` names some. */
export type ModuleLoader = (module: string) => Promise<Readonly<Record<string, unknown>>>;

interface Loaded {
  readonly call: CellFunction;
  readonly modules: Modules;
}

/** A compiled cell as a program. It is evaluated at its first run; a later run of a cell without `await` is synchronous. */
export function toProgram(
  compiled: CompiledCell,
  evaluate: Evaluator,
  loadModule?: ModuleLoader,
): CellProgram {
  const { inputs, outputs, diagnostics } = compiled;
  if (diagnostics.some(({ severity }) => severity === "error")) {
    return { inputs, outputs, diagnostics };
  }
  const finish = compiled.isExpression ? finishExpression : finishProgram;
  const load = once(async (): Promise<Loaded> => {
    const [call, modules] = await Promise.all([
      evaluate(compiled.body),
      loadModules(compiled, loadModule),
    ]);
    return { call, modules };
  });
  return {
    inputs,
    outputs,
    diagnostics,
    run: (values, context) => {
      const start = ({ call, modules }: Loaded): CellResult | Promise<CellResult> =>
        finish(compiled, call(values, context, heardBy(context, modules)), context);
      const loaded = load();
      return loaded instanceof Promise ? loaded.then(start) : start(loaded);
    },
  };
}

/** Runs `make` at the first call, gives its promise until it is there and then the value; a failure may be tried again. */
export function once<T>(make: () => Promise<T>): () => T | Promise<T> {
  let state: { promise: Promise<T> } | { value: T } | undefined;
  return () => {
    if (state !== undefined) return "value" in state ? state.value : state.promise;
    const promise = make().then(
      (value) => {
        state = { value };
        return value;
      },
      (error: unknown) => {
        state = undefined;
        throw error;
      },
    );
    state = { promise };
    return promise;
  };
}

function finishProgram(
  compiled: CompiledCell,
  result: unknown,
  context: CellContext,
): CellResult | Promise<CellResult> {
  const finish = (all: CellResult["values"]): CellResult | Promise<CellResult> => {
    if (!compiled.hasTail) return { values: all };
    const { [TAIL]: tail, ...values } = all;
    const show = (value: unknown): CellResult => {
      if (value !== undefined && !context.signal.aborted) context.display(value);
      return { values };
    };
    return isPromise(tail) ? tail.then(show) : show(tail);
  };
  return compiled.isAsync
    ? (result as Promise<CellResult["values"]>).then(finish)
    : finish(result as CellResult["values"]);
}

function finishExpression(
  compiled: CompiledCell,
  result: unknown,
  context: CellContext,
): CellResult | Promise<CellResult> {
  const show = (value: unknown): CellResult => {
    // A cell that shows things itself has said what it wants to be seen.
    const silent = compiled.uses.includes("display") || compiled.uses.includes("view");
    if (!silent && value !== undefined && !context.signal.aborted) context.display(value);
    return { values: {} };
  };
  return isPromise(result) ? result.then(show) : show(result);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

async function loadModules(
  { cell, imports }: CompiledCell,
  load: ModuleLoader | undefined,
): Promise<Modules> {
  const modules: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const { module, name } of imports) {
    if (load === undefined) throw new Error(`Nothing here can load the package ${module}.`);
    const exported = (modules[module] ??= await load(module));
    if (name === "*" || Object.hasOwn(exported, name)) continue;
    throw new UserError({
      code: "import-no-such-export",
      message: `${module} has no ${name}.`,
      value: name,
      expected: Object.keys(exported).sort().join(", "),
      hint: `If it is a type, write import type { ${name} }.`,
      place: { source: cell },
    });
  }
  return modules;
}

/** The packages as this run calls them: what their engines claim is heard. */
function heardBy({ hear }: CellContext, modules: Modules): Modules {
  if (hear === undefined) return modules;
  const heard = Object.entries(modules).map(([name, all]) => [
    name,
    // a package of others claims nothing, and its classes are not to be wrapped
    name.startsWith("dagbok/") ? listenToModule(all, hear) : all,
  ]);
  return Object.fromEntries(heard) as Modules;
}

/** Where in a cell's own text an error was thrown, from its stack; the innermost place if there are several. */
export function placeOfError(
  error: unknown,
  { cell, firstLineOffset }: Pick<CompiledCell, "cell" | "firstLineOffset">,
): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const name = `${sourceName(cell)}:`;
  const at = stack.indexOf(name);
  const match = at < 0 ? null : /^(\d+):(\d+)/.exec(stack.slice(at + name.length));
  if (match === null) return undefined;
  const line = Number(match[1]);
  const column = Number(match[2]) - (line === 1 ? firstLineOffset : 0);
  return { source: cell, line, column: Math.max(1, column) };
}

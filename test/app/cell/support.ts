import type { CellContext, CellInputs } from "../../../app/cell/program.ts";
import { type CompiledCell, compileCell } from "../../../app/cell/compile.ts";
import { type CellFunction, type Evaluator, toProgram } from "../../../app/cell/evaluate.ts";

let modules = 0;

/** As the kernel does it in Node. */
export const evaluate: Evaluator = async (text) => {
  const unique = `${text}// ${modules++}\n`;
  const loaded: unknown = await import(`data:text/javascript,${encodeURIComponent(unique)}`);
  return (loaded as { default: CellFunction }).default;
};

export interface Ran {
  readonly values: Readonly<Record<string, unknown>>;
  readonly shown: readonly unknown[];
}

export function contextFor(shown: unknown[], signal = new AbortController().signal): CellContext {
  return {
    cell: "test",
    signal,
    invalidation: new Promise(() => undefined),
    display: (value) => void shown.push(value),
    view: async function* ({ initial }) {
      yield initial;
    },
    progress: () => undefined,
    inputClaims: {},
  };
}

export async function runCell(source: string, inputs: CellInputs = {}): Promise<Ran> {
  const compiled = compileCell(source, { cell: "test" });
  const program = toProgram(compiled, evaluate);
  if (program.run === undefined) throw new Error(JSON.stringify(compiled.diagnostics));
  const shown: unknown[] = [];
  const { values } = await program.run(inputs, contextFor(shown));
  return { values, shown };
}

/** `code` of the first error and what it points at. */
export function firstError(source: string, modules: readonly string[] = []): [string, string] {
  const [first] = compiled(source, modules).diagnostics;
  return [first?.code ?? "none", source.slice(first?.place?.start, first?.place?.end)];
}

export function compiled(source: string, modules: readonly string[] = []): CompiledCell {
  return compileCell(source, { cell: "test", modules });
}

import type { CellFacts, Output } from "./facts.ts";
import { type Segment, SegmentMap } from "./segments.ts";
import type { Want } from "../causal/facts.ts";
import { valueType } from "./type-text.ts";

/** Where a name that a cell needs comes from. */
export type Source =
  | { readonly kind: "cell"; readonly cell: string }
  | { readonly kind: "library" }
  /** Defined twice, or in a circle: anything is allowed with it, since the mistake is told elsewhere. */
  | { readonly kind: "any" };

export interface CellModule {
  readonly text: string;
  readonly map: SegmentMap;
}

export const modulePath = (cell: string): string => `/nb/${cell}.ts`;
export const outPath = (cell: string): string => `/nb/${cell}.out.ts`;
export const cachePath = (cell: string): string => `/nb/${cell}.cache.d.ts`;

/** The cell's id, of the path of its module. */
export function cellOf(path: string): string | undefined {
  return /^\/nb\/([^./]+)\.ts$/.exec(path)?.[1];
}

const wanted: Readonly<Record<Want, string>> = {
  graph: valueType("Graph"),
  table: valueType("Table"),
  identification: valueType("Identification"),
  model: valueType("StructuralModel"),
  estimate: `${valueType("Estimated")} | readonly ${valueType("Estimated")}[]`,
  number: "number",
};

/**
 * The module that stands for a cell: what it takes from others and what it gives is said in one line before the
 * user's text, where no half-written text can swallow it; imports and exports may stand before what they name.
 */
export function moduleOf(
  facts: CellFacts,
  sources: ReadonlyMap<string, Source>,
): CellModule | undefined {
  const { code } = facts;
  if (code.kind === "none") return undefined;
  const head = headOf(facts, sources);
  switch (code.kind) {
    case "ts": {
      const open = code.brackets ? "(" : "";
      const before = `${head}\n${open}`;
      const text = `${before}${code.text}${code.brackets ? "\n)" : ""}`;
      return { text, map: new SegmentMap([whole(before.length, code.text.length)]) };
    }
    case "holes": {
      const before = `${head}\n[0`;
      return {
        text: `${before}${code.text}\n];`,
        map: new SegmentMap([whole(before.length, code.text.length)]),
      };
    }
    case "uses": {
      const segments: Segment[] = [];
      let text = `${head}\n`;
      for (const [k, use] of code.causal.uses.entries()) {
        text += `declare const $${k}: (value: ${wanted[use.want]}) => void; $${k}(`;
        segments.push({ virtual: text.length, source: use.start, length: use.end - use.start });
        text += `${use.name});\n`;
      }
      return { text, map: new SegmentMap(segments) };
    }
  }
}

function whole(virtual: number, length: number): Segment {
  return { virtual, source: 0, length };
}

function headOf(facts: CellFacts, sources: ReadonlyMap<string, Source>): string {
  const imports = new Map<string, string[]>();
  const loose: string[] = [];
  for (const [name, source] of sources) {
    if (source.kind === "any") loose.push(`declare const ${name}: any;declare type ${name} = any;`);
    else {
      const from = source.kind === "cell" ? outPath(source.cell) : "/overlay/library.d.ts";
      imports.set(from, [...(imports.get(from) ?? []), name]);
    }
  }
  const taken = [...imports].map(([from, names]) => `import {${names.join(",")}} from "${from}";`);
  const values = facts.outputs.filter(({ pass }) => pass === "unwrapped" || pass === "direct");
  const types = facts.outputs.filter(({ pass }) => pass === "type");
  return [
    ...taken,
    ...loose,
    ...(values.length === 0 ? [] : [`export {${values.map(({ name }) => name).join(",")}};`]),
    ...(types.length === 0 ? [] : [`export type {${types.map(({ name }) => name).join(",")}};`]),
  ].join("");
}

/**
 * What other cells see of a cell: functions, classes and types as they are, values unwrapped. They are taken from the
 * cell's module (`live`) or from the declarations that were made of it when it was last checked. Both are imported
 * either way, so that going from one to the other changes no module's imports: the checker then keeps its program.
 */
export function outOf(outputs: readonly Output[], cell: string, live: boolean): string {
  const shared = outputs.filter(({ pass }) => pass !== "declared");
  const lines: string[] = [];
  if (shared.length > 0) {
    const names = (letter: string): string =>
      shared.map(({ name }, k) => `${name} as ${letter}$${k}`).join(",");
    lines.push(
      'import type { Unwrap as Unwrap$$ } from "/unwrap.d.ts";',
      `import { ${names("l")} } from ${JSON.stringify(modulePath(cell))};`,
      `import { ${names("c")} } from ${JSON.stringify(cachePath(cell))};`,
    );
  }
  shared.forEach(({ name, pass }, k) => {
    const from = `${live ? "l" : "c"}$${k}`;
    if (pass === "type") lines.push(`export type { ${from} as ${name} };`);
    else if (pass === "direct") lines.push(`export { ${from} as ${name} };`);
    else lines.push(`export declare const ${name}: Unwrap$$<typeof ${from}>;`);
  });
  for (const { name, pass, type } of outputs) {
    if (pass === "declared") lines.push(`export declare const ${name}: ${type ?? "any"};`);
  }
  lines.push("export {};");
  return lines.join("\n");
}

import type { CellFailure } from "../protocol/kernel.ts";
import type { Entry } from "./entry.ts";
import {
  brokenProgram,
  circularDefinition,
  duplicateDefinition,
  interrupted,
  undefinedReference,
} from "./failures.ts";
import type { Page } from "./page.ts";

export interface Verdict {
  /** Why the cell cannot run at all. */
  readonly blocked?: CellFailure;
  /** What is wrong with it although it can run: one of its names is taken. */
  readonly fault?: CellFailure;
}

/** What the texts alone say about a live cell. */
export function judge(
  entry: Entry,
  page: Page,
  library: Readonly<Record<string, unknown>>,
): Verdict {
  if (entry.disabled || entry.accepted === undefined) return {};
  if (entry.barred) return { blocked: interrupted() };
  const { program } = entry.accepted;
  if (program.run === undefined) return { blocked: brokenProgram(program.diagnostics) };
  const ring = page.graph.rings.get(entry.id);
  if (ring !== undefined) return { blocked: circularDefinition(ring, page.label) };
  for (const name of program.inputs) {
    const missing = missingInput(name, entry, page, library);
    if (missing !== undefined) return { blocked: missing };
  }
  const taken = program.outputs.filter((name) => definers(name, page).length > 1);
  if (taken.length === 0) return {};
  const others = new Set(taken.flatMap((name) => definers(name, page)));
  others.delete(entry.id);
  const failure = duplicateDefinition(taken, [...others], page.label);
  return taken.length === program.outputs.length ? { blocked: failure } : { fault: failure };
}

function missingInput(
  name: string,
  entry: Entry,
  page: Page,
  library: Readonly<Record<string, unknown>>,
): CellFailure | undefined {
  const ids = definers(name, page);
  if (ids.length > 0) {
    return ids.some((id) => page.get(id)?.live === true)
      ? undefined
      : undefinedReference(name, ids[0]);
  }
  if (Object.hasOwn(library, name)) return undefined;
  const unrun = page.cells.find((other) => other !== entry && other.program.outputs.includes(name));
  return undefinedReference(name, unrun?.id);
}

function definers(name: string, page: Page): readonly string[] {
  return page.graph.definers.get(name) ?? [];
}

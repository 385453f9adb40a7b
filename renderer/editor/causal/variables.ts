import { parseGraph } from "../../../kernels/graph/parse.ts";
import type { TypeCell } from "../types/cells.ts";
import type { TypeService } from "../types/service.ts";

/** A variable of a graph or model, or a column of a table. */
export interface Variable {
  readonly name: string;
  readonly note: string;
}

/** Variables of what a name stands for; undefined when they are not known before anything has run. */
export function variablesOf(
  service: TypeService,
  of: "graph" | "model" | "table",
  name: string,
): readonly Variable[] | undefined {
  const definers = service.links.definers.get(name) ?? [];
  const [id] = definers;
  const entry = id === undefined ? undefined : service.entries.get(id);
  if (entry === undefined || definers.length > 1) return undefined;
  const { cell, facts } = entry;
  if (of === "graph" && cell.kind === "graph") return graphVariables(cell);
  if (of === "model" && cell.kind === "model") return modelVariables(cell);
  if (of === "table" && ["data", "simulate", "sql"].includes(cell.kind)) {
    const typed = facts.code.kind === "uses" ? facts.code.causal.columns : undefined;
    if (typed !== undefined) return typed.map((column) => ({ name: column, note: "column" }));
    return cell.columns?.map((column) => ({ name: column.name, note: `${column.type} column` }));
  }
  return undefined;
}

/** Whether what is known of the name's variables is of its present text, so that one not among them is a mistake. */
export function isCertain(service: TypeService, name: string): boolean {
  const id = service.links.definers.get(name)?.[0];
  return id !== undefined && service.entries.get(id)?.cell.columnsOld !== true;
}

const parsed = new WeakMap<TypeCell, readonly Variable[] | undefined>();

function graphVariables(cell: TypeCell): readonly Variable[] | undefined {
  if (!parsed.has(cell)) parsed.set(cell, readGraph(cell.source));
  return parsed.get(cell);
}

function readGraph(source: string): readonly Variable[] | undefined {
  try {
    return parseGraph(source).nodes.map(({ name, latent }) => ({
      name,
      note: latent ? "unmeasured variable" : "variable",
    }));
  } catch {
    return undefined; // half-written: its own cell says what is wrong
  }
}

/** Names left of `~` and `=`; which of them are noise only the model's parser knows. */
function modelVariables({ source }: TypeCell): readonly Variable[] | undefined {
  if (/^\s*(?:[\p{L}_$][\p{L}\p{N}_$]*\s*=\s*)?fit\s+[\p{L}_$]/u.test(source)) return undefined;
  const names = [
    ...source
      .replace(/(?:#|\/\/)[^\n]*/g, "")
      .matchAll(
        /(?:^|[;\n])\s*(?:latent\s+)?([\p{L}_][\p{L}\p{N}_]*)\s*(?:\[[^\]\n]*\]\s*)?(?:~|=(?!=))/gu,
      ),
  ].map((match) => match[1] ?? "");
  return [...new Set(names)].map((name) => ({ name, note: "variable" }));
}

/** Names of cells whose value is of a kind, in page order. */
export function namesOf(service: TypeService, ofKinds: readonly string[]): readonly string[] {
  return [...service.entries.values()].flatMap(({ cell, facts }) =>
    ofKinds.includes(cell.kind) ? facts.outputs.map(({ name }) => name) : [],
  );
}

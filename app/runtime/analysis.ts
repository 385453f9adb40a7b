import type { Diagnostic } from "../cell/program.ts";
import type { CellAnalysis } from "../protocol/kernel.ts";
import type { Entry } from "./entry.ts";
import {
  asDiagnostic,
  circularDefinition,
  duplicateDefinition,
  type Label,
  undefinedReference,
} from "./failures.ts";
import { buildGraph, type CellGraph } from "./graph.ts";

/** What can be said about the cells' present text, run or not, one by one and as a whole. */
export function analyse(
  page: readonly Entry[],
  library: Readonly<Record<string, unknown>>,
  label: Label,
): CellAnalysis[] {
  const graph = buildGraph(
    page.map((entry) => ({
      id: entry.id,
      inputs: entry.program.inputs,
      outputs: entry.outputsOf(entry.program),
      disabled: entry.disabled,
    })),
  );
  return page.map((entry) => ({
    cell: entry.id,
    inputs: entry.program.inputs,
    outputs: entry.program.outputs,
    diagnostics: [
      ...entry.program.diagnostics,
      ...(entry.disabled ? [] : findings(entry, graph, library, label)),
    ],
    upstream: graph.upstream.get(entry.id) ?? [],
    downstream: graph.downstream.get(entry.id) ?? [],
  }));
}

function findings(
  entry: Entry,
  graph: CellGraph,
  library: Readonly<Record<string, unknown>>,
  label: Label,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const ring = graph.rings.get(entry.id);
  if (ring !== undefined) found.push(asDiagnostic(circularDefinition(ring, label)));
  for (const name of entry.program.inputs) {
    if (!graph.definers.has(name) && !Object.hasOwn(library, name)) {
      found.push(asDiagnostic(undefinedReference(name, undefined)));
    }
  }
  for (const name of entry.program.outputs) {
    const others = (graph.definers.get(name) ?? []).filter((id) => id !== entry.id);
    if (others.length > 0) found.push(asDiagnostic(duplicateDefinition([name], others, label)));
  }
  return found;
}

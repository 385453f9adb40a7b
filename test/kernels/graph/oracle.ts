import { canonicalDag } from "../../../kernels/graph/index.ts";
import type { Graph } from "../../../kernels/graph/index.ts";

/**
 * m-separation by definition: every simple path of the canonical DAG is followed and its blocks looked for. Slow
 * and independent of the engine; for graphs of a few nodes.
 */
export function separatedByPaths(
  graph: Graph,
  a: string,
  b: string,
  given: readonly string[],
): boolean {
  const dag = canonicalDag(graph);
  const held = new Set(given);
  const children = new Map<string, string[]>(dag.nodes.map((node) => [node.name, []]));
  const parents = new Map<string, string[]>(dag.nodes.map((node) => [node.name, []]));
  for (const edge of dag.edges) {
    children.get(edge.from)?.push(edge.to);
    parents.get(edge.to)?.push(edge.from);
  }
  const opens = (v: string): boolean => held.has(v) || (children.get(v) ?? []).some(opens);
  const walk = (v: string, path: readonly string[], byHead: boolean | undefined): boolean => {
    if (v === b) return true;
    const next = (w: string, head: boolean, tailHere: boolean): boolean => {
      if (path.includes(w) || w === a) return false;
      if (byHead !== undefined) {
        const collider = byHead && !tailHere;
        if (collider ? !opens(v) : held.has(v)) return false;
      }
      return walk(w, [...path, w], head);
    };
    return (
      (children.get(v) ?? []).some((w) => next(w, true, true)) ||
      (parents.get(v) ?? []).some((w) => next(w, false, false))
    );
  };
  return !walk(a, [a], undefined);
}

export function* subsets<T>(items: readonly T[]): Generator<T[]> {
  for (let code = 0; code < 2 ** items.length; code++)
    yield items.filter((_, i) => ((code >> i) & 1) === 1);
}

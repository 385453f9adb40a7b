/** What a cycle is looked for in: any graph's nodes and edges. */
export interface Directed {
  readonly kind?: string;
  readonly type?: string;
  readonly nodes: readonly { readonly name: string }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly mark: string }[];
}

/** A directed cycle as names, first name repeated at the end, or `undefined`. Iterative depth-first, O(n + m). */
export function findCycle(graph: Directed): readonly string[] | undefined {
  const id = new Map(graph.nodes.map((node, i) => [node.name, i]));
  const children: number[][] = graph.nodes.map(() => []);
  for (const edge of graph.edges) {
    const from = id.get(edge.from);
    const to = id.get(edge.to);
    if (edge.mark === "->" && from !== undefined && to !== undefined) children[from]?.push(to);
  }
  const state = new Uint8Array(children.length); // 1 on the current path, 2 done
  const next = new Int32Array(children.length);
  for (let root = 0; root < children.length; root++) {
    if (state[root] !== 0) continue;
    const path = [root];
    state[root] = 1;
    while (path.length > 0) {
      const v = path[path.length - 1] ?? 0;
      const child = children[v]?.[next[v] ?? 0];
      next[v] = (next[v] ?? 0) + 1;
      if (child === undefined) {
        state[v] = 2;
        path.pop();
      } else if (state[child] === 1) {
        const cycle = [...path.slice(path.indexOf(child)), child];
        return cycle.map((i) => graph.nodes[i]?.name ?? "");
      } else if (state[child] === 0) {
        state[child] = 1;
        path.push(child);
      }
    }
  }
  return undefined;
}

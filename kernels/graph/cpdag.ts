import { UserError } from "../../app/errors.ts";
import { compact, near } from "./compact.ts";
import { createGraph } from "./graph.ts";
import type { Edge, Graph } from "./graph.ts";

/**
 * The Markov equivalence class of a DAG: arrows that every member shares stay, the others become `--`. Chickering
 * 1995 (order the edges, label compelled or reversible). O(m · degree). Throws `UserError` `cpdag-needs-dag` when
 * there are unmeasured nodes or edges other than arrows.
 */
export function toCpdag(graph: Graph): Graph {
  const odd = graph.edges.find((edge) => edge.mark !== "->");
  const latent = graph.nodes.find((node) => node.latent);
  if (odd !== undefined || latent !== undefined) {
    const what =
      odd === undefined ? `the unmeasured "${latent?.name}"` : `${odd.from} ${odd.mark} ${odd.to}`;
    throw new UserError({
      code: "cpdag-needs-dag",
      message: `An equivalence class of this kind is defined for arrows among measured variables; the graph has ${what}.`,
      value: what,
      expected: "a directed acyclic graph without unmeasured nodes",
    });
  }
  const g = compact(graph);
  const isParent = new Set<number>();
  const pair = (v: number, w: number): number => v * g.n + w;
  for (let w = 0; w < g.n; w++) for (const v of near(g.parents, w)) isParent.add(pair(v, w));
  const compelled = new Map<number, boolean>();
  const incoming = (y: number): number[] =>
    [...near(g.parents, y)].sort((v, w) => (g.rank[w] ?? 0) - (g.rank[v] ?? 0));
  const labelRest = (y: number, value: boolean): void => {
    for (const v of near(g.parents, y))
      if (!compelled.has(pair(v, y))) compelled.set(pair(v, y), value);
  };
  for (const y of g.order) {
    for (const x of incoming(y)) {
      if (compelled.has(pair(x, y))) continue;
      let settled = false;
      for (const w of near(g.parents, x)) {
        if (compelled.get(pair(w, x)) !== true) continue;
        if (isParent.has(pair(w, y))) compelled.set(pair(w, y), true);
        else {
          compelled.set(pair(x, y), true);
          labelRest(y, true);
          settled = true;
          break;
        }
      }
      if (settled) continue;
      const collides = [...near(g.parents, y)].some((z) => z !== x && !isParent.has(pair(z, x)));
      compelled.set(pair(x, y), collides);
      labelRest(y, collides);
    }
  }
  const edges = graph.edges.map((edge): Edge => {
    const key = pair(g.id.get(edge.from) ?? 0, g.id.get(edge.to) ?? 0);
    return compelled.get(key) === true ? edge : { ...edge, mark: "--" };
  });
  return createGraph({ type: "cpdag", nodes: graph.nodes, edges });
}

/**
 * How many DAGs a cpdag stands for: the product over its undirected parts of their orientations, counted by
 * choosing each node as the root in turn (He, Jia & Yu 2015). Exponential in the largest part at worst; parts that
 * are trees or cliques are counted at once. `undefined` when a part has more than 40 nodes and no such shape.
 */
export function equivalenceClassSize(cpdag: Graph): bigint | undefined {
  const lines = new Map<string, Set<string>>(cpdag.nodes.map((node) => [node.name, new Set()]));
  for (const edge of cpdag.edges) {
    if (edge.mark !== "--") continue;
    lines.get(edge.from)?.add(edge.to);
    lines.get(edge.to)?.add(edge.from);
  }
  let total = 1n;
  for (const part of partsOf([...lines.keys()], lines)) {
    const count = orientations(part, lines, new Map());
    if (count === undefined) return undefined;
    total *= count;
  }
  return total;
}

type Lines = ReadonlyMap<string, ReadonlySet<string>>;

function partsOf(nodes: readonly string[], lines: Lines): string[][] {
  const left = new Set(nodes);
  const parts: string[][] = [];
  for (const start of nodes) {
    if (!left.delete(start)) continue;
    const part = [start];
    for (const v of part) for (const w of lines.get(v) ?? []) if (left.delete(w)) part.push(w);
    parts.push(part);
  }
  return parts;
}

function orientations(
  part: readonly string[],
  lines: Lines,
  memo: Map<string, bigint>,
): bigint | undefined {
  const p = BigInt(part.length);
  const inside = new Set(part);
  const within = (v: string): string[] => [...(lines.get(v) ?? [])].filter((w) => inside.has(w));
  const m = part.reduce((sum, v) => sum + within(v).length, 0) / 2;
  if (m === part.length - 1) return p; // a tree: choose its root
  if (m === (part.length * (part.length - 1)) / 2)
    return part.reduce((f, _, i) => f * BigInt(i + 1), 1n);
  if (part.length > 40) return undefined;
  const key = JSON.stringify([...part].sort((a, b) => (a < b ? -1 : 1)));
  const known = memo.get(key);
  if (known !== undefined) return known;
  let total = 0n;
  for (const root of part) {
    let product = 1n;
    for (const rest of undirectedAfterRoot(part, root, within)) {
      const sub = new Map(rest.nodes.map((v) => [v, rest.lines.get(v) ?? new Set<string>()]));
      for (const piece of partsOf(rest.nodes, sub)) {
        const count = orientations(piece, sub, memo);
        if (count === undefined) return undefined;
        product *= count;
      }
    }
    total += product;
  }
  memo.set(key, total);
  return total;
}

/** What stays undirected when `root` comes first: layers by distance, with Meek's rules between them. */
function undirectedAfterRoot(
  part: readonly string[],
  root: string,
  within: (v: string) => readonly string[],
): { nodes: string[]; lines: Map<string, Set<string>> }[] {
  const into = new Map<string, Set<string>>(part.map((v) => [v, new Set()]));
  const open = new Map<string, Set<string>>(part.map((v) => [v, new Set(within(v))]));
  const queue: (readonly [string, string])[] = within(root).map((v) => [root, v] as const);
  const adjacent = (v: string, w: string): boolean => within(v).includes(w);
  const point = (v: string, w: string): void => {
    if (open.get(v)?.has(w) !== true) return;
    open.get(v)?.delete(w);
    open.get(w)?.delete(v);
    into.get(w)?.add(v);
    queue.push([v, w]);
  };
  for (const [v, w] of queue.splice(0)) point(v, w);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [v, w] = next;
    for (const u of Array.from(open.get(w) ?? [])) if (!adjacent(v, u)) point(w, u); // v -> w -- u
    for (const u of Array.from(open.get(v) ?? [])) if (into.get(u)?.has(w) === true) point(v, u); // v -> w -> u
    for (const u of Array.from(open.get(w) ?? [])) if (into.get(v)?.has(u) === true) point(u, w); // u -> v -> w
  }
  return [{ nodes: [...part], lines: open }];
}

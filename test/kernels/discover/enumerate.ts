import { createGraph, type Edge, type Graph } from "../../../kernels/graph/index.ts";
import { createRng, type Rng } from "../../../kernels/math/rng.ts";

export type Parents = number[][];

export const nodeNames = (d: number): string[] =>
  Array.from({ length: d }, (_, i) => String.fromCharCode(97 + i));

/** Every DAG on d nodes, as parents: each pair has no arrow, one, or the other, cycles left out. */
export function allDags(d: number): Parents[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < d; i++) for (let j = i + 1; j < d; j++) pairs.push([i, j]);
  const found: Parents[] = [];
  for (let code = 0; code < 3 ** pairs.length; code++) {
    const parents: Parents = Array.from({ length: d }, () => []);
    let rest = code;
    for (const [i, j] of pairs) {
      const kind = rest % 3;
      rest = Math.floor(rest / 3);
      if (kind === 1) parents[j]!.push(i);
      if (kind === 2) parents[i]!.push(j);
    }
    if (isAcyclic(parents)) found.push(parents);
  }
  return found;
}

export function isAcyclic(parents: Parents): boolean {
  const left = new Set(parents.keys());
  for (let changed = true; changed;) {
    changed = false;
    for (const v of left) {
      if (parents[v]!.some((p) => left.has(p))) continue;
      left.delete(v);
      changed = true;
    }
  }
  return left.size === 0;
}

export function graphFrom(parents: Parents, names = nodeNames(parents.length)): Graph {
  const edges = parents.flatMap((list, v) =>
    list.map((p): Edge => ({ from: names[p]!, to: names[v]!, mark: "->" })),
  );
  return createGraph({ type: "admg", nodes: names, edges });
}

/** A random DAG in which each pair is joined with probability `density`, over a random order. */
export function randomDag(d: number, density: number, rng: Rng): Parents {
  const order = Array.from({ length: d }, (_, i) => i);
  for (let i = d - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const parents: Parents = Array.from({ length: d }, () => []);
  for (let a = 0; a < d; a++) {
    for (let b = a + 1; b < d; b++) if (rng.next() < density) parents[order[b]!]!.push(order[a]!);
  }
  return parents;
}

/** Edges of a graph as sorted lines, for comparing. */
export function edgeLines(graph: Graph): string[] {
  return graph.edges
    .map(({ from, to, mark }) => {
      const symmetric = mark === "--" || mark === "<->" || mark === "o-o";
      return symmetric && from > to ? `${to} ${mark} ${from}` : `${from} ${mark} ${to}`;
    })
    .sort();
}

/** Columns drawn from a linear model over the DAG with given noise; weights ±U[low, high]. */
export function linearSample(
  parents: Parents,
  n: number,
  seed: number,
  { low = 0.5, high = 1.5, noise = (rng: Rng): number => rng.normal() } = {},
): Record<string, Float64Array> {
  const rng = createRng(seed);
  const names = nodeNames(parents.length);
  const columns: Float64Array[] = names.map(() => new Float64Array(n));
  const done = new Set<number>();
  while (done.size < parents.length) {
    for (const [v, list] of parents.entries()) {
      if (done.has(v) || list.some((p) => !done.has(p))) continue;
      done.add(v);
      const weights = list.map(
        () => (rng.next() < 0.5 ? -1 : 1) * (low + (high - low) * rng.next()),
      );
      for (let i = 0; i < n; i++) {
        let sum = noise(rng);
        list.forEach((p, k) => (sum += weights[k]! * columns[p]![i]!));
        columns[v]![i] = sum;
      }
    }
  }
  return Object.fromEntries(names.map((name, v) => [name, columns[v]!]));
}

/** True correlations of a linear model over the DAG with weights ±U[0.5, 1.5] and noise of variance 1, `[d, d]`. */
export function trueCorrelations(parents: Parents, seed: number): Float64Array {
  const d = parents.length;
  const rng = createRng(seed);
  const s = new Float64Array(d * d);
  const done: number[] = [];
  while (done.length < d) {
    for (const [v, list] of parents.entries()) {
      if (done.includes(v) || list.some((p) => !done.includes(p))) continue;
      const weights = list.map(() => (rng.next() < 0.5 ? -1 : 1) * (0.5 + rng.next()));
      for (const w of done) {
        let sum = 0;
        list.forEach((p, k) => (sum += weights[k]! * s[p * d + w]!));
        s[v * d + w] = sum;
        s[w * d + v] = sum;
      }
      let own = 1;
      list.forEach((p, k) => (own += weights[k]! * s[v * d + p]!));
      s[v * d + v] = own;
      done.push(v);
    }
  }
  return s.map(
    (value, k) => value / Math.sqrt(s[Math.floor(k / d) * (d + 1)]! * s[(k % d) * (d + 1)]!),
  );
}

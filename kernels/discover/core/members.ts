import { meek, parentsOf, type Pdag, point, undirected } from "./pdag.ts";

/**
 * The DAGs a (maximally directed) class stands for, as parents of each node, at most `limit`; undefined when there are
 * more. An undirected edge is tried both ways with Meek's rules after each, so every leaf is a member and none comes
 * twice. O(members · d²) and more for large classes.
 */
export function members(g: Pdag, limit = 10_000): number[][][] | undefined {
  const found: number[][][] = [];
  const stack: Pdag[] = [{ d: g.d, may: g.may.slice() }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const edge = firstOpen(next);
    if (edge === undefined) {
      found.push(parentsOf(next));
      if (found.length > limit) return undefined;
      continue;
    }
    for (const [from, to] of [edge, [edge[1], edge[0]] as const]) {
      const copy: Pdag = { d: g.d, may: next.may.slice() };
      point(copy, from, to);
      meek(copy);
      stack.push(copy);
    }
  }
  return found;
}

function firstOpen(g: Pdag): readonly [number, number] | undefined {
  for (let i = 0; i < g.d; i++) {
    for (let j = i + 1; j < g.d; j++) if (undirected(g, i, j)) return [i, j];
  }
  return undefined;
}

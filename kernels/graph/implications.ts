import { closure } from "./relations.ts";
import { compact, near } from "./compact.ts";
import type { Graph } from "./graph.ts";
import { representative } from "./representative.ts";
import { minimalSeparators } from "./separators.ts";

/** The graph says that a and b are independent given each of the sets. */
export interface Implication {
  readonly kind: "independence";
  readonly a: string;
  readonly b: string;
  /** Inclusion-minimal sets, each enough on its own. */
  readonly sets: readonly (readonly string[])[];
  /** There are more minimal sets than were listed. */
  readonly more: boolean;
}

/**
 * The independences among measured variables that data can speak against: for every pair that can be separated,
 * its minimal separating sets (at most `maxSets`, default 20). A stream over pairs in node order, as there are
 * O(n²) of them; delay O(n (n + m)) a set. Collect with `[...testableImplications(graph)]`.
 */
export function* testableImplications(
  graph: Graph,
  { maxSets = 20 }: { readonly maxSets?: number } = {},
): Generator<Implication, void, undefined> {
  const g = compact(representative(graph));
  for (let a = 0; a < g.n; a++) {
    if (g.latent[a] === 1) continue;
    const joined = new Set([
      ...near(g.parents, a),
      ...near(g.children, a),
      ...near(g.spouses, a),
      ...near(g.neighbours, a),
    ]);
    for (let b = a + 1; b < g.n; b++) {
      if (g.latent[b] === 1 || joined.has(b)) continue;
      const allowed = (v: number): boolean => g.latent[v] === 0 && v !== a && v !== b;
      const problem = { g, a: [a], b: [b], required: [], allowed, isCut: () => false };
      const sets: string[][] = [];
      let more = false;
      for (const set of minimalSeparators(problem)) {
        if (sets.length === maxSets) {
          more = true;
          break;
        }
        sets.push(set.map((v) => g.names[v] ?? ""));
      }
      if (sets.length > 0)
        yield { kind: "independence", a: g.names[a] ?? "", b: g.names[b] ?? "", sets, more };
    }
  }
}

/** One independence statement between a node and a set. */
export interface BasisStatement {
  readonly node: string;
  readonly independentOf: readonly string[];
  readonly given: readonly string[];
}

/**
 * A basis: independences from which all others follow. For each node in topological order: it is independent of
 * what precedes it, given its Markov pillow (the ordered local Markov property, Richardson 2003; parents only when
 * there are no bidirected edges). For graphs without unmeasured nodes; project first. O(n (n + m)).
 */
export function basisSet(graph: Graph): readonly BasisStatement[] {
  const g = compact(representative(graph));
  const name = (v: number): string => g.names[v] ?? "";
  const found: BasisStatement[] = [];
  const before = new Set<number>();
  for (const v of g.order) {
    const district = closure(g.spouses, [v], (w) => w === v || before.has(w));
    const pillow = new Set(district);
    for (const w of district) for (const parent of near(g.parents, w)) pillow.add(parent);
    pillow.delete(v);
    const rest = [...before].filter((w) => !pillow.has(w)).sort((a, b) => a - b);
    if (rest.length > 0) {
      found.push({
        node: name(v),
        independentOf: rest.map(name),
        given: [...pillow].sort((a, b) => a - b).map(name),
      });
    }
    before.add(v);
  }
  return found;
}

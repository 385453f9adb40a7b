import { closure } from "../graph/relations.ts";
import { compact, idsOf, near } from "../graph/compact.ts";
import type { Compact } from "../graph/compact.ts";
import type { Graph } from "../graph/graph.ts";
import { connected } from "../graph/separation.ts";
import { minimalSeparators, separates } from "../graph/separators.ts";

export interface InstrumentQuestion {
  readonly treatment: string;
  readonly outcome: string;
  /** `total`: the whole effect in a linear model. `edge`: the coefficient of the arrow. Default `total`. */
  readonly effect?: "total" | "edge";
  /** Largest conditioning set looked at; default 4. */
  readonly maxConditioning?: number;
  /** Conditioning sets tried before the search turns from exhaustive to ancestral; default 60,000. */
  readonly maxTests?: number;
}

export interface Instrument {
  readonly kind: "instrument";
  readonly instrument: string;
  /** Inclusion-minimal sets given which it is an instrument; the empty set comes first when it is one. */
  readonly conditioning: readonly (readonly string[])[];
}

export interface Instruments {
  readonly kind: "instruments";
  readonly instruments: readonly Instrument[];
  /**
   * `exhaustive`: every set up to `maxConditioning` was tried. `ancestral`: only sets of ancestors were (large
   * graphs; deciding for one named variable is NP-hard in general, van der Zander et al. 2015).
   */
  readonly search: "exhaustive" | "ancestral";
}

/**
 * Instruments and conditional instruments (Brito & Pearl 2002; van der Zander, Textor & Liskiewicz 2015): given
 * W, Z is connected with the treatment, and separated from the outcome once the effect's own arrows are taken
 * out. W holds no effect of the treatment (`total`) or of the outcome (`edge`); Z is no effect of the treatment.
 * They identify the effect in linear models, and bounds or a local effect otherwise. Exhaustive where
 * the candidates allow it. `undefined` for `edge` when there is no such arrow.
 */
export function instruments(graph: Graph, question: InstrumentQuestion): Instruments | undefined {
  const g = compact(graph);
  const [x] = idsOf(graph, question.treatment);
  const [y] = idsOf(graph, question.outcome);
  if (x === undefined || y === undefined) throw new Error("idsOf returned no node for a name.");
  const edge = question.effect === "edge";
  if (edge && !near(g.children, x).includes(y)) return undefined;
  const effects = closure(g.children, [x]);
  const causes = closure(g.parents, [y]);
  const isCut = edge
    ? (from: number, to: number): boolean => from === x && to === y
    : (from: number, to: number): boolean => from === x && effects.has(to) && causes.has(to);
  const barred = closure(g.children, edge ? [y] : [x]);
  const usable = (v: number): boolean => g.latent[v] === 0 && v !== x && v !== y && !barred.has(v);
  const pool = range(g.n).filter(usable);
  const limit = question.maxConditioning ?? 4;
  const exhaustive =
    countSubsets(pool.length, limit) * pool.length <= (question.maxTests ?? 60_000);
  const found: Instrument[] = [];
  for (const z of range(g.n)) {
    if (g.latent[z] === 1 || z === x || z === y || effects.has(z)) continue;
    const others = pool.filter((v) => v !== z);
    const sets = exhaustive
      ? bySize(g, x, y, z, others, limit, isCut)
      : ancestral(g, x, y, z, usable, limit, isCut);
    if (sets.length === 0) continue;
    const conditioning = sets.map((set) => set.map((v) => g.names[v] ?? ""));
    found.push({ kind: "instrument", instrument: g.names[z] ?? "", conditioning });
  }
  return {
    kind: "instruments",
    instruments: found,
    search: exhaustive ? "exhaustive" : "ancestral",
  };
}

type IsCut = (from: number, to: number) => boolean;

function isInstrument(
  g: Compact,
  x: number,
  y: number,
  z: number,
  given: readonly number[],
  isCut: IsCut,
): boolean {
  if (!connected(g, [z], [x], given)) return false;
  return separates({ g, a: [z], b: [y], required: [], allowed: () => true, isCut }, given);
}

/** Every subset up to the limit, smallest first, leaving out supersets of what was found. */
function bySize(
  g: Compact,
  x: number,
  y: number,
  z: number,
  pool: readonly number[],
  limit: number,
  isCut: IsCut,
): number[][] {
  const found: number[][] = [];
  for (let size = 0; size <= Math.min(limit, pool.length); size++) {
    for (const set of combinations(pool, size)) {
      if (found.some((small) => small.every((v) => set.includes(v)))) continue;
      if (isInstrument(g, x, y, z, set, isCut)) found.push(set);
    }
  }
  return found;
}

/** Minimal separators of instrument and outcome that leave the instrument connected with the treatment. */
function ancestral(
  g: Compact,
  x: number,
  y: number,
  z: number,
  usable: (v: number) => boolean,
  limit: number,
  isCut: IsCut,
): number[][] {
  const allowed = (v: number): boolean => usable(v) && v !== z;
  const found: number[][] = [];
  let tried = 0;
  for (const set of minimalSeparators({ g, a: [z], b: [y], required: [], allowed, isCut })) {
    if (++tried > 50) break;
    if (set.length <= limit && isInstrument(g, x, y, z, set, isCut)) found.push(set);
  }
  return found;
}

function* combinations(
  pool: readonly number[],
  size: number,
  from = 0,
): Generator<number[], void, undefined> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i <= pool.length - size; i++) {
    const head = pool[i] ?? 0;
    for (const tail of combinations(pool, size - 1, i + 1)) yield [head, ...tail];
  }
}

function countSubsets(n: number, limit: number): number {
  let total = 0;
  let count = 1;
  for (let k = 0; k <= Math.min(limit, n); k++) {
    total += count;
    count = (count * (n - k)) / (k + 1);
  }
  return total;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

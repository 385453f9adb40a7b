import type { Rng } from "../../math/rng.ts";

/** A simulated table with its true graph. */
export interface Simulation {
  /** `[d][n]`, each of mean 0 and variance 1. */
  readonly columns: readonly Float64Array[];
  /** `parents[i * d + j]` is 1 where i is a direct cause of j. */
  readonly arrows: Uint8Array;
  readonly kind: SimulationKind;
}

export interface SimulationKind {
  readonly graph: "random" | "scale-free";
  readonly effects: "linear" | "nonlinear";
  /**
   * `weights` (linear effects only): effects of ±U[0.5, 2] per unit and noise of variance U[0.5, 2], then columns standardised.
   * `shares`: in every column the causes explain a share U[0.3, 0.9] of the variance, whatever their number. Columns
   * are standardised in both, so variance tells nothing; R² leans to the causal order under weights and against it
   * under shares, so that no rule of thumb serves both.
   */
  readonly scale: "weights" | "shares";
  readonly noise: "normal" | "uniform" | "laplace";
}

/** The family the network is trained on, as told to the user. */
export const family = {
  fewestColumns: 5,
  mostColumns: 15,
  fewestRows: 100,
  mostRows: 300,
  text: "5 to 15 numeric columns and about 200 rows; random and scale-free graphs with 0.5 to 3 arrows per column; linear or smooth nonlinear effects with additive normal, uniform or Laplace noise; every common cause measured; no selection",
} as const;

/** One draw from the family with these sizes and, where given, this kind. O(n · arrows · d). */
export function simulate(
  rng: Rng,
  d: number,
  n: number,
  fixed: Partial<SimulationKind> = {},
): Simulation {
  const effects = fixed.effects ?? (rng.next() < 0.5 ? "linear" : "nonlinear");
  const weighted = rng.next() < 0.5 && effects === "linear";
  const kind: SimulationKind = {
    graph: fixed.graph ?? (rng.next() < 0.5 ? "random" : "scale-free"),
    effects,
    scale: fixed.scale ?? (weighted ? "weights" : "shares"),
    noise: fixed.noise ?? (["normal", "normal", "uniform", "laplace"] as const)[rng.int(4)]!,
  };
  const order = permutation(rng, d);
  const perColumn = 0.5 + 2.5 * rng.next();
  const arrows =
    kind.graph === "random"
      ? randomGraph(rng, order, perColumn)
      : scaleFreeGraph(rng, order, Math.max(1, Math.round(perColumn)));
  const columns: Float64Array[] = Array.from({ length: d }, () => new Float64Array(n));
  for (const j of order) {
    const causes = order.filter((i) => arrows[i * d + j] === 1);
    const column = columns[j]!;
    const noise = Float64Array.from({ length: n }, () => draw(rng, kind.noise));
    if (causes.length === 0) {
      column.set(noise);
      if (kind.scale === "weights") scaleBy(column, Math.sqrt(0.5 + 1.5 * rng.next()));
      continue;
    }
    const inputs = causes.map((i) => columns[i]!);
    const effect =
      kind.effects === "linear" ? linearEffect(rng, inputs, n) : nonlinearEffect(rng, inputs, n);
    if (kind.scale === "shares") {
      const share = 0.3 + 0.6 * rng.next();
      standardiseColumn(effect);
      for (let s = 0; s < n; s++) {
        column[s] = Math.sqrt(share) * effect[s]! + Math.sqrt(1 - share) * noise[s]!;
      }
    } else {
      const spread = Math.sqrt(0.5 + 1.5 * rng.next());
      for (let s = 0; s < n; s++) column[s] = effect[s]! + spread * noise[s]!;
    }
  }
  columns.forEach(standardiseColumn);
  return { columns, arrows, kind };
}

/** Sizes as in training: 5 to 15 columns, 100 to 300 rows. */
export function drawSizes(rng: Rng): { readonly d: number; readonly n: number } {
  const { fewestColumns, mostColumns, fewestRows, mostRows } = family;
  return {
    d: fewestColumns + rng.int(mostColumns - fewestColumns + 1),
    n: fewestRows + rng.int(mostRows - fewestRows + 1),
  };
}

function permutation(rng: Rng, d: number): number[] {
  const order = Array.from({ length: d }, (_, i) => i);
  for (let i = d - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Every pair joined with the same probability, from earlier to later in the order. Erdős & Rényi 1959. */
function randomGraph(rng: Rng, order: readonly number[], perColumn: number): Uint8Array {
  const d = order.length;
  const arrows = new Uint8Array(d * d);
  const p = Math.min(0.8, (2 * perColumn) / (d - 1));
  for (let b = 0; b < d; b++)
    for (let a = 0; a < b; a++) if (rng.next() < p) arrows[order[a]! * d + order[b]!] = 1;
  return arrows;
}

/** Each new node joins `m` earlier ones, likelier those with many joins; hubs cause or are caused. Barabási & Albert 1999. */
function scaleFreeGraph(rng: Rng, order: readonly number[], m: number): Uint8Array {
  const d = order.length;
  const arrows = new Uint8Array(d * d);
  const outward = rng.next() < 0.5;
  const joins = new Float64Array(d).fill(1);
  for (let b = 1; b < d; b++) {
    for (let k = 0; k < Math.min(m, b); k++) {
      let total = 0;
      for (let a = 0; a < b; a++) total += joins[a]!;
      let at = rng.next() * total;
      let a = 0;
      while (a < b - 1 && at >= joins[a]!) at -= joins[a++]!;
      const [from, to] = outward ? [a, b] : [d - 1 - b, d - 1 - a];
      if (arrows[order[from]! * d + order[to]!] === 1) continue;
      arrows[order[from]! * d + order[to]!] = 1;
      joins[a]! += 1;
      joins[b]! += 1;
    }
  }
  return arrows;
}

function draw(rng: Rng, noise: SimulationKind["noise"]): number {
  if (noise === "normal") return rng.normal();
  if (noise === "uniform") return Math.sqrt(12) * (rng.next() - 0.5);
  const u = rng.next() - 0.5;
  return (-Math.sign(u) * Math.log(1 - 2 * Math.abs(u))) / Math.SQRT2;
}

const weight = (rng: Rng): number => (rng.next() < 0.5 ? -1 : 1) * (0.5 + 1.5 * rng.next());

function linearEffect(rng: Rng, inputs: readonly Float64Array[], n: number): Float64Array {
  const out = new Float64Array(n);
  for (const input of inputs) {
    const w = weight(rng);
    for (let s = 0; s < n; s++) out[s]! += w * input[s]!;
  }
  return out;
}

/** A smooth function: a sum of one function per cause, or one function of all of them, by random waves or bends. */
function nonlinearEffect(rng: Rng, inputs: readonly Float64Array[], n: number): Float64Array {
  const scaled = inputs.map((input) => {
    const copy = input.slice();
    standardiseColumn(copy);
    return copy;
  });
  if (rng.next() < 0.5) {
    const out = new Float64Array(n);
    for (const input of scaled) {
      const part = smooth(rng, [input], n);
      standardiseColumn(part);
      scaleBy(part, 0.5 + 1.5 * rng.next());
      for (let s = 0; s < n; s++) out[s]! += part[s]!;
    }
    return out;
  }
  return smooth(rng, scaled, n);
}

function smooth(rng: Rng, inputs: readonly Float64Array[], n: number): Float64Array {
  const out = new Float64Array(n);
  const waves = rng.next() < 0.5;
  const terms = waves ? 12 : 6;
  for (let t = 0; t < terms; t++) {
    const slopes = inputs.map(() => (waves ? 0.8 : 1.5) * rng.normal());
    const shift = waves ? 2 * Math.PI * rng.next() : rng.normal();
    const height = rng.normal();
    for (let s = 0; s < n; s++) {
      let z = shift;
      for (let i = 0; i < inputs.length; i++) z += slopes[i]! * inputs[i]![s]!;
      out[s]! += height * (waves ? Math.cos(z) : Math.tanh(z));
    }
  }
  return out;
}

function scaleBy(column: Float64Array, factor: number): void {
  for (let s = 0; s < column.length; s++) column[s]! *= factor;
}

function standardiseColumn(column: Float64Array): void {
  let mean = 0;
  for (const value of column) mean += value / column.length;
  let square = 0;
  for (const value of column) square += (value - mean) ** 2 / column.length;
  const scale = 1 / Math.max(1e-9, Math.sqrt(square));
  for (let s = 0; s < column.length; s++) column[s] = (column[s]! - mean) * scale;
}

import { quietWork, type Work } from "../../../app/work.ts";
import { breathe } from "../../../app/work.ts";
import type { Calibration } from "./calibrate.ts";
import { plainEngine } from "./engine.ts";
import { gatherEvidence } from "./evidence.ts";
import { fromHalves } from "./half.ts";
import { edgeLogits, namedParameters } from "./network.ts";
import { family } from "./simulate.ts";
import { type Node, Tape } from "./tape.ts";

/** A trained network, as its weights file holds it. */
export interface Network {
  readonly parameters: ReadonlyMap<string, Node>;
  readonly calibration: Calibration;
  /** Mean gap between claimed and true shares on graphs of the family that nothing was fitted on. */
  readonly calibrationError: number;
  readonly steps: number;
  readonly seed: number;
}

let shipped: Promise<Network> | undefined;

/** The network that ships with the program; read and unpacked on first use. */
export function shippedNetwork(): Promise<Network> {
  shipped ??= import("./weights.ts").then(({ weights }) => {
    const text = atob(weights.halves);
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const { calibration, calibrationError, steps, seed } = weights;
    const parameters = namedParameters(fromHalves(bytes));
    return { parameters, calibration, calibrationError, steps, seed };
  });
  return shipped;
}

/** Most parts a long table is read in. */
const MOST_PARTS = 8;

/** What the network says of columns. */
export interface Prediction {
  /** `[d * d]`, probability that i is a direct cause of j; of i and j at most 1 together. */
  readonly arrows: Float64Array;
  /** Parts in which the rows were read, and the rows used of all parts. */
  readonly parts: number;
  readonly used: number;
}

/**
 * Probabilities of arrows among standardised columns, `columns: [d][n]` of mean 0 and variance 1. A table longer than
 * the network's is read in parts of about 200 rows, whose log odds are averaged. Deterministic; permutes with the
 * columns, and up to 300 rows does not depend on their order. About 0.2 s a part at d = 10.
 */
export async function predictArrows(
  { parameters, calibration }: Network,
  columns: readonly Float64Array[],
  work: Work = quietWork,
): Promise<Prediction> {
  const d = columns.length;
  const n = columns[0]!.length;
  const parts = n <= family.mostRows ? 1 : Math.min(MOST_PARTS, Math.round(n / 200));
  const each = Math.min(family.mostRows, Math.floor(n / parts));
  const logits = new Float64Array(d * d);
  for (let part = 0; part < parts; part++) {
    work.progress({ fraction: part / parts, message: `part ${part + 1} of ${parts}` });
    await breathe(work);
    const rows = columns.map((column) => restandardise(column, part, parts, each));
    const found = edgeLogits(new Tape(plainEngine(), false), parameters, gatherEvidence(rows));
    for (let p = 0; p < d * d; p++) logits[p]! += found.data[p]! / parts;
  }
  return { arrows: probabilities(logits, d, calibration), parts, used: parts * each };
}

/** Calibrated probabilities of log odds: where both directions are likely, they share. */
export function probabilities(
  logits: ArrayLike<number>,
  d: number,
  { slope, shift }: Calibration,
): Float64Array {
  const arrows = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      if (i !== j) arrows[i * d + j] = 1 / (1 + Math.exp(-(slope * logits[i * d + j]! + shift)));
    }
  }
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      const sum = arrows[i * d + j]! + arrows[j * d + i]!;
      if (sum <= 1) continue;
      arrows[i * d + j]! /= sum;
      arrows[j * d + i]! /= sum;
    }
  }
  return arrows;
}

/** Every `parts`-th row from `part` on, standardised again. */
function restandardise(
  column: Float64Array,
  part: number,
  parts: number,
  length: number,
): Float64Array {
  if (parts === 1 && length === column.length) return column;
  const out = Float64Array.from({ length }, (_, s) => column[s * parts + part]!);
  const mean = out.reduce((sum, value) => sum + value, 0) / length;
  const square = out.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
  // a column that is constant in this part says nothing in it
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
  return out.map((value) => (value - mean) * scale);
}

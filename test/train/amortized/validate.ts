import { gatherEvidence } from "../../../kernels/discover/amortized/evidence.ts";
import { arrowLoss } from "../../../kernels/discover/amortized/loss.ts";
import {
  edgeLogits,
  namedParameters,
  parameterCount,
} from "../../../kernels/discover/amortized/network.ts";
import { drawSizes, simulate } from "../../../kernels/discover/amortized/simulate.ts";
import { Tape } from "../../../kernels/discover/amortized/tape.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { wasmEngine } from "./wasm-engine.ts";

/** Log odds and truth of a simulated graph, `[d * d]`. */
export interface Judged {
  readonly d: number;
  readonly logits: Float64Array;
  readonly arrows: Uint8Array;
  readonly loss: number;
}

/** Judges weights on graphs of all sizes of the family, of a seed of their own, which training never draws. */
export async function judge(
  weights: Float32Array,
  graphs: number,
  name: string,
): Promise<readonly Judged[]> {
  const engine = await wasmEngine(128);
  const values = engine.keep(parameterCount);
  values.set(weights);
  const parameters = namedParameters(values);
  return Array.from({ length: graphs }, (_, g) => judgeOne(engine, parameters, name, g, true));
}

function judgeOne(
  engine: Awaited<ReturnType<typeof wasmEngine>>,
  parameters: ReturnType<typeof namedParameters>,
  name: string,
  g: number,
  anySize: boolean,
): Judged {
  engine.reset();
  const rng = createRng(977).fork(`${name} ${g}`);
  const { d, n } = anySize ? drawSizes(rng) : { d: 10, n: 200 };
  const { columns, arrows } = simulate(rng, d, n);
  const tape = new Tape(engine, false);
  const all = edgeLogits(tape, parameters, gatherEvidence(columns, engine.take));
  const logits = Float64Array.from(all.data);
  return { d, logits, arrows, loss: arrowLoss(all, arrows, d) };
}

/** Tells loss and average precision over arrows on the same graphs (d = 10, n = 200) each time. */
export async function validator(graphs: number): Promise<(weights: Float32Array) => string> {
  const engine = await wasmEngine(128);
  const values = engine.keep(parameterCount);
  const parameters = namedParameters(values);
  return (weights) => {
    values.set(weights);
    let loss = 0;
    let precision = 0;
    for (let g = 0; g < graphs; g++) {
      const one = judgeOne(engine, parameters, "validation", g, false);
      loss += one.loss / graphs;
      precision += precisionOf(one) / graphs;
    }
    return `| validation loss ${loss.toFixed(4)}, mean average precision ${precision.toFixed(4)}`;
  };
}

function precisionOf({ d, logits, arrows }: Judged): number {
  const order = offDiagonal(d).sort((a, b) => logits[b]! - logits[a]!);
  const total = arrows.reduce((a, b) => a + b, 0);
  if (total === 0) return 1;
  let hits = 0;
  let area = 0;
  order.forEach((p, rank) => {
    if (arrows[p] !== 1) return;
    hits += 1;
    area += hits / (rank + 1) / total;
  });
  return area;
}

/** Places of the ordered pairs in `[d * d]`. */
export function offDiagonal(d: number): number[] {
  return Array.from({ length: d * d }, (_, p) => p).filter((p) => p % (d + 1) !== 0);
}

import { parentPort, workerData } from "node:worker_threads";
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

/** What a lane is told once: its number, its part of every batch, and where weights and gradients are shared. */
export interface LaneData {
  readonly seed: number;
  readonly lane: number;
  readonly graphs: number;
  readonly batch: number;
  readonly values: SharedArrayBuffer;
  readonly gradients: SharedArrayBuffer;
}

const { seed, lane, graphs, batch, values, gradients } = workerData as LaneData;
const engine = await wasmEngine();
const [own, slope] = [engine.keep(parameterCount), engine.keep(parameterCount)];
const parameters = namedParameters(own, slope);
const shared = new Float32Array(values);
const out = new Float32Array(gradients);

/** The graphs of a step are named by their number, so a run that was resumed sees the same ones. */
function step(number: number): number {
  own.set(shared);
  slope.fill(0);
  let loss = 0;
  for (let g = 0; g < graphs; g++) {
    engine.reset();
    const rng = createRng(seed).fork(`graph ${number * batch + lane * graphs + g}`);
    // the same sizes in every lane, so that none waits for another
    const { d, n } = drawSizes(createRng(seed).fork(`sizes ${number * graphs + g}`));
    const { columns, arrows } = simulate(rng, d, n);
    const tape = new Tape(engine, true);
    const logits = edgeLogits(tape, parameters, gatherEvidence(columns, engine.take));
    loss += arrowLoss(logits, arrows, d, 1 / batch) / batch;
    tape.backward();
  }
  out.set(slope);
  return loss;
}

parentPort!.on("message", (number: number) => parentPort!.postMessage(step(number)));

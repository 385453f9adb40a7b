import type { Rng } from "../../math/rng.ts";
import { type AttentionNet, lossAndGradient, newNet, predict } from "./attention-net.ts";

export interface Training {
  readonly channels: number;
  readonly epochs: number;
  readonly decay: number;
}

/** A trained predictor with the course of its error on the rows held back for stopping. */
export interface Trained {
  readonly net: AttentionNet;
  readonly course: readonly (readonly [epoch: number, error: number])[];
}

const RATE = 0.01;
/** Attention must settle while the filters do, though it starts out even and its slopes are small. */
const ATTENTION_RATE = 0.05;

/**
 * Adam on all rows at once; of all epochs the one is kept that predicts the last sixth of the rows best. `pause` is
 * called after every epoch. Kingma & Ba 2015. O(epochs · rows · inputs · channels).
 */
export async function trainTarget(
  x: Float64Array,
  y: Float64Array,
  inputs: number,
  { channels, epochs, decay }: Training,
  rng: Rng,
  pause: (epoch: number) => Promise<void> | undefined,
): Promise<Trained> {
  const net = newNet(inputs, channels, rng);
  const fitted = Math.floor((5 * y.length) / 6);
  const [xFit, yFit] = [x.subarray(0, fitted * inputs), y.subarray(0, fitted)];
  const [xStop, yStop] = [x.subarray(fitted * inputs), y.subarray(fitted)];
  const { values } = net;
  const gradient = new Float64Array(values.length);
  const first = new Float64Array(values.length);
  const second = new Float64Array(values.length);
  let best = values.slice();
  let least = Infinity;
  const course: [number, number][] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    lossAndGradient(net, xFit, yFit, decay, gradient);
    const correction = Math.sqrt(1 - 0.999 ** epoch) / (1 - 0.9 ** epoch);
    for (let k = 0; k < values.length; k++) {
      first[k] = 0.9 * first[k]! + 0.1 * gradient[k]!;
      second[k] = 0.999 * second[k]! + 0.001 * gradient[k]! ** 2;
      const rate = correction * (k < inputs ? ATTENTION_RATE : RATE);
      values[k]! -= (rate * first[k]!) / (Math.sqrt(second[k]!) + 1e-8);
    }
    if (epoch % 10 === 0 || epoch === epochs) {
      const error = meanSquare(predict(net, xStop, yStop.length), yStop);
      course.push([epoch, error]);
      if (error < least) {
        least = error;
        best = values.slice();
      }
    }
    await pause(epoch);
  }
  return { net: { ...net, values: best }, course };
}

export function meanSquare(predicted: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < y.length; t++) sum += (predicted[t]! - y[t]!) ** 2;
  return sum / y.length;
}

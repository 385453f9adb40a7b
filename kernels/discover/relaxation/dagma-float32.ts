import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { TensorEngine } from "../../tensor/backend.ts";
import type { Pace } from "../pace.ts";
import { logDetAcyclicity } from "./acyclicity.ts";
import { linearPath, type Station } from "./central-path.ts";
import type { Relaxed } from "./dagma.ts";
import { type MatrixProblem, squares } from "./matrix-problem.ts";
import { linearLoss } from "./moments.ts";
import { invertInPlace } from "./products.ts";

/** Adam as the paper runs it. */
const RATE = 3e-4;
const BETA1 = 0.99;
const BETA2 = 0.999;
/** Iterations between looks at the device: a look waits for everything queued before it. */
const LOOK = 25;
/** Iterations between comparisons of the objective, made on the host in double precision. */
const CHECKPOINT = 1000;
const TOLERANCE = 1e-6;
/** An entry of the inverse below this has left the M-matrices. The exact test, 0, fails from rounding alone. */
const NEGATIVE = -1e-4;
/** Largest entry of I - A X beyond which the running inverse is replaced by one computed in double precision. */
const RESIDUAL = 1e-2;

export interface Float32Relaxed extends Relaxed {
  /** Inverses computed in double precision; every other iteration made do with two products. */
  readonly inverses: number;
  /** Times the weights had left the domain and went back with half the step. */
  readonly retreats: number;
}

/**
 * Linear DAGMA in single precision with nothing but matrix products, as it runs on any tensor backend: the inverse of
 * s I - W∘W is carried along by one Newton-Schulz step X (2 I - A X) an iteration (Schulz 1933), which converges
 * quadratically from the last iteration's inverse. The host looks at the residual and at the smallest entry every 25
 * iterations and mends what went astray in double precision; the objective that decides when to end is taken there
 * too. Bello, Aragam & Ravikumar 2022, algorithm 1, with Adam. Three products of d³ an iteration.
 */
export async function dagmaLinearFloat32(
  engine: TensorEngine,
  moments: Float64Array,
  problem: MatrixProblem,
  pace: Pace,
): Promise<Float32Relaxed> {
  const { d } = problem;
  const a = new Float64Array(d * d);
  const slope = new Float64Array(d * d);
  const course: (readonly [number, number])[] = [];
  const total = { iterations: 0, inverses: 0, retreats: 0 };
  let w: Float64Array<ArrayBuffer> = new Float64Array(d * d);
  let converged = true;
  for (const [k, station] of linearPath.entries()) {
    const last = k === linearPath.length - 1;
    const found = await descend(engine, moments, problem, station, w, last ? 60_000 : 30_000, () =>
      pace.rest(k / linearPath.length, `mu = ${station.mu}, ${total.iterations} iterations`),
    );
    w = found.w;
    total.iterations += found.iterations;
    total.inverses += found.inverses;
    total.retreats += found.retreats;
    converged &&= found.converged || !last; // the paper caps the stations on the way, too
    course.push([total.iterations, found.value / station.mu]);
  }
  squares(problem, w, a);
  return { w, h: logDetAcyclicity(d, 1)(a, slope), ...total, converged, course };
}

interface Descent {
  readonly w: Float64Array<ArrayBuffer>;
  readonly value: number;
  readonly iterations: number;
  readonly inverses: number;
  readonly retreats: number;
  readonly converged: boolean;
}

/** Adam at one station from the weights `start`, which are in the domain. */
async function descend(
  engine: TensorEngine,
  moments: Float64Array,
  problem: MatrixProblem,
  { mu, s }: Station,
  start: Float64Array,
  most: number,
  rest: () => Promise<void>,
): Promise<Descent> {
  const { tf, ops } = engine;
  const { d } = problem;
  const onDevice = (values: Float64Array): Tensor2D =>
    tf.tensor2d(Float32Array.from(values), [d, d]);
  const loss = linearLoss(moments, d);
  const barrier = logDetAcyclicity(d, s);
  const scratch = new Float64Array(d * d);
  const slope = new Float64Array(d * d);
  const objective = (w: Float64Array): number => {
    squares(problem, w, scratch);
    let value = barrier(scratch, slope) + mu * loss(w, slope);
    for (let i = 0; i < w.length; i++) value += mu * problem.l1[i]! * Math.abs(w[i]!);
    return value;
  };
  /** (s I - W∘W)⁻¹ in double precision; undefined outside of the domain. */
  const inverse = (w: Float64Array): Float64Array | undefined => {
    squares(problem, w, scratch);
    const m = scratch.map((value) => -value);
    for (let i = 0; i < d; i++) m[i * d + i]! += s;
    return Number.isNaN(invertInPlace(m, d)) ? undefined : m;
  };
  const first = inverse(start);
  if (first === undefined) throw new Error("The start lies outside of the domain.");

  const scaled = onDevice(moments.map((value) => mu * value));
  const penalty = onDevice(problem.l1.map((value) => mu * value));
  const free = onDevice(Float64Array.from(problem.fixed, (is) => 1 - is));
  const identity = Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0));
  const shifted = onDevice(identity.map((one, i) => s * one - problem.required[i]!));
  const twice = onDevice(identity.map((one) => 2 * one));
  const unit = onDevice(identity);
  const zeros = (): Tensor2D => tf.zeros([d, d]);
  let state = [onDevice(start), onDevice(first), zeros(), zeros()] as Tensor2D[];

  const step = (t: number, rate: number): void => {
    const next = tf.tidy(() => {
      const [w, x, m, v] = state as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
      const product = ops.matMul(tf.sub(shifted, tf.square(w)), x);
      const x1 = ops.matMul(x, tf.sub(twice, product));
      const fit = tf.sub<Tensor2D>(ops.matMul(scaled, w), scaled);
      const cycles = tf.mul<Tensor2D>(tf.mul(w, 2), tf.transpose(x1));
      const gradient = tf.addN([fit, tf.mul<Tensor2D>(penalty, tf.sign(w)), cycles]);
      const m1 = tf.add<Tensor2D>(tf.mul(m, BETA1), tf.mul(gradient, 1 - BETA1));
      const v1 = tf.add<Tensor2D>(tf.mul(v, BETA2), tf.mul(tf.square(gradient), 1 - BETA2));
      const size = (rate * Math.sqrt(1 - BETA2 ** t)) / (1 - BETA1 ** t);
      const move = tf.div(tf.mul(m1, size), tf.add(tf.sqrt(v1), 1e-8));
      return [tf.mul<Tensor2D>(tf.sub(w, move), free), x1, m1, v1];
    });
    tf.dispose(state);
    state = next;
  };
  /** Largest residual and smallest entry of the running inverse. */
  const look = async (): Promise<readonly [number, number]> => {
    const pair = tf.tidy(() => {
      const [w, x] = state as [Tensor2D, Tensor2D];
      const rest = tf.sub(unit, ops.matMul(tf.sub(shifted, tf.square(w)), x));
      return tf.stack([tf.max(tf.abs(rest)), tf.min(x)]);
    });
    try {
      const values = await pair.data();
      return [values[0]!, values[1]!];
    } finally {
      pair.dispose();
    }
  };
  const weights = async (): Promise<Float64Array<ArrayBuffer>> =>
    Float64Array.from(await state[0]!.data());
  const replace = (index: number, values: Float64Array): void => {
    state[index]!.dispose();
    state[index] = onDevice(values);
  };

  try {
    let good = start.slice();
    let previous = Number.MAX_VALUE;
    let rate = RATE;
    let inverses = 0;
    let retreats = 0;
    let since = 0; // Adam's own count, which starts anew after a retreat
    for (let k = 1; k <= most; k++) {
      step(++since, rate);
      if (k % LOOK !== 0 && k !== most) continue;
      const [residual, least] = await look();
      const w = await weights();
      if (!(residual <= RESIDUAL) || !(least >= NEGATIVE)) {
        const exact = inverse(w);
        inverses++;
        if (exact === undefined) {
          retreats++;
          rate /= 2;
          if (rate < 1e-16) break;
          since = 0;
          replace(0, good);
          replace(1, inverse(good)!);
          replace(2, new Float64Array(d * d));
          replace(3, new Float64Array(d * d));
          continue;
        }
        replace(1, exact);
      }
      good = w;
      await rest();
      if (k % CHECKPOINT !== 0) continue;
      const value = objective(w);
      if (Math.abs(previous - value) <= TOLERANCE * Math.abs(previous)) {
        return { w, value, iterations: k, inverses, retreats, converged: true };
      }
      previous = value;
    }
    const value = objective(good);
    return { w: good, value, iterations: most, inverses, retreats, converged: false };
  } finally {
    tf.dispose([...state, scaled, penalty, free, shifted, twice, unit]);
  }
}

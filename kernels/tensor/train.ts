import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import { UserError } from "../../app/errors.ts";
import { breathe } from "../../app/work.ts";
import type { Work } from "../../app/work.ts";
import { shuffled } from "../math/folds.ts";
import type { Rng } from "../math/rng.ts";
import type { TensorEngine } from "./backend.ts";
import type { Parameters } from "./layers.ts";
import { createOptimizer } from "./optimizer.ts";
import type { OptimizerName } from "./optimizer.ts";

/** What is trained: `loss` and `validation` are called inside a tidy scope and must be synchronous. */
export interface TrainTask {
  readonly parameters: Parameters;
  /** Number of training rows; batches are indices 0 … rows-1. */
  readonly rows: number;
  /** Mean loss over a batch of training rows. */
  loss(batch: Int32Array): Scalar;
  /** Loss on held-out rows. Without it there is no early stopping and the last weights are kept. */
  validation?(): Scalar;
  /** Weights of `|variable|²` penalties: trained with, left out of the losses reported. */
  readonly decay?: ReadonlyMap<Variable, number>;
  /** Group of each training row (e.g. its arm): batches then hold every group in its overall share. */
  readonly strata?: ArrayLike<number>;
}

export interface TrainOptions {
  /** Most passes over the training rows. */
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly optimizer: OptimizerName;
  /** Epochs without a better validation loss before training stops; `Infinity` never stops. */
  readonly patience: number;
  /** Gradients are scaled down to this Euclidean norm; off when absent. */
  readonly clipNorm?: number;
  /** The rate falls along a half cosine to this share of itself over `epochs`; 1 (default) keeps it. */
  readonly finalRate?: number;
  /** Prefix of the series names in progress reports, e.g. `fold 2 `. */
  readonly label?: string;
  /** Part of a longer computation this training is: progress fractions are mapped into it. */
  readonly span?: readonly [from: number, to: number];
}

/** One epoch of a training, for the loss chart. */
export interface EpochLoss {
  readonly epoch: number;
  readonly loss: number;
  readonly validation?: number;
}

export interface TrainResult {
  readonly history: readonly EpochLoss[];
  /** Epochs run, and the epoch whose weights were kept (equal to `epochs` without validation). */
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly stoppedEarly: boolean;
  readonly steps: number;
}

/** Milliseconds of work after which the event loop gets a turn, so that Stop is heard. */
const TURN = 30;

/**
 * Trains `task.parameters` in place by mini-batches drawn without replacement with `rng`, and leaves the weights
 * with the lowest validation loss. The same seed gives the same numbers on the same backend. Creates no tensors
 * that outlive it.
 *
 * @throws UserError `training-diverged` when a loss is no longer finite; the signal's reason when stopped. The
 * weights are then as they were when it happened, and the owner disposes them.
 */
export async function train(
  engine: TensorEngine,
  task: TrainTask,
  options: TrainOptions,
  rng: Rng,
  work: Work,
): Promise<TrainResult> {
  const { tf } = engine;
  const variables = task.parameters.variables as Variable[];
  const optimizer = createOptimizer(engine, variables, options.optimizer, task.decay);
  const history: EpochLoss[] = [];
  const best = createKeeper(engine, variables);
  let bestLoss = Infinity;
  let bestEpoch = 0;
  let steps = 0;
  let epoch = 0;
  let stoppedEarly = false;
  let lastTurn = performance.now();
  const reporter = createReporter(options, work);

  const step = (batch: Int32Array, rate: number): Scalar =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => task.loss(batch), variables);
      optimizer.apply(
        variables.map((v) => grads[v.name]),
        rate,
        options.clipNorm,
      );
      return value;
    });

  try {
    while (epoch < options.epochs && !stoppedEarly) {
      epoch++;
      const rate = scheduledRate(options, epoch);
      const order = shuffledRows(task.rows, task.strata, rng);
      let sum: Scalar = tf.scalar(0);
      try {
        for (let from = 0; from < order.length; from += options.batchSize) {
          const batch = order.subarray(from, from + options.batchSize);
          const loss = step(batch, rate);
          const previous = sum;
          sum = tf.tidy(() => tf.add(previous, tf.mul(loss, batch.length / order.length)));
          tf.dispose([previous, loss]);
          steps++;
          if (performance.now() - lastTurn > TURN) {
            await breathe(work);
            lastTurn = performance.now();
          }
        }
        const loss = (await sum.data())[0] as number;
        const validation = await evaluate(engine, task);
        for (const value of [loss, validation ?? loss]) {
          if (!Number.isFinite(value)) throw diverged(value, epoch, options);
        }
        history.push({ epoch, loss, ...(validation === undefined ? {} : { validation }) });
        if (validation !== undefined) {
          if (validation < bestLoss) {
            bestLoss = validation;
            bestEpoch = epoch;
            best.store();
          } else if (epoch - bestEpoch >= options.patience) stoppedEarly = true;
        }
      } finally {
        sum.dispose();
      }
      reporter.report(history, epoch);
    }
    if (bestEpoch > 0) best.restore();
    reporter.finish(history);
    work.signal.throwIfAborted();
    return { history, epochs: epoch, bestEpoch: bestEpoch || epoch, stoppedEarly, steps };
  } finally {
    best.dispose();
    optimizer.dispose();
  }
}

async function evaluate(engine: TensorEngine, task: TrainTask): Promise<number | undefined> {
  if (task.validation === undefined) return undefined;
  const value = engine.tf.tidy(() => (task.validation as () => Scalar)());
  try {
    return (await value.data())[0];
  } finally {
    value.dispose();
  }
}

function diverged(value: number, epoch: number, options: TrainOptions): UserError {
  return new UserError({
    code: "training-diverged",
    message: `The loss became ${value} in epoch ${epoch}.`,
    value,
    expected: "a finite loss",
    hint: `Lower the learning rate (now ${options.learningRate}) or check the data for extreme values.`,
  });
}

function scheduledRate(options: TrainOptions, epoch: number): number {
  const last = options.finalRate ?? 1;
  if (last === 1) return options.learningRate;
  const cosine = (1 + Math.cos((Math.PI * (epoch - 1)) / Math.max(1, options.epochs))) / 2;
  return options.learningRate * (last + (1 - last) * cosine);
}

/**
 * A permutation of 0 … n-1. With `strata` each group is shuffled and spread evenly, so that every run of
 * consecutive rows holds the groups in their overall shares. O(n log n).
 */
export function shuffledRows(
  n: number,
  strata: ArrayLike<number> | undefined,
  rng: Rng,
): Int32Array {
  const order = shuffled(n, rng);
  if (strata === undefined) return order;
  const counts = new Map<number, number>();
  for (let i = 0; i < n; i++)
    counts.set(strata[i] as number, (counts.get(strata[i] as number) ?? 0) + 1);
  const seen = new Map<number, number>();
  const key = new Float64Array(n);
  for (const row of order) {
    const group = strata[row] as number;
    const place = seen.get(group) ?? 0;
    seen.set(group, place + 1);
    key[row] = (place + rng.next()) / (counts.get(group) as number);
  }
  return order.sort((a, b) => (key[a] as number) - (key[b] as number));
}

/** Copies of all weights, kept on the device. */
function createKeeper(
  engine: TensorEngine,
  variables: readonly Variable[],
): { store(): void; restore(): void; dispose(): void } {
  const { tf } = engine;
  let kept: ReturnType<Variable["clone"]>[] = [];
  const dispose = (): void => {
    tf.dispose(kept);
    kept = [];
  };
  return {
    store: () => {
      dispose();
      // On wasm, where Adam writes in place, a clone is a copy; elsewhere optimizers assign new tensors.
      kept = variables.map((v) => tf.clone(v));
    },
    restore: () => {
      kept.forEach((value, i) => tf.tidy(() => variables[i]?.assign(tf.clone(value))));
    },
    dispose,
  };
}

/** Sends the new points of the loss chart at most ten times a second. */
function createReporter(
  options: TrainOptions,
  work: Work,
): {
  report(history: readonly EpochLoss[], epoch: number): void;
  finish(history: readonly EpochLoss[]): void;
} {
  let sent = 0;
  let last = -Infinity;
  const [from, to] = options.span ?? [0, 1];
  const label = options.label ?? "";
  const send = (history: readonly EpochLoss[], fraction: number): void => {
    const fresh = history.slice(sent);
    sent = history.length;
    const validation = fresh.flatMap((h) =>
      h.validation === undefined ? [] : [[h.epoch, h.validation] as const],
    );
    work.progress({
      fraction: from + (to - from) * fraction,
      message: `${label}epoch ${history.length} of at most ${options.epochs}`,
      series: {
        [`${label}training loss`]: fresh.map((h) => [h.epoch, h.loss] as const),
        ...(validation.length === 0 ? {} : { [`${label}validation loss`]: validation }),
      },
    });
  };
  return {
    report: (history, epoch) => {
      const now = performance.now();
      if (now - last < 100) return;
      last = now;
      send(history, epoch / options.epochs);
    },
    finish: (history) => send(history, 1),
  };
}

import type { Work } from "../../../app/work.ts";
import type { Rng } from "../../math/rng.ts";
import { paceOf } from "../pace.ts";
import { falseDiscovery } from "../time/pcmci.ts";
import { attentionOf, predict } from "./attention-net.ts";
import { meanSquare, type Training, trainTarget } from "./train-target.ts";
import { validateInput } from "./validate.ts";
import { rowsOf, windowsOf } from "./windows.ts";

export interface AttentionSettings extends Training {
  readonly lags: number;
  /** Inputs with at least so many times an even share of attention are candidates. */
  readonly least: number;
  /** Share of the rows, the last ones, held out for validation. */
  readonly holdout: number;
  readonly shuffles: number;
  readonly alpha: number;
}

/** An input that drew attention, and what became of it. */
export interface Candidate {
  readonly from: number;
  readonly to: number;
  readonly lag: number;
  /** Share of the target's attention. */
  readonly attention: number;
  readonly rise: number;
  readonly p: number;
  /** p after Benjamini & Hochberg's correction over all candidates. */
  readonly corrected: number;
  readonly kept: boolean;
}

export interface AttentionResult {
  readonly candidates: readonly Candidate[];
  /** Share of each target's variance on the held-out rows that the past predicts; below 0 it misleads. */
  readonly predicted: readonly number[];
  /** Error on the rows held back for stopping, by epoch, averaged over targets. */
  readonly course: readonly (readonly [epoch: number, error: number])[];
  readonly held: number;
}

/**
 * For every column a net that predicts it from the past of all, trained on the first rows; inputs that drew attention
 * are candidates, validated on the last rows by shuffling. `columns: [d][n]` standardised. The longest delay lies
 * between training and validation, so that no value is in both. O(d · epochs · n · d lags · channels).
 */
export async function attentionSearch(
  columns: readonly Float64Array[],
  settings: AttentionSettings,
  names: readonly string[],
  rng: Rng,
  work: Work,
): Promise<AttentionResult> {
  const { lags, epochs, least, holdout, shuffles, alpha } = settings;
  const d = columns.length;
  const { rows, inputs, x, y } = windowsOf(columns, lags);
  const held = Math.floor(holdout * rows);
  const trained = rows - held - lags;
  const pace = paceOf(work, 1);
  const found: Omit<Candidate, "corrected" | "kept">[] = [];
  const predicted: number[] = [];
  const courses: (readonly (readonly [number, number])[])[] = [];
  const xHeld = rowsOf(x, inputs, rows - held, rows);
  for (let to = 0; to < d; to++) {
    const draws = rng.fork(names[to]!);
    const target = y[to]!;
    const pause = (epoch: number): Promise<void> | undefined =>
      pace.due()
        ? pace.rest((to + (0.9 * epoch) / epochs) / d, `attention to ${names[to]}`)
        : undefined;
    const { net, course } = await trainTarget(
      rowsOf(x, inputs, 0, trained),
      target.subarray(0, trained),
      inputs,
      settings,
      draws,
      pause,
    );
    courses.push(course);
    const yHeld = target.subarray(rows - held);
    const error = meanSquare(predict(net, xHeld, held), yHeld);
    predicted.push(1 - error / meanSquare(new Float64Array(held).fill(meanOf(yHeld)), yHeld));
    const attention = attentionOf(net);
    for (let input = 0; input < inputs; input++) {
      if (attention[input]! < least / inputs) continue;
      const told = validateInput(net, xHeld, yHeld, input, shuffles, draws);
      const [from, lag] = [Math.floor(input / lags), (input % lags) + 1];
      found.push({ from, to, lag, attention: attention[input]!, ...told });
      await pace.rest((to + 0.95) / d, `validating causes of ${names[to]}`);
    }
  }
  const corrected = falseDiscovery(found.map((candidate) => candidate.p));
  return {
    candidates: found.map((candidate, k) => ({
      ...candidate,
      corrected: corrected[k]!,
      kept: corrected[k]! <= alpha,
    })),
    predicted,
    course: courses[0]!.map(([epoch], k) => [
      epoch,
      courses.reduce((sum, course) => sum + course[k]![1] / d, 0),
    ]),
    held,
  };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

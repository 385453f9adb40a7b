import { normalCdf } from "../../math/distributions.ts";
import { leastSquares } from "../../math/least-squares.ts";
import type { Rng } from "../../math/rng.ts";
import { type AttentionNet, bend, filter } from "./attention-net.ts";
import { meanSquare } from "./train-target.ts";

/** What happens to the error on held-out rows when an input is replaced by what it might as well have been. */
export interface Validation {
  /** Mean rise of the squared error, as a share of the error with the input intact. */
  readonly rise: number;
  /** Of no rise: the normal approximation to the share of replacements that predict as well. */
  readonly p: number;
}

/**
 * Permutation importance validation. TCDF shuffles an input outright, which also finds inputs that merely stand for
 * others; here what is shuffled is only what the other inputs do not tell of it (the residual of a linear regression on
 * them), so that an input which is independent of the target given the others leaves the error as it is, whatever the
 * net made of it: the holdout randomization test of Tansey et al. 2022 with shuffled residuals. Rows must not have been
 * trained on. `x: [rows, inputs]`. O(rows · inputs² + times · rows · channels).
 */
export function validateInput(
  net: AttentionNet,
  x: Float64Array,
  y: Float64Array,
  input: number,
  times: number,
  rng: Rng,
): Validation {
  const rows = y.length;
  const { inputs } = net;
  const own = Float64Array.from({ length: rows }, (_, t) => x[t * inputs + input]!);
  // the input's own column holds the constant of the regression
  const others = x.slice(0, rows * inputs);
  for (let t = 0; t < rows; t++) others[t * inputs + input] = 1;
  const { coefficients } = leastSquares(others, rows, inputs, own);
  const told = new Float64Array(rows);
  for (let t = 0; t < rows; t++) {
    for (let k = 0; k < inputs; k++) told[t]! += (coefficients[k] ?? 0) * others[t * inputs + k]!;
  }
  const residual = own.map((value, t) => value - told[t]!);
  const filtered = filter(net, x, rows);
  const intact = meanSquare(bend(net, filtered, rows), y);
  const errors = new Float64Array(times);
  const shuffled = residual.slice();
  const change = new Float64Array(rows);
  for (let r = 0; r < times; r++) {
    shuffle(shuffled, rng);
    for (let t = 0; t < rows; t++) change[t] = shuffled[t]! - residual[t]!;
    errors[r] = meanSquare(bend(net, filtered, rows, input, change), y);
  }
  const mean = errors.reduce((sum, e) => sum + e, 0) / times;
  const variance = errors.reduce((sum, e) => sum + (e - mean) ** 2, 0) / (times - 1);
  const rise = (mean - intact) / intact;
  return { rise, p: variance > 0 ? normalCdf((intact - mean) / Math.sqrt(variance)) : 1 };
}

function shuffle(values: Float64Array, rng: Rng): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const kept = values[i]!;
    values[i] = values[j]!;
    values[j] = kept;
  }
}

import type { Rng } from "../../math/rng.ts";

/**
 * The predictor of one target. Every input (a column at a delay) is gated by its attention, a softmax over all inputs
 * scaled so that even attention is 1; gated inputs go through causal filters, some linear, some bent by tanh:
 *
 *   g = N softmax(s),  ŷ = b + u · (g ∘ x) + Σ_c v_c tanh(w_c · (g ∘ x) + a_c).
 *
 * With a penalty on the squares of u, w and v, attention is a scarce good: what does not help to predict loses it. In the
 * sense of TCDF (Nauta, Bucur & Seifert 2019) and CausalFormer (Kong et al. 2024), smaller.
 */
export interface AttentionNet {
  readonly inputs: number;
  readonly channels: number;
  /** s, u, w by channel, a, v, b: see `layoutOf`. */
  readonly values: Float64Array;
}

/** Bent filters are penalised by this share of the penalty: theirs falls on two factors, w and v. */
const BENT = 0.3;

interface Layout {
  readonly s: number;
  readonly u: number;
  readonly w: number;
  readonly a: number;
  readonly v: number;
  readonly b: number;
  readonly length: number;
}

function layoutOf(inputs: number, channels: number): Layout {
  const u = inputs;
  const w = u + inputs;
  const a = w + channels * inputs;
  const v = a + channels;
  const b = v + channels;
  return { s: 0, u, w, a, v, b, length: b + 1 };
}

export function newNet(inputs: number, channels: number, rng: Rng): AttentionNet {
  const at = layoutOf(inputs, channels);
  const values = new Float64Array(at.length);
  const spread = 0.5 / Math.sqrt(inputs);
  for (let k = at.u; k < at.a; k++) values[k] = spread * rng.normal();
  // shifts apart from 0, for tanh around 0 is odd and could not begin to learn an even effect
  for (let k = at.a; k < at.v; k++) values[k] = rng.normal();
  for (let k = at.v; k < at.b; k++) values[k] = 0.5 * rng.normal();
  return { inputs, channels, values };
}

/** Share of attention of each input; they add up to 1. O(inputs). */
export function attentionOf({ inputs, values }: AttentionNet): Float64Array {
  const scores = values.subarray(0, inputs);
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(scores, (s) => Math.exp(s - most));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

/** Predictions for `x: [rows, inputs]`. O(rows · inputs · channels). */
export function predict(net: AttentionNet, x: Float64Array, rows: number): Float64Array {
  return bend(net, filter(net, x, rows), rows);
}

/** What the filters make of the rows, before tanh. */
export interface Filtered {
  /** Filters with their gates folded in, `[channels + 1, inputs]`, the linear one last. */
  readonly filters: Float64Array;
  /** `[rows, channels + 1]`. */
  readonly sums: Float64Array;
}

/** The filters' sums for `x: [rows, inputs]`. O(rows · inputs · channels). */
export function filter(net: AttentionNet, x: Float64Array, rows: number): Filtered {
  const { inputs, channels, values } = net;
  const at = layoutOf(inputs, channels);
  const gates = attentionOf(net).map((share) => share * inputs);
  const filters = new Float64Array((channels + 1) * inputs);
  for (let k = 0; k < inputs; k++) {
    for (let c = 0; c < channels; c++) {
      filters[c * inputs + k] = gates[k]! * values[at.w + c * inputs + k]!;
    }
    filters[channels * inputs + k] = gates[k]! * values[at.u + k]!;
  }
  const sums = new Float64Array(rows * (channels + 1));
  for (let t = 0; t < rows; t++) {
    const start = t * inputs;
    for (let c = 0; c <= channels; c++) {
      const row = c * inputs;
      let dot = c === channels ? values[at.b]! : values[at.a + c]!;
      for (let k = 0; k < inputs; k++) dot += filters[row + k]! * x[start + k]!;
      sums[t * (channels + 1) + c] = dot;
    }
  }
  return { filters, sums };
}

/**
 * Predictions from the filters' sums; with `input` and its `change: [rows]`, as if that input were so much larger.
 * O(rows · channels).
 */
export function bend(
  { inputs, channels, values }: AttentionNet,
  { filters, sums }: Filtered,
  rows: number,
  input = 0,
  change?: Float64Array,
): Float64Array {
  const at = layoutOf(inputs, channels);
  const predicted = new Float64Array(rows);
  for (let t = 0; t < rows; t++) {
    const start = t * (channels + 1);
    const by = change?.[t] ?? 0;
    let sum = sums[start + channels]! + by * filters[channels * inputs + input]!;
    for (let c = 0; c < channels; c++) {
      sum += values[at.v + c]! * Math.tanh(sums[start + c]! + by * filters[c * inputs + input]!);
    }
    predicted[t] = sum;
  }
  return predicted;
}

/**
 * Half the mean squared error plus `decay / 2` times the squares of u and `BENT` times those of w and v, with its gradient in `gradient`.
 * Checked against finite differences in the tests. O(rows · inputs · channels).
 */
export function lossAndGradient(
  net: AttentionNet,
  x: Float64Array,
  y: Float64Array,
  decay: number,
  gradient: Float64Array,
): number {
  const { inputs, channels, values } = net;
  const rows = y.length;
  const at = layoutOf(inputs, channels);
  const gates = attentionOf(net).map((share) => share * inputs);
  const { sums } = filter(net, x, rows);
  gradient.fill(0);
  let loss = 0;
  // derivatives by the filters with gates folded in
  const slopes = new Float64Array((channels + 1) * inputs);
  for (let t = 0; t < rows; t++) {
    const hidden = sums.subarray(t * (channels + 1), (t + 1) * (channels + 1));
    let error = hidden[channels]! - y[t]!;
    for (let c = 0; c < channels; c++) {
      hidden[c] = Math.tanh(hidden[c]!);
      error += values[at.v + c]! * hidden[c]!;
    }
    loss += (error * error) / (2 * rows);
    const by = error / rows;
    gradient[at.b]! += by;
    const start = t * inputs;
    for (let c = 0; c <= channels; c++) {
      let slope = by;
      if (c < channels) {
        const h = hidden[c]!;
        gradient[at.v + c]! += by * h;
        slope = by * values[at.v + c]! * (1 - h * h);
        gradient[at.a + c]! += slope;
      }
      const filter = c * inputs;
      for (let k = 0; k < inputs; k++) slopes[filter + k]! += slope * x[start + k]!;
    }
  }
  const byGate = new Float64Array(inputs);
  for (let c = 0; c <= channels; c++) {
    const filter = c === channels ? at.u : at.w + c * inputs;
    for (let k = 0; k < inputs; k++) {
      gradient[filter + k]! += gates[k]! * slopes[c * inputs + k]!;
      byGate[k]! += values[filter + k]! * slopes[c * inputs + k]!;
    }
  }
  // softmax: d g_k / d s_l = g_k (1{k = l} - g_l / N)
  let along = 0;
  for (let k = 0; k < inputs; k++) along += gates[k]! * byGate[k]!;
  for (let k = 0; k < inputs; k++) {
    gradient[at.s + k]! += gates[k]! * (byGate[k]! - along / inputs);
  }
  for (let k = at.u; k < at.b; k++) {
    if (k >= at.a && k < at.v) continue;
    const by = k < at.w ? decay : BENT * decay;
    loss += (by / 2) * values[k]! ** 2;
    gradient[k]! += by * values[k]!;
  }
  return loss;
}

import { norm, outside, rowSpace, shortestStep } from "./parametric.ts";

/** Models as points, with what the data show of them and what the query answers in them. */
export interface Landscape<Target> {
  readonly size: number;
  readonly start: Float64Array;
  /** All that two models have to agree on, with its derivative `[laws × size]` row-major. */
  readonly lawAt: (point: Float64Array) => {
    readonly law: Float64Array;
    readonly jacobian: Float64Array;
  };
  /** Values that the query's variables may take. */
  readonly targets: Iterable<Target>;
  readonly answerAt: (
    point: Float64Array,
    target: Target,
  ) => { readonly value: number; readonly gradient: Float64Array };
  /** Coordinates stay between this and one minus this. */
  readonly margin: number;
}

export interface Walked<Target> {
  readonly target: Target;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly values: readonly [number, number];
  /** Largest difference between the two laws. */
  readonly gap: number;
}

export const smallestDifference = 1e-3;
export const largestGap = 1e-10;

/**
 * From the starting point along the points of the same law, in the direction in which the query changes fastest,
 * mending the law by Newton steps after each. `undefined` where the query's gradient lies in the span of the law's
 * (the rank test of generic identifiability) or the way ends before the answers differ by 1e-3. Pauses between steps.
 */
export function* walk<Target>(
  landscape: Landscape<Target>,
): Generator<void, Walked<Target> | undefined, undefined> {
  const { size, start, lawAt, answerAt } = landscape;
  const { law, jacobian } = lawAt(start);
  yield;
  const space = rowSpace(jacobian, size);
  yield;
  let best: { target: Target; push: number } | undefined;
  for (const target of landscape.targets) {
    const { value, gradient } = answerAt(start, target);
    yield;
    if (!Number.isFinite(value)) continue;
    const push = norm(outside(space, gradient));
    if (push > 1e-7 * norm(gradient) && (best === undefined || push > best.push))
      best = { target, push };
  }
  if (best === undefined) return undefined;
  const { target } = best;
  const first = answerAt(start, target).value;
  let point: Float64Array = start;
  let reach = 0.15;
  for (let step = 0; step < 25 && reach > 1e-4; step++) {
    const along = outside(rowSpace(lawAt(point).jacobian, size), answerAt(point, target).gradient);
    yield;
    const length = norm(along);
    if (length < 1e-12) break;
    const here = answerAt(point, target).value;
    const sign = here >= first ? 1 : -1;
    const moved = point.map((p, i) => p + (sign * reach * (along[i] ?? 0)) / length);
    const mended = yield* mend(landscape, moved, law);
    const after = mended === undefined ? -1 : Math.abs(answerAt(mended, target).value - first);
    if (mended === undefined || !(after > Math.abs(here - first))) {
      reach /= 2;
      continue;
    }
    point = mended;
    if (after > 0.1) break;
  }
  const last = answerAt(point, target).value;
  const gap = largestDifference(lawAt(point).law, law);
  if (!(Math.abs(last - first) >= smallestDifference) || !(gap <= largestGap)) return undefined;
  return { target, start, end: point, values: [first, last], gap };
}

/** Newton steps back to the law; `undefined` if they leave the positive models or do not settle. */
function* mend<Target>(
  { lawAt, margin, size }: Landscape<Target>,
  start: Float64Array,
  law: Float64Array,
): Generator<void, Float64Array | undefined, undefined> {
  let point = start;
  for (let round = 0; round < 12; round++) {
    if (point.some((p) => !(p > margin && p < 1 - margin))) return undefined;
    const here = lawAt(point);
    yield;
    const residual = law.map((p, i) => p - (here.law[i] ?? 0));
    if (residual.every((r) => Math.abs(r) < 1e-14)) return point;
    const step = shortestStep(rowSpace(here.jacobian, size, 1e-7), residual, size);
    yield;
    point = point.map((p, i) => p + (step[i] ?? 0));
    if (norm(residual) < 1e-13) return point;
  }
  const worst = largestDifference(lawAt(point).law, law);
  return worst < largestGap && point.every((p) => p > 0 && p < 1) ? point : undefined;
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((worst, p, i) => Math.max(worst, Math.abs(p - (b[i] ?? 0))), 0);
}

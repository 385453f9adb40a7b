import type { Pace } from "../pace.ts";
import { type Answer, columnAt, lagAt, lagged, type LaggedTest } from "./lagged-test.ts";
import { type PastSettings, selectPast, type SelectedPast, shifted } from "./select-past.ts";

/** One pair in time: column `from` at t - lag, column `to` at t. */
export interface Pair extends Answer {
  readonly from: number;
  readonly to: number;
  readonly lag: number;
}

export interface PcmciResult extends SelectedPast {
  /** Every pair tested, lags from 0; pairs of lag 0 once, `from` < `to`. */
  readonly pairs: readonly Pair[];
}

/**
 * PCMCI (Runge, Nowack, Kretschmer, Flaxman & Sejdinovic 2019): the past of each column is selected, then each pair
 * is tested given the past selected for both of its ends, the momentary conditional independence. Conditioning on
 * the driver's own past is what keeps the rate of false links at its level under autocorrelation. `test` must reach to
 * twice `lags`. O(d² lags) tests of that step.
 */
export async function pcmci(
  test: LaggedTest,
  settings: PastSettings,
  pace: Pace,
): Promise<PcmciResult> {
  const { d } = test;
  const { lags, knowledge } = settings;
  const selected = await selectPast(test, settings, pace);
  const pairs: Pair[] = [];
  for (let to = 0; to < d; to++) {
    for (let from = 0; from < d; from++) {
      for (let lag = 0; lag <= lags; lag++) {
        if (lag === 0 && from >= to) continue;
        const forth = knowledge.forbidden[from * d + to] === 1;
        const back = knowledge.forbidden[to * d + from] === 1;
        if (lag === 0 ? forth && back : forth) continue;
        const x = lagged(d, from, lag);
        const answer = test.test(x, to, momentary(d, selected.past, x, to));
        pairs.push({ from, to, lag, ...answer });
        if (pace.due()) await pace.rest(0.5 + (0.5 * to) / d, "testing pairs");
      }
    }
  }
  return { ...selected, pairs, tests: selected.tests + pairs.length };
}

/** The past selected for both ends of a pair, `extra` first, without the ends themselves. */
export function momentary(
  d: number,
  past: SelectedPast["past"],
  x: number,
  y: number,
  extra: readonly number[] = [],
): number[] {
  const given = new Set([
    ...extra,
    ...past[columnAt(d, y)]!,
    ...shifted(d, past[columnAt(d, x)]!, lagAt(d, x)),
  ]);
  given.delete(x);
  given.delete(y);
  return [...given];
}

/** p-values times the number of tests over their rank, so that p <= q bounds the share of false links by q. Benjamini & Hochberg 1995. O(n log n). */
export function falseDiscovery(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[b]! - p[a]!);
  const adjusted: number[] = Array.from({ length: p.length }, () => 1);
  let least = 1;
  order.forEach((i, k) => {
    least = Math.min(least, (p[i]! * p.length) / (p.length - k));
    adjusted[i] = least;
  });
  return adjusted;
}

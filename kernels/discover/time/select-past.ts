import type { Constraints } from "../knowledge.ts";
import type { Pace } from "../pace.ts";
import { columnAt, lagAt, lagged, type LaggedTest } from "./lagged-test.ts";

export interface PastSettings {
  /** Largest lag of a link. */
  readonly lags: number;
  /** Level of the tests that select the past: larger keeps more. */
  readonly alpha: number;
  readonly knowledge: Constraints;
}

/** The past of each column that stays dependent on it, the strongest first, and the tests it took. */
export interface SelectedPast {
  /** Codes of lag 1 … lags. */
  readonly past: readonly (readonly number[])[];
  readonly tests: number;
}

/**
 * The condition-selection step of PCMCI: for each column the whole past up to `lags`, less what is independent of it
 * given the q strongest others, for q = 0, 1, … (PC1; Runge et al. 2019, algorithm 1). Holds every lagged parent when
 * the tests tell the truth, and as a rule a few ancestors more. O(d² lags · q) tests.
 */
export async function selectPast(
  test: LaggedTest,
  { lags, alpha, knowledge }: PastSettings,
  pace: Pace,
): Promise<SelectedPast> {
  const { d } = test;
  const past: number[][] = [];
  let tests = 0;
  for (let j = 0; j < d; j++) {
    let candidates: number[] = [];
    for (let lag = 1; lag <= lags; lag++) {
      for (let i = 0; i < d; i++) {
        if (knowledge.forbidden[i * d + j] !== 1) candidates.push(lagged(d, i, lag));
      }
    }
    const weakest = new Map<number, number>();
    for (let q = 0; q < candidates.length; q++) {
      const kept: number[] = [];
      for (const x of candidates) {
        const given: number[] = [];
        for (const other of candidates) {
          if (given.length === q) break;
          if (other !== x) given.push(other);
        }
        tests += 1;
        const { value, p } = test.test(x, j, given);
        weakest.set(x, Math.min(weakest.get(x) ?? Infinity, Math.abs(value)));
        if (p <= alpha) kept.push(x);
        if (pace.due()) await pace.rest((0.5 * j) / d, "selecting the past");
      }
      candidates = kept.sort((a, b) => weakest.get(b)! - weakest.get(a)! || a - b);
    }
    past.push(candidates);
  }
  return { past, tests };
}

/** The past of a column seen from `lag` steps before: every code moved back by so much. */
export function shifted(d: number, codes: readonly number[], lag: number): number[] {
  return codes.map((code) => lagged(d, columnAt(d, code), lagAt(d, code) + lag));
}

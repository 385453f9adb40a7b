import { breathe } from "../../app/work.ts";
import type { Work } from "../../app/work.ts";

/** A long search was given up: neither a find nor the certainty that there is nothing to find. */
export interface SearchStopped {
  readonly kind: "search-limit";
  readonly reason: string;
  /** The limit met: milliseconds, variables, joint values or steps, as `reason` says. */
  readonly limit: number;
}

/** Runs a search that pauses now and then to its end, without pausing. */
export function finish<T>(steps: Generator<void, T, undefined>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Runs a search that pauses now and then, letting messages in every few milliseconds. Throws when `work` is stopped;
 * gives `search-limit` when `milliseconds` have passed, measured from the call.
 */
export async function pace<T>(
  steps: Generator<void, T, undefined>,
  work: Work,
  milliseconds: number,
): Promise<T | SearchStopped> {
  const start = Date.now();
  let last = start;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const now = Date.now();
    if (now - start > milliseconds) {
      const reason = `The search was given up after ${Math.round(milliseconds / 1000)} s.`;
      return { kind: "search-limit", reason, limit: milliseconds };
    }
    if (now - last > 12) {
      await breathe(work);
      last = Date.now();
    }
  }
}

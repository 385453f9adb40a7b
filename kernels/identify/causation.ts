import { UserError } from "../../app/errors.ts";

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** What is known of a binary treatment x and outcome y. */
export interface CausationData {
  /** P(y = 1 | do(x = 1)) and P(y = 1 | do(x = 0)), from an experiment or an identified formula. */
  readonly treated: number;
  readonly untreated: number;
  /** Observed P(x, y), if at hand: it narrows the bounds and gives PN and PS. */
  readonly observed?: {
    readonly x1y1: number;
    readonly x1y0: number;
    readonly x0y1: number;
    readonly x0y0: number;
  };
}

export interface CausationBounds {
  /** Necessity and sufficiency: y with x and no y without it. */
  readonly pns: Interval;
  /** Necessity: among those with x and y, no y without x. Needs the observed law. */
  readonly pn?: Interval;
  /** Sufficiency: among those with neither, y with x. Needs the observed law. */
  readonly ps?: Interval;
  /** The exact PNS if x never prevents y; absent when the numbers rule that out. */
  readonly monotone?: number;
}

/**
 * Bounds of the probabilities of causation (Tian & Pearl 2000, equations 14, 15, 25-28), sharp for the data given.
 * Throws `UserError` `probability-out-of-range`, or `experiment-contradicts-observation` when no model has both laws.
 */
export function causationBounds({ treated, untreated, observed }: CausationData): CausationBounds {
  const cells = observed === undefined ? [] : Object.values(observed);
  for (const p of [treated, untreated, ...cells]) {
    if (p >= 0 && p <= 1) continue;
    throw new UserError({
      code: "probability-out-of-range",
      message: `${p} is not a probability.`,
      value: p,
      expected: "a number from 0 to 1",
    });
  }
  const difference = treated - untreated;
  const monotone = difference >= 0 ? { monotone: difference } : {};
  if (observed === undefined) {
    return {
      pns: { lower: Math.max(0, difference), upper: Math.min(treated, 1 - untreated) },
      ...monotone,
    };
  }
  const { x1y1, x1y0, x0y1, x0y0 } = observed;
  const tolerance = 1e-9;
  const fits =
    treated >= x1y1 - tolerance &&
    treated <= 1 - x1y0 + tolerance &&
    untreated >= x0y1 - tolerance &&
    untreated <= 1 - x0y0 + tolerance;
  if (!fits) {
    throw new UserError({
      code: "experiment-contradicts-observation",
      message: "The experimental and the observed probabilities cannot come from one population.",
      value: [treated, untreated],
      expected: `P(y | do(x=1)) from ${x1y1} to ${1 - x1y0}, P(y | do(x=0)) from ${x0y1} to ${1 - x0y0}`,
      hint: "Check that both speak of the same units and outcome.",
    });
  }
  const y = x1y1 + x0y1;
  const pns = {
    lower: Math.max(0, difference, y - untreated, treated - y),
    upper: Math.min(treated, 1 - untreated, x1y1 + x0y0, difference + x1y0 + x0y1),
  };
  const share = (top: number, bottom: number): number => Math.min(1, Math.max(0, top / bottom));
  const pn = { lower: share(y - untreated, x1y1), upper: share(1 - untreated - x0y0, x1y1) };
  const ps = { lower: share(treated - y, x0y0), upper: share(treated - x1y1, x0y0) };
  return {
    pns,
    ...(x1y1 > 0 ? { pn } : {}),
    ...(x0y0 > 0 ? { ps } : {}),
    ...monotone,
  };
}

/** One step of the way: minimise mu · score + barrier, with the barrier's constant s. */
export interface Station {
  readonly mu: number;
  readonly s: number;
}

/** The way of linear DAGMA: mu from 1 down to 1e-4 (Bello, Aragam & Ravikumar 2022, algorithm 1 and appendix C). */
export const linearPath: readonly Station[] = [
  { mu: 1, s: 1 },
  { mu: 1e-1, s: 0.9 },
  { mu: 1e-2, s: 0.8 },
  { mu: 1e-3, s: 0.7 },
  { mu: 1e-4, s: 0.6 },
];

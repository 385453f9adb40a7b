import { boostingLearner } from "./boosting.ts";
import { forestLearner } from "./forest.ts";
import { lassoLearner } from "./lasso.ts";
import type { Learner } from "./learner.ts";
import { linearLearner } from "./linear.ts";

export const LEARNERS: readonly Learner[] = [
  linearLearner,
  lassoLearner,
  boostingLearner,
  forestLearner,
];

export const LEARNER_NAMES = ["linear", "lasso", "boosting", "forest"] as const;
export type LearnerName = (typeof LEARNER_NAMES)[number];

/** The learner of that name. */
export function learnerNamed(name: LearnerName): Learner {
  const learner = LEARNERS.find((l) => l.name === name);
  if (learner === undefined) throw new Error(`no learner is called ${name}`);
  return learner;
}

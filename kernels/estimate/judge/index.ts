export {
  CONFORMAL_DEFAULTS,
  effectIntervals,
  nestedIntervals,
  weightedQuantile,
  type ConformalData,
  type ConformalOptions,
  type EffectPredictor,
  type UnitIntervals,
} from "./conformal.ts";
export {
  HIDDEN_CONFOUNDER_EFFECT,
  hiddenConfounderDesign,
  ihdpLikeDesign,
  kangSchaferDesign,
  nieWagerDesign,
  type KnownDesign,
  type NieWagerSetup,
} from "./designs.ts";
export {
  applyPolicyTree,
  judgePolicyTree,
  learnPolicyTree,
  POLICY_DEFAULTS,
  type JudgedPolicy,
  type PolicyData,
  type PolicyLeaf,
  type PolicyOptions,
  type PolicySplit,
  type PolicyTree,
} from "./policy-tree.ts";
export {
  calibrate,
  doublyRobustScores,
  groupEffects,
  judgeRanking,
  policyValue,
  type Calibration,
  type Judged,
  type Ranking,
} from "./scores.ts";
export { scoreAgainstTruth, type TruthScore } from "./truth.ts";

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

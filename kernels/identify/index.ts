export { identify } from "./identify.ts";
export type { IdentifyOptions } from "./options.ts";
export { asInterventional } from "./simple-query.ts";
export type {
  Identification,
  Identified,
  NotCertified,
  NotIdentified,
  SearchLimit,
  Strategy,
  ZeroByStructure,
} from "./result.ts";
export { formatQuery, parseQuery } from "./query.ts";
export type { Event, Query, Setting } from "./query.ts";
export type { Bound, Estimand, Term, Value } from "./estimand.ts";
export { freeSymbols } from "./estimand.ts";
export { toLatex, toText } from "./render.ts";
export type { Hedge, TraceStep } from "./id.ts";
export {
  adjustmentSets,
  canonicalAdjustmentSet,
  isAdjustmentSet,
  minimalAdjustmentSet,
  optimalAdjustmentSet,
  takeSets,
} from "./adjustment.ts";
export type { AdjustmentQuestion } from "./adjustment.ts";
export { frontDoorSets, isFrontDoorSet } from "./front-door.ts";
export type { FrontDoorQuestion } from "./front-door.ts";
export { instruments } from "./instruments.ts";
export type { Instrument, InstrumentQuestion, Instruments } from "./instruments.ts";
export { evaluateEstimand } from "./evaluate.ts";
export type { LawSource } from "./evaluate.ts";
export { binaryVariables, jointTable } from "./joint.ts";
export type { JointTable, JointVariable, Level } from "./joint.ts";
export { randomModel, truncatedFactorisation } from "./model.ts";
export type { ConditionalTable, DiscreteModel } from "./model.ts";
export { checkHedge } from "./hedge.ts";
export { findTwoModels } from "./two-models.ts";
export type { NoTwoModels, TwoModels, TwoModelsOptions } from "./two-models.ts";
export { lawTexts } from "./other-laws.ts";
export type { OtherLaws } from "./other-laws.ts";
export { confirmNo, twoModelsFor } from "./two-models-for.ts";
export type { TwoModelsWork } from "./two-models-for.ts";
export type { TwoFunctionalModels } from "./two-functional.ts";
export { functionalLaw } from "./functional.ts";
export type { FunctionalModel, Mechanism } from "./functional.ts";
export type { SearchStopped } from "./search.ts";
export type { Interventional } from "./interventional.ts";
export { bounds } from "./bounds.ts";
export type { Bounds } from "./bounds.ts";
export { causationBounds } from "./causation.ts";
export type { CausationBounds, CausationData, Interval } from "./causation.ts";
export { minimise } from "./simplex.ts";
export type { LinearProgramResult } from "./simplex.ts";
export { derive } from "./derivation.ts";
export type { Derivation, DerivationStep, DoTerm } from "./derivation.ts";
export { checkDerivation } from "./check-derivation.ts";
export type { DerivationCheck } from "./check-derivation.ts";
export { naturalEffects, pathSpecificEffect } from "./mediation.ts";
export type {
  MediationQuestion,
  NaturalEffects,
  PathQuestion,
  PathSpecificEffect,
} from "./mediation.ts";
export { answerFrom, loadBearing } from "./load-bearing.ts";
export type { LoadBearing, LoadBearingEnd, LoadBearingOptions } from "./load-bearing.ts";
export { simplify } from "./simplify.ts";
export { cheapestAdjustmentSet } from "./cheapest.ts";
export { vermaConstraints } from "./verma.ts";
export type { VermaConstraint, VermaResult } from "./verma.ts";
export { discontinuityDesign } from "./discontinuity.ts";
export type { DiscontinuityDesign } from "./discontinuity.ts";

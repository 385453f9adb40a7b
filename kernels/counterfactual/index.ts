export { parseModel } from "./parse-model.ts";
export { buildModel } from "./build-model.ts";
export type {
  MechanismSpec,
  ModelSpec,
  ResponseRow,
  TableRow,
  VariableSpec,
} from "./build-model.ts";
export { fitModel } from "./fit-model.ts";
export type { FitModelOptions } from "./fit-model.ts";
export type { MechanismChoice, MechanismChoices } from "./fit-choice.ts";
export { fitQuality } from "./fit-quality.ts";
export type { MechanismQuality, NoiseQuality } from "./fit-quality.ts";
export { ancestorsOf, descendantsOf, isModel, levelIndex, variableOf } from "./model.ts";
export type {
  Coupling,
  Domain,
  Mechanism,
  NoiseFamily,
  Role,
  StructuralModel,
  Variable,
} from "./model.ts";
export { formatExpression } from "./expression.ts";
export type { Expression } from "./expression.ts";
export { parseQuery } from "./parse-query.ts";
export { effectNames, formatQuery, formatTerm } from "./query.ts";
export type { Assignment, EffectName, EffectQuery, Event, Query, Setting, Term } from "./query.ts";
export { bounds, counterfactual } from "./counterfactual.ts";
export type { KnownValue } from "./bounds.ts";
export type { CounterfactualOptions } from "./counterfactual.ts";
export { intervene } from "./intervene.ts";
export type { Interventions } from "./intervene.ts";
export { observe } from "./observe.ts";
export { sample } from "./sample.ts";
export type { SampleOptions } from "./sample.ts";
export { originOf } from "./origin.ts";
export type { SampleOrigin } from "./origin.ts";
export { pointOf } from "./result.ts";
export type {
  BoundedResult,
  CounterfactualResult,
  Distribution,
  IdentifiedResult,
  ImpossibleEvidenceResult,
  Method,
  NeedsMechanismResult,
  SampledInterval,
} from "./result.ts";
export { answerCladder, formatCladderReport, runCladder } from "./cladder.ts";
export type { CladderAnswer, CladderReport } from "./cladder.ts";
export { readCladderModel } from "./cladder-format.ts";
export type { CladderModel, CladderQuestion } from "./cladder-format.ts";
export { attributeAnomaly, attributeChange } from "./attribution.ts";
export type { Attribution, AttributionOptions } from "./attribution.ts";
export { assessFairness } from "./fairness.ts";
export type { FairnessQuestion, FairnessReport, FairnessRow } from "./fairness.ts";
export { mechanismSpread, modelSpread, withCoupling } from "./spread.ts";
export type { MechanismSpread } from "./spread.ts";
export { formatModel } from "./format-model.ts";
export { fitFlowModel } from "./fit-flow.ts";
export type { FitFlowOptions } from "./fit-flow.ts";
export { admitConfounder } from "./admit-confounder.ts";

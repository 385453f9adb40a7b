export { createGraph, editGraph, withLatent } from "./graph.ts";
export type { Edge, EdgeMark, Graph, GraphNode, GraphSpec, GraphType, NodeRole } from "./graph.ts";
export { findCycle } from "./cycle.ts";
export { checkGraphText, detectSyntax, parseGraph } from "./parse.ts";
export type { GraphSyntax } from "./parse.ts";
export { formatGraph } from "./format.ts";
export { changeGraph } from "./change.ts";
export type { GraphChange } from "./change.ts";
export { changeGraphText } from "./change-text.ts";
export {
  ancestors,
  children,
  descendants,
  districts,
  parents,
  topologicalNames,
} from "./relations.ts";
export { mSeparated, openPath } from "./separation.ts";
export type { OpenPath } from "./separation.ts";
export { canonicalDag, latentProjection, moralise } from "./projection.ts";
export { representative } from "./representative.ts";
export { equivalenceClassSize, toCpdag } from "./cpdag.ts";
export { basisSet, testableImplications } from "./implications.ts";
export type { BasisStatement, Implication } from "./implications.ts";
export { checkImplications } from "./check-implications.ts";
export type { ImplicationTest } from "./check-implications.ts";

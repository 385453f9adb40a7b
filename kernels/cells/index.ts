import type { CellKind } from "./kind.ts";
import { benchmarkCell } from "./benchmark-cell.ts";
import { counterfactualCell } from "./counterfactual-cell.ts";
import { dataCell } from "./data-cell.ts";
import { discoverCell } from "./discover-cell.ts";
import { estimateCell } from "./estimate-cell.ts";
import { graphCell } from "./graph-cell.ts";
import { identifyCell } from "./identify-cell.ts";
import { modelCell } from "./model-cell.ts";
import { refuteCell } from "./refute-cell.ts";
import { simulateCell } from "./simulate-cell.ts";
import { sqlCell } from "./sql-cell.ts";
import { vegaLiteCell } from "./vega-lite-cell.ts";

export { createLibrary } from "./library.ts";
export { reportOf } from "./reports.ts";
export type { CellKind, KernelHost } from "./kind.ts";

const all: readonly CellKind[] = [
  dataCell,
  graphCell,
  discoverCell,
  identifyCell,
  estimateCell,
  refuteCell,
  benchmarkCell,
  modelCell,
  counterfactualCell,
  simulateCell,
  sqlCell,
  vegaLiteCell,
];

/** The causal kinds, SQL and charts by name. TypeScript and prose are compiled by `app/cell`. */
export const cellKinds: ReadonlyMap<string, CellKind> = new Map(all.map((k) => [k.kind, k]));

import type { Table } from "../data/table.ts";
import type { Interventions } from "./intervene.ts";
import type { StructuralModel } from "./model.ts";

/** What a table was drawn from. */
export interface SampleOrigin {
  /** The model as it was sampled, after the interventions. */
  readonly model: StructuralModel;
  readonly interventions: Interventions;
  readonly seed: number;
}

const origins = new WeakMap<Table, SampleOrigin>();

/** Ties a table to the model it was drawn from; the tie lasts as long as the table, and no copy of it has one. */
export function rememberOrigin(table: Table, origin: SampleOrigin): Table {
  origins.set(table, origin);
  return table;
}

/**
 * The model that `sample` drew a table from, so that what is estimated from it can be held against the truth.
 * Undefined for every other table, those computed from a sample too: then nothing is known for certain.
 */
export function originOf(table: Table): SampleOrigin | undefined {
  return origins.get(table);
}

import { cholesky } from "../math/dense.ts";
import type { Rng } from "../math/rng.ts";
import type { Column, Table } from "../data/table.ts";
import { correlationMatrix } from "./build-model.ts";
import { badQuery } from "./messages.ts";
import { intervene } from "./intervene.ts";
import type { Interventions } from "./intervene.ts";
import type { StructuralModel, Variable } from "./model.ts";
import { rememberOrigin } from "./origin.ts";
import { unitMechanism } from "./unit.ts";

export interface SampleOptions {
  /** Also the columns of latent variables and noises; false unless said. */
  readonly latent?: boolean;
}

/**
 * Draws `n` units from a model, under interventions when given, as a table of its observed variables. Each variable has
 * its own stream forked from `rng` by name, so the same seed gives the same units with and without an intervention.
 * The table remembers the model (`originOf`). Throws `UserError` when a probability or spread leaves its range. O(n · variables).
 */
export function sample(
  model: StructuralModel,
  n: number,
  rng: Rng,
  interventions: Interventions = {},
  options: SampleOptions = {},
): Table {
  if (!Number.isInteger(n) || n < 0)
    throw badQuery(`${n} rows cannot be drawn`, n, "a whole number");
  const changed = intervene(model, interventions);
  const columns = new Map<string, Float64Array>();
  const correlated = correlatedNoise(changed, n, rng);
  for (const variable of changed.variables) {
    columns.set(variable.name, drawColumn(changed, variable, n, rng, columns, correlated));
  }
  const shown = changed.variables.filter(
    ({ role }) => options.latent === true || role === "observed",
  );
  const table: Table = {
    kind: "table",
    n,
    columns: shown.map((variable) => columnOf(variable, columns.get(variable.name)!)),
    source: { name: `simulated, seed ${rng.seed}` },
  };
  return rememberOrigin(table, { model: changed, interventions, seed: rng.seed });
}

function drawColumn(
  model: StructuralModel,
  variable: Variable,
  n: number,
  rng: Rng,
  columns: ReadonlyMap<string, Float64Array>,
  correlated: ReadonlyMap<string, Float64Array>,
): Float64Array {
  const unit = unitMechanism(model, variable);
  const own = rng.fork(variable.name.replace(/_natural$/, ""));
  const parents = variable.parents.map((name) => columns.get(name)!);
  const values = new Float64Array(parents.length);
  const noise = new Float64Array(unit.size);
  const given = correlated.get(variable.name);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < parents.length; p++) values[p] = parents[p]![i]!;
    if (given === undefined) unit.draw(own, noise);
    else noise[0] = given[i]!;
    out[i] = unit.value(noise, values);
  }
  return out;
}

/** Standard normal noises of the variables that `corr(…)` ties together, `[n]` each. */
function correlatedNoise(
  model: StructuralModel,
  n: number,
  rng: Rng,
): ReadonlyMap<string, Float64Array> {
  const tied = new Set(model.correlations.flatMap(({ a, b }) => [a, b]));
  const names = model.variables.map(({ name }) => name).filter((name) => tied.has(name));
  const k = names.length;
  const { l } = cholesky(correlationMatrix(names, model.correlations), k);
  const streams = names.map((name) => rng.fork(name.replace(/_natural$/, "")));
  const columns = names.map(() => new Float64Array(n));
  const innovations = new Float64Array(k);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < k; i++) {
      innovations[i] = streams[i]!.normal();
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += l[i * k + j]! * innovations[j]!;
      columns[i]![row] = sum;
    }
  }
  return new Map(names.map((name, i) => [name, columns[i]!]));
}

function columnOf(variable: Variable, values: Float64Array): Column {
  const { name, domain } = variable;
  if (domain.kind === "real") return { name, type: "number", values };
  const numeric = domain.levels.every((level, i) => Number(level) === domain.values[i]);
  if (!numeric) {
    const codes = Int32Array.from(values, (value) => domain.values.indexOf(value));
    return { name, type: "category", codes, levels: domain.levels };
  }
  const binary = domain.values.every((value) => value === 0 || value === 1);
  const whole = domain.values.every(Number.isInteger);
  return { name, type: binary ? "boolean" : whole ? "integer" : "number", values };
}

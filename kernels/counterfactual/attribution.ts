import type { Claim } from "../../app/claim.ts";
import { createRng } from "../math/rng.ts";
import type { Rng } from "../math/rng.ts";
import { cholesky } from "../math/dense.ts";
import { correlationMatrix } from "./build-model.ts";
import { counterfactual } from "./counterfactual.ts";
import { badQuery, unknownVariable } from "./messages.ts";
import { ancestorsOf, variableOf } from "./model.ts";
import type { StructuralModel, Variable } from "./model.ts";
import type { Event } from "./query.ts";
import { planPart } from "./plan.ts";
import { claimOf, mechanismAssumption } from "./result.ts";
import { shapley } from "./shapley.ts";
import { unitMechanism } from "./unit.ts";
import { UnitRun } from "./unit-run.ts";

/** What each variable's mechanism (or noise) adds to a difference; `total` is their sum. */
export interface Attribution {
  readonly kind: "attribution";
  readonly target: string;
  readonly contributions: readonly {
    readonly variable: string;
    readonly value: number;
    readonly standardError?: number;
  }[];
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly evaluations: number;
  readonly seed: number;
  readonly claim: Claim;
}

export interface AttributionOptions {
  readonly rng?: Rng;
  /** Orders sampled beyond 8 variables; 100 unless said. */
  readonly permutations?: number;
  /** Units drawn per coalition for an anomaly; 2000 unless said. */
  readonly draws?: number;
}

/**
 * Why the mean of `target` differs between two models of one graph, e.g. fitted to last year and to this: Shapley
 * values over the mechanisms upstream of it, each either as before or as after (Budhathoki et al. 2021). Each mixed
 * mean is an answer of the engine, exact where the engine is. A mechanism may hear other causes afterwards. Throws
 * `UserError` when variables or levels differ, or arrows are turned round. O(2^m) answers for m ≤ 8 mechanisms that changed, sampled orders beyond.
 */
export function attributeChange(
  before: StructuralModel,
  after: StructuralModel,
  target: string,
  options: AttributionOptions = {},
): Attribution {
  const rng = options.rng ?? createRng(1);
  requireVariable(before, target);
  const order = commonOrder(before, after);
  const unknown = order.find((name) => variableOf(before, name) === undefined);
  if (unknown !== undefined) {
    throw badQuery(
      `The first model has no "${unknown}"`,
      unknown,
      "two models of the same variables",
    );
  }
  const upstream = new Set([...ancestorsOf(before, [target]), ...ancestorsOf(after, [target])]);
  const players = before.variables.filter((variable) => {
    if (!upstream.has(variable.name)) return false;
    return (
      JSON.stringify(essence(variable)) !== JSON.stringify(essence(counterpart(after, variable)))
    );
  });
  const mean = (members: Uint8Array): number => {
    const mixed: StructuralModel = {
      ...before,
      variables: order.map((name) => {
        const variable = variableOf(before, name)!;
        const at = players.indexOf(variable);
        return at >= 0 && members[at] === 1 ? counterpart(after, variable) : variable;
      }),
    };
    const result = counterfactual(mixed, `E[${target}]`, { rng: rng.fork("mean"), draws: 20_000 });
    if (result.kind !== "identified") throw new Error(`E[${target}] came out ${result.kind}.`);
    return result.value;
  };
  const { values, standardErrors, evaluations } = shapley(
    players.length,
    mean,
    rng,
    options.permutations,
  );
  const from = mean(new Uint8Array(players.length));
  const to = mean(new Uint8Array(players.length).fill(1));
  const claim = claimOf(
    2,
    `change of E[${target}] by mechanism`,
    "identified",
    players.map(({ name }) =>
      mechanismAssumption(
        name,
        "mechanism-modular",
        `The mechanism of ${name} can change while all others stay.`,
      ),
    ),
    ["Shapley values over the mechanisms that differ, each mixed model answered by the engine."],
  );
  return {
    ...report(target, players, values, standardErrors),
    from,
    to,
    total: to - from,
    evaluations,
    seed: rng.seed,
    claim,
  };
}

/** Everything about a variable but where it was written. */
const essence = ({ name, parents, domain, mechanism }: Variable): unknown => ({
  name,
  parents,
  domain,
  mechanism: stripped(mechanism),
});

const stripped = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      key === "span"
        ? undefined
        : ArrayBuffer.isView(inner)
          ? Array.from(inner as Float64Array)
          : inner,
    ),
  ) as unknown;

function counterpart(after: StructuralModel, variable: Variable): Variable {
  const other = variableOf(after, variable.name);
  if (other === undefined || JSON.stringify(other.domain) !== JSON.stringify(variable.domain)) {
    throw badQuery(
      other === undefined
        ? `The second model has no "${variable.name}"`
        : `"${variable.name}" has other levels in the second model`,
      variable.name,
      "two models of the same variables",
    );
  }
  return other;
}

/** An order in which the causes of a variable in either model come before it, so that mechanisms can be mixed. */
function commonOrder(before: StructuralModel, after: StructuralModel): readonly string[] {
  const order: string[] = [];
  const open = new Set<string>();
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    if (open.has(name)) {
      throw badQuery(
        `The arrows into "${name}" are turned round in the second model`,
        name,
        "two models whose arrows together have no cycle",
      );
    }
    open.add(name);
    for (const model of [before, after]) variableOf(model, name)?.parents.forEach(visit);
    order.push(name);
  };
  for (const { name } of before.variables) visit(name);
  return order;
}

function requireVariable(model: StructuralModel, name: string): Variable {
  const variable = variableOf(model, name);
  if (variable === undefined) {
    throw unknownVariable(
      "query",
      undefined,
      name,
      model.variables.map((v) => v.name),
    );
  }
  return variable;
}

function report(
  target: string,
  players: readonly Variable[],
  values: Float64Array,
  errors: Float64Array | undefined,
): Pick<Attribution, "kind" | "target" | "contributions"> {
  const contributions = players.map(({ name }, i) => ({
    variable: name,
    value: values[i]!,
    ...(errors === undefined ? {} : { standardError: errors[i]! }),
  }));
  return { kind: "attribution", target, contributions };
}

/**
 * Why one unit's `target` is unusual: Shapley values over the private noises upstream of it (Budhathoki et al. 2022).
 * A coalition keeps the noises recovered from the unit and draws the others from their laws; its worth is the mean of
 * the target. The values add up to what was seen minus the model's mean, up to the sampling of `draws` units, which all
 * coalitions share. Discrete noises are drawn from their law given the unit.
 *
 * Assumes every mechanism is invertible in its noise or has a coupling. Throws `UserError` when `unit` names unknown
 * variables or leaves a variable upstream of the target out.
 */
export function attributeAnomaly(
  model: StructuralModel,
  unit: Readonly<Record<string, number | string>>,
  target: string,
  options: AttributionOptions = {},
): Attribution {
  const rng = options.rng ?? createRng(1);
  const draws = options.draws ?? 2000;
  requireVariable(model, target);
  const upstream = ancestorsOf(model, [target]);
  const missing = model.variables.find(
    ({ name, role }) => upstream.has(name) && role === "observed" && unit[name] === undefined,
  );
  if (missing !== undefined) {
    throw badQuery(
      `The unit has no value for "${missing.name}"`,
      missing.name,
      `values of everything upstream of ${target}`,
    );
  }
  const given = Object.entries(unit).map(([name, value]): Event => ({
    term: { variable: name, assignments: [] },
    relation: "=",
    value,
  }));
  const variable: Event["term"] = { variable: target, assignments: [] };
  const plan = planPart(model, { weight: 1, terms: [variable], events: [], given, doing: [] });
  const own = model.variables.filter(({ name }) => upstream.has(name));
  const units = own.map((v) => unitMechanism(model, v));
  const players = own.filter((_, i) => units[i]!.size > 0);
  const recovered = recover(plan, draws, rng);
  const fresh = freshNoise(model, players, draws, rng);
  const mean = (members: Uint8Array): number => {
    const values = new Map<string, number>();
    let sum = 0;
    for (let row = 0; row < draws; row++) {
      own.forEach((v, i) => {
        const player = players.indexOf(v);
        const noise =
          player < 0
            ? []
            : members[player] === 1
              ? recovered[row]!.get(v.name)!
              : fresh[row]![player]!;
        values.set(
          v.name,
          units[i]!.value(
            noise,
            v.parents.map((p) => values.get(p)!),
          ),
        );
      });
      sum += values.get(target)!;
    }
    return sum / draws;
  };
  const { values, standardErrors, evaluations } = shapley(
    players.length,
    mean,
    rng,
    options.permutations,
  );
  const from = mean(new Uint8Array(players.length));
  const to = mean(new Uint8Array(players.length).fill(1));
  const claim = claimOf(
    3,
    `${target} of one unit by noise`,
    "identified",
    players.map(({ name }) =>
      mechanismAssumption(
        name,
        "mechanism-noise",
        `The mechanism of ${name} says how its noise enters.`,
      ),
    ),
    [
      "Noise of the unit is recovered; Shapley values over which noises are kept and which are drawn anew.",
    ],
  );
  return {
    ...report(target, players, values, standardErrors),
    from,
    to,
    total: to - from,
    evaluations,
    seed: rng.seed,
    claim,
  };
}

/** Noises of the unit by variable name, one abduction per row (all equal when mechanisms are invertible). */
function recover(
  plan: ReturnType<typeof planPart>,
  draws: number,
  rng: Rng,
): readonly ReadonlyMap<string, Float64Array>[] {
  const run = new UnitRun(plan);
  const stream = rng.fork("abduction");
  return Array.from({ length: draws }, () => {
    let log = 0;
    for (const step of plan.steps) log += run.run(step, () => stream);
    if (log === -Infinity)
      throw badQuery(
        "This unit cannot happen in the model",
        -Infinity,
        "values the model can produce",
      );
    return new Map(
      [...run.noise].map(([v, noise]) => [plan.network.model.variables[v]!.name, noise.slice()]),
    );
  });
}

function freshNoise(
  model: StructuralModel,
  players: readonly Variable[],
  draws: number,
  rng: Rng,
): readonly (readonly Float64Array[])[] {
  const units = players.map((v) => unitMechanism(model, v));
  const names = players.map(({ name }) => name);
  const k = names.length;
  const tied = names.map((name) => model.correlations.some(({ a, b }) => a === name || b === name));
  const { l } = cholesky(correlationMatrix(names, model.correlations), k);
  const stream = rng.fork("fresh");
  return Array.from({ length: draws }, () => {
    const noises = units.map((u) => {
      const noise = new Float64Array(u.size);
      u.draw(stream, noise);
      return noise;
    });
    const innovations = noises.map((noise) => noise[0]!);
    noises.forEach((noise, i) => {
      if (!tied[i]) return;
      noise[0] = 0;
      for (let j = 0; j <= i; j++) if (tied[j]) noise[0] += l[i * k + j]! * innovations[j]!;
    });
    return noises;
  });
}

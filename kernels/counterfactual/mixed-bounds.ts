import { levelCount, variableOf } from "./model.ts";
import type { StructuralModel, Variable } from "./model.ts";
import type { Part } from "./parts.ts";
import type { Event } from "./query.ts";
import type { CounterfactualResult } from "./result.ts";
import { minimise } from "./simplex.ts";

export type MixedBounds =
  | {
      readonly kind: "range";
      readonly lower: number;
      readonly upper: number;
      readonly sharp: boolean;
      readonly unknowns: number;
      readonly constraints: number;
    }
  | { readonly kind: "impossible" }
  | { readonly kind: "unsolved"; readonly reason: string };

/** Answers one part exactly, in a model whose open variables respond in one way. */
export type SolvePart = (model: StructuralModel, part: Part) => CounterfactualResult;

/** Joint ways of responding tried: each costs two exact answers a part. */
const mostTypes = 64;

/**
 * Bounds of a query that reaches continuous variables and rests on how units respond where only tables are given. For
 * each way in which all open variables may respond together the rest of the model gives an exact number; the shares
 * of these ways are unknown but for the tables, so the ends are two linear programs (Balke & Pearl 1997, with the
 * joint of a Fréchet class in place of a table's rows). Sharp for one open variable: every such share is a model.
 * Several of them respond independently of each other, of which only what concerns one configuration of each is kept
 * (the rest is not linear), so their range may be wider than need be. `solve` gives the exact numbers; what it cannot give without sampling is not bounded.
 */
export function mixedBounds(
  model: StructuralModel,
  parts: readonly Part[],
  open: readonly string[],
  solve: SolvePart,
): MixedBounds {
  const names = [...new Set(open)];
  const variables = names.map((name) => variableOf(model, name)!);
  const tables = variables.map((variable) => responsesOf(model, variable));
  const count = tables.reduce((n, types) => n * (types?.length ?? Infinity), 1);
  if (!(count <= mostTypes)) {
    const reason = `Bounds would need ${Number.isFinite(count) ? count : "endlessly many"} joint ways of responding of ${names.join(" and ")}.`;
    return { kind: "unsolved", reason };
  }
  const joint = Array.from({ length: count }, (_, code) => {
    let rest = code;
    return tables.map((types) => {
      const at = rest % types!.length;
      rest = Math.floor(rest / types!.length);
      return types![at]!;
    });
  });
  const { rows, right } = marginsOf(variables, joint);
  const range = (cost: Float64Array): readonly [number, number] | undefined => {
    const low = minimise(cost, rows, right, right.length, count);
    const high = minimise(
      cost.map((c) => -c),
      rows,
      right,
      right.length,
      count,
    );
    return low.kind === "optimal" && high.kind === "optimal" ? [low.value, -high.value] : undefined;
  };
  const cost = new Float64Array(count);
  const settled = joint.map((types) => responding(model, names, types));
  for (const part of parts) {
    const tops = new Float64Array(count);
    const bottoms = new Float64Array(count);
    for (const [i, one] of settled.entries()) {
      const bottom = probabilityOf(one, part, solve);
      if (bottom === undefined) return { kind: "unsolved", reason: inexact };
      bottoms[i] = bottom;
      if (bottom === 0) continue;
      const answer = solve(one, { ...part, weight: 1 });
      if (answer.kind === "impossible-evidence") continue;
      const value = exactValue(answer);
      if (value === undefined) return { kind: "unsolved", reason: inexact };
      tops[i] = value * bottom;
    }
    const evidence = range(bottoms);
    if (evidence === undefined || evidence[1] <= 0) return { kind: "impossible" };
    if (evidence[1] - evidence[0] > 1e-7 * evidence[1]) {
      const reason = "How likely the evidence is depends on how units respond, too.";
      return { kind: "unsolved", reason };
    }
    const mass = (evidence[0] + evidence[1]) / 2;
    tops.forEach((top, i) => (cost[i]! += (part.weight * top) / mass));
  }
  const ends = range(cost);
  if (ends === undefined) throw new Error("The shares of responses contradict their own table.");
  const [lower, upper] = ends;
  const sharp = names.length === 1;
  return { kind: "range", lower, upper, sharp, unknowns: count, constraints: right.length };
}

const inexact = "Bounds need exact numbers, and some could only be sampled.";

function exactValue(result: CounterfactualResult): number | undefined {
  if (result.kind !== "identified" || result.method.name === "sampling") return undefined;
  return result.value;
}

/** P(evidence); a density, by a narrow interval, for a continuous value that is seen. `undefined` when inexact. */
function probabilityOf(
  model: StructuralModel,
  { given, doing }: Part,
  solve: SolvePart,
): number | undefined {
  if (given.length === 0) return 1;
  let width = 1;
  const events = given.flatMap((event): Event[] => {
    const real = variableOf(model, event.term.variable)?.domain.kind === "real";
    if (!real || event.relation !== "=") return [event];
    const value = Number(event.value);
    const h = 1e-4 * (1 + Math.abs(value));
    width *= 2 * h;
    return [
      { term: event.term, relation: ">", value: value - h },
      { term: event.term, relation: "<=", value: value + h },
    ];
  });
  const answer = solve(model, { weight: 1, terms: [], events, given: [], doing });
  const value = answer.kind === "impossible-evidence" ? 0 : exactValue(answer);
  return value === undefined ? undefined : Math.max(0, value / width);
}

/** All maps from the parents' configurations to levels; `undefined` for other mechanisms than tables, or too many. */
function responsesOf(
  model: StructuralModel,
  { domain, mechanism, parents }: Variable,
): readonly Int32Array[] | undefined {
  if (mechanism.kind !== "table") return undefined;
  const k = levelCount(domain);
  const configurations = parents.reduce(
    (n, name) => n * levelCount(variableOf(model, name)!.domain),
    1,
  );
  const count = k ** configurations;
  if (!(count <= mostTypes)) return undefined;
  return Array.from({ length: count }, (_, code) => {
    let rest = code;
    return Int32Array.from({ length: configurations }, () => {
      const level = rest % k;
      rest = Math.floor(rest / k);
      return level;
    });
  });
}

/** What the tables say of the joint shares: for one configuration of each variable, the share of each joint level. */
function marginsOf(
  variables: readonly Variable[],
  joint: readonly (readonly Int32Array[])[],
): { readonly rows: Float64Array; readonly right: readonly number[] } {
  const rows: number[][] = [];
  const right: number[] = [];
  const visit = (v: number, share: number, met: readonly boolean[]): void => {
    const variable = variables[v];
    if (variable === undefined) {
      rows.push(met.map(Number));
      right.push(share);
      return;
    }
    const { domain, mechanism } = variable;
    if (mechanism.kind !== "table") throw new Error("Only tables have margins.");
    const k = levelCount(domain);
    mechanism.probabilities.forEach((p, cell) => {
      const [configuration, level] = [Math.floor(cell / k), cell % k];
      visit(
        v + 1,
        share * p,
        joint.map((types, i) => met[i]! && types[v]![configuration] === level),
      );
    });
  };
  visit(
    0,
    1,
    joint.map(() => true),
  );
  return { rows: Float64Array.from(rows.flat()), right };
}

/** The model in which each of these variables responds in one way only. */
function responding(
  model: StructuralModel,
  names: readonly string[],
  types: readonly Int32Array[],
): StructuralModel {
  return {
    ...model,
    variables: model.variables.map((variable) => {
      const at = names.indexOf(variable.name);
      if (at < 0) return variable;
      const mechanism = {
        kind: "response",
        types: [types[at]!],
        probabilities: Float64Array.of(1),
      } as const;
      return { ...variable, mechanism };
    }),
  };
}

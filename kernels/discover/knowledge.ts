import { UserError } from "../../app/errors.ts";
import { findCycle } from "../graph/cycle.ts";

/** What is known before looking at the data, by column names. */
export interface Knowledge {
  /** Earlier to later: nothing in a later tier causes anything in an earlier one. Columns in none are free. */
  readonly tiers?: readonly (readonly string[])[];
  /** Direct causes that must be in the graph. */
  readonly required?: readonly (readonly [from: string, to: string])[];
  /** Direct causes that must not be in the graph. */
  readonly forbidden?: readonly (readonly [from: string, to: string])[];
}

/** Knowledge on column numbers, as searches read it. */
export interface Constraints {
  readonly d: number;
  /** False when nothing is known: searches skip their checks. */
  readonly any: boolean;
  /** `[d, d]`, 1 where the row may not be a direct cause of the column (tiers, forbidden, against required). */
  readonly forbidden: Uint8Array;
  /** `[d, d]`, 1 where the row must be a direct cause of the column. */
  readonly required: Uint8Array;
  readonly requiredList: readonly (readonly [from: number, to: number])[];
  /** `[d]`, the tier of a column, -1 where it has none. */
  readonly tier: Int32Array;
}

/** Nothing is known of `d` columns. */
export function noConstraints(d: number): Constraints {
  return {
    d,
    any: false,
    forbidden: new Uint8Array(d * d),
    required: new Uint8Array(d * d),
    requiredList: [],
    tier: new Int32Array(d).fill(-1),
  };
}

/**
 * Knowledge on the columns `names`, with the consequences that follow at once: a required edge forbids its reverse,
 * a later tier may not cause an earlier one. Throws `UserError`: `knowledge-unknown-column`, `knowledge-two-tiers`,
 * `knowledge-contradiction` (required and forbidden, or against the tiers), `knowledge-cycle`. O(d² + edges).
 */
export function constraintsOf(
  names: readonly string[],
  knowledge: Knowledge | undefined,
): Constraints {
  const d = names.length;
  const empty = noConstraints(d);
  const { tiers = [], required = [], forbidden = [] } = knowledge ?? {};
  if (tiers.length === 0 && required.length === 0 && forbidden.length === 0) return empty;
  const id = new Map(names.map((name, i) => [name, i]));
  const idOf = (name: string): number => id.get(name) ?? unknownColumn(name, names);
  const tier = empty.tier;
  tiers.forEach((members, level) => {
    for (const name of members) {
      const v = idOf(name);
      if (tier[v] !== -1 && tier[v] !== level) {
        throw new UserError({
          code: "knowledge-two-tiers",
          message: `"${name}" stands in two tiers, ${(tier[v] ?? 0) + 1} and ${level + 1}.`,
          value: name,
          expected: "each column in at most one tier",
        });
      }
      tier[v] = level;
    }
  });
  for (let v = 0; v < d; v++) {
    for (let w = 0; w < d; w++) {
      const later = (tier[v] ?? -1) > (tier[w] ?? -1) && (tier[w] ?? -1) >= 0;
      if (later) empty.forbidden[v * d + w] = 1;
    }
  }
  for (const [from, to] of forbidden) empty.forbidden[idOf(from) * d + idOf(to)] = 1;
  const list = required.map(([from, to]) => [idOf(from), idOf(to)] as const);
  for (const [from, to] of list) {
    if (from === to || empty.forbidden[from * d + to] === 1) {
      throw new UserError({
        code: "knowledge-contradiction",
        message: `${names[from]} -> ${names[to]} is required, but also ruled out by the tiers or a forbidden edge.`,
        value: `${names[from]} -> ${names[to]}`,
        expected: "an edge that is either required or forbidden",
        hint: "Remove one of the two.",
      });
    }
    empty.required[from * d + to] = 1;
  }
  for (const [from, to] of list) empty.forbidden[to * d + from] = 1;
  const cycle = findCycle({
    nodes: names.map((name) => ({ name })),
    edges: required.map(([from, to]) => ({ from, to, mark: "->" })),
  });
  if (cycle !== undefined) {
    throw new UserError({
      code: "knowledge-cycle",
      message: `The required edges go in a circle: ${cycle.join(" -> ")}.`,
      value: cycle,
      expected: "required edges without a cycle",
    });
  }
  return { ...empty, any: true, requiredList: list };
}

function unknownColumn(name: string, names: readonly string[]): never {
  throw new UserError({
    code: "knowledge-unknown-column",
    message: `The knowledge names "${name}", which is not among the columns searched.`,
    value: name,
    expected: `one of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`,
    hint: "Check the spelling, or the list of columns.",
  });
}

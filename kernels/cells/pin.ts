import type { Effect, EstimateResult } from "../estimate/effect.ts";
import { formatNumber } from "./format.ts";
import type { Refuted } from "./refute-run.ts";

/** Under this name the document keeps a pinned result with its cell. */
export const PIN_KEY = "pin";

/** What a result was computed from: enough to tell whether it would come out the same now. */
export interface Basis {
  readonly method: string;
  readonly treatment: string;
  readonly outcome: string;
  readonly adjustment: readonly string[];
  readonly target: string;
  readonly population: string;
  readonly options: string;
  readonly n: number;
  readonly data: string;
  /** To its last digit, it stands for the rows. */
  readonly estimate: number;
  readonly standardError: number;
}

/** A result that is kept as it is, whatever happens upstream. */
export interface Pin {
  readonly version: 1;
  /** The cell's text at the time. */
  readonly text: string;
  readonly parts: readonly { readonly result: Refuted; readonly basis: readonly Basis[] }[];
}

export function basisOf(effect: Effect): Basis {
  return {
    method: effect.method,
    treatment: effect.treatment,
    outcome: effect.outcome,
    adjustment: effect.adjustment,
    target: effect.target,
    population: effect.estimand.population ?? "",
    options: JSON.stringify([effect.options, effect.settings, effect.seed ?? null]),
    n: effect.n,
    data: effect.data.sha256 ?? effect.data.name ?? "",
    estimate: effect.estimate,
    standardError: effect.standardError,
  };
}

const words: readonly (readonly [keyof Basis, string])[] = [
  ["treatment", "the treatment"],
  ["outcome", "the outcome"],
  ["adjustment", "what is adjusted for"],
  ["target", "whose effect it is"],
  ["population", "the population"],
  ["options", "the estimate's options"],
  ["data", "the data"],
  ["n", "the number of rows"],
  ["estimate", "the estimate"],
];

/** What has changed since, in words; empty when it would come out the same. */
export function differencesOf(
  before: readonly Basis[],
  now: readonly EstimateResult[],
  name: string,
): readonly string[] {
  const effects = now.filter((one): one is Effect => one.kind === "effect");
  const changes: string[] = [];
  for (const basis of before) {
    const effect = effects.find((one) => one.method === basis.method);
    if (effect === undefined) {
      const refusal = now.find((one) => one.kind !== "effect" && one.method === basis.method);
      changes.push(
        refusal === undefined
          ? `${name} is not estimated by ${basis.method} any more`
          : `${name} is no number any more`,
      );
      continue;
    }
    const current = basisOf(effect);
    for (const [field, what] of words) {
      const [old, fresh] = [basis[field], current[field]].map(shown);
      if (old !== fresh)
        changes.push(
          field === "options"
            ? `${what} have changed`
            : `${what}${field === "estimate" && before.length > 1 ? ` by ${basis.method}` : ""}: ${old} → ${fresh}`,
        );
    }
  }
  for (const effect of effects) {
    if (!before.some(({ method }) => method === effect.method))
      changes.push(`${name} is now estimated by ${effect.method}, too`);
  }
  return changes;
}

function shown(value: Basis[keyof Basis]): string {
  if (typeof value === "number") return formatNumber(value, 6);
  if (typeof value === "string") return value === "" ? "everybody" : value;
  return value.length === 0 ? "nothing" : value.join(", ");
}

/** What the document keeps, if it is a pin that this version can read. */
export function readPin(value: unknown): Pin | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, parts, text } = value as Partial<Pin>;
  const readable =
    version === 1 &&
    typeof text === "string" &&
    Array.isArray(parts) &&
    parts.every(
      (part: unknown) =>
        typeof part === "object" &&
        part !== null &&
        Array.isArray((part as { basis?: unknown }).basis) &&
        (part as { result?: { kind?: unknown } }).result?.kind === "refuted",
    );
  return readable ? (value as Pin) : undefined;
}

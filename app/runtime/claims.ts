import type { Assumption, Claim, ClaimStatus, Rung } from "../claim.ts";

/**
 * From the firmest to the least: what is computed from several values rests on the weakest of their claims.
 * A mere association claims nothing causal, so it neither weakens nor strengthens what it meets.
 */
const weakestLast: readonly ClaimStatus[] = [
  "association",
  "zero-by-structure",
  "identified",
  "bounded",
  "not-certified",
  "needs-mechanism",
  "not-identified",
];

/**
 * The claim of a value that code computed from others: the highest rung among them, the weakest status, every
 * assumption once, every query once. A derivation is not passed on, because it derived something else.
 */
export function uniteClaims(claims: Iterable<Claim>): Claim | undefined {
  const united = together([...claims]);
  return united === undefined ? undefined : { ...united, derivedByCode: true };
}

/** The claim of a cell whose engine gave several answers: all of theirs together. */
export function gatherClaims(claims: Iterable<Claim>): Claim | undefined {
  const all = [...claims];
  if (all.length <= 1) return all[0];
  const united = together(all);
  const byCode = all.some((claim) => claim.derivedByCode === true);
  return united === undefined || !byCode ? united : { ...united, derivedByCode: true };
}

function together(all: readonly Claim[]): Claim | undefined {
  if (all.length === 0) return undefined;
  // A united claim lists its queries; take them apart so that a longer way round gives the same claim.
  const queries = new Set(all.flatMap(({ query }) => query.split("; ")));
  return {
    rung: highest(all),
    query: [...queries].join("; "),
    status: weakest(all),
    ...assumptionsOf(all),
  };
}

/**
 * The claim of an engine's result, given those of the values it was made from. The engine has spoken of the
 * values whose claims it could read; what code made of them on the way, and what they rest on, holds besides.
 */
export function joinClaims(engine: Claim, inputs: Iterable<Claim>): Claim {
  const all = [engine, ...inputs];
  const opaque = all.filter((claim, i) => i === 0 || claim.derivedByCode === true);
  const throughCode = opaque.some((claim, i) => i > 0 && claim.status !== "association");
  return {
    ...engine,
    rung: highest(opaque),
    status: weakest(opaque),
    ...assumptionsOf(all),
    ...(throughCode ? { derivedByCode: true } : {}),
  };
}

function highest(claims: readonly Claim[]): Rung {
  return claims.reduce<Rung>((rung, claim) => (claim.rung > rung ? claim.rung : rung), 1);
}

function weakest(claims: readonly Claim[]): ClaimStatus {
  return claims.reduce<ClaimStatus>(
    (status, claim) =>
      weakestLast.indexOf(claim.status) > weakestLast.indexOf(status) ? claim.status : status,
    "association",
  );
}

function assumptionsOf(claims: readonly Claim[]): Pick<Claim, "assumptions" | "without"> {
  const assumptions = new Map<string, Assumption>();
  const without = new Map<string, Assumption>();
  for (const claim of claims) {
    for (const one of claim.assumptions) {
      // One that somebody has looked into more closely says more than the same without.
      if (!assumptions.has(one.id) || one.bears !== undefined) assumptions.set(one.id, one);
    }
    for (const one of claim.without ?? []) if (!without.has(one.id)) without.set(one.id, one);
  }
  return {
    assumptions: [...assumptions.values()],
    ...(without.size === 0 ? {} : { without: [...without.values()] }),
  };
}

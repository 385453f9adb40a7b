import type { Assumption, Claim, ClaimStatus } from "../claim.ts";

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
  let rung: Claim["rung"] = 1;
  let status: ClaimStatus = "association";
  const queries = new Set<string>();
  const assumptions = new Map<string, Assumption>();
  for (const claim of claims) {
    if (claim.rung > rung) rung = claim.rung;
    if (weakestLast.indexOf(claim.status) > weakestLast.indexOf(status)) status = claim.status;
    // A united claim lists its queries; take them apart so that a longer way round gives the same claim.
    for (const query of claim.query.split("; ")) queries.add(query);
    for (const assumption of claim.assumptions) {
      if (!assumptions.has(assumption.id)) assumptions.set(assumption.id, assumption);
    }
  }
  if (queries.size === 0) return undefined;
  return {
    rung,
    query: [...queries].join("; "),
    status,
    assumptions: [...assumptions.values()],
    derivedByCode: true,
  };
}

import { type Assumption, type Claim, doubted } from "./claim.ts";

const numerals = ["I", "II", "III"] as const;

/** A claim in one line of plain text: rung, query, status, and whether code came between. */
export function claimLine(claim: Claim): string {
  return [
    `${numerals[claim.rung - 1]} ${claim.query}`,
    claim.status.replaceAll("-", " "),
    ...(claim.assumptions.length === 0
      ? []
      : [
          `rests on ${claim.assumptions.length === 1 ? "1 assumption" : `${claim.assumptions.length} assumptions`}`,
        ]),
    ...(claim.derivedByCode === true ? ["derived by code"] : []),
  ].join(", ");
}

/** What has to be said beside a result while assumptions are switched off; none if nothing has. */
export function doubtLines(
  claim: Claim | undefined,
  doubts: ReadonlySet<string>,
): readonly string[] {
  const off = doubted(claim, doubts);
  const without = (claim?.without ?? []).filter(({ id }) => doubts.has(id));
  return [
    ...(off.length === 0 ? [] : [`Greyed out: it rests on ${quoted(off)}, switched off.`]),
    ...(without.length === 0 ? [] : [`Derived without ${quoted(without)}, switched off.`]),
  ];
}

/** Every assumption that claims speak of, once, by id. */
export function assumptionsIn(
  claims: Iterable<Claim | undefined>,
): ReadonlyMap<string, Assumption> {
  const found = new Map<string, Assumption>();
  for (const claim of claims) {
    for (const one of [...(claim?.assumptions ?? []), ...(claim?.without ?? [])]) {
      if (!found.has(one.id)) found.set(one.id, one);
    }
  }
  return found;
}

function quoted(assumptions: readonly Assumption[]): string {
  return assumptions.map(({ text }) => `“${text.replace(/\.$/, "")}”`).join(" and ");
}

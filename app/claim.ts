/** Pearl's ladder: 1 association (see), 2 intervention (do), 3 counterfactual (imagine). */
export type Rung = 1 | 2 | 3;

export type ClaimStatus =
  | "identified"
  | "bounded"
  | "not-identified"
  | "not-certified"
  | "zero-by-structure"
  | "needs-mechanism"
  /** No causal claim is made: the number is a statistic of the data. */
  | "association";

/** One thing that must hold for a claim and that the data cannot prove. */
export interface Assumption {
  /** Stable within a notebook, e.g. `no-confounder:x,y` or `positivity:t`. */
  readonly id: string;
  readonly kind: string;
  /** One sentence a user can agree or disagree with. */
  readonly text: string;
  /** Variables it speaks of. */
  readonly variables: readonly string[];
  /** What becomes of the answer without it, where that was looked into: no formula, another one, the same. */
  readonly bears?: "breaks" | "changes" | "holds";
}

/**
 * What every causal number takes for granted of what is set, whatever the engine: the ledger lists it and a claim has
 * it, reports leave it out (`told`).
 */
export function unitAssumptions(treatments: Iterable<string>): readonly Assumption[] {
  return [...new Set(treatments)].flatMap((name): Assumption[] => [
    {
      id: `consistency:${name}`,
      kind: "consistency",
      text: `Setting ${name} to a value does to a unit what having that value of its own does: there are no different versions of it.`,
      variables: [name],
    },
    {
      id: `no-interference:${name}`,
      kind: "no-interference",
      text: `The ${name} of one unit does not reach another unit.`,
      variables: [name],
    },
  ]);
}

/** The assumptions that a report tells: all but those of every causal number. */
export function told(assumptions: readonly Assumption[]): readonly Assumption[] {
  return assumptions.filter(({ id }) => !/^(?:consistency|no-interference):/u.test(id));
}

/**
 * What a value may be taken to say. Attached by engines, never by hand; a TypeScript cell inherits the
 * union of its inputs' claims and is marked `derivedByCode`.
 */
export interface Claim {
  readonly rung: Rung;
  /** The query in the field's notation, e.g. `P(y | do(x))`. */
  readonly query: string;
  readonly status: ClaimStatus;
  readonly assumptions: readonly Assumption[];
  /** Assumptions the user has switched off and that it was derived without. */
  readonly without?: readonly Assumption[];
  /** Short account of how it was derived, in the order of the steps. */
  readonly derivation?: readonly string[];
  readonly derivedByCode?: true;
}

/**
 * The assumptions of a claim that are switched off (`doubts` holds their ids). A result with any of them says
 * nothing as long as they are off; a result that was derived again without them no longer has them.
 */
export function doubted(
  claim: Claim | undefined,
  doubts: ReadonlySet<string>,
): readonly Assumption[] {
  if (claim === undefined || doubts.size === 0) return [];
  return claim.assumptions.filter(({ id }) => doubts.has(id));
}

const statuses: ReadonlySet<unknown> = new Set<ClaimStatus>([
  "identified",
  "bounded",
  "not-identified",
  "not-certified",
  "zero-by-structure",
  "needs-mechanism",
  "association",
]);

/** What came from outside (a kernel, a file), if it is a claim. */
export function checkClaim(value: unknown): Claim | undefined {
  if (!isRecord(value)) return undefined;
  const { rung, query, status, assumptions, without, derivation } = value;
  const known =
    (rung === 1 || rung === 2 || rung === 3) &&
    typeof query === "string" &&
    statuses.has(status) &&
    areAssumptions(assumptions) &&
    (without === undefined || areAssumptions(without)) &&
    (derivation === undefined || areTexts(derivation));
  return known ? (value as unknown as Claim) : undefined;
}

function areAssumptions(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (one) =>
        isRecord(one) &&
        typeof one["id"] === "string" &&
        typeof one["kind"] === "string" &&
        typeof one["text"] === "string" &&
        areTexts(one["variables"]),
    )
  );
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

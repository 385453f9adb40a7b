import { type Assumption, type Claim, unitAssumptions } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import type { AdjustmentEstimand, EstimandSpec } from "../estimate/estimand.ts";
import type { Clause } from "./language.ts";

/** Clauses of an estimate cell that say by which design an effect is identified. */
export const DESIGN_KEYWORDS = ["at", "over", "using", "through"] as const;

type Clauses = { readonly [K in (typeof DESIGN_KEYWORDS)[number]]?: Clause };

/** `outcome ~ treatment | a, b`, or the outcome alone. */
export interface Formula {
  readonly outcome: string;
  readonly treatment?: string;
  readonly adjustment: readonly string[];
}

/** What stands before the first clause, when it is a formula. */
export function formulaOf(text: string): Formula | undefined {
  const match = /^([^~]+)~([^|]+)(?:\|(.*))?$/su.exec(text);
  if (match === null) return undefined;
  const [, outcome = "", treatment = "", adjustment = ""] = match;
  return {
    outcome: unquote(outcome),
    treatment: unquote(treatment),
    adjustment: names(adjustment),
  };
}

/**
 * The estimand of a design written out in the cell, or undefined when no design is named:
 * `y ~ t at x = 0` (discontinuity; without `~ t` the side of the cutoff is the treatment), `y ~ t over unit, time`
 * (panel), `y ~ t | a using z1, z2` (instruments), `y ~ t | a through m` (mediation). Its claim lists what the design
 * rests on; no graph stands behind it. Throws `UserError` with place. O(length).
 */
export function designOf(head: Clause, clauses: Clauses): EstimandSpec | undefined {
  const used = DESIGN_KEYWORDS.filter((key) => clauses[key] !== undefined);
  const [key, second] = used;
  if (key === undefined) return undefined;
  if (second !== undefined) {
    throw wrong(
      clauses[second]!,
      `"${key}" and "${second}" name two designs.`,
      "one of at, over, using, through",
    );
  }
  const formula = formulaOf(head.text) ?? { outcome: unquote(head.text), adjustment: [] };
  const clause = clauses[key]!;
  if (key === "at") return discontinuityOf(formula, clause);
  const { outcome, treatment, adjustment } = formula;
  if (treatment === undefined) {
    throw wrong(head, "It is not said which treatment.", "outcome ~ treatment before the design");
  }
  const listed = names(clause.text);
  const [first, ...rest] = listed;
  if (first === undefined) throw wrong(clause, `"${key}" names no column.`, "names of columns");
  const base = { outcome, treatment, adjustment };
  if (key === "over") {
    const [time, ...more] = rest;
    if (time === undefined || more.length > 0)
      throw wrong(clause, "A panel needs a unit and a time.", "over unit, time");
    const spec = { ...base, kind: "panel", unit: first, time } as const;
    return { ...spec, claim: ofUnits(panelClaim(spec), spec.treatment) };
  }
  if (key === "using") {
    const spec = { ...base, kind: "instrument", instruments: listed } as const;
    return { ...spec, claim: ofUnits(instrumentClaim(spec), spec.treatment) };
  }
  const spec = { ...base, kind: "mediation", mediators: listed } as const;
  return { ...spec, claim: ofUnits(mediationClaim(spec), spec.treatment) };
}

function discontinuityOf(
  { outcome, treatment, adjustment }: Formula,
  clause: Clause,
): EstimandSpec {
  const match = /^(.+?)\s*=\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/iu.exec(clause.text);
  if (match === null)
    throw wrong(clause, "It is not said where the cutoff is.", "e.g. at score = 0.5");
  const running = unquote(match[1] ?? "");
  const cutoff = Number(match[2]);
  const spec = {
    kind: "discontinuity",
    outcome,
    treatment: treatment ?? running,
    running,
    cutoff,
    adjustment,
  } as const;
  const fuzzy = spec.treatment !== running;
  return {
    ...spec,
    claim: ofUnits(
      claim(
        fuzzy
          ? `effect of ${spec.treatment} on ${outcome} for those whom the cutoff ${running} = ${cutoff} moves`
          : `E[${outcome}_above − ${outcome}_below | ${running} = ${cutoff}]`,
        "Regression discontinuity: units just above and just below the cutoff are compared.",
        [
          [
            "continuity",
            `Without treatment, the mean of ${outcome} would pass ${running} = ${cutoff} without a jump.`,
            [outcome, running],
          ],
          ["no-sorting", `Units cannot place themselves on their side of ${cutoff}.`, [running]],
          ["one-rule", `Nothing else changes at ${running} = ${cutoff}.`, [running]],
          ...(fuzzy
            ? ([
                [
                  "monotonicity",
                  `Passing the cutoff keeps nobody from ${spec.treatment} who would have it below.`,
                  [spec.treatment, running],
                ],
              ] as const)
            : []),
        ],
      ),
      spec.treatment,
    ),
  };
}

interface Named {
  readonly outcome: string;
  readonly treatment: string;
  readonly adjustment: readonly string[];
}

const given = (adjustment: readonly string[]): string =>
  adjustment.length === 0 ? "" : ` given ${adjustment.join(", ")}`;

function panelClaim(spec: Named & { readonly unit: string; readonly time: string }): Claim {
  const { outcome, treatment, adjustment, unit } = spec;
  return claim(
    `average effect of ${treatment} on ${outcome} for the treated`,
    "Panel: the change of the treated is compared with that of units not (yet) treated.",
    [
      [
        "parallel-trends",
        `Without treatment, ${outcome} of the treated would have moved as in those they are compared with${given(adjustment)}.`,
        [outcome],
      ],
      ["no-anticipation", `${treatment} changes nothing before it begins.`, [treatment, outcome]],
      ["no-interference", `One ${unit}'s treatment does not reach another ${unit}.`, [unit]],
    ],
  );
}

function instrumentClaim(spec: Named & { readonly instruments: readonly string[] }): Claim {
  const { outcome, treatment, adjustment } = spec;
  const z = spec.instruments.join(", ");
  return claim(
    `effect of ${treatment} on ${outcome} for those whom ${z} moves`,
    "Instrument: only the part of treatment that the instrument moves is used.",
    [
      [
        "relevance",
        `${z} moves ${treatment}${given(adjustment)} (the first stage shows it).`,
        [treatment],
      ],
      [
        "exogeneity",
        `${z} shares no hidden cause with ${outcome}${given(adjustment)}.`,
        [...spec.instruments, outcome],
      ],
      [
        "exclusion",
        `${z} reaches ${outcome} through ${treatment} only.`,
        [...spec.instruments, treatment, outcome],
      ],
      [
        "monotonicity",
        `${z} moves everybody's ${treatment} the same way, or the effect is the same for all.`,
        [treatment],
      ],
    ],
  );
}

function mediationClaim(spec: Named & { readonly mediators: readonly string[] }): Claim {
  const { outcome, treatment, adjustment } = spec;
  const m = spec.mediators.join(", ");
  return {
    ...claim(
      `direct effect of ${treatment} on ${outcome}, and the effect through ${m}`,
      "Mediation: the mediators are compared as they are and as they would have been.",
      [
        [
          "no-confounder",
          `${treatment} shares no hidden cause with ${m} or ${outcome}${given(adjustment)}.`,
          [treatment, outcome],
        ],
        [
          "no-mediator-confounder",
          `${m} and ${outcome} share no hidden cause${given(adjustment)}, and none that ${treatment} moves.`,
          [...spec.mediators, outcome],
        ],
      ],
    ),
    rung: 3,
  };
}

function claim(
  query: string,
  how: string,
  listed: readonly (readonly [string, string, readonly string[]])[],
): Claim {
  const assumptions = listed.map(([id, text, variables]): Assumption => ({
    // of these variables: another design of the same notebook makes an assumption of its own
    id: `design:${id}:${variables.join(",")}`,
    kind: id,
    text,
    variables,
  }));
  return { rung: 2, query, status: "identified", assumptions, derivation: [how] };
}

/** With what every number about a treatment takes for granted, as far as the design does not say it itself. */
function ofUnits(claim: Claim, treatment: string): Claim {
  const said = new Set(claim.assumptions.map(({ kind }) => kind));
  const more = unitAssumptions([treatment]).filter(({ kind }) => !said.has(kind));
  return { ...claim, assumptions: [...claim.assumptions, ...more] };
}

/** `high with low`: the levels compared of a treatment that has several. */
export function contrastOf(clause: Clause): NonNullable<AdjustmentEstimand["contrast"]> {
  const match = /^(.+?)\s+with\s+(.+)$/u.exec(clause.text);
  if (match === null)
    throw wrong(clause, "Two levels are compared.", "e.g. comparing high with low");
  return { treated: unquote(match[1] ?? ""), control: unquote(match[2] ?? "") };
}

/** A column's name as written, with or without quotes. */
export function unquote(text: string): string {
  return text.trim().replace(/^"(.*)"$|^'(.*)'$/u, (_, a?: string, b?: string) => a ?? b ?? "");
}

function names(text: string): string[] {
  return text
    .split(",")
    .map(unquote)
    .filter((name) => name !== "");
}

function wrong(clause: Clause, message: string, expected: string): UserError {
  return new UserError({
    code: "estimate-design",
    message,
    value: clause.text,
    expected,
    place: { start: clause.start, end: clause.start + Math.max(1, clause.text.length) },
  });
}

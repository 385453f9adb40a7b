import type { CellContext, CellProgram } from "../../app/cell/program.ts";
import type { Assumption, Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import type { Work } from "../../app/work.ts";
import { gatherClaims } from "../../app/runtime/claims.ts";
import type { EstimateResult, NotEstimable } from "../estimate/effect.ts";
import type { AdjustmentEstimand, EstimandSpec, Target } from "../estimate/estimand.ts";
import type { GeneralOptions } from "../estimate/estimate.ts";
import type { Method } from "../estimate/method.ts";
import type { Identification, Strategy } from "../identify/result.ts";
import type { Table } from "../data/table.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { contrastOf, DESIGN_KEYWORDS, designOf, formulaOf } from "./estimate-design.ts";
import { findingsOf, located, type Places, type Span } from "./estimate-places.ts";
import { estimateReport } from "./estimate-report.ts";
import type { EstimateText } from "./estimate-text.ts";
import { lookAt, withColumns } from "./estimate-look.ts";
import { type CellKind, parsing } from "./kind.ts";
import { methodByName } from "./method-named.ts";
import {
  type Call,
  type Clause,
  clausesOf,
  evaluateArgument,
  mistake,
  parseCalls,
  parseName,
  type Statement,
  statementsOf,
  variablesOf,
} from "./language.ts";
import { toldApart } from "./told-apart.ts";
import { truthBlocks } from "./truth-blocks.ts";
import { truthsOf } from "./truth.ts";

const TARGETS: readonly Target[] = [
  "ATE",
  "ATT",
  "ATC",
  "overlap",
  "CATE",
  "LATE",
  "NDE",
  "NIE",
  "TE",
  "coefficient",
  "cutoff",
];

interface Question {
  readonly name?: string;
  readonly about: { readonly kind: "identified"; readonly name: string } | Association | Design;
  readonly table: string;
  /** Empty when no method is named: the first that fits is then taken. */
  readonly calls: readonly Call[];
  readonly trim?: { readonly low: number; readonly high: number };
  readonly text: EstimateText;
  readonly places: Places;
  readonly target?: Target;
  readonly contrast?: NonNullable<AdjustmentEstimand["contrast"]>;
  readonly terms: readonly string[];
  readonly dropMissing: boolean;
}

/** `y ~ x | a, b`: nothing was identified, so the answer says that it is an association. */
interface Association {
  readonly kind: "association";
  readonly treatment: string;
  readonly outcome: string;
  readonly adjustment: readonly string[];
}

/** Identified by how the data came about, as the cell says; see `designOf`. */
interface Design {
  readonly kind: "design";
  readonly estimand: EstimandSpec;
}

/**
 * `ate = effect from survey by aipw(seed: 1), dragonnet(epochs: 300) for ATT terms (age^2) missing drop`. What is
 * estimated is the result of an identify cell; `y ~ x | a, b` in its place gives an association. Designs are written
 * out: `y ~ t at x = 0`, `y ~ t over unit, time`, `y ~ t | a using z`, `y ~ t | a through m`. `comparing b with a` names
 * the levels of a treatment that has several; `trim (0.1)` keeps the units with a propensity in [0.1, 0.9], which
 * changes whose effect it is. Draws without a `seed:` of their own follow from the notebook's.
 */
export const estimateCell: CellKind = {
  kind: "estimate",
  parse: (cell) =>
    parsing(cell.source, () => {
      const [statement, second] = statementsOf(cell.source);
      if (statement === undefined) {
        throw new UserError({
          code: "estimate-empty",
          message: "It is not said what to estimate.",
          expected: "e.g. ate = effect from data by aipw(seed: 1)",
          place: { start: 0, end: 1 },
        });
      }
      if (second !== undefined) {
        throw mistake(
          "estimate-one",
          "An estimate cell holds one statement.",
          second,
          0,
          second.body.length,
          {
            hint: "Indent a continuation line, or use a second cell.",
          },
        );
      }
      const name = statement.name ?? cell.name;
      return programOf(questionOf(statement, name, cell.source));
    }),
};

const KEYWORDS = [
  "from",
  "by",
  "for",
  "terms",
  "missing",
  "comparing",
  "trim",
  ...DESIGN_KEYWORDS,
] as const;

function questionOf(statement: Statement, name: string | undefined, source: string): Question {
  const clauses = clausesOf(statement, KEYWORDS, { trim: /^\s*\(/u });
  const head = clauses[""] ?? { text: "", start: statement.start };
  const about = aboutOf(head, clauses);
  const calls = clauses.by === undefined ? [] : parseCalls(clauses.by);
  return {
    ...(name === undefined ? {} : { name }),
    about,
    table: clauses.from === undefined ? "data" : parseName(clauses.from, "a table's name"),
    calls,
    ...(clauses.trim === undefined ? {} : { trim: trimOf(clauses.trim) }),
    text: {
      source,
      end: statement.start + statement.body.length,
      calls,
      clauses: spansOf(clauses, source),
    },
    places: {
      source,
      calls,
      about: { start: head.start, end: head.start + Math.max(1, head.text.length) },
      ...(clauses.from === undefined ? {} : { table: spanOf(clauses.from) }),
    },
    ...(clauses.for === undefined ? {} : { target: targetOf(clauses.for) }),
    ...(clauses.comparing === undefined ? {} : { contrast: contrastOf(clauses.comparing) }),
    terms: clauses.terms === undefined ? [] : listOf(clauses.terms),
    dropMissing: clauses.missing !== undefined && missingOf(clauses.missing),
  };
}

function aboutOf(head: Clause, clauses: Parameters<typeof designOf>[1]): Question["about"] {
  const estimand = designOf(head, clauses);
  if (estimand !== undefined) return { kind: "design", estimand };
  const formula = formulaOf(head.text);
  if (formula?.treatment !== undefined)
    return { kind: "association", ...formula, treatment: formula.treatment };
  return {
    kind: "identified",
    name: parseName(head, "the name of an identified effect, or outcome ~ treatment"),
  };
}

function usualMethod(about: Question["about"]): string {
  if (about.kind !== "design") return "aipw";
  switch (about.estimand.kind) {
    case "discontinuity":
      return "rdd";
    case "panel":
      return "did";
    case "instrument":
      return "2sls";
    case "mediation":
      return "mediation";
    default:
      return "aipw";
  }
}

function spanOf({ start, text }: Clause): { readonly start: number; readonly end: number } {
  return { start, end: start + Math.max(1, text.length) };
}

/** Keyword and text of each clause. */
function spansOf(
  clauses: Readonly<Partial<Record<string, Clause>>>,
  source: string,
): EstimateText["clauses"] {
  return Object.fromEntries(
    KEYWORDS.flatMap((key) => {
      const clause = clauses[key];
      if (clause === undefined) return [];
      const before = source.slice(0, clause.start).trimEnd().length - key.length;
      return [[key, { start: before, end: clause.start + clause.text.length }]];
    }),
  );
}

/** `(0.1)` keeps [0.1, 0.9]; `(0.05, 0.8)` says both ends. */
function trimOf(clause: Clause): NonNullable<Question["trim"]> {
  const ends = /^\(\s*([\d.e-]+)\s*(?:,\s*([\d.e-]+)\s*)?\)$/u.exec(clause.text);
  const low = Number(ends?.[1]);
  const high = ends?.[2] === undefined ? 1 - low : Number(ends[2]);
  if (ends !== null && low >= 0 && low < high && high <= 1) return { low, high };
  throw new UserError({
    code: "estimate-trim",
    message: `Propensities cannot be trimmed to ${clause.text}.`,
    value: clause.text,
    expected: "trim (0.1) for [0.1, 0.9], or both ends as in trim (0.05, 0.9)",
    place: spanOf(clause),
  });
}

function targetOf(clause: Clause): Target {
  const target = TARGETS.find((one) => one.toLowerCase() === clause.text.toLowerCase());
  if (target !== undefined) return target;
  throw new UserError({
    code: "estimate-target",
    message: `"${clause.text}" is no population an effect can be averaged over.`,
    value: clause.text,
    expected: `one of ${TARGETS.join(", ")}`,
    place: { start: clause.start, end: clause.start + Math.max(1, clause.text.length) },
  });
}

function listOf(clause: Clause): readonly string[] {
  const inner = /^\((.*)\)$/su.exec(clause.text)?.[1] ?? clause.text;
  return inner
    .split(",")
    .map((term) => term.trim())
    .filter((term) => term !== "");
}

function missingOf(clause: Clause): boolean {
  if (clause.text === "drop") return true;
  if (clause.text === "refuse") return false;
  throw new UserError({
    code: "estimate-missing",
    message: `Rows with missing values cannot be treated by "${clause.text}".`,
    value: clause.text,
    expected: "drop (use complete rows) or refuse (the default: say what is missing)",
    place: { start: clause.start, end: clause.start + Math.max(1, clause.text.length) },
  });
}

function programOf(question: Question): CellProgram {
  const { about, table, calls, name } = question;
  const seeded =
    calls.length > 0 && calls.every((call) => call.options.some((o) => o.name === "seed"));
  return {
    inputs: [
      ...new Set([
        ...(about.kind === "identified" ? [about.name] : []),
        table,
        ...variablesOf(calls),
        ...(seeded ? [] : ["notebookSeed"]),
      ]),
    ],
    outputs: name === undefined ? [] : [name],
    diagnostics: [],
    run: async (inputs, context) => {
      const data = asTable(inputs[table], table, question.places.table ?? question.places.about);
      const given = settingsOf(question, inputs);
      // A misspelt method is told before anything is looked at.
      for (const call of calls) await methodNamed(call);
      const look = await lookAt(specsOf(question, inputs), data, given).catch((error: unknown) => {
        throw located(error, undefined, data, question.places);
      });
      const implied = look.fitting[0]?.name ?? usualMethod(about);
      const taken =
        calls.length > 0
          ? calls
          : [{ name: implied, start: question.text.end, end: question.text.end, options: [] }];
      const results: EstimateResult[] = [];
      for (const [k, call] of taken.entries()) {
        context.signal.throwIfAborted();
        const part = shareOf(context, k, taken);
        const result = await estimateOne(question, call, data, given, inputs, part).catch(
          (error: unknown) => {
            throw located(error, call, data, question.places);
          },
        );
        results.push(result);
      }
      const truth = truthBlocks(toldApart(results), await truthsOf(data, results, context));
      const views = {
        offer: { text: question.text, fitting: look.fitting, implied },
        data: look.data,
        table: data,
        names: {
          ...(name === undefined ? {} : { name }),
          table,
          ...(about.kind === "identified" ? { claim: about.name } : {}),
        },
        findings: findingsOf(results, question.places),
      };
      context.display(displayable(reportBundle(estimateReport(results, truth, views))));
      const claim = gatherClaims(results.map((result) => result.claim));
      const value = results.length === 1 ? results[0] : results;
      return {
        values: name === undefined ? {} : { [name]: value },
        ...(claim === undefined ? {} : { claim }),
      };
    },
  };
}

/** What holds for every method of the cell. */
function settingsOf(question: Question, inputs: Readonly<Record<string, unknown>>): GeneralOptions {
  const seed = inputs["notebookSeed"];
  return {
    ...(typeof seed === "number" ? { seed } : {}),
    ...(question.dropMissing ? { missing: "drop" } : {}),
    ...(question.terms.length > 0 ? { terms: question.terms } : {}),
    ...(question.trim === undefined ? {} : { trim: question.trim }),
  };
}

/** Methods share one progress bar. */
function shareOf(context: CellContext, k: number, calls: readonly Call[]): Work {
  if (calls.length === 1) return context;
  return {
    signal: context.signal,
    ...(context.hands === undefined ? {} : { hands: context.hands }),
    progress: ({ fraction = 0, message, ...rest }) =>
      context.progress({
        ...rest,
        fraction: (k + fraction) / calls.length,
        message: [calls[k]?.name, message].filter(Boolean).join(": "),
      }),
  };
}

async function estimateOne(
  question: Question,
  call: Call,
  table: Table,
  given: GeneralOptions,
  inputs: Readonly<Record<string, unknown>>,
  work: Work,
): Promise<EstimateResult> {
  const { estimateBy } = await import("../estimate/index.ts");
  const method = await methodNamed(call);
  const spec = specOf(question, method, inputs, table);
  if ("refused" in spec) return spec.refused;
  const options = Object.fromEntries(
    call.options.map((option) => [option.name, evaluateArgument(option.value, inputs)]),
  );
  return estimateBy(spec.estimand, table, { ...given, ...options, method }, work);
}

function methodNamed(call: Call): Promise<Method> {
  return methodByName(call.name, { start: call.start, end: call.start + call.name.length });
}

/** The estimand in each way that was found to identify it; none for an effect that is not identified. */
function specsOf(
  question: Question,
  inputs: Readonly<Record<string, unknown>>,
): readonly EstimandSpec[] {
  const { about } = question;
  const given = {
    ...(question.target === undefined ? {} : { target: question.target }),
    ...(question.contrast === undefined ? {} : { contrast: question.contrast }),
  };
  if (about.kind === "design") return [{ ...about.estimand, ...given }];
  if (about.kind === "association") {
    const { treatment, outcome, adjustment } = about;
    return [{ kind: "adjustment", treatment, outcome, adjustment, ...given }];
  }
  const identified = asIdentification(inputs[about.name], about.name, question.places.about);
  if (!("strategies" in identified)) return [];
  return identified.strategies.flatMap((strategy) => {
    const estimand = estimandOf(strategy, identified.claim);
    return estimand === undefined ? [] : [{ ...estimand, ...given }];
  });
}

type Spec = { readonly estimand: EstimandSpec } | { readonly refused: NotEstimable };

function specOf(
  question: Question,
  method: Method,
  inputs: Readonly<Record<string, unknown>>,
  table: Table,
): Spec {
  const { about } = question;
  const specs = specsOf(question, inputs);
  if (about.kind !== "identified") return { estimand: specs[0]! };
  const fitting = specs.filter((spec) => method.fits.estimands.includes(spec.kind ?? "adjustment"));
  const [estimand] = withColumns(fitting, table);
  if (estimand !== undefined) return { estimand };
  const identified = asIdentification(inputs[about.name], about.name, question.places.about);
  const strategies = "strategies" in identified ? identified.strategies : [];
  return { refused: refusal(identified, method, strategies) };
}

function estimandOf(strategy: Strategy, claim: Claim): EstimandSpec | undefined {
  if (strategy.kind === "formula") return undefined;
  if (strategy.kind === "instrument") {
    const { treatment, outcome, instrument, conditioning } = strategy;
    return {
      kind: "instrument",
      treatment,
      outcome,
      instruments: [instrument],
      adjustment: conditioning,
      claim: { ...claim, assumptions: [...claim.assumptions, monotone(treatment, instrument)] },
    };
  }
  const [treatment] = strategy.treatment;
  const [outcome] = strategy.outcome;
  if (treatment === undefined || outcome === undefined) return undefined;
  if (strategy.treatment.length > 1 || strategy.outcome.length > 1) return undefined;
  return strategy.kind === "adjustment"
    ? { kind: "adjustment", treatment, outcome, adjustment: strategy.set, claim }
    : { kind: "front-door", treatment, outcome, mediators: strategy.mediators, claim };
}

/** What the graph does not say and an instrument needs. */
function monotone(treatment: string, instrument: string): Assumption {
  return {
    id: `monotonicity:${treatment}`,
    kind: "monotonicity",
    text: `${instrument} moves everybody's ${treatment} the same way, or the effect is the same for all.`,
    variables: [treatment],
  };
}

/** Nothing identified, or not in a way that the method can use: an answer, not a mistake. */
function refusal(
  identified: Identification,
  method: Method,
  strategies: readonly Strategy[],
): NotEstimable {
  const known = identified.kind === "identified" || identified.kind === "zero-by-structure";
  const message = known
    ? `${method.label} cannot estimate ${identified.queryText} in any of the ways found.`
    : `${identified.queryText} is ${identified.kind.replaceAll("-", " ")}, so no number follows from the data.`;
  return {
    kind: "not-estimable",
    code: known ? "no-fitting-strategy" : identified.kind,
    estimand: {
      kind: "adjustment",
      treatment: "",
      outcome: "",
      adjustment: [],
      target: "ATE",
      claim: identified.claim,
    },
    method: method.name,
    message,
    hint: known
      ? `Ways found: ${strategies.map((s) => s.kind).join(", ") || "only the formula"}. Pick a method for one of them.`
      : "See the identify cell for the reason and for what would help.",
    claim: identified.claim,
    diagnostics: [],
  };
}

const identifications = new Set([
  "identified",
  "zero-by-structure",
  "not-identified",
  "not-certified",
  "search-limit",
]);

function asIdentification(value: unknown, name: string, place: Span): Identification {
  if (
    typeof value === "object" &&
    value !== null &&
    identifications.has((value as { kind: string }).kind) &&
    "queryText" in value
  ) {
    return value as Identification;
  }
  throw new UserError({
    code: "not-an-identification",
    message: `${name} is not the answer of an identify cell.`,
    value,
    expected: "a name such as effect, from effect = P(y | do(x)) in graph",
    hint: "For a mere association write outcome ~ treatment | covariates instead.",
    place,
  });
}

function asTable(value: unknown, name: string, place: Span): Table {
  if (typeof value === "object" && value !== null && (value as Table).kind === "table")
    return value as Table;
  throw new UserError({
    code: "not-a-table",
    message: `${name} is not a table.`,
    value,
    expected: "a table from a data or simulate cell, or from tableOf(…)",
    place,
  });
}

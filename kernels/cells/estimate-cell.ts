import type { CellContext, CellProgram } from "../../app/cell/program.ts";
import type { Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import type { EstimateResult, NotEstimable } from "../estimate/effect.ts";
import type { AdjustmentEstimand, EstimandSpec, Target } from "../estimate/estimand.ts";
import type { Method } from "../estimate/method.ts";
import type { Identification, Strategy } from "../identify/result.ts";
import type { Table } from "../data/table.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { contrastOf, DESIGN_KEYWORDS, designOf, formulaOf } from "./estimate-design.ts";
import { estimateReport } from "./estimate-report.ts";
import { type CellKind, parsing } from "./kind.ts";
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
  readonly calls: readonly Call[];
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
 * the levels of a treatment that has several.
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
      return programOf(questionOf(statement, name));
    }),
};

function questionOf(statement: Statement, name: string | undefined): Question {
  const clauses = clausesOf(statement, [
    "from",
    "by",
    "for",
    "terms",
    "missing",
    "comparing",
    ...DESIGN_KEYWORDS,
  ]);
  const head = clauses[""] ?? { text: "", start: statement.start };
  const about = aboutOf(head, clauses);
  return {
    ...(name === undefined ? {} : { name }),
    about,
    table: clauses.from === undefined ? "data" : parseName(clauses.from, "a table's name"),
    calls:
      clauses.by === undefined
        ? [{ name: usualMethod(about), start: statement.start, options: [] }]
        : parseCalls(clauses.by),
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
  return {
    inputs: [
      ...new Set([
        ...(about.kind === "identified" ? [about.name] : []),
        table,
        ...variablesOf(calls),
      ]),
    ],
    outputs: name === undefined ? [] : [name],
    diagnostics: [],
    run: async (inputs, context) => {
      const data = asTable(inputs[table], table);
      const results: EstimateResult[] = [];
      for (const call of calls) {
        context.signal.throwIfAborted();
        results.push(await estimateOne(question, call, data, inputs, context));
      }
      context.display(displayable(reportBundle(estimateReport(results))));
      const claim = results[0]?.claim;
      const value = results.length === 1 ? results[0] : results;
      return {
        values: name === undefined ? {} : { [name]: value },
        ...(claim === undefined ? {} : { claim }),
      };
    },
  };
}

async function estimateOne(
  question: Question,
  call: Call,
  table: Table,
  inputs: Readonly<Record<string, unknown>>,
  context: CellContext,
): Promise<EstimateResult> {
  const { estimateBy } = await import("../estimate/index.ts");
  const method = await methodOf(call);
  const spec = specOf(question, method, inputs);
  if ("refused" in spec) return spec.refused;
  const options = Object.fromEntries(
    call.options.map((option) => [option.name, evaluateArgument(option.value, inputs)]),
  );
  return estimateBy(
    spec.estimand,
    table,
    {
      ...(question.dropMissing ? { missing: "drop" as const } : {}),
      ...(question.terms.length > 0 ? { terms: question.terms } : {}),
      ...options,
      method,
    },
    context,
  );
}

/** A method by name. Nets are loaded only when one is asked for. */
async function methodOf(call: Call): Promise<Method> {
  const { methods } = await import("../estimate/index.ts");
  const known = methods.find((method) => method.name === call.name);
  if (known !== undefined) return known;
  const [{ neuralMethods }, { forestMethod }] = await Promise.all([
    import("../estimate/neural/index.ts"),
    import("../estimate/forest/index.ts"),
  ]);
  const learned = [...neuralMethods, forestMethod as unknown as Method];
  const net = learned.find((method) => method.name === call.name);
  if (net !== undefined) return net;
  throw new UserError({
    code: "unknown-method",
    message: `There is no method "${call.name}".`,
    value: call.name,
    expected: `one of ${[...methods, ...learned].map((method) => method.name).join(", ")}`,
    hint: "Check the spelling.",
    place: { start: call.start, end: call.start + call.name.length },
  });
}

type Spec = { readonly estimand: EstimandSpec } | { readonly refused: NotEstimable };

function specOf(
  question: Question,
  method: Method,
  inputs: Readonly<Record<string, unknown>>,
): Spec {
  const { about } = question;
  const target = {
    ...(question.target === undefined ? {} : { target: question.target }),
    ...(question.contrast === undefined ? {} : { contrast: question.contrast }),
  };
  if (about.kind === "design") return { estimand: { ...about.estimand, ...target } };
  if (about.kind === "association") {
    const { treatment, outcome, adjustment } = about;
    return { estimand: { kind: "adjustment", treatment, outcome, adjustment, ...target } };
  }
  const identified = asIdentification(inputs[about.name], about.name);
  const strategies = "strategies" in identified ? identified.strategies : [];
  const fitting = strategies.find(
    (s) => s.kind !== "formula" && method.fits.estimands.includes(s.kind),
  );
  const estimand = fitting === undefined ? undefined : estimandOf(fitting, identified.claim);
  if (estimand === undefined) return { refused: refusal(identified, method, strategies) };
  return { estimand: { ...estimand, ...target } };
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
      claim,
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

function asIdentification(value: unknown, name: string): Identification {
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
  });
}

function asTable(value: unknown, name: string): Table {
  if (typeof value === "object" && value !== null && (value as Table).kind === "table")
    return value as Table;
  throw new UserError({
    code: "not-a-table",
    message: `${name} is not a table.`,
    value,
    expected: "a table from a data or simulate cell, or from tableOf(…)",
  });
}

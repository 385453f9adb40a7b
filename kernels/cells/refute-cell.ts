import type { CellContext, CellProgram } from "../../app/cell/program.ts";
import type { Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import type { Table } from "../data/table.ts";
import type { Effect, EstimateResult } from "../estimate/effect.ts";
import type { RefutationRequest } from "../estimate/refute.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { nearest } from "./nearest.ts";
import { type CellKind, parsing } from "./kind.ts";
import {
  type Argument,
  type Call,
  clausesOf,
  evaluateArgument,
  mistake,
  parseCalls,
  parseName,
  type Statement,
  statementsOf,
} from "./language.ts";
import { basisOf, differencesOf, type Pin, PIN_KEY, readPin } from "./pin.ts";
import { refuteReport } from "./refute-report.ts";
import {
  type Analysis,
  analyse,
  type AnalysisName,
  type Refuted,
  type SensitivityRequest,
} from "./refute-run.ts";

/** What a check is called in a cell, and what it is. */
const CHECKS: Readonly<Record<string, RefutationRequest["test"]>> = {
  placebo: "placebo-treatment",
  "placebo treatment": "placebo-treatment",
  "random common cause": "random-common-cause",
  subset: "subset",
  "dummy outcome": "dummy-outcome",
  "simulated confounder": "simulated-confounder",
};
const ANALYSES: Readonly<Record<string, AnalysisName>> = {
  "e-value": "e-value",
  rosenbaum: "rosenbaum",
  "cinelli-hazlett": "cinelli-hazlett",
  "omitted variables": "omitted-variables",
};

/** Options of each, with what they take; `repeats` and `seed` of the last check hold for all that name none. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "placebo-treatment": ["repeats", "seed"],
  "random-common-cause": ["repeats", "seed"],
  subset: ["repeats", "seed", "share"],
  "dummy-outcome": ["repeats", "seed"],
  "simulated-confounder": ["repeats", "seed", "strength"],
  "e-value": [],
  rosenbaum: ["level"],
  "cinelli-hazlett": ["benchmark", "multiples", "level"],
  "omitted-variables": ["outcome", "treatment", "seed", "level"],
};
const SHARED = ["repeats", "seed"];

interface Question {
  readonly name?: string;
  readonly kind: "refute" | "sensitivity";
  readonly effect: string;
  readonly place: { readonly start: number; readonly end: number };
  readonly table?: string;
  readonly calls: readonly (Call & { readonly check: string })[];
}

/**
 * `checks = refute ate by placebo, subset (repeats: 100)` and `robust = sensitivity of ate by e-value, rosenbaum`, one a
 * line. The effect carries what made it; a copy of one needs its table: `refute ate from data by …`.
 */
export const refuteCell: CellKind = {
  kind: "refute",
  parse: (cell) =>
    parsing(cell.source, () => {
      const statements = statementsOf(cell.source);
      if (statements.length === 0) {
        throw new UserError({
          code: "refute-empty",
          message: "It is not said what to refute.",
          expected: "e.g. checks = refute ate by placebo, random common cause, subset",
          place: { start: 0, end: 1 },
        });
      }
      const questions = statements.map(questionOf);
      const [only] = questions;
      const named =
        questions.length === 1 && only !== undefined && only.name === undefined
          ? [{ ...only, ...(cell.name === undefined ? {} : { name: cell.name }) }]
          : questions;
      return programOf(named, cell.source);
    }),
};

function questionOf(statement: Statement): Question {
  const clauses = clausesOf(statement, ["from", "by"]);
  const head = clauses[""] ?? { text: "", start: statement.start };
  const match = /^(refute|sensitivity\s+of)\s+(\S[^]*)$/u.exec(head.text);
  if (match === null) {
    throw mistake(
      "refute-question",
      `"${head.text.slice(0, 40)}" is no check of an effect.`,
      statement,
      0,
      Math.max(1, head.text.length),
      { expected: "refute NAME by … or sensitivity of NAME by …, NAME that of an estimate" },
    );
  }
  const kind = match[1] === "refute" ? "refute" : "sensitivity";
  const start = head.start + head.text.length - (match[2]?.length ?? 0);
  const effect = parseName({ text: match[2] ?? "", start }, "the name of an estimate");
  const known = kind === "refute" ? CHECKS : ANALYSES;
  const calls =
    clauses.by === undefined
      ? [...new Set(Object.values(known))].map((check) => ({
          check,
          name: check,
          start,
          end: start,
          options: [],
        }))
      : parseCalls(clauses.by, true).map((call) => checked(call, known, kind));
  return {
    ...(statement.name === undefined ? {} : { name: statement.name }),
    kind,
    effect,
    place: { start, end: start + effect.length },
    ...(clauses.from === undefined ? {} : { table: parseName(clauses.from, "a table's name") }),
    calls,
  };
}

function checked(
  call: Call,
  known: Readonly<Record<string, string>>,
  kind: Question["kind"],
): Call & { check: string } {
  const name = call.name.toLowerCase();
  // Hyphens and blanks are the same to whoever writes them.
  const key = Object.keys(known).find((one) => one.replace("-", " ") === name.replaceAll("-", " "));
  const place = { start: call.start, end: call.start + call.name.length };
  if (key === undefined) {
    const elsewhere = kind === "refute" ? name in ANALYSES : name in CHECKS;
    const close = nearest(name, Object.keys(known));
    throw new UserError({
      code: "unknown-check",
      message: `There is no ${kind === "refute" ? "check" : "sensitivity analysis"} "${call.name}".`,
      value: call.name,
      expected: `one of ${Object.keys(known).join(", ")}`,
      hint: elsewhere
        ? `That belongs to ${kind === "refute" ? "sensitivity of …" : "refute …"} on a line of its own.`
        : close === undefined
          ? "Check the spelling."
          : `Did you mean ${close}?`,
      place,
    });
  }
  const check = known[key] ?? key;
  for (const option of call.options) {
    if ((OPTIONS[check] ?? []).includes(option.name)) continue;
    throw new UserError({
      code: "unknown-option",
      message: `${key} has no option "${option.name}".`,
      value: option.name,
      expected:
        (OPTIONS[check] ?? []).length === 0
          ? "no options"
          : `one of ${(OPTIONS[check] ?? []).join(", ")}`,
      place: { start: option.start, end: option.start + option.name.length },
    });
  }
  return { ...call, check };
}

/** Names of other cells: a benchmark is a column. */
function variablesIn(question: Question): readonly string[] {
  const names: string[] = [];
  const visit = (argument: Argument): void => {
    if (argument.kind === "variable") names.push(argument.name);
    else if (argument.kind === "list") argument.items.forEach(visit);
  };
  for (const call of question.calls)
    for (const { name, value } of call.options) if (name !== "benchmark") visit(value);
  return names;
}

function programOf(questions: readonly Question[], source: string): CellProgram {
  const seeded = questions.every((q) => namesSeed(q));
  return {
    inputs: [
      ...new Set([
        ...questions.flatMap((q) => [
          q.effect,
          ...(q.table === undefined ? [] : [q.table]),
          ...variablesIn(q),
        ]),
        ...(seeded ? [] : ["notebookSeed"]),
      ]),
    ],
    outputs: [...new Set(questions.flatMap((q) => (q.name === undefined ? [] : [q.name])))],
    diagnostics: [],
    run: async (inputs, context) => {
      const pin = readPin(context.saved?.(PIN_KEY));
      if (pin !== undefined) return showPinned(pin, questions, inputs, source, context);
      const values: Record<string, unknown> = {};
      const parts: Pin["parts"][number][] = [];
      const claims: Claim[] = [];
      for (const question of questions) {
        const effects = effectsOf(inputs[question.effect], question);
        const result = await answer(question, effects, inputs, context);
        if (question.name !== undefined) values[question.name] = result;
        parts.push({ result, basis: effects.map((effect) => basisOf(effect)) });
        claims.push(result.claim);
      }
      const made: Pin = { version: 1, text: source, parts };
      parts.forEach(({ result }, k) => {
        const last = k === parts.length - 1;
        const report = refuteReport(result, last ? { kind: "live", made } : { kind: "part" });
        context.display(displayable(reportBundle(report)));
      });
      return { values, ...(claims[0] === undefined ? {} : { claim: claims[0] }) };
    },
  };
}

function showPinned(
  pin: Pin,
  questions: readonly Question[],
  inputs: Readonly<Record<string, unknown>>,
  source: string,
  context: CellContext,
): { values: Record<string, unknown>; claim?: Claim } {
  const values: Record<string, unknown> = {};
  const changes: string[] = pin.text === source ? [] : ["the text of this cell has changed"];
  questions.forEach((question, k) => {
    const part = pin.parts[k];
    if (part === undefined) return;
    if (question.name !== undefined) values[question.name] = part.result;
    const now = listOf(inputs[question.effect]);
    changes.push(...differencesOf(part.basis, now, question.effect));
  });
  pin.parts.forEach(({ result }, k) => {
    const last = k === pin.parts.length - 1;
    const pinned = { kind: "pinned", changes: [...new Set(changes)], last } as const;
    context.display(displayable(reportBundle(refuteReport(result, pinned))));
  });
  const claim = pin.parts[0]?.result.claim;
  return { values, ...(claim === undefined ? {} : { claim }) };
}

async function answer(
  question: Question,
  effects: readonly Effect[],
  inputs: Readonly<Record<string, unknown>>,
  context: CellContext,
): Promise<Refuted> {
  const table =
    question.table === undefined ? undefined : asTable(inputs[question.table], question);
  const requests = question.calls.map((call) => requestOf(call, question, inputs));
  return analyse(effects, question.kind, requests as readonly Analysis[], table, context).catch(
    (error: unknown) => {
      throw error instanceof UserError && error.place === undefined
        ? placed(error, question)
        : error;
    },
  );
}

/** An engine's complaint has no place of its own: it is about the option that names the value, else about the effect. */
function placed(error: UserError, question: Question): UserError {
  const options = question.calls.flatMap((call) => call.options);
  const named = options.find(({ value }) => textsIn(value).includes(String(error.value)));
  const { code, message, value, expected, hint } = error;
  return new UserError(
    {
      code,
      message,
      value,
      ...(expected === undefined ? {} : { expected }),
      ...(hint === undefined ? {} : { hint }),
      place:
        named === undefined
          ? question.place
          : { start: named.start, end: named.start + named.name.length },
    },
    { cause: error },
  );
}

function textsIn(argument: Argument): readonly string[] {
  if (argument.kind === "list") return argument.items.flatMap(textsIn);
  return [argument.kind === "variable" ? argument.name : String(argument.value)];
}

function namesSeed(question: Question): boolean {
  const last = question.calls.at(-1);
  return last?.options.some(({ name }) => name === "seed") === true;
}

function requestOf(
  call: Question["calls"][number],
  question: Question,
  inputs: Readonly<Record<string, unknown>>,
): RefutationRequest | SensitivityRequest {
  const last = question.calls.at(-1);
  const shared =
    last === undefined || last === call
      ? []
      : last.options.filter(
          ({ name }) =>
            SHARED.includes(name) &&
            (OPTIONS[call.check] ?? []).includes(name) &&
            !call.options.some((own) => own.name === name),
        );
  const given: Record<string, unknown> = {};
  for (const option of [...shared, ...call.options]) {
    given[option.name] =
      option.name === "benchmark"
        ? textsIn(option.value)
        : numbersIn(option, evaluateArgument(option.value, inputs));
  }
  const seed = (given["seed"] ?? inputs["notebookSeed"] ?? 1) as number;
  if (question.kind === "sensitivity") {
    const { benchmark, ...rest } = given;
    return {
      ...(rest as Partial<SensitivityRequest>),
      analysis: call.check as AnalysisName,
      ...(benchmark === undefined ? {} : { benchmarks: benchmark as readonly string[] }),
      seed,
    };
  }
  const { repeats, ...rest } = given;
  return {
    ...(rest as Partial<RefutationRequest>),
    test: call.check as RefutationRequest["test"],
    ...(repeats === undefined ? {} : { draws: repeats as number }),
    seed,
  };
}

const RANGES: Readonly<Record<string, readonly [low: number, high: number, whole: boolean]>> = {
  // A pinned result travels with the notebook, runs and all.
  repeats: [2, 2000, true],
  seed: [1, Number.MAX_SAFE_INTEGER, true],
  share: [0.05, 0.99, false],
  strength: [-2, 2, false],
  level: [0.5, 0.999, false],
  outcome: [0, 0.99, false],
  treatment: [0, 0.99, false],
  multiples: [0.01, 100, false],
};

function numbersIn(option: Call["options"][number], value: unknown): unknown {
  const [low, high, whole] = RANGES[option.name] ?? [-Infinity, Infinity, false];
  const fits = (one: unknown): boolean =>
    typeof one === "number" && one >= low && one <= high && (!whole || Number.isInteger(one));
  const several = option.name === "multiples" && Array.isArray(value);
  if (several ? value.length > 0 && value.every(fits) : fits(value))
    return option.name === "multiples" && !several ? [value] : value;
  throw new UserError({
    code: "bad-option",
    message: `${option.name} cannot be ${JSON.stringify(value)}.`,
    value,
    expected: `${whole ? "a whole number" : "a number"} from ${low} to ${high === Number.MAX_SAFE_INTEGER ? "2^53 − 1" : high}`,
    place: { start: option.start, end: option.start + option.name.length },
  });
}

const results = new Set(["effect", "bad-data", "no-overlap", "not-applicable", "not-estimable"]);

function listOf(value: unknown): readonly EstimateResult[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter(
    (one): one is EstimateResult =>
      typeof one === "object" && one !== null && results.has((one as { kind: string }).kind),
  );
}

function effectsOf(value: unknown, question: Question): readonly Effect[] {
  const found = listOf(value);
  if (found.length === 0) {
    throw new UserError({
      code: "not-an-effect",
      message: `${question.effect} is not the answer of an estimate cell.`,
      value,
      expected: "the name of an estimate, such as ate from ate = effect from data by aipw",
      place: question.place,
    });
  }
  return found.filter((one): one is Effect => one.kind === "effect");
}

function asTable(value: unknown, question: Question): Table {
  if (typeof value === "object" && value !== null && (value as Table).kind === "table")
    return value as Table;
  throw new UserError({
    code: "not-a-table",
    message: `${question.table ?? ""} is not a table.`,
    value,
    expected: "the table that the effect was estimated from",
    place: question.place,
  });
}

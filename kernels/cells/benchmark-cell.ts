import { type BenchmarkRow, packRows, RESULTS_KEY, unpackRows } from "../../app/benchmark.ts";
import type { CellContext, CellProgram } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import type {
  BenchmarkMethod,
  BenchmarkResult,
  BenchmarkSet,
  BenchmarkSpec,
} from "../estimate/benchmark/run.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { benchmarkReport, type Choices } from "./benchmark-report.ts";
import { type BenchmarkText, labelOf, readBenchmark } from "./benchmark-text.ts";
import { type CellKind, type KernelHost, parsing } from "./kind.ts";
import { type Call, evaluateArgument, mistake, statementsOf, variablesOf } from "./language.ts";
import { allMethods, methodByName } from "./method-named.ts";
import { nearest } from "./nearest.ts";

/** How often what is done is shown and kept while the rest goes on. */
const TELL_MS = 1000;

/** Of every method, beside its own options. */
const GENERAL = ["seed", "level", "bootstrap", "overlap", "terms"];

/**
 * `board = aipw, forest on ihdp-like, nie-wager-a replications 5`: every method on every set whose truth is known. What
 * was computed is kept with the cell and not computed again; a stop keeps what is done.
 */
export const benchmarkCell: CellKind = {
  kind: "benchmark",
  parse: (cell, host) =>
    parsing(cell.source, () => {
      const [statement, second] = statementsOf(cell.source);
      if (statement === undefined) {
        throw new UserError({
          code: "benchmark-empty",
          message: "It is not said what to compare.",
          expected: "e.g. board = aipw, forest on ihdp-like replications 5",
          place: { start: 0, end: 1 },
        });
      }
      if (second !== undefined) {
        throw mistake(
          "benchmark-one",
          "A benchmark cell holds one statement.",
          second,
          0,
          second.body.length,
          { hint: "Indent a continuation line, or use a second cell." },
        );
      }
      const name = statement.name ?? cell.name;
      return programOf(readBenchmark(statement, name, cell.source), host);
    }),
};

function programOf(text: BenchmarkText, host: KernelHost): CellProgram {
  const { name } = text;
  const variables = variablesOf([...text.methods, ...text.sets]);
  return {
    inputs: [...new Set([...variables, ...(text.seed === undefined ? ["notebookSeed"] : [])])],
    outputs: name === undefined ? [] : [name],
    diagnostics: [],
    run: async (inputs, context) => {
      const { knownSets, runBenchmark, standingsOf } =
        await import("../estimate/benchmark/index.ts");
      const spec: BenchmarkSpec = {
        methods: distinct(
          await Promise.all(text.methods.map((call) => methodOf(call, text, inputs))),
        ),
        sets: distinct(text.sets.map((call) => setOf(call, text, inputs, knownSets))),
        replications: text.replications,
        seed: text.seed ?? seedIn(inputs),
        ...(text.shard === undefined ? {} : { shard: text.shard }),
      };
      const choices: Choices = { text, methods: await fitting(), sets: knownSets };
      const memory = new Memory(context);
      const show = (result: BenchmarkResult, finished: boolean): void => {
        const report = benchmarkReport(result, standingsOf(result.rows), { choices, finished });
        const shown = displayable(reportBundle(report));
        if (context.redraw === undefined) context.display(shown);
        else context.redraw(shown);
      };
      let told = performance.now();
      try {
        const result = await runBenchmark(
          spec,
          {
            known: memory.rows,
            learn: (row, soFar) => {
              memory.add(row);
              if (performance.now() - told < TELL_MS) return;
              told = performance.now();
              memory.keep();
              if (context.redraw !== undefined) show(soFar, false);
            },
          },
          host.attachment,
          context,
        );
        show(result, true);
        const value = { ...result, standings: standingsOf(result.rows) };
        return { values: name === undefined ? {} : { [name]: value } };
      } finally {
        // A stop comes here, too: whatever is done by then is not lost.
        memory.keep();
      }
    },
  };
}

/** The rows that are known, in the order they were learnt; told to the document when there are new ones. */
class Memory {
  readonly rows: Map<string, BenchmarkRow>;
  readonly #context: CellContext;
  #fresh = false;

  constructor(context: CellContext) {
    this.#context = context;
    const kept = unpackRows(context.saved?.(RESULTS_KEY));
    this.rows = new Map(kept.map((row) => [row.key, row]));
  }

  add(row: BenchmarkRow): void {
    this.rows.delete(row.key);
    this.rows.set(row.key, row);
    this.#fresh = true;
  }

  keep(): void {
    if (!this.#fresh) return;
    this.#fresh = false;
    this.#context.keep?.(RESULTS_KEY, packRows([...this.rows.values()]));
  }
}

/** What is written twice is compared once. */
function distinct<T extends { readonly label: string }>(all: readonly T[]): readonly T[] {
  return all.filter((one, k) => all.findIndex(({ label }) => label === one.label) === k);
}

function seedIn(inputs: Readonly<Record<string, unknown>>): number {
  const seed = inputs["notebookSeed"];
  return typeof seed === "number" ? seed : 1;
}

/** Methods for a treatment of two levels under adjustment: what the sets ask for. */
async function fitting(): Promise<Choices["methods"]> {
  return (await allMethods()).filter(
    ({ fits }) =>
      fits.estimands.includes("adjustment") &&
      fits.treatments.includes("binary") &&
      (fits.targets.includes("ATE") || fits.targets.includes("CATE")),
  );
}

async function methodOf(
  call: Call,
  text: BenchmarkText,
  inputs: Readonly<Record<string, unknown>>,
): Promise<BenchmarkMethod> {
  const method = await methodByName(call.name, {
    start: call.start,
    end: call.start + call.name.length,
  });
  const options = optionsOf(call, [...Object.keys(method.options), ...GENERAL], inputs);
  const { resolveOptions } = await import("../estimate/index.ts");
  const own = Object.entries(options).filter(([name]) => Object.hasOwn(method.options, name));
  try {
    resolveOptions(method, Object.fromEntries(own));
  } catch (error) {
    throw placed(error, call);
  }
  return { method, options, label: labelOf(call, text.source) };
}

function setOf(
  call: Call,
  text: BenchmarkText,
  inputs: Readonly<Record<string, unknown>>,
  sets: Choices["sets"],
): BenchmarkSet {
  const set = sets.find(({ name }) => name === call.name.toLowerCase());
  if (set === undefined) {
    const names = sets.map(({ name }) => name);
    const close = nearest(call.name, names);
    throw new UserError({
      code: "unknown-set",
      message: `No set of known truth is called "${call.name}".`,
      value: call.name,
      expected: `one of ${names.join(", ")}`,
      hint: close === undefined ? "Check the spelling." : `Did you mean ${close}?`,
      place: { start: call.start, end: call.start + call.name.length },
    });
  }
  const options = optionsOf(call, set.rows === undefined ? [] : ["n"], inputs);
  const n = options["n"] ?? set.rows?.default ?? null;
  const minimum = set.rows?.minimum ?? 1;
  if (n !== null && !(typeof n === "number" && Number.isInteger(n) && n >= minimum)) {
    throw placed(
      new UserError({
        code: "bad-option",
        message: `n of ${set.name} cannot be ${JSON.stringify(n)}.`,
        value: n,
        expected: `a whole number of at least ${minimum}`,
      }),
      call,
    );
  }
  return { set, n, label: labelOf(call, text.source) };
}

function optionsOf(
  call: Call,
  known: readonly string[],
  inputs: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  for (const { name, start } of call.options) {
    if (known.includes(name)) continue;
    throw new UserError({
      code: "unknown-option",
      message: `${call.name} has no option "${name}" here.`,
      value: name,
      expected: known.length === 0 ? "no options" : `one of ${known.join(", ")}`,
      place: { start, end: start + name.length },
    });
  }
  return Object.fromEntries(
    call.options.map((option) => [option.name, evaluateArgument(option.value, inputs)]),
  );
}

/** The engine's complaint, at the option it names or else at the call. */
function placed(error: unknown, call: Call): unknown {
  if (!(error instanceof UserError) || error.place !== undefined) return error;
  const { code, message, value, expected, hint } = error;
  const named = call.options.find(({ name }) => message.includes(`"${name}"`) || name === "n");
  return new UserError(
    {
      code,
      message,
      value,
      ...(expected === undefined ? {} : { expected }),
      ...(hint === undefined ? {} : { hint }),
      place:
        named === undefined
          ? { start: call.start, end: call.end }
          : { start: named.start, end: named.start + named.name.length },
    },
    { cause: error },
  );
}

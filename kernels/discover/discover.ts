import type { Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import { breathe, quietWork, type Work } from "../../app/work.ts";
import { takeRows } from "../data/select.ts";
import { columnOf, type Table } from "../data/table.ts";
import { createRng } from "../math/rng.ts";
import { bootstrapEdges } from "./bootstrap.ts";
import { extension, pdagOf } from "./core/pdag.ts";
import type { DiscoveryData, Reading } from "./data.ts";
import { constraintsOf, type Knowledge } from "./knowledge.ts";
import type { Method, MethodContext } from "./method.ts";
import { sortabilityOf } from "./metrics/sortability.ts";
import { type OptionValue, resolveOptions } from "./options.ts";
import { readData } from "./read-data.ts";
import type { Diagnostic, Discovery, Finding } from "./result.ts";

/** What every method is told beside its own options. */
export interface GeneralOptions {
  readonly knowledge?: Knowledge;
  /** Default 1; recorded in the result. */
  readonly seed?: number;
  /** Columns searched; all by default. */
  readonly columns?: readonly string[];
  /** What to do with missing values: ask (default), use complete rows, or let each test use what it has. */
  readonly missing?: "refuse" | "drop" | "testwise";
  /** Resamples for edge frequencies; 0 (default) for none. Each is a search of its own. */
  readonly bootstrap?: number;
}

/**
 * The graph that `method` finds in `table`. Reads and checks the columns, runs the method off the given `work`, and
 * adds provenance and the claim. Throws `UserError` for columns, options or knowledge the user must mend, and what
 * `work.signal` throws when stopped.
 */
export async function discoverBy(
  method: Method,
  table: Table,
  given: GeneralOptions & Readonly<Record<string, unknown>> = {},
  work: Work = quietWork,
): Promise<Discovery> {
  const { knowledge, seed = 1, columns, missing, bootstrap = 0, ...own } = given;
  if (!Number.isSafeInteger(seed) || seed < 1) {
    throw new UserError({
      code: "discovery-seed",
      message: `The seed cannot be ${seed}.`,
      value: seed,
      expected: "a whole number of at least 1",
    });
  }
  if (!Number.isSafeInteger(bootstrap) || bootstrap < 0 || bootstrap > 100_000) {
    throw new UserError({
      code: "discovery-bootstrap",
      message: `There cannot be ${bootstrap} resamples.`,
      value: bootstrap,
      expected: "a whole number from 0 to 100000",
    });
  }
  if (bootstrap > 0 && method.takes.timeOrdered === true) {
    throw new UserError({
      code: "discovery-bootstrap-time",
      message: `${method.label} reads rows in time order, which drawing single rows would destroy.`,
      value: bootstrap,
      expected: "no bootstrap",
      hint: "Leave it out.",
    });
  }
  const options = resolveOptions(method, own);
  const began = performance.now();
  const data = readData(table, readingOf(method, options, columns, missing));
  refuseTooMany(method, data);
  refuseKnowledge(method, knowledge);
  const context: MethodContext = {
    rng: createRng(seed).fork(method.name),
    work,
    knowledge: constraintsOf(data.names, knowledge),
    extra: (name) => labelsOf(table, name, data.rows),
  };
  await breathe(work);
  const finding = await method.run(data, options, context);
  const shares =
    bootstrap === 0 ? undefined : await bootstrapEdges(method, data, options, context, bootstrap);
  const complete = shares === undefined ? finding : { ...finding, edgeProbability: shares };
  return finish(method, complete, data, {
    options,
    seed,
    bootstrap,
    milliseconds: performance.now() - began,
    table,
  });
}

interface Circumstances {
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly seed: number;
  readonly bootstrap: number;
  readonly milliseconds: number;
  readonly table: Table;
}

function finish(
  method: Method,
  finding: Finding,
  data: DiscoveryData,
  { options, seed, bootstrap, milliseconds, table }: Circumstances,
): Discovery {
  return {
    ...finding,
    method: method.name,
    diagnostics: [
      ...data.notes,
      ...(finding.diagnostics ?? []),
      ...sortabilityNotes(method, data, finding),
    ],
    provenance: {
      method: method.name,
      options,
      n: data.n,
      dropped: data.dropped,
      columns: data.names,
      seed,
      bootstrap,
      milliseconds,
      ...(table.source === undefined ? {} : { source: table.source }),
    },
    claim: claimOf(method, finding, data.names),
  };
}

/** How far variance or R² alone would have given this order: what a method that is not scale-free may have used. */
function sortabilityNotes(
  method: Method,
  data: DiscoveryData,
  finding: Finding,
): readonly Diagnostic[] {
  const numeric = !data.missing && data.variables.every((variable) => variable.kind === "numeric");
  const directed = ["dag", "cpdag", "mpdag"].includes(finding.kind);
  if (!numeric || !directed || data.d > 300 || data.n <= data.d) return [];
  if (finding.diagnostics?.some((note) => note.kind === "sortability") === true) return [];
  const pdag = pdagOf(finding.graph, data.names);
  if (extension(pdag) === undefined) return [];
  const { kind, variance, rSquared } = sortabilityOf(data, finding.graph);
  if (Number.isNaN(variance)) return [];
  const gives = Math.max(variance, 1 - variance) > 0.9;
  return [
    { kind, variance, rSquared },
    ...(gives && method.family === "relaxation"
      ? [
          {
            kind: "warning" as const,
            code: "variance-order",
            message: `Sorting the columns by variance alone gives ${Math.round(100 * Math.max(variance, 1 - variance))} % of this order.`,
            hint: "The result may hang on the units of the columns; standardise them and compare.",
          },
        ]
      : []),
  ];
}

/** A graph read off data is a conjecture: right if its assumptions hold, which the data cannot show. */
function claimOf(method: Method, finding: Finding, names: readonly string[]): Claim {
  return {
    rung: 2,
    query: `the causes among ${names.length} columns`,
    status: "not-certified",
    assumptions: method.assumes.map((text, i) => ({
      id: `discovery:${method.name}:${i + 1}`,
      kind: "discovery",
      text,
      variables: [],
    })),
    derivation: [`${method.label}: ${finding.graph.edges.length} edges (${method.source}).`],
  };
}

function readingOf(
  method: Method,
  options: Record<string, OptionValue>,
  columns: readonly string[] | undefined,
  missing: GeneralOptions["missing"],
): Reading {
  if (missing === "testwise" && method.takes.missing !== true) {
    throw new UserError({
      code: "discovery-missing-option",
      message: `${method.label} cannot use rows with missing values.`,
      value: missing,
      expected: 'missing: "drop" or "refuse"',
      hint: "pc, fci and their relatives can, with testwise deletion.",
    });
  }
  const { takes } = method;
  return {
    as: takes.columns,
    ...(columns === undefined ? {} : { columns }),
    missing: missing === "testwise" ? "keep" : (missing ?? "refuse"),
    ...(takes.moreRowsThanColumns === true ? { moreRowsThanColumns: true } : {}),
    ...(takes.allowCollinear === true ? { allowCollinear: true } : {}),
    ...(takes.timeOrdered === true ? { timeOrdered: true } : {}),
    ...method.reading?.(options),
  };
}

function refuseTooMany(method: Method, data: DiscoveryData): void {
  const most = method.takes.mostColumns;
  if (most === undefined || data.d <= most) return;
  throw new UserError({
    code: "discovery-many-columns",
    message: `${method.label} searches at most ${most} columns, not ${data.d}.`,
    value: data.d,
    expected: `up to ${most} columns`,
    hint: "Choose columns with columns: [...], or a method made for more (boss, pc).",
  });
}

function refuseKnowledge(method: Method, knowledge: Knowledge | undefined): void {
  for (const part of ["tiers", "required", "forbidden"] as const) {
    if ((knowledge?.[part]?.length ?? 0) === 0 || method.takes.knowledge.includes(part)) continue;
    const held = method.takes.knowledge.join(", ");
    throw new UserError({
      code: "discovery-knowledge-unused",
      message: `${method.label} cannot hold ${part === "tiers" ? "tiers" : `${part} edges`}.`,
      value: part,
      expected: held === "" ? "no knowledge" : `knowledge of these kinds: ${held}`,
      hint: "Leave it out, or pick a method that holds it (boss, pc, ges).",
    });
  }
}

function labelsOf(table: Table, name: string, rows: Int32Array | undefined): readonly string[] {
  const whole = columnOf(table, name);
  const column =
    rows === undefined ? whole : takeRows({ ...table, columns: [whole] }, rows).columns[0]!;
  if (column.type === "text") return column.texts;
  if (column.type === "category")
    return Array.from(column.codes, (code) => column.levels[code] ?? "");
  return Array.from(column.values, String);
}

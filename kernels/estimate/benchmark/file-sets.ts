import { UserError } from "../../../app/errors.ts";
import { readTable } from "../../data/read.ts";
import { selectColumns, takeRows, withColumns } from "../../data/select.ts";
import { type Column, numbersOf, type Table, tableOf } from "../../data/table.ts";
import { shuffled } from "../../math/folds.ts";
import type { Rng } from "../../math/rng.ts";
import type { FileSource, KnownProblem, KnownSet } from "./known-set.ts";

const range = (n: number): string[] => Array.from({ length: n }, (_, j) => String(j + 1));
const IHDP = range(25).map((j) => `x${j}`);
const ACIC = range(58).map((j) => `x_${j}`);
/** Written in letters: categories, never to be read as numbers. */
const ACIC_CATEGORIES: readonly string[] = ["x_2", "x_21", "x_24"];
const LALONDE = ["age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75"];
const TWINS_OTHERS = new Set(["row", "T", "y0", "y1", "yf", "y_cf", "Propensity"]);

const difference = (high: Float64Array, low: Float64Array): Float64Array =>
  high.map((v, i) => v - low[i]!);

/** A part of the rows by a seeded shuffle, or all. */
function part(problem: KnownProblem, n: number | null, rng: Rng): KnownProblem {
  if (n === null || n >= problem.table.n) return problem;
  const rows = shuffled(problem.table.n, rng).slice(0, n).toSorted();
  return {
    ...problem,
    table: takeRows(problem.table, rows),
    effect: Float64Array.from(rows, (i) => problem.effect[i]!),
    among: Uint8Array.from(rows, (i) => problem.among[i]!),
  };
}

const everybody = (n: number): Uint8Array => new Uint8Array(n).fill(1);

function columnsOf(table: Table, names: readonly string[], file: string): Table {
  const there = new Set(table.columns.map(({ name }) => name));
  const missing = names.filter((name) => !there.has(name));
  if (missing.length === 0) return selectColumns(table, names);
  throw new UserError({
    code: "benchmark-other-file",
    message: `${file} is not the benchmark's file: it has no column ${missing[0]}.`,
    value: missing,
    expected: `columns ${names.slice(0, 5).join(", ")}, …`,
    hint: "dagbok data list shows the known files.",
  });
}

const numeric = (name: string, values: Float64Array): Column =>
  tableOf({ [name]: values }).columns[0]!;

async function ihdp(replication: number, file: FileSource): Promise<KnownProblem | undefined> {
  const name = `ihdp_${replication}.csv`;
  const bytes = await file(name);
  if (bytes === undefined) return undefined;
  const all = columnsOf(
    readTable(bytes, { name }),
    [...IHDP, "treatment", "y_factual", "mu0", "mu1"],
    name,
  );
  // x14 is written 1 and 2, every other two-valued covariate 0 and 1
  const x14 = numbersOf(all, "x14");
  const lowest = x14.reduce((low, v) => Math.min(low, v), Infinity);
  return {
    table: withColumns(all, [
      numeric(
        "x14",
        x14.map((v) => v - lowest),
      ),
    ]),
    treatment: "treatment",
    outcome: "y_factual",
    adjustment: IHDP,
    target: "ATE",
    effect: difference(numbersOf(all, "mu1"), numbersOf(all, "mu0")),
    among: everybody(all.n),
  };
}

async function acic(replication: number, file: FileSource): Promise<KnownProblem | undefined> {
  const [names, responses] = ["x.csv", `zymu_${replication}.csv`];
  const [bytes, more] = await Promise.all([file(names), file(responses)]);
  if (bytes === undefined || more === undefined) return undefined;
  const declare = Object.fromEntries(
    ACIC_CATEGORIES.map((name) => [name, { type: "category" as const }]),
  );
  const x = columnsOf(readTable(bytes, { name: names, declare }), ACIC, names);
  const y = columnsOf(
    readTable(more, { name: responses }),
    ["z", "y0", "y1", "mu0", "mu1"],
    responses,
  );
  const [z, y0, y1] = ["z", "y0", "y1"].map((name) => numbersOf(y, name));
  return {
    table: withColumns(x, [
      ...tableOf({ z: Uint8Array.from(z!), y: z!.map((t, i) => (t === 1 ? y1! : y0!)[i]!) })
        .columns,
    ]),
    treatment: "z",
    outcome: "y",
    adjustment: ACIC,
    target: "ATE",
    effect: difference(numbersOf(y, "mu1"), numbersOf(y, "mu0")),
    among: everybody(x.n),
  };
}

async function lalonde(replication: number, file: FileSource): Promise<KnownProblem | undefined> {
  const name = `lalonde_psid_sample${replication - 1}.csv`;
  const bytes = await file(name);
  if (bytes === undefined) return undefined;
  const table = columnsOf(readTable(bytes, { name }), [...LALONDE, "t", "y", "y0", "y1"], name);
  const treated = numbersOf(table, "t");
  return {
    table,
    treatment: "t",
    outcome: "y",
    adjustment: LALONDE,
    // The effect on all is extrapolation to men nobody like whom was treated.
    target: "ATT",
    effect: difference(numbersOf(table, "y1"), numbersOf(table, "y0")),
    among: Uint8Array.from(treated),
  };
}

/** By streams alone: a kernel has no `Response`. */
async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  // Not awaited before reading: the stream holds only so much.
  const written = writer.write(bytes.slice()).then(() => writer.close());
  const parts: Uint8Array[] = [];
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read())
    parts.push(next.value);
  await written;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

async function twins(
  replication: number,
  rng: Rng,
  file: FileSource,
): Promise<KnownProblem | undefined> {
  const name = "twins.csv.gz";
  const packed = await file(name);
  if (packed === undefined) return undefined;
  const text = distinctHeader(new TextDecoder().decode(await gunzip(packed)));
  const all = readTable(text, { name: "twins.csv", format: "csv" });
  const needed = ["T", "y0", "y1", "Propensity"];
  columnsOf(all, needed, name);
  const covariates = all.columns
    .map((column) => column.name)
    .filter((one) => !TWINS_OTHERS.has(one));
  const [given, y0, y1, chance] = needed.map((one) => numbersOf(all, one));
  // The file's own treatment is a draw with these chances; further replications are further draws.
  const t = replication === 1 ? given! : chance!.map((e) => (rng.next() < e ? 1 : 0));
  const y = t.map((one, i) => (one === 1 ? y1! : y0!)[i]!);
  return {
    table: withColumns(selectColumns(all, covariates), [
      ...tableOf({ T: Uint8Array.from(t), died: Uint8Array.from(y) }).columns,
    ]),
    treatment: "T",
    outcome: "died",
    adjustment: covariates,
    target: "ATE",
    effect: difference(y1!, y0!),
    among: everybody(all.n),
  };
}

/** The file's first column has no name, and its groups of indicators share theirs. */
function distinctHeader(text: string): string {
  const end = text.indexOf("\n");
  const seen = new Map<string, number>();
  const names = text
    .slice(0, end)
    .trimEnd()
    .split(",")
    .map((given) => {
      const name = given === "" ? "row" : given;
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      return times === 1 ? name : `${name}_${times}`;
    });
  return names.join(",") + text.slice(end);
}

/** Published sets, whose files are attached to the notebook or in the catalogue. */
export const fileSets: readonly KnownSet[] = [
  {
    name: "ihdp",
    label: "IHDP",
    about:
      "747 real children, simulated scores (surface B): the treated mean is linear and the log of the other mean is linear in the covariates, which favours methods that think so. A few replications rule the mean.",
    source: "Hill (2011), JCGS 20(1); NPCI setting A",
    replications: 1000,
    better: "high",
    catalogue: "ihdp",
    files: (replication) => [`ihdp_${replication}.csv`],
    load: (replication, _options, _rng, file) => ihdp(replication, file),
  },
  {
    name: "acic2016",
    label: "ACIC 2016",
    about:
      "4,802 women, 58 real covariates, three of them categories; ten simulated responses. In the second and third the effect is the same for everybody.",
    source: "Dorie et al. (2019), Statistical Science 34(1)",
    rows: { default: null, minimum: 200 },
    replications: 10,
    better: "high",
    catalogue: "acic2016",
    files: (replication) => ["x.csv", `zymu_${replication}.csv`],
    load: async (replication, { n }, rng, file) => {
      const whole = await acic(replication, file);
      return whole === undefined ? undefined : part(whole, n, rng);
    },
  },
  {
    name: "twins",
    label: "Twins",
    about:
      "11,984 pairs of twins; “treatment” is to be the heavier, the outcome death within a year. Both outcomes are realised, not expected, so no method can come near a root-PEHE of 0.",
    source: "Almond, Chay & Lee (2005); Louizos et al. (2017)",
    rows: { default: null, minimum: 500 },
    realised: true,
    better: "low",
    catalogue: "twins",
    files: () => ["twins.csv.gz"],
    load: async (replication, { n }, rng, file) => {
      const whole = await twins(replication, rng.fork("treatment"), file);
      return whole === undefined ? undefined : part(whole, n, rng.fork("rows"));
    },
  },
  {
    name: "realcause",
    label: "RealCause LaLonde",
    about:
      "2,675 men of the LaLonde–PSID comparison with outcomes drawn from a fitted model. Judged by the effect on the treated: few of the others have a counterpart among them.",
    source: "Neal, Huang & Raghupathi (2020), arXiv 2011.15007",
    realised: true,
    replications: 100,
    better: "high",
    catalogue: "realcause",
    files: (replication) => [`lalonde_psid_sample${replication - 1}.csv`],
    load: (replication, _options, _rng, file) => lalonde(replication, file),
  },
];

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { BenchmarkRow, Failure, Score } from "../../../app/benchmark.ts";
import { toErrorRecord, UserError } from "../../../app/errors.ts";
import { VERSION } from "../../../app/version.ts";
import { breathe, type Work } from "../../../app/work.ts";
import { createRng } from "../../math/rng.ts";
import { estimateBy } from "../estimate.ts";
import type { Method } from "../method.ts";
import { resolveOptions } from "../method.ts";
import type { FileSource, KnownProblem, KnownSet } from "./known-set.ts";
import { scoreEffect } from "./score.ts";

/** To be raised when an engine's numbers change between releases, so that kept results are computed again. */
const REVISION = 1;

/** What numbers depend on beside what a job says. */
export const BENCHMARK_VERSION = `${VERSION}.${REVISION}`;

export interface BenchmarkMethod {
  readonly method: Method;
  /** As given, the general ones (trim, level, …) included. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How it is told from others in tables: its name, with what was changed in it. */
  readonly label: string;
}

export interface BenchmarkSet {
  readonly set: KnownSet;
  readonly n: number | null;
  readonly label: string;
}

export interface BenchmarkSpec {
  readonly methods: readonly BenchmarkMethod[];
  readonly sets: readonly BenchmarkSet[];
  /** Which replications, from 1. A set that has fewer gives what it has. */
  readonly replications: readonly number[];
  /** From 1: draws of the sets and of the methods follow from it. */
  readonly seed: number;
  /** Only every `of`-th job, beginning with the `index`-th (from 1). */
  readonly shard?: { readonly index: number; readonly of: number };
}

export interface BenchmarkResult {
  readonly kind: "benchmark";
  readonly seed: number;
  readonly version: string;
  readonly methods: readonly string[];
  readonly sets: readonly SetInfo[];
  readonly replications: readonly number[];
  /** In the order of sets, replications, methods. */
  readonly rows: readonly BenchmarkRow[];
  /** How many rows there should be; those of absent sets are not counted. */
  readonly jobs: number;
  /** How many of the rows were known from before. */
  readonly known: number;
  /** Sets (with replication) whose files are not here. */
  readonly absent: readonly { readonly set: string; readonly files: readonly string[] }[];
}

export type SetInfo = Pick<KnownSet, "name" | "about" | "source" | "better"> & {
  readonly label: string;
  readonly title: string;
  readonly realised: boolean;
  readonly catalogue?: string;
};

interface Job {
  readonly key: string;
  readonly set: BenchmarkSet;
  readonly replication: number;
  readonly method: BenchmarkMethod;
}

/** What is known from before, and whom to tell of what is new. */
export interface BenchmarkMemory {
  readonly known: ReadonlyMap<string, BenchmarkRow>;
  readonly learn: (row: BenchmarkRow, soFar: BenchmarkResult) => void;
}

/**
 * Runs every method on every replication of every set, scores it against the truth, and gives one row for each; what
 * `memory` knows is not run again. A method that refuses, cannot or throws gives a row that says so. Replication by
 * replication, so that what is there after a stop compares all methods on the same rows. Throws when stopped.
 */
export async function runBenchmark(
  spec: BenchmarkSpec,
  memory: BenchmarkMemory,
  file: FileSource,
  work: Work,
): Promise<BenchmarkResult> {
  const jobs = jobsOf(spec);
  const rows = new Map<string, BenchmarkRow>();
  const absent = new Map<string, readonly string[]>();
  for (const { key } of jobs) {
    const row = memory.known.get(key);
    if (row !== undefined) rows.set(key, row);
  }
  const known = rows.size;
  const soFar = (): BenchmarkResult => gather(spec, jobs, rows, known, absent);
  const clock = new Clock(jobs, rows, (job) => absent.has(placeOf(job)));
  let loaded: { readonly of: string; readonly problem: KnownProblem | undefined } | undefined;
  for (const job of jobs) {
    if (rows.has(job.key)) continue;
    const of = placeOf(job);
    if (absent.has(of)) continue;
    await breathe(work);
    work.progress(clock.now(job, 0));
    try {
      if (loaded?.of !== of) loaded = { of, problem: await load(job, spec.seed, file) };
    } catch (error) {
      work.signal.throwIfAborted();
      const row = rowOf(job, 0, failure(error));
      rows.set(job.key, row);
      continue;
    }
    const { problem } = loaded;
    if (problem === undefined) {
      absent.set(of, job.set.set.files(job.replication));
      continue;
    }
    const began = performance.now();
    const result = await attempt(job, problem, spec.seed, {
      ...work,
      progress: ({ fraction = 0, message }) => work.progress(clock.now(job, fraction, message)),
    });
    const row = rowOf(job, (performance.now() - began) / 1000, result);
    rows.set(job.key, row);
    clock.took(job, row.seconds);
    // A broken invariant of ours may be mended by the next version: it is shown, not kept.
    if (result.kind === "scored" || result.code !== "error") memory.learn(row, soFar());
  }
  return soFar();
}

/** Every combination in the order it is run, the shard's share of it. */
function jobsOf(spec: BenchmarkSpec): readonly Job[] {
  const jobs = spec.replications.flatMap((replication) =>
    spec.sets.flatMap((set) =>
      replication > (set.set.replications ?? Infinity)
        ? []
        : spec.methods.map((method) => ({
            key: keyOf(spec, set, replication, method),
            set,
            replication,
            method,
          })),
    ),
  );
  const { shard } = spec;
  return shard === undefined ? jobs : jobs.filter((_, k) => k % shard.of === shard.index - 1);
}

/** Equal keys give equal numbers (times apart): a digest of all that they depend on. O(options). */
function keyOf(
  { seed }: BenchmarkSpec,
  { set, n }: BenchmarkSet,
  replication: number,
  { method, options }: BenchmarkMethod,
): string {
  const own = Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(method.options, name)),
  );
  const all = { ...options, ...resolveOptions(method, own) };
  const sorted = Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const whole = JSON.stringify([
    BENCHMARK_VERSION,
    seed,
    set.name,
    n,
    replication,
    method.name,
    Object.fromEntries(sorted),
  ]);
  return bytesToHex(sha256(new TextEncoder().encode(whole))).slice(0, 20);
}

/** Set and replication of a job, in one word. */
function placeOf(job: Job): string {
  return `${job.set.label} ${job.replication}`;
}

function load(job: Job, seed: number, file: FileSource): Promise<KnownProblem | undefined> {
  const { set, n } = job.set;
  const rng = createRng(seed).fork(set.name).fork(job.replication);
  return set.load(job.replication, { n }, rng, file);
}

async function attempt(
  job: Job,
  problem: KnownProblem,
  seed: number,
  work: Work,
): Promise<Score | Failure> {
  const { table, treatment, outcome, adjustment, target } = problem;
  try {
    const result = await estimateBy(
      { kind: "adjustment", treatment, outcome, adjustment, target },
      table,
      {
        // Whatever it does without overlap is part of what is judged.
        overlap: "warn",
        seed: 1 + ((seed * 1_000_003 + job.replication * 7919) % 2 ** 31),
        ...job.method.options,
        method: job.method.method,
      },
      work,
    );
    work.signal.throwIfAborted();
    if (result.kind === "effect") return scoreEffect(result, problem, job.set.set.better);
    return { kind: "failed", code: result.kind, message: result.message };
  } catch (error) {
    work.signal.throwIfAborted();
    return failure(error);
  }
}

function failure(error: unknown): Failure {
  const { code, message } = toErrorRecord(error);
  return {
    kind: "failed",
    code: error instanceof UserError ? (code ?? "error") : "error",
    message,
  };
}

function rowOf(job: Job, seconds: number, result: Score | Failure): BenchmarkRow {
  return {
    key: job.key,
    set: job.set.label,
    replication: job.replication,
    method: job.method.label,
    seconds: Number(seconds.toPrecision(3)),
    result,
  };
}

function gather(
  spec: BenchmarkSpec,
  jobs: readonly Job[],
  rows: ReadonlyMap<string, BenchmarkRow>,
  known: number,
  absent: ReadonlyMap<string, readonly string[]>,
): BenchmarkResult {
  const missing = new Map<string, Set<string>>();
  for (const [of, files] of absent) {
    const set = of.replace(/ \d+$/u, "");
    const names = missing.get(set) ?? new Set();
    for (const name of files) names.add(name);
    missing.set(set, names);
  }
  const order = (row: BenchmarkRow): number =>
    spec.sets.findIndex(({ label }) => label === row.set);
  return {
    kind: "benchmark",
    seed: spec.seed,
    version: BENCHMARK_VERSION,
    methods: spec.methods.map(({ label }) => label),
    sets: spec.sets.map(({ set, label }) => ({
      name: set.name,
      label,
      title: set.label,
      about: set.about,
      source: set.source,
      better: set.better,
      realised: set.realised === true,
      ...(set.catalogue === undefined ? {} : { catalogue: set.catalogue }),
    })),
    replications: spec.replications,
    rows: jobs
      .flatMap(({ key, set, method }) => {
        const row = rows.get(key);
        // A row may have been made under another label, with the same options written out.
        return row === undefined ? [] : [{ ...row, set: set.label, method: method.label }];
      })
      .toSorted((a, b) => order(a) - order(b)),
    jobs: jobs.length - jobs.filter((job) => absent.has(placeOf(job))).length,
    known,
    absent: [...missing].map(([set, files]) => ({ set, files: [...files] })),
  };
}

/** How much is done and how long the rest will take: by the mean time of the same method on the same set so far. */
class Clock {
  readonly #jobs: readonly Job[];
  readonly #done: ReadonlyMap<string, BenchmarkRow>;
  readonly #impossible: (job: Job) => boolean;
  readonly #times = new Map<string, { sum: number; count: number }>();

  constructor(
    jobs: readonly Job[],
    done: ReadonlyMap<string, BenchmarkRow>,
    impossible: (job: Job) => boolean,
  ) {
    this.#jobs = jobs;
    this.#done = done;
    this.#impossible = impossible;
    for (const job of jobs) {
      const row = done.get(job.key);
      if (row !== undefined) this.took(job, row.seconds);
    }
  }

  took(job: Job, seconds: number): void {
    for (const name of this.#namesOf(job)) {
      const { sum, count } = this.#times.get(name) ?? { sum: 0, count: 0 };
      this.#times.set(name, { sum: sum + seconds, count: count + 1 });
    }
  }

  now(job: Job, fraction: number, message?: string): { fraction: number; message: string } {
    const position = this.#done.size;
    const total = this.#jobs.filter((one) => !this.#impossible(one)).length;
    const left = this.#left(job, fraction);
    return {
      fraction: (position + Math.min(1, fraction)) / total,
      message: [
        `${position + 1} of ${total}: ${job.method.label} on ${job.set.label}, replication ${job.replication}`,
        ...(message === undefined || message === "" ? [] : [message]),
        ...(left === undefined ? [] : [`about ${spoken(left)} left`]),
      ].join("; "),
    };
  }

  #namesOf(job: Job): readonly string[] {
    return [`${job.method.label} ${job.set.label}`, job.method.label, ""];
  }

  #expected(job: Job): number | undefined {
    for (const name of this.#namesOf(job)) {
      const time = this.#times.get(name);
      if (time !== undefined) return time.sum / time.count;
    }
    return undefined;
  }

  #left(current: Job, fraction: number): number | undefined {
    let sum = 0;
    for (const job of this.#jobs) {
      if (this.#done.has(job.key) || this.#impossible(job)) continue;
      const expected = this.#expected(job);
      if (expected === undefined) return undefined;
      sum += job === current ? (1 - Math.min(1, fraction)) * expected : expected;
    }
    return sum;
  }
}

/** `40 s`, `3 min`, `2.5 h`. */
export function spoken(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

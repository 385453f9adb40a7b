import type { Database, SqlJsStatic } from "sql.js";

/** It is there and its types do not say so. */
export interface Aggregates {
  create_aggregate<State>(
    name: string,
    functions: {
      readonly init: () => State;
      readonly step: (state: State, ...values: readonly unknown[]) => State;
      readonly finalize: (state: State) => number | null;
    },
  ): unknown;
}

let library: Promise<SqlJsStatic> | undefined;

/** SQLite's WASM build, loaded when first used: 0.7 MB, 30 ms. It has no files and no network of its own. */
export function loadSql(): Promise<SqlJsStatic> {
  library ??= load();
  return library;
}

async function load(): Promise<SqlJsStatic> {
  const { default: init } = await import("sql.js/dist/sql-wasm-browser.js");
  // the functions are SQLite's own, not the older ones that the package would put in their place
  const options = { wasmBinary: await wasmBytes(), useOldExtensionFunctions: false };
  return init(options);
}

async function wasmBytes(): Promise<ArrayBuffer> {
  const { process } = globalThis as {
    readonly process?: {
      readonly versions?: { readonly node?: string };
      getBuiltinModule?(name: string): { readFileSync(url: URL): Uint8Array<ArrayBuffer> };
    };
  };
  const env = import.meta.env as ImportMetaEnv | undefined;
  if (process?.versions?.node === undefined || env?.PROD === true) {
    return (await import("./wasm-inline.ts")).inlineWasm();
  }
  const file = new URL(import.meta.resolve("sql.js/dist/sql-wasm-browser.wasm"));
  const bytes = process.getBuiltinModule?.("node:fs").readFileSync(file);
  if (bytes === undefined) throw new Error("SQLite's code could not be read.");
  return bytes.slice().buffer;
}

/** What SQLite lacks of statistics: over the values that are not null; null when there are too few. */
export function addAggregates(database: Database & Aggregates): void {
  const ofNumbers = (name: string, finish: (values: readonly number[]) => number | null): void => {
    database.create_aggregate(name, {
      init: (): number[] => [],
      step: (values, value) => {
        if (typeof value === "number") values.push(value);
        return values;
      },
      finalize: (values) => finish(values),
    });
  };
  ofNumbers("median", (values) => quantile(values, 0.5));
  ofNumbers("variance", (values) => variance(values, 1));
  ofNumbers("var_pop", (values) => variance(values, 0));
  ofNumbers("stddev", (values) => root(variance(values, 1)));
  ofNumbers("stddev_pop", (values) => root(variance(values, 0)));
  database.create_aggregate("quantile", {
    init: (): Pairs => ({ x: [], y: [] }),
    step: addPair,
    finalize: ({ x, y }) => quantile(x, y[0] ?? Number.NaN),
  });
  database.create_aggregate("corr", {
    init: (): Pairs => ({ x: [], y: [] }),
    step: addPair,
    finalize: ({ x, y }) => {
      const product = root((variance(x, 0) ?? 0) * (variance(y, 0) ?? 0));
      return product === null || product === 0 ? null : covariance(x, y) / product;
    },
  });
}

interface Pairs {
  readonly x: number[];
  readonly y: number[];
}

function addPair(pairs: Pairs, x: unknown, y: unknown): Pairs {
  if (typeof x === "number" && typeof y === "number") {
    pairs.x.push(x);
    pairs.y.push(y);
  }
  return pairs;
}

/** Linear interpolation between order statistics (Hyndman and Fan's type 7, as in R). */
function quantile(values: readonly number[], p: number): number | null {
  if (values.length === 0 || !(p >= 0 && p <= 1)) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (at - Math.floor(at)) * (high - low);
}

function variance(values: readonly number[], lost: 0 | 1): number | null {
  if (values.length <= lost) return null;
  return (covariance(values, values) * values.length) / (values.length - lost);
}

/** Divided by n. */
function covariance(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  return x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] ?? 0) - my), 0) / x.length;
}

function root(value: number | null): number | null {
  return value === null ? null : Math.sqrt(value);
}

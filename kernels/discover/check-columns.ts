import { UserError } from "../../app/errors.ts";
import { choleskySolve } from "../math/dense.ts";
import { correlations } from "./correlations.ts";
import type { DiscoveryData, Reading } from "./data.ts";
import type { Diagnostic } from "./result.ts";

/** Correlations this close to 1 are copies up to scale: no finite sample of distinct quantities gets there. */
const COPY = 1 - 1e-10;

/**
 * What makes a search meaningless or a matrix singular: constant, duplicate and collinear columns and too few rows.
 * Throws `UserError` naming the columns; returns notes on what may pass. O(n d² + d³).
 */
export function checkColumns(data: DiscoveryData, reading: Reading): readonly Diagnostic[] {
  const { n, d } = data;
  if (n < 5) {
    throw new UserError({
      code: "discovery-few-rows",
      message: `There are only ${n} rows${data.dropped > 0 ? " without missing values" : ""}.`,
      value: n,
      expected: "at least 5 rows, and many more for a graph worth having",
    });
  }
  refuseConstant(data);
  const few = n <= d;
  if (few && reading.moreRowsThanColumns === true) {
    throw new UserError({
      code: "discovery-few-rows",
      message: `There are ${n} rows for ${d} columns (${head(data.names)}); this method regresses on all of them.`,
      value: n,
      expected: `more than ${d} rows`,
      hint: "Search fewer columns, or use a method that conditions on few at a time (pc, boss).",
    });
  }
  refuseCopies(data);
  if (!data.missing && reading.allowCollinear !== true && !few) refuseCollinear(data);
  if (!few) return [];
  return [
    {
      kind: "warning",
      code: "few-rows",
      message: `There are no more rows (${n}) than columns (${d}): most edges cannot be told from chance.`,
      hint: "Search fewer columns, or raise the penalty.",
    },
  ];
}

function refuseConstant(data: DiscoveryData): void {
  const constant = data.variables
    .filter((variable) => {
      if (variable.kind === "discrete") {
        const seen = variable.codes.find((code) => code >= 0);
        return variable.codes.every((code) => code === seen || code < 0);
      }
      const first = variable.values.find((value) => !Number.isNaN(value));
      return variable.values.every((value) => value === first || Number.isNaN(value));
    })
    .map((variable) => variable.name);
  if (constant.length === 0) return;
  throw new UserError({
    code: "discovery-constant",
    message: `${constant.length === 1 ? "Column" : "Columns"} ${head(constant)} never ${constant.length === 1 ? "varies" : "vary"}.`,
    value: constant,
    expected: "columns that vary",
    hint: "Leave them out: what does not vary shows no cause and no effect.",
  });
}

function refuseCopies(data: DiscoveryData): void {
  const copies: string[] = [];
  const groups = new Map<string, number[]>();
  data.variables.forEach((variable, v) => {
    if (variable.kind !== "discrete") return;
    const key = fingerprint(variable.codes);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [v]);
    else group.push(v);
  });
  for (const group of groups.values()) {
    group.forEach((v, k) => {
      for (const w of group.slice(k + 1)) {
        if (samePartition(data, v, w)) copies.push(`${data.names[v]} and ${data.names[w]}`);
      }
    });
  }
  const numeric = data.variables.flatMap((variable, v) => (variable.kind === "numeric" ? [v] : []));
  if (numeric.length > 1 && !data.missing) {
    const r = correlations(data, numeric);
    const k = numeric.length;
    for (let a = 0; a < k; a++) {
      for (let b = a + 1; b < k; b++) {
        if (Math.abs(r[a * k + b] ?? 0) >= COPY) {
          copies.push(`${data.names[numeric[a] ?? 0]} and ${data.names[numeric[b] ?? 0]}`);
        }
      }
    }
  }
  if (copies.length === 0) return;
  throw new UserError({
    code: "discovery-duplicate",
    message: `These columns are the same up to unit or naming: ${head(copies, "; ")}.`,
    value: copies,
    expected: "each quantity once",
    hint: "Keep one of each: no data can tell which of two copies is the cause.",
  });
}

/** The partition of rows as first appearances, hashed; equal partitions have equal hashes. */
function fingerprint(codes: Int32Array): string {
  const seen = new Map<number, number>();
  let hash = 0x811c9dc5;
  for (const code of codes) {
    let rank = seen.get(code);
    if (rank === undefined) seen.set(code, (rank = seen.size));
    hash = Math.imul(hash ^ rank, 0x01000193);
  }
  return `${seen.size}/${hash}`;
}

function samePartition(data: DiscoveryData, v: number, w: number): boolean {
  const a = data.variables[v];
  const b = data.variables[w];
  if (a?.kind !== "discrete" || b?.kind !== "discrete") return false;
  const there = new Map<number, number>();
  const back = new Map<number, number>();
  for (let i = 0; i < data.n; i++) {
    const x = a.codes[i] ?? -1;
    const y = b.codes[i] ?? -1;
    if ((there.get(x) ?? y) !== y || (back.get(y) ?? x) !== x) return false;
    there.set(x, y);
    back.set(y, x);
  }
  return true;
}

function refuseCollinear(data: DiscoveryData): void {
  const numeric = data.variables.flatMap((variable, v) => (variable.kind === "numeric" ? [v] : []));
  const k = numeric.length;
  if (k < 3) return;
  const found = firstCombination(correlations(data, numeric), k);
  if (found === undefined) return;
  const name = (a: number): string => data.names[numeric[a] ?? 0] ?? "";
  const members = [name(found.column), ...found.from.map(name)];
  throw new UserError({
    code: "discovery-collinear",
    message: `Column ${name(found.column)} is an exact linear combination of ${head(found.from.map(name))}.`,
    value: members,
    expected: "columns of which none follows from the others",
    hint: "Leave one of them out (totals beside their parts are the usual case).",
  });
}

/** The first column that the ones before give exactly, and those of them that it needs. Row-wise Cholesky, O(k³/3). */
function firstCombination(
  r: Float64Array,
  k: number,
): { column: number; from: number[] } | undefined {
  const l = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    let pivot = 1;
    for (let j = 0; j < i; j++) {
      let sum = r[i * k + j]!;
      const a = i * k;
      const b = j * k;
      for (let m = 0; m < j; m++) sum -= l[a + m]! * l[b + m]!;
      const value = sum / l[b + j]!;
      l[a + j] = value;
      pivot -= value * value;
    }
    if (pivot < 1e-9) {
      const part = new Float64Array(i * i);
      for (let a = 0; a < i; a++) {
        for (let b = 0; b <= a; b++) part[a * i + b] = l[a * k + b]!;
      }
      const weights = choleskySolve(part, i, r.subarray(i * k, i * k + i));
      const from = Array.from(weights, (weight, a) => ({ weight, a }))
        .filter(({ weight }) => Math.abs(weight) > 1e-4)
        .map(({ a }) => a);
      return { column: i, from };
    }
    l[i * k + i] = Math.sqrt(pivot);
  }
  return undefined;
}

function head(names: readonly string[], joint = ", "): string {
  const more = names.length > 12 ? `${joint}and ${names.length - 12} more` : "";
  return names.slice(0, 12).join(joint) + more;
}

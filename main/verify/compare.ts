import type { Provenance } from "../../app/protocol/kernel.ts";
import type { TableBlock } from "../../app/protocol/report.ts";
import type { SavedOutput } from "../../app/protocol/store.ts";

/** One place at which a saved output and that of a fresh run part. */
export interface Difference {
  /** Where in the output: `bundle 1 / application/json / estimate`. */
  readonly path: string;
  readonly saved: unknown;
  readonly now: unknown;
}

/** What was different when the output was saved. */
export interface Change {
  readonly what: string;
  readonly saved: string | undefined;
  readonly now: string | undefined;
}

/** Enough to see what is wrong; the rest says the same again. */
const MAX_DIFFERENCES = 20;

/**
 * Where two outputs of one cell differ: what they show, what they claim, how they failed. Numbers, in data and within
 * text alike, count as equal within `tolerance` of the larger; with a tolerance, a printed number may also be off by
 * one in its last digit, which rounding can turn over. Everything else must be the same. Linear in the size.
 */
export function compareOutputs(
  saved: SavedOutput,
  now: SavedOutput,
  tolerance: number,
): readonly Difference[] {
  const found: Difference[] = [];
  const walk = (path: readonly string[], a: unknown, b: unknown): void => {
    if (found.length >= MAX_DIFFERENCES || sameLeaf(a, b, tolerance)) return;
    if (isRecord(a) && isRecord(b) && Array.isArray(a) === Array.isArray(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        walk([...path, key], a[key], b[key]);
      }
    } else found.push({ path: path.join(" / "), saved: a, now: b });
  };
  walk(["claim"], saved.claim, now.claim);
  walk(["failure"], saved.failure?.error.message, now.failure?.error.message);
  const length = Math.max(saved.bundles.length, now.bundles.length);
  for (let i = 0; i < length; i++) {
    walk([`output ${i + 1}`], untimed(saved.bundles[i]), untimed(now.bundles[i]));
  }
  return found;
}

/** Without the columns of tables that hold measured times. */
function untimed(value: unknown): unknown {
  if (Array.isArray(value)) return (value as readonly unknown[]).map(untimed);
  if (!isRecord(value)) return value;
  const { kind, columns, rows } = value as Partial<TableBlock>;
  const timed = new Set(
    kind === "table" && Array.isArray(columns)
      ? columns.flatMap((column, i) => (column?.timing === true ? [i] : []))
      : [],
  );
  if (timed.size > 0 && Array.isArray(rows)) {
    return {
      ...value,
      rows: rows.map((row: readonly string[]) => row.filter((_, i) => !timed.has(i))),
    };
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, untimed(one)]));
}

/** Seed, backend and versions that are not those of the saved run. */
export function compareProvenance(
  saved: Provenance | undefined,
  now: Provenance | undefined,
): readonly Change[] {
  const a = flat(saved);
  const b = flat(now);
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((what) => a.get(what) !== b.get(what))
    .map((what) => ({ what, saved: a.get(what), now: b.get(what) }));
}

function flat(made: Provenance | undefined): ReadonlyMap<string, string> {
  const { seed, backend, adapter, versions = {} } = made ?? {};
  const all: readonly (readonly [string, string | undefined])[] = [
    ["seed", seed?.toString()],
    ["backend", backend],
    ["adapter", adapter],
    ...Object.entries(versions),
  ];
  return new Map(all.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

function sameLeaf(a: unknown, b: unknown, tolerance: number): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === "number" && typeof b === "number") return near(a, b, tolerance);
  if (typeof a === "string" && typeof b === "string") return sameText(a, b, tolerance);
  return false;
}

/** Below it a number is what cancelling left over: the tolerance is then of this. */
const SMALL = 1e-4;

function near(a: number, b: number, tolerance: number): boolean {
  // -0 is 0 here: no reader can tell them apart
  return a === b || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), SMALL);
}

const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The same words around numbers that are near each other. */
function sameText(a: string, b: string, tolerance: number): boolean {
  if (tolerance === 0 || a.replaceAll(NUMBER, "#") !== b.replaceAll(NUMBER, "#")) return false;
  const theirs = b.match(NUMBER) ?? [];
  return (a.match(NUMBER) ?? []).every((text, i) => {
    const other = theirs[i] ?? "";
    const [x, y] = [numberOf(text), numberOf(other)];
    const lastDigit = Math.max(unitOf(text), unitOf(other));
    // whole numbers count things; only what was rounded can turn over
    const slack = Number.isInteger(lastDigit) ? 0 : 1.001 * lastDigit;
    return near(x, y, tolerance) || Math.abs(x - y) <= slack;
  });
}

function numberOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}

/** The worth of a printed number's last digit: .01 of `3.14`, 1 of `12`. */
function unitOf(text: string): number {
  const [digits = "", exponent = "0"] = text.toLowerCase().split("e");
  const decimals = digits.includes(".") ? digits.length - digits.indexOf(".") - 1 : 0;
  return 10 ** (Number(exponent) - decimals);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

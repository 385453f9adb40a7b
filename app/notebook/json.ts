import { UserError } from "../errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonRecord;
export type JsonRecord = { readonly [key: string]: Json };

const MAX_DEPTH = 100;

/**
 * A copy of a value as JSON data. Throws for what JSON cannot hold (NaN, functions, cycles) instead of losing
 * it silently as `JSON.stringify` does; `undefined` fields are left out.
 */
export function toJson(value: unknown, depth = 0): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (typeof value !== "object" || depth > MAX_DEPTH) throw notJson(value);
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw notJson(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, toJson(item, depth + 1)]),
  );
}

/** Compact JSON with sorted keys: equal data gives equal text, whatever order the keys were set in. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const record = value as JsonRecord;
  const fields = Object.keys(record)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key] as Json)}`);
  return `{${fields.join(",")}}`;
}

function notJson(value: unknown): UserError {
  return new UserError({
    code: "not-json",
    message: "A value cannot be kept: it is not plain data.",
    value: typeof value === "object" ? "an object" : value,
    expected: "null, true or false, a finite number, text, a list or a record of these",
  });
}

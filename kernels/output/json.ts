const MAX_ITEMS = 10_000;
const MAX_DEPTH = 12;

/**
 * A value as plain JSON, for programs that read a notebook's results. Tables become columns, typed arrays arrays;
 * what JSON has no word for becomes a text (`NaN`, `function`), long arrays say how much was left out.
 */
export function toPlain(value: unknown, depth = MAX_DEPTH): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return value.toString();
    case "undefined":
      return null;
    case "symbol":
    case "function":
      return `(${typeof value})`;
  }
  if (value === null) return null;
  if (depth === 0) return "(deeper)";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return { error: value.name, message: value.message };
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return itemsOf(value as ArrayLike<unknown>, depth);
  }
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([k, v]) => [String(k), toPlain(v, depth - 1)]));
  }
  if (value instanceof Set) return itemsOf([...value], depth);
  return Object.fromEntries(
    Object.entries(value as object).map(([key, child]: [string, unknown]) => [
      key,
      toPlain(child, depth - 1),
    ]),
  );
}

function itemsOf(items: ArrayLike<unknown>, depth: number): unknown[] {
  const shown = Array.from({ length: Math.min(items.length, MAX_ITEMS) }, (_, i) =>
    toPlain(items[i], depth - 1),
  );
  if (items.length > MAX_ITEMS) shown.push(`… ${items.length - MAX_ITEMS} more`);
  return shown;
}

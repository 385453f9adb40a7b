import type { InspectNode } from "../../app/protocol/mime.ts";

const MAX_ENTRIES = 50;
const MAX_DEPTH = 4;
const MAX_NODES = 2000;

/** Any value as a small, plain tree. Never throws and never runs user getters; cost is bounded by `MAX_NODES`. */
export function inspect(value: unknown): InspectNode {
  return visit(value, MAX_DEPTH, { nodes: 0, seen: new Set() });
}

interface Visit {
  nodes: number;
  readonly seen: Set<object>;
}

function visit(value: unknown, depth: number, state: Visit): InspectNode {
  state.nodes++;
  switch (typeof value) {
    case "string":
      return { type: "string", summary: JSON.stringify(shorten(value, 500)) };
    case "number":
      return { type: "number", summary: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { type: "bigint", summary: `${value}n` };
    case "boolean":
      return { type: "boolean", summary: String(value) };
    case "undefined":
      return { type: "undefined", summary: "undefined" };
    case "symbol":
      return { type: "symbol", summary: String(value) };
    case "function":
      return { type: "function", summary: functionLine(value) };
  }
  if (value === null) return { type: "null", summary: "null" };
  const object: object = value as object;
  if (state.seen.has(object)) return { type: "object", summary: "(circular)" };
  state.seen.add(object);
  try {
    return visitObject(object, depth, state);
  } catch (error) {
    // a hostile proxy: what it is cannot be said, that it is hostile can
    return { type: "object", summary: `(not readable: ${errorText(error)})` };
  } finally {
    state.seen.delete(object);
  }
}

function visitObject(object: object, depth: number, state: Visit): InspectNode {
  if (object instanceof Date) {
    const time = object.getTime();
    return { type: "date", summary: Number.isNaN(time) ? "Invalid Date" : object.toISOString() };
  }
  if (object instanceof Error)
    return { type: "error", summary: `${object.name}: ${object.message}` };
  if (object instanceof RegExp) return { type: "object", summary: String(object) };
  if (object instanceof Map) {
    return listing("object", `Map(${object.size})`, object.size, depth, state, () =>
      take(object.entries(), MAX_ENTRIES).map(([k, v]) => [shorten(inlineText(k), 60), v]),
    );
  }
  if (object instanceof Set) {
    return listing("object", `Set(${object.size})`, object.size, depth, state, () =>
      take(object.values(), MAX_ENTRIES).map((v, i) => [String(i), v]),
    );
  }
  if (Array.isArray(object) || isTyped(object)) {
    const array = object as ArrayLike<unknown>;
    const name = Array.isArray(object) ? "Array" : object.constructor.name;
    return listing("array", `${name}(${array.length})`, array.length, depth, state, () =>
      Array.from({ length: Math.min(array.length, MAX_ENTRIES) }, (_, i) => [String(i), array[i]]),
    );
  }
  if (object instanceof ArrayBuffer) {
    return { type: "object", summary: `ArrayBuffer(${object.byteLength} bytes)` };
  }
  const keys = Object.keys(object);
  const prototype: unknown = Object.getPrototypeOf(object);
  const constructor =
    prototype === null ? undefined : (prototype as { constructor?: unknown }).constructor;
  const name =
    typeof constructor === "function" && constructor.name !== "Object"
      ? `${constructor.name} `
      : "";
  return listing(
    "object",
    `${name}{${keys.slice(0, 6).join(", ")}${keys.length > 6 ? ", …" : ""}}`,
    keys.length,
    depth,
    state,
    () =>
      keys.slice(0, MAX_ENTRIES).map((key) => {
        const property = Object.getOwnPropertyDescriptor(object, key);
        return [key, property !== undefined && "value" in property ? property.value : "(getter)"];
      }),
  );
}

function listing(
  type: "object" | "array",
  summary: string,
  size: number,
  depth: number,
  state: Visit,
  entriesOf: () => [string, unknown][],
): InspectNode {
  if (depth === 0 || size === 0 || state.nodes > MAX_NODES) return { type, summary };
  const entries = entriesOf().map(([key, value]) => ({
    key,
    node: visit(value, depth - 1, state),
  }));
  const more = size - entries.length;
  return { type, summary, entries, ...(more > 0 ? { more } : {}) };
}

/** One line for the variables panel and logs. */
export function inlineText(value: unknown): string {
  if (typeof value === "string") return value;
  const node = visit(value, 1, { nodes: 0, seen: new Set() });
  if (node.entries === undefined) return node.summary;
  const inner = node.entries
    .slice(0, 8)
    .map(({ key, node: child }) =>
      node.type === "array" ? child.summary : `${key}: ${child.summary}`,
    );
  const rest = node.entries.length > 8 || node.more !== undefined ? ", …" : "";
  const [open, close] = node.type === "array" ? ["[", "]"] : ["{", "}"];
  const prefix = /^(?:Array\(|\{)/u.test(node.summary)
    ? ""
    : `${node.summary.split(/[{(]/u)[0]?.trim()} `;
  return shorten(`${prefix}${open}${inner.join(", ")}${rest}${close}`, 300);
}

/** The same, whole strings quoted, for `text/plain`. */
export function plainText(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(shorten(value, 2000)) : inlineText(value);
}

function functionLine(value: object): string {
  const name = Object.getOwnPropertyDescriptor(value, "name")?.value as unknown;
  return `ƒ ${typeof name === "string" && name !== "" ? name : "anonymous"}`;
}

function isTyped(value: object): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function take<T>(values: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const value of values) {
    if (taken.length === count) break;
    taken.push(value);
  }
  return taken;
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : "it throws";
}

import type { Claim } from "../../app/claim.ts";
import type { KernelEvent, VariableSummary } from "../../app/protocol/kernel.ts";
import { isTable } from "../data/table.ts";
import { inlineText, inspect } from "./inspect.ts";

interface VariableChange {
  readonly name: string;
  readonly cell: string;
  readonly value: unknown;
  readonly claim?: Claim;
}

const FEED_MS = 60;

/** Tells the page of variables a few times a second at most, however fast they change; the last value always. */
export class VariableFeed {
  readonly #post: (event: KernelEvent) => void;
  readonly #changed = new Map<string, VariableChange>();
  readonly #gone = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(post: (event: KernelEvent) => void) {
    this.#post = post;
  }

  changed(change: VariableChange): void {
    this.#gone.delete(change.name);
    this.#changed.set(change.name, change);
    this.#later();
  }

  gone(name: string): void {
    this.#changed.delete(name);
    this.#gone.add(name);
    this.#later();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#changed.size === 0 && this.#gone.size === 0) return;
    const changed = [...this.#changed.values()].map(summariseVariable);
    const removed = [...this.#gone];
    this.#changed.clear();
    this.#gone.clear();
    this.#post({ type: "variables", changed, removed });
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.flush(), FEED_MS);
  }
}

/** A variable for the panel: its type, one line of it, its size, its claim. */
export function summariseVariable(change: VariableChange): VariableSummary {
  const { name, cell, value, claim } = change;
  return {
    name,
    cell,
    type: typeName(value),
    preview: preview(value),
    ...sizeOf(value),
    ...(claim === undefined ? {} : { claim }),
  };
}

function typeName(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    const kind = (value as { kind?: unknown }).kind;
    if (typeof kind === "string") return kind;
  }
  return inspect(value).type;
}

function preview(value: unknown): string {
  if (isTable(value))
    return value.columns
      .slice(0, 8)
      .map((column) => column.name)
      .join(", ");
  return inlineText(value).slice(0, 120);
}

function sizeOf(value: unknown): { size?: string } {
  if (isTable(value)) return { size: `${value.n} rows × ${value.columns.length} columns` };
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return { size: `${(value as ArrayLike<unknown>).length} items` };
  }
  if (value instanceof Map || value instanceof Set) return { size: `${value.size} items` };
  return {};
}

import type { Claim } from "../../app/claim.ts";
import type { VariableSummary } from "../../app/protocol/kernel.ts";
import type { Table } from "../data/table.ts";
import { inlineText, inspect } from "./inspect.ts";

/** A variable for the panel: its type, one line of it, its size, its claim. */
export function summariseVariable(change: {
  readonly name: string;
  readonly cell: string;
  readonly value: unknown;
  readonly claim?: Claim;
}): VariableSummary {
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

function isTable(value: unknown): value is Table {
  return (
    typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "table"
  );
}

import type { ErrorRecord } from "../errors.ts";
import type { InputDescription } from "../cell/program.ts";
import type { Report } from "./report.ts";

/**
 * What a cell shows, as data: the same thing in several media types, richest first choice of the reader, as
 * Jupyter does. Every bundle holds `text/plain`, so that nothing is ever unreadable. Values are plain JSON.
 */
export type MimeBundle = Readonly<Record<string, unknown>>;

export const mime = {
  text: "text/plain",
  markdown: "text/markdown",
  html: "text/html",
  svg: "image/svg+xml",
  /** Base64, as in Jupyter. */
  png: "image/png",
  jpeg: "image/jpeg",
  json: "application/json",
  vegaLite: "application/vnd.vegalite.v6+json",
  /** `Report`: what causal cells show. */
  report: "application/vnd.dagbok.report+json",
  /** `TablePage`. */
  table: "application/vnd.dagbok.table+json",
  /** `InputOutput`. */
  input: "application/vnd.dagbok.input+json",
  /** `InspectNode`: any value, as an expandable tree. */
  value: "application/vnd.dagbok.value+json",
  /** `ErrorRecord`. */
  error: "application/vnd.dagbok.error+json",
} as const;

export interface TablePage {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Rows `offset` … of `n`, each cell already as text (null = missing). */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly offset: number;
  readonly n: number;
}

export interface InputOutput {
  /** Position among the cell's inputs: the key under which its value is saved and set. */
  readonly key: string;
  readonly input: InputDescription;
  readonly value: unknown;
}

export interface InspectNode {
  /** One line, e.g. `Array(3)` or `"text"`. */
  readonly summary: string;
  readonly type:
    | "string"
    | "number"
    | "boolean"
    | "null"
    | "undefined"
    | "function"
    | "symbol"
    | "bigint"
    | "date"
    | "error"
    | "object"
    | "array";
  readonly entries?: readonly { readonly key: string; readonly node: InspectNode }[];
  /** How many entries were left out. */
  readonly more?: number;
}

/** Typed access to the media types that are ours. */
export interface DagbokBundle {
  readonly [mime.report]?: Report;
  readonly [mime.table]?: TablePage;
  readonly [mime.input]?: InputOutput;
  readonly [mime.value]?: InspectNode;
  readonly [mime.error]?: ErrorRecord;
}

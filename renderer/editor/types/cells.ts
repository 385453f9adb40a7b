import type { Severity } from "../../../app/cell/program.ts";

export interface TypeColumn {
  readonly name: string;
  /** A `ColumnType`, or anything else when it is not known. */
  readonly type: string;
}

/** A cell as the checker is given it. */
export interface TypeCell {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly name?: string;
  /** What the kernel says it defines; used for kinds that the checker cannot read itself. */
  readonly outputs?: readonly string[];
  /** Columns of the table it makes, as far as they were seen. */
  readonly columns?: readonly TypeColumn[];
  /** Its text is no longer the one that made `columns`: they are offered, and nothing is held against them. */
  readonly columnsOld?: boolean;
}

/** A finding about types, at offsets of the cell's own text. */
export interface TypeFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  /** The session's analysis tells the same thing in words of its own: underline it, and say it only once. */
  readonly told?: true;
}

export interface TypePlace {
  readonly cell: string;
  readonly start: number;
  readonly end: number;
}

export type RenameEdit =
  | {
      readonly kind: "text";
      readonly cell: string;
      readonly start: number;
      readonly end: number;
      readonly text: string;
    }
  /** The name is not in the text but is the cell's own. */
  | { readonly kind: "name"; readonly cell: string; readonly value: string };

export type RenameAnswer =
  | { readonly kind: "rename"; readonly edits: readonly RenameEdit[] }
  | { readonly kind: "refused"; readonly reason: string };

export interface TypeCompletion {
  readonly label: string;
  /** A TypeScript element kind: `function`, `const`, `property`, … or `column`, `variable`, `method`, `option`. */
  readonly kind: string;
  readonly sort: string;
  readonly insert?: string;
  /** Where the text to be replaced stands, when it is not the word at the cursor. */
  readonly replace?: { readonly start: number; readonly end: number };
  readonly detail?: string;
  readonly doc?: string;
}

export interface TypeDetails {
  readonly signature: string;
  readonly doc: string;
}

export interface TypeHover extends TypeDetails {
  readonly start: number;
  readonly end: number;
  /** The cell that defines it, when it is another one. */
  readonly from?: string;
}

export interface TypeSignature {
  readonly label: string;
  readonly doc: string;
  readonly parameters: readonly {
    readonly start: number;
    readonly end: number;
    readonly doc: string;
  }[];
}

export interface TypeSignatures {
  readonly signatures: readonly TypeSignature[];
  readonly active: number;
  readonly parameter: number;
}

export interface TypeFix {
  readonly title: string;
  readonly edits: readonly {
    readonly start: number;
    readonly end: number;
    readonly text: string;
  }[];
}

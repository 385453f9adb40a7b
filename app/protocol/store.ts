import type { Edit } from "../notebook/edits.ts";
import type { Notebook } from "../notebook/document.ts";
import type { Claim } from "../claim.ts";
import type { CellFailure, Provenance } from "./kernel.ts";
import type { MimeBundle } from "./mime.ts";

export interface NotebookSummary {
  readonly id: string;
  readonly title: string;
  readonly cells: number;
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** `here` was written in this library; `imported` came from a file. */
  readonly origin: "here" | "imported" | "shipped";
  readonly deletedAt?: number;
  /** When searched: the cells that hold the words, best first, at most `MAX_HITS` of `hitCount`. */
  readonly hits?: readonly SearchHit[];
  readonly hitCount?: number;
}

/** A cell in which a search over the library found its words. */
export interface SearchHit {
  readonly cell: string;
  readonly kind: string;
  readonly name?: string;
  /** A passage around the first of the words. */
  readonly snippet: string;
  /** Where in the cell's text it stands; 0 when only the name matches. */
  readonly at: number;
}

export const MAX_HITS = 5;

/** A cell's outputs of its last finished run. Current when `digest` equals the cell's digest now, else stale. */
export interface SavedOutput {
  readonly cell: string;
  readonly digest: string;
  readonly bundles: readonly MimeBundle[];
  readonly ms: number;
  readonly at: number;
  readonly claim?: Claim;
  readonly failure?: CellFailure;
  readonly provenance?: Provenance;
}

export interface StoredNotebook {
  readonly notebook: Notebook;
  /** Rises by one with every accepted batch of edits. */
  readonly rev: number;
  readonly summary: NotebookSummary;
  readonly outputs: readonly SavedOutput[];
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

export interface EditBatch {
  /** The revision the edits were made on; a store at another revision answers `conflict`. */
  readonly baseRev: number;
  readonly edits: readonly Edit[];
  /** Edits of one group are undone together. */
  readonly group: string;
  /** Made by the client once per batch: a batch that is sent twice (lost answer) is applied once. */
  readonly batch: string;
}

export interface EditAnswer {
  readonly rev: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/** `edits` are to be applied by the client to the revision before. */
export interface UndoAnswer extends EditAnswer {
  readonly edits: readonly Edit[];
}

export interface HistoryEntry {
  readonly rev: number;
  /** The first of the revisions that the entry stands for. */
  readonly from?: number;
  readonly at: number;
  readonly group: string;
  readonly kinds: readonly string[];
  readonly cells: readonly string[];
  /** A version the user has named. */
  readonly name?: string;
}

/** State of the store that the page must show. */
export type StoreHealth =
  | { readonly kind: "ok"; readonly path: string; readonly bytes: number }
  | { readonly kind: "read-only"; readonly reason: string }
  | { readonly kind: "newer"; readonly version: number; readonly supported: number }
  | { readonly kind: "full"; readonly reason: string }
  | { readonly kind: "restored"; readonly setAside: string; readonly from: string }
  | { readonly kind: "busy"; readonly reason: string };

/** What the back end needs of a store. Refusals are `StoreError`s. */
export interface NotebookStore {
  health(): Promise<StoreHealth>;
  list(query?: {
    readonly search?: string;
    readonly deleted?: boolean;
  }): Promise<readonly NotebookSummary[]>;
  create(spec: {
    readonly notebook: Notebook;
    readonly origin: NotebookSummary["origin"];
    readonly outputs?: readonly SavedOutput[];
  }): Promise<StoredNotebook>;
  open(id: string): Promise<StoredNotebook>;
  edit(id: string, batch: EditBatch): Promise<EditAnswer>;
  undo(id: string, baseRev: number): Promise<UndoAnswer>;
  redo(id: string, baseRev: number): Promise<UndoAnswer>;
  history(
    id: string,
    query?: { readonly before?: number; readonly limit?: number },
  ): Promise<readonly HistoryEntry[]>;
  version(id: string, rev: number): Promise<Notebook>;
  /** An empty name takes the name away, and with it the outputs that were kept. */
  nameVersion(id: string, rev: number, name: string): Promise<void>;
  /** What the cells showed when the version was named; nothing of versions that were named later, or never. */
  versionOutputs(id: string, rev: number): Promise<readonly SavedOutput[]>;
  saveOutputs(id: string, outputs: readonly SavedOutput[]): Promise<void>;
  duplicate(id: string): Promise<StoredNotebook>;
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  putBlob(
    bytes: Uint8Array,
    mime: string,
  ): Promise<{ readonly sha256: string; readonly bytes: number }>;
  getBlob(
    sha256: string,
  ): Promise<{ readonly bytes: Uint8Array; readonly mime: string } | undefined>;
  getSetting(key: string): Promise<unknown>;
  putSetting(key: string, value: unknown): Promise<void>;
  backup(reason: string): Promise<{ readonly path: string }>;
  close(): Promise<void>;
}

export type StoreErrorCode =
  | "not-found"
  | "conflict"
  | "nothing-to-undo"
  | "read-only"
  | "full"
  | "busy"
  | "newer"
  | "damaged"
  | "invalid";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  readonly hint: string | undefined;
  constructor(
    code: StoreErrorCode,
    message: string,
    options: ErrorOptions & { hint?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}

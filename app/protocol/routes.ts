import type { ErrorRecord } from "../errors.ts";
import type { Notebook } from "../notebook/document.ts";
import type {
  EditAnswer,
  EditBatch,
  HistoryEntry,
  NotebookSummary,
  SavedOutput,
  StoredNotebook,
  StoreHealth,
  UndoAnswer,
} from "./store.ts";

/**
 * Every route of the back end: name -> method, path, what goes in and what comes out (JSON unless said). The
 * back end answers nothing that is not in this table; the page's client is typed by it.
 */
export interface Routes {
  health: { in: undefined; out: { store: StoreHealth; version: string; desktop: boolean } };
  listNotebooks: { in: { search?: string; deleted?: boolean }; out: readonly NotebookSummary[] };
  createNotebook: { in: { title?: string }; out: StoredNotebook };
  /** A shared file, an .ipynb, a standalone HTML or a Notebook Kit page, as text. */
  importNotebook: { in: { fileName: string; text: string }; out: StoredNotebook };
  openNotebook: { in: { id: string }; out: StoredNotebook };
  editNotebook: { in: { id: string } & EditBatch; out: EditAnswer };
  undo: { in: { id: string; baseRev: number }; out: UndoAnswer };
  redo: { in: { id: string; baseRev: number }; out: UndoAnswer };
  history: {
    in: { id: string; before?: number; limit?: number };
    out: readonly HistoryEntry[];
  };
  version: { in: { id: string; rev: number }; out: Notebook };
  nameVersion: { in: { id: string; rev: number; name: string }; out: Record<string, never> };
  versionOutputs: { in: { id: string; rev: number }; out: readonly SavedOutput[] };
  saveOutputs: { in: { id: string; outputs: readonly SavedOutput[] }; out: Record<string, never> };
  duplicateNotebook: { in: { id: string }; out: StoredNotebook };
  deleteNotebook: { in: { id: string }; out: Record<string, never> };
  restoreNotebook: { in: { id: string }; out: Record<string, never> };
  exportNotebook: {
    in: { id: string; to: "ts" | "ipynb" | "html" | "kit" };
    out: { fileName: string; mime: string; text: string };
  };
  /** Body and answer of these two are raw bytes. */
  putBlob: { in: { mime: string; bytes: Uint8Array }; out: { sha256: string; bytes: number } };
  getBlob: { in: { sha256: string }; out: Uint8Array };
  /** Notebooks that ship with Dagbok, to start from. */
  shipped: { in: undefined; out: readonly { path: string; title: string; about: string }[] };
  openShipped: { in: { path: string }; out: StoredNotebook };
  /** Known public data sets and which of them are here. */
  catalogue: { in: undefined; out: readonly CatalogueEntry[] };
  getSetting: { in: { key: string }; out: { value: unknown } };
  putSetting: { in: { key: string; value: unknown }; out: Record<string, never> };
}

export type RouteName = keyof Routes;

export interface RouteShape {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `:name` parts are taken from the input; the rest of it goes to the query (GET, DELETE) or the JSON body. */
  readonly path: string;
}

export const routes: Readonly<Record<RouteName, RouteShape>> = {
  health: { method: "GET", path: "/api/health" },
  listNotebooks: { method: "GET", path: "/api/notebooks" },
  createNotebook: { method: "POST", path: "/api/notebooks" },
  importNotebook: { method: "POST", path: "/api/import" },
  openNotebook: { method: "GET", path: "/api/notebooks/:id" },
  editNotebook: { method: "POST", path: "/api/notebooks/:id/edits" },
  undo: { method: "POST", path: "/api/notebooks/:id/undo" },
  redo: { method: "POST", path: "/api/notebooks/:id/redo" },
  history: { method: "GET", path: "/api/notebooks/:id/history" },
  version: { method: "GET", path: "/api/notebooks/:id/versions/:rev" },
  nameVersion: { method: "PUT", path: "/api/notebooks/:id/versions/:rev" },
  versionOutputs: { method: "GET", path: "/api/notebooks/:id/versions/:rev/outputs" },
  saveOutputs: { method: "PUT", path: "/api/notebooks/:id/outputs" },
  duplicateNotebook: { method: "POST", path: "/api/notebooks/:id/duplicate" },
  deleteNotebook: { method: "DELETE", path: "/api/notebooks/:id" },
  restoreNotebook: { method: "POST", path: "/api/notebooks/:id/restore" },
  exportNotebook: { method: "GET", path: "/api/notebooks/:id/export/:to" },
  putBlob: { method: "PUT", path: "/api/blobs" },
  getBlob: { method: "GET", path: "/api/blobs/:sha256" },
  shipped: { method: "GET", path: "/api/shipped" },
  openShipped: { method: "POST", path: "/api/shipped/open" },
  catalogue: { method: "GET", path: "/api/catalogue" },
  getSetting: { method: "GET", path: "/api/settings/:key" },
  putSetting: { method: "PUT", path: "/api/settings/:key" },
};

/** Every refusal has this shape, with a fitting HTTP status. */
export interface RouteError {
  readonly error: ErrorRecord;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly source: string;
  readonly licence: string;
  readonly files: readonly {
    readonly name: string;
    readonly sha256: string;
    readonly bytes: number;
  }[];
  readonly available: boolean;
}

/** The header that carries the session token; see `main/backend`. */
export const tokenHeader = "x-dagbok-token";

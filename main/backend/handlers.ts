import { createNotebook, newNotebookId } from "../../app/notebook/document.ts";
import type { RouteName, Routes } from "../../app/protocol/routes.ts";
import { type NotebookStore, StoreError, type StoredNotebook } from "../../app/protocol/store.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { exportNotebook } from "./export.ts";
import { importNotebook } from "./import.ts";
import type { Imported } from "./imported.ts";
import { listShipped, readShipped } from "./shipped.ts";

export type Handlers = {
  readonly [R in RouteName]: (input: Routes[R]["in"]) => Promise<Routes[R]["out"]>;
};

export interface HandlerOptions {
  readonly store: NotebookStore;
  readonly catalogue: Catalogue;
  /** Folder of the notebooks that ship with Dagbok. */
  readonly shippedFolder: string;
  readonly version: string;
  readonly desktop: boolean;
}

/** What each route of the table does. */
export function createHandlers(options: HandlerOptions): Handlers {
  const { store, catalogue } = options;
  const done = {};
  return {
    health: async () => ({
      store: await store.health(),
      version: options.version,
      desktop: options.desktop,
    }),
    listNotebooks: (query) => store.list(query),
    createNotebook: ({ title }) =>
      store.create({
        notebook: createNotebook({
          ...(title === undefined ? {} : { title }),
          cells: [{ kind: "ts" }],
        }),
        origin: "here",
      }),
    importNotebook: async ({ fileName, text }) =>
      addImported(store, await importNotebook(fileName, text), "imported"),
    openNotebook: ({ id }) => store.open(id),
    editNotebook: ({ id, ...batch }) => store.edit(id, batch),
    undo: ({ id, baseRev }) => store.undo(id, baseRev),
    redo: ({ id, baseRev }) => store.redo(id, baseRev),
    history: ({ id, ...query }) => store.history(id, query),
    version: ({ id, rev }) => store.version(id, rev),
    nameVersion: async ({ id, rev, name }) => {
      await store.nameVersion(id, rev, name);
      return done;
    },
    versionOutputs: ({ id, rev }) => store.versionOutputs(id, rev),
    saveOutputs: async ({ id, outputs }) => {
      await store.saveOutputs(id, outputs);
      return done;
    },
    duplicateNotebook: ({ id }) => store.duplicate(id),
    deleteNotebook: async ({ id }) => {
      await store.remove(id);
      return done;
    },
    restoreNotebook: async ({ id }) => {
      await store.restore(id);
      return done;
    },
    exportNotebook: async ({ id, to }) => exportNotebook(await store.open(id), to, store),
    putBlob: ({ bytes, mime }) => store.putBlob(bytes, mime),
    getBlob: async ({ sha256 }) => {
      const bytes = (await store.getBlob(sha256))?.bytes ?? (await catalogue.read(sha256));
      if (bytes === undefined) throw new StoreError("not-found", "There are no such bytes.");
      return bytes;
    },
    shipped: () => listShipped(options.shippedFolder),
    openShipped: ({ path }) => openShipped(store, options.shippedFolder, path),
    catalogue: () => catalogue.list(),
    getSetting: async ({ key }) => ({ value: (await store.getSetting(key)) ?? null }),
    putSetting: async ({ key, value }) => {
      await store.putSetting(key, value);
      return done;
    },
  };
}

/** Adds an imported notebook with the bytes it brought; under a new id if its own is taken. */
export async function addImported(
  store: NotebookStore,
  imported: Imported,
  origin: "imported" | "shipped",
): Promise<StoredNotebook> {
  for (const { bytes, mime } of imported.files) await store.putBlob(bytes, mime);
  const { notebook, outputs } = imported;
  try {
    return await store.create({ notebook, origin, outputs });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "conflict") throw error;
    return store.create({ notebook: { ...notebook, id: newNotebookId() }, origin, outputs });
  }
}

/** The copy made the first time, as long as it is there; else a fresh one. */
export async function openShipped(
  store: NotebookStore,
  folder: string,
  path: string,
): Promise<StoredNotebook> {
  const key = `shipped:${path}`;
  const earlier = await store.getSetting(key);
  if (typeof earlier === "string") {
    try {
      return await store.open(earlier);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "not-found") throw error;
    }
  }
  const notebook = await readShipped(folder, path);
  const stored = await addImported(store, { notebook, outputs: [], files: [] }, "shipped");
  await store.putSetting(key, stored.notebook.id);
  return stored;
}

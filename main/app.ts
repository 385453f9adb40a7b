import path from "node:path";
import type { NotebookStore } from "../app/protocol/store.ts";
import { type Backend, createBackend } from "./backend/backend.ts";
import { createHandlers, openShipped } from "./backend/handlers.ts";
import type { Places } from "./backend/policies.ts";
import type { Sessions } from "./backend/sessions.ts";
import { openCatalogue } from "./catalogue/catalogue.ts";
import { versionOf } from "./files.ts";
import { StoreError } from "../app/protocol/store.ts";

const WELCOME = "guide/welcome";

export interface AppOptions {
  readonly store: NotebookStore;
  readonly sessions: Sessions;
  readonly places: Places;
  /** Data home: the library, its backups, the catalogue's files. */
  readonly home: string;
  /** Where `dist`, `notebooks` and package.json are. */
  readonly folder: string;
  readonly desktop: boolean;
}

/** The back end with everything it answers from, alike for the desktop and for browser mode. */
export function assemble(options: AppOptions): Backend {
  const { store, sessions, places, folder } = options;
  return createBackend({
    places,
    sessions,
    rendererFolder: path.join(folder, "dist", "renderer"),
    kernelFolder: path.join(folder, "dist", "kernel"),
    handlers: createHandlers({
      store,
      catalogue: openCatalogue(options.home),
      shippedFolder: path.join(folder, "notebooks"),
      version: versionOf(folder),
      desktop: options.desktop,
    }),
  });
}

/** The first time, the library gets the welcome notebook. Returns its id then. */
export async function welcome(store: NotebookStore, folder: string): Promise<string | undefined> {
  if ((await store.health()).kind !== "ok") return undefined;
  if ((await store.getSetting("welcomed")) === true) return undefined;
  try {
    const { notebook } = await openShipped(store, path.join(folder, "notebooks"), WELCOME);
    await store.putSetting("welcomed", true);
    return notebook.id;
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return undefined;
    throw error;
  }
}

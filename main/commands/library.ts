import { readFile } from "node:fs/promises";
import path from "node:path";
import type { NotebookStore } from "../../app/protocol/store.ts";
import { importNotebook } from "../backend/import.ts";
import type { Imported } from "../backend/imported.ts";
import { dataHome } from "../home.ts";
import { openStore } from "../storage/store.ts";

/** Work on the library of this user; closed whatever happens. */
export async function withLibrary<T>(work: (store: NotebookStore) => Promise<T>): Promise<T> {
  const store = await openStore({ folder: dataHome() });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export async function readNotebookFile(file: string): Promise<Imported> {
  return importNotebook(path.basename(file), await readFile(file, "utf8"));
}

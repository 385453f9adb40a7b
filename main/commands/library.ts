import { existsSync } from "node:fs";
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

/** A notebook with where it was found: a file, beside which its data may lie, or the library. */
export interface Found extends Imported {
  /** The file's path, or the id. */
  readonly place: string;
  readonly folder?: string;
}

/** A notebook by its file or, if there is no such file, by its id in the library. */
export async function findNotebook(place: string): Promise<Found> {
  if (existsSync(place) || !/^[a-z0-9]{4,32}$/.test(place)) {
    return {
      ...(await readNotebookFile(place)),
      place,
      folder: path.dirname(path.resolve(place)),
    };
  }
  return withLibrary(async (store) => {
    const { notebook, outputs } = await store.open(place);
    const files = await Promise.all(
      notebook.attachments.map(async ({ name, sha256 }) => ({
        name,
        blob: await store.getBlob(sha256),
      })),
    );
    return {
      notebook,
      outputs,
      files: files.flatMap(({ name, blob }) => (blob === undefined ? [] : [{ name, ...blob }])),
      place,
    };
  });
}

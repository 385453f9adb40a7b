import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../app/errors.ts";
import type { CatalogueEntry } from "../../app/protocol/routes.ts";
import type { DataFile } from "./data-file.ts";
import { type DataSet, dataSets } from "./sets.ts";

/** The known data sets and those of their files that are in a data home. */
export interface Catalogue {
  list(): Promise<readonly CatalogueEntry[]>;
  /** The bytes of a known file that is here. */
  read(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** A known file by name, if it is here: what a notebook's attachment of that name may be. */
  find(name: string): (DataFile & { readonly path: string }) | undefined;
  /** Keeps bytes that are one of a set's files. */
  put(bytes: Uint8Array, set: DataSet): Promise<DataFile>;
}

export function openCatalogue(home: string, sets: readonly DataSet[] = dataSets): Catalogue {
  const folder = path.join(home, "data");
  const place = (sha256: string): string => path.join(folder, sha256);
  const files = sets.flatMap((set) => set.files);
  return {
    list: async () =>
      sets.map(({ name, title, about, source, licence, files }) => ({
        name,
        title,
        about,
        source,
        licence,
        files: files.map(({ name, sha256, bytes }) => ({ name, sha256, bytes })),
        available: files.every(({ sha256 }) => existsSync(place(sha256))),
      })),
    read: async (sha256) => {
      if (!files.some((file) => file.sha256 === sha256)) return undefined;
      try {
        return await readFile(place(sha256));
      } catch (error) {
        if ((error as { code?: unknown }).code === "ENOENT") return undefined;
        throw error;
      }
    },
    find: (name) => {
      const file = files.find((known) => known.name === name && existsSync(place(known.sha256)));
      return file === undefined ? undefined : { ...file, path: place(file.sha256) };
    },
    put: async (bytes, set) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const file = set.files.find((known) => known.sha256 === sha256);
      if (file === undefined) throw otherBytes(set, sha256);
      await mkdir(folder, { recursive: true });
      // Under its name only once it is whole.
      await writeFile(`${place(sha256)}.part`, bytes, { flush: true });
      await rename(`${place(sha256)}.part`, place(sha256));
      return file;
    },
  };
}

function otherBytes(set: DataSet, sha256: string): UserError {
  const [first] = set.files;
  return new UserError({
    code: "data-hash",
    message: `The file is not the known ${set.name}.`,
    value: sha256,
    expected:
      set.files.length === 1 && first !== undefined
        ? `SHA-256 ${first.sha256}`
        : `one of the ${set.files.length} files of ${set.name}`,
    hint: `See ${set.source} for the original.`,
  });
}

import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../app/errors.ts";
import type { Catalogue } from "./catalogue.ts";
import type { DataFile } from "./data-file.ts";
import type { DataSet } from "./sets.ts";
import { dataSets } from "./sets.ts";

export function findSet(name: string, sets: readonly DataSet[] = dataSets): DataSet {
  const set = sets.find((known) => known.name === name.toLowerCase());
  if (set !== undefined) return set;
  throw new UserError({
    code: "data-unknown",
    message: `No data set ${name} is known.`,
    value: name,
    expected: sets.map((known) => known.name).join(", "),
  });
}

/** Takes the files of a set from a file or folder; only bytes that the catalogue knows are kept. */
export async function addFrom(
  catalogue: Catalogue,
  set: DataSet,
  from: string,
): Promise<readonly DataFile[]> {
  const isFolder = (await stat(from)).isDirectory();
  const names = isFolder ? await readdir(from) : [path.basename(from)];
  const folder = isFolder ? from : path.dirname(from);
  const wanted = isFolder
    ? set.files.map(({ name }) => name).filter((name) => names.includes(name))
    : names;
  if (wanted.length === 0) {
    throw new UserError({
      code: "data-missing",
      message: `The folder has no file of ${set.name}.`,
      value: from,
      expected: set.files.map(({ name }) => name).join(", "),
    });
  }
  const added: DataFile[] = [];
  for (const name of wanted) {
    added.push(await catalogue.put(await readFile(path.join(folder, name)), set));
  }
  return added;
}

/** Fetches what is published; the hash decides whether it is the known file. */
export async function fetchSet(
  catalogue: Catalogue,
  set: DataSet,
  get: typeof fetch = fetch,
): Promise<readonly DataFile[]> {
  const added: DataFile[] = [];
  for (const file of set.files) {
    if (file.url === undefined) throw notPublished(set);
    added.push(await catalogue.put(await download(file.url, set, get), set));
  }
  return added;
}

async function download(url: string, set: DataSet, get: typeof fetch): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await get(url, { signal: AbortSignal.timeout(60_000) });
  } catch (cause) {
    throw unreachable(url, (cause as Error).message, cause);
  }
  if (!response.ok) throw unreachable(url, `the answer was ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (set.convert === undefined) return bytes;
  return new TextEncoder().encode(set.convert(new TextDecoder().decode(bytes)));
}

function unreachable(url: string, why: string, cause?: unknown): UserError {
  return new UserError(
    {
      code: "data-fetch",
      message: `The data could not be fetched: ${why}.`,
      value: url,
      hint: "Fetch it elsewhere and add it with --from FILE.",
    },
    cause === undefined ? {} : { cause },
  );
}

function notPublished(set: DataSet): UserError {
  return new UserError({
    code: "data-not-published",
    message: `${set.name} is not published in the form that is known here.`,
    value: set.name,
    hint: `Add it with --from FILE or --from FOLDER. Its source: ${set.source}.`,
  });
}

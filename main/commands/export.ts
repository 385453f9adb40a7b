import { writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import type { Routes } from "../../app/protocol/routes.ts";
import type { StoredNotebook } from "../../app/protocol/store.ts";
import type { BlobReader } from "../backend/blob-reader.ts";
import { type ExportFormat, exportNotebook } from "../backend/export.ts";
import type { Imported } from "../backend/imported.ts";
import { type Command, parse, UsageError } from "./command.ts";
import { findNotebook } from "./library.ts";

const formats = ["ts", "ipynb", "html", "kit"];

export const exportFile: Command = {
  help: `dagbok export FILE|ID --to html|ts|ipynb|kit [-o PLACE]

Writes a notebook, from a file or by its id in the library, in another format: beside you
under the notebook's title, to PLACE, or with -o - to the standard output. HTML and ipynb
carry the saved outputs; the HTML opens offline and can be imported again. kit is a page
for Observable Notebook Kit: source only.
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      to: { type: "string" },
      output: { type: "string", short: "o" },
    });
    const [what, ...more] = positionals;
    if (what === undefined) throw new UsageError("Which notebook?");
    if (more.length > 0) throw new UsageError("One notebook at a time.");
    if (values.to === undefined || !formats.includes(values.to)) {
      throw new UsageError(`Say the format with --to ${formats.join(", --to ")}.`);
    }
    const made = await make(what, values.to as ExportFormat);
    const place = values.output ?? made.fileName;
    if (place === "-") process.stdout.write(made.text);
    else {
      await writeFile(place, made.text);
      console.log(place);
    }
    return 0;
  },
};

async function make(what: string, to: ExportFormat): Promise<Routes["exportNotebook"]["out"]> {
  const found = await findNotebook(what);
  return exportNotebook(asStored(found), to, filesOf(found));
}

export function asStored({ notebook, outputs }: Imported): StoredNotebook {
  return {
    notebook,
    outputs,
    rev: 0,
    canUndo: false,
    canRedo: false,
    summary: {
      id: notebook.id,
      title: notebook.title,
      cells: notebook.cells.length,
      createdAt: 0,
      updatedAt: 0,
      origin: "imported",
    },
  };
}

export function filesOf({ files }: Imported): BlobReader {
  const byHash = new Map(
    files.map((file) => [createHash("sha256").update(file.bytes).digest("hex"), file]),
  );
  return { getBlob: async (sha256) => byHash.get(sha256) };
}

import type { Imported } from "./imported.ts";
import { UserError } from "../../app/errors.ts";
import type { Notebook } from "../../app/notebook/document.ts";
import { parseNotebook } from "../../app/notebook/format.ts";
import { carries, readCarried } from "./html/carried.ts";
import { importIpynb } from "./ipynb.ts";
import { importKit, isKit } from "./kit.ts";

/** Reads a notebook file of any known format; the name's ending says which. Nothing in it is executed. */
export async function importNotebook(fileName: string, text: string): Promise<Imported> {
  const name = fileName.toLowerCase();
  if (/\.(?:ts|dagbok)$/.test(name)) return plain(parseNotebook(text));
  if (name.endsWith(".ipynb")) return importIpynb(text, fileName);
  if (/\.html?$/.test(name)) {
    return !carries(text) && isKit(text) ? importKit(text, fileName) : readCarried(text);
  }
  throw new UserError({
    code: "import-format",
    message: `${fileName} is of no format that can be imported.`,
    value: fileName,
    expected: "a .dagbok.ts, .ipynb or .html file",
  });
}

function plain(notebook: Notebook): Imported {
  return { notebook, outputs: [], files: [] };
}

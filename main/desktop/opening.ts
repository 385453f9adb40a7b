import { readFile } from "node:fs/promises";
import path from "node:path";
import type { NotebookStore } from "../../app/protocol/store.ts";
import { addImported } from "../backend/handlers.ts";
import { importNotebook } from "../backend/import.ts";

/** Files among a command line's arguments: what the system passes when a document is opened. */
export function filesInArguments(args: readonly string[], folder: string): readonly string[] {
  return args
    .filter((argument) => !argument.startsWith("-") && isNotebookFile(argument))
    .map((argument) => path.resolve(folder, argument));
}

export function isNotebookFile(file: string): boolean {
  return /\.(?:dagbok(?:\.ts)?|ipynb|html)$/i.test(file);
}

/** The notebook of a file, added to the library. Nothing in it is run. */
export async function importFile(store: NotebookStore, file: string): Promise<string> {
  const text = await readFile(file, "utf8");
  const imported = await importNotebook(path.basename(file), text);
  const { notebook } = await addImported(store, imported, "imported");
  return notebook.id;
}

/** Keeps what the system asks to open until there is somebody to open it. */
export class OpenQueue {
  readonly #waiting: string[] = [];
  #open: ((file: string) => void) | undefined;

  add(file: string): void {
    if (this.#open === undefined) this.#waiting.push(file);
    else this.#open(file);
  }

  /** Hands over what waits, and from now on each at once. Returns how many had waited. */
  connect(open: (file: string) => void): number {
    this.#open = open;
    const waiting = this.#waiting.splice(0);
    waiting.forEach(open);
    return waiting.length;
  }
}

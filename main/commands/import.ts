import { addImported } from "../backend/handlers.ts";
import { type Command, parse, UsageError } from "./command.ts";
import { readNotebookFile, withLibrary } from "./library.ts";

export const importFiles: Command = {
  help: `dagbok import FILE…

Adds notebooks (.dagbok.ts, .ipynb, standalone .html) to the library. Nothing is run.
`,
  async run(args) {
    const { positionals } = parse(args, {});
    if (positionals.length === 0) throw new UsageError("Which file?");
    // All are read before the first is added, so that a bad one leaves nothing half done.
    const read = await Promise.all(positionals.map((file) => readNotebookFile(file)));
    await withLibrary(async (store) => {
      for (const imported of read) {
        const { notebook } = await addImported(store, imported, "imported");
        console.log(`${notebook.id}  ${notebook.title}`);
      }
    });
    return 0;
  },
};

import { type Command, parse, UsageError } from "./command.ts";
import { withLibrary } from "./library.ts";

export const list: Command = {
  help: `dagbok list [SEARCH…] [--json]

Notebooks of the library, newest first: id, cells, time of the last edit, title.
With words to search for, those that hold all of them.
`,
  async run(args) {
    const { values, positionals } = parse(args, { json: { type: "boolean" } });
    const search = positionals.join(" ");
    if (positionals.length > 0 && search.trim() === "")
      throw new UsageError("Nothing to search for.");
    const found = await withLibrary((store) => store.list(search === "" ? {} : { search }));
    if (values.json === true) console.log(JSON.stringify(found, null, 2));
    else {
      for (const { id, cells, updatedAt, title } of found) {
        const time = new Date(updatedAt).toISOString().slice(0, 16).replace("T", " ");
        console.log(`${id}  ${String(cells).padStart(4)}  ${time}  ${title}`);
      }
    }
    return 0;
  },
};

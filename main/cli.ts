#!/usr/bin/env node
import { toErrorRecord, UserError } from "../app/errors.ts";
import { StoreError } from "../app/protocol/store.ts";
import { type Command, UsageError } from "./commands/command.ts";
import { projectFolder, versionOf } from "./files.ts";

// Each is loaded when it is asked for: `dagbok --help` needs no database.
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./commands/run.ts")).run,
  verify: async () => (await import("./commands/verify.ts")).verify,
  diff: async () => (await import("./commands/diff.ts")).diff,
  serve: async () => (await import("./commands/serve.ts")).serve,
  list: async () => (await import("./commands/list.ts")).list,
  import: async () => (await import("./commands/import.ts")).importFiles,
  export: async () => (await import("./commands/export.ts")).exportFile,
  bench: async () => (await import("./commands/bench.ts")).bench,
  data: async () => (await import("./commands/data.ts")).data,
};

const HELP = `dagbok: notebooks for causal inference

  dagbok run FILE|ID [--json] [--set NAME=JSON]… [--timeout S] [--save PLACE] [--trust | --isolated]
                                       run a notebook and print its named values
  dagbok verify FILE|ID [--twice]      run it again and compare with the saved outputs
  dagbok diff A B                      what differs between two notebooks
  dagbok serve                         open the library in the browser
  dagbok list [SEARCH]                 notebooks of the library
  dagbok import FILE…                  add notebooks to the library
  dagbok export FILE|ID --to html|ts|ipynb|kit [-o PLACE]
                                       write a notebook in another format
  dagbok bench [--methods LIST] [--sets LIST] [--shard I/N] [--out FILE]
                                       methods of estimation on data whose truth is known
  dagbok data list [NAME]              known public data sets
  dagbok data add NAME [--from PLACE]  fetch a data set, or take it from a file or folder

  dagbok COMMAND --help                more about one command
  dagbok --version

The library is in the data folder of your system; DAGBOK_HOME names another.
`;

process.exitCode = await main(process.argv.slice(2));

/** 0: done. 1: it failed, for a reason that is said. 2: it was not called as it should be. */
async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === "--version") {
    console.log(versionOf(projectFolder));
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    console.error(`There is no command ${name}. See dagbok --help.`);
    return 2;
  }
  const command = await load();
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(command.help);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    return report(error, name);
  }
}

function report(error: unknown, name: string): number {
  if (error instanceof UsageError) {
    console.error(`${error.message} See dagbok ${name} --help.`);
    return 2;
  }
  if (error instanceof UserError || error instanceof StoreError) {
    const { message, expected, place } = toErrorRecord(error);
    const at = place?.line === undefined ? "" : ` (line ${place.line})`;
    console.error(`${message}${at}`);
    if (expected !== undefined) console.error(`Expected: ${expected}.`);
    if (error.hint !== undefined) console.error(error.hint);
    return 1;
  }
  const { code, path } = (error ?? {}) as { code?: unknown; path?: unknown };
  if (code === "ENOENT" && typeof path === "string") console.error(`There is no ${path}.`);
  else console.error(error);
  return 1;
}

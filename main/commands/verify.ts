import { type Command, parse, UsageError } from "./command.ts";
import { readRunOptions, runOptions } from "./run.ts";

export const verify: Command = {
  help: `dagbok verify FILE|ID [--twice] [--json] [--timeout SECONDS] [--trust | --isolated]

Runs a notebook again without a window and compares every output with the saved one: exactly
if the same versions made both, else within the tolerance that the results declare. Says
which cells differ and where, and which version, seed or data file is not the same. Exit code
1 if anything differs, is of an older text, or did not run.

  --twice         compare two fresh runs, for a notebook without saved outputs
  --json          one JSON document instead of text
  --timeout 60    stop after so many seconds
  --trust         run a notebook that was not written here with the rights of this program
  --isolated      run it in a headless browser, where it can reach nothing
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...runOptions,
      twice: { type: "boolean" },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError("Which notebook? One file.");
    const { verifyNotebook } = await import("../verify/index.ts");
    return verifyNotebook({ file, twice: values.twice === true, ...readRunOptions(values) });
  },
};

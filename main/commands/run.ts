import type { RunRequest } from "../run/request.ts";
import { type Command, parse, UsageError } from "./command.ts";

export const run: Command = {
  help: `dagbok run FILE|ID [--json] [--set NAME=JSON]… [--timeout SECONDS] [--save PLACE] [--trust | --isolated]

Runs a notebook without a window and prints every named value, how each cell ended and how
long it took. Exit code 1 if a cell fails.

  --json          one JSON document instead of text
  --set a=1       the value of an input, as JSON
  --timeout 60    stop after so many seconds
  --save x.html   write the notebook with its outputs (.html or .ipynb), for readers and for
                  \`dagbok verify\`
  --trust         run a notebook that was not written here with the rights of this program
  --isolated      run it in a headless browser, where it can reach nothing
`,
  async run(args) {
    const request = readRequest(args);
    const { runNotebook } = await import("../run/index.ts");
    return runNotebook(request);
  },
};

/** What every command takes that runs a notebook. */
export const runOptions = {
  json: { type: "boolean" },
  timeout: { type: "string" },
  trust: { type: "boolean" },
  isolated: { type: "boolean" },
} as const;

export function readRunOptions(values: {
  readonly json?: boolean;
  readonly timeout?: string;
  readonly trust?: boolean;
  readonly isolated?: boolean;
}): Pick<RunRequest, "json" | "timeoutSeconds" | "mode"> {
  if (values.trust === true && values.isolated === true) {
    throw new UsageError("Either --trust or --isolated.");
  }
  const seconds = values.timeout === undefined ? undefined : Number(values.timeout);
  if (seconds !== undefined && !(seconds > 0)) {
    throw new UsageError(`--timeout ${values.timeout} is no number of seconds.`);
  }
  return {
    json: values.json === true,
    timeoutSeconds: seconds,
    mode: values.trust === true ? "trust" : values.isolated === true ? "isolated" : "own",
  };
}

export function readRequest(args: readonly string[]): RunRequest {
  const { values, positionals } = parse(args, {
    ...runOptions,
    set: { type: "string", multiple: true },
    save: { type: "string" },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError("Which notebook? One file.");
  const { save } = values;
  if (save !== undefined && !/\.(?:html|ipynb)$/.test(save)) {
    throw new UsageError(`--save ${save} does not end in .html or .ipynb.`);
  }
  return {
    file,
    ...readRunOptions(values),
    ...(save === undefined ? {} : { save }),
    set: Object.fromEntries((values.set ?? []).map((pair) => readPair(pair))),
  };
}

function readPair(pair: string): readonly [string, unknown] {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`--set ${pair} is not NAME=JSON.`);
  try {
    return [pair.slice(0, at), JSON.parse(pair.slice(at + 1)) as unknown];
  } catch {
    throw new UsageError(`--set ${pair}: what follows = is not JSON (text needs quotes).`);
  }
}

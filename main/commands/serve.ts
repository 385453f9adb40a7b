import { buildIfStale } from "../build.ts";
import { serve as startServing } from "../serve.ts";
import { type Command, parse } from "./command.ts";

export const serve: Command = {
  help: `dagbok serve

Opens the library in the browser: prints an address that works once, and another each time
one is used. DAGBOK_PORT chooses the port. Ends on Ctrl+C, with everything saved.
`,
  async run(args) {
    parse(args, {});
    buildIfStale();
    await startServing();
    return new Promise<never>(() => undefined);
  },
};

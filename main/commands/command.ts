import { parseArgs, type ParseArgsConfig } from "node:util";

/** One word after `dagbok`. `run` gets what follows and gives the exit code. */
export interface Command {
  readonly help: string;
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** The command was not called as it should be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options and positional arguments; what is not known is a `UsageError`. */
export function parse<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [sentence = ""] = (error as Error).message.split(". ");
    throw new UsageError(`${sentence}.`);
  }
}

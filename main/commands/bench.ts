import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { BenchmarkRow } from "../../app/benchmark.ts";
import { appendLines, mergeLines, readLines } from "../bench/lines.ts";
import { runBoard, standingsOf } from "../bench/run.ts";
import { type StandingLine, tableOf } from "../bench/table.ts";
import { type Command, parse, UsageError } from "./command.ts";

export const bench: Command = {
  help: `dagbok bench [--methods LIST] [--sets LIST] [--replications N] [--seed N]
             [--shard I/N] [--out FILE] [--data FOLDER]… [--json] [--quiet]
dagbok bench --merge FILE… [--out FILE] [--json]

Methods of estimation on data whose truth is known, as a notebook's benchmark cell does it:
root-PEHE, error of the average effect, coverage, interval length, policy regret and time,
means and medians over replications. A run that gives no number is a row, too.

  --methods "aipw, forest(trees: 500)"       as in the cell; the template's when absent
  --sets "ihdp, nie-wager-a(n: 500)"         published ones are found by dagbok data add
  --replications 5 | 4-10 | "1, 3"           how many, from and to, or which (default 3)
  --seed 1          every draw follows from it
  --shard 2/8       the second of eight parts of the work
  --out FILE        one JSON line a run, written as it ends; what is there is not run again
  --data FOLDER     a folder that holds the sets' files
  --json            the standings and rows as one JSON document
  --quiet           no progress
  --merge FILE…     puts the parts' files together (into --out) and prints the table
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      methods: { type: "string" },
      sets: { type: "string" },
      replications: { type: "string" },
      seed: { type: "string" },
      shard: { type: "string" },
      out: { type: "string" },
      data: { type: "string", multiple: true },
      json: { type: "boolean" },
      quiet: { type: "boolean" },
      merge: { type: "boolean" },
    });
    if (values.merge === true) {
      await merge(positionals, values.out, values.json === true);
      return 0;
    }
    if (positionals.length > 0)
      throw new UsageError(`What is ${positionals[0]}? Say --sets or --merge.`);
    const seed = values.seed ?? "1";
    const source = [
      values.methods ?? "regression, aipw, x-learner, forest",
      `on ${values.sets ?? "ihdp-like, nie-wager-a"}`,
      `replications ${values.replications ?? "3"}`,
      `seed ${seed}`,
      ...(values.shard === undefined ? [] : [`shard ${values.shard}`]),
    ].join(" ");
    const { out } = values;
    const before = out !== undefined && existsSync(out) ? await readLines(out) : [];
    const meter = values.quiet === true ? undefined : new Meter();
    const board = await runBoard({
      source,
      known: before,
      folders: values.data ?? [],
      learn: async (rows) => {
        if (out === undefined) return;
        await appendLines(
          out,
          rows.map((row) => ({ ...row, seed: Number(seed) })),
        );
      },
      progress: (message) => meter?.say(message),
    }).finally(() => meter?.end());
    for (const { set, files } of board.absent) {
      console.error(
        `${set} is not here: ${files.slice(0, 3).join(", ")}${files.length > 3 ? ", …" : ""}. See dagbok data.`,
      );
    }
    print(board.standings, board.rows, values.json === true, board.known);
    return board.rows.some(({ result }) => result.kind === "scored") ? 0 : 1;
  },
};

async function merge(
  files: readonly string[],
  out: string | undefined,
  json: boolean,
): Promise<void> {
  if (files.length === 0) throw new UsageError("Which files shall be merged?");
  const { lines, different } = mergeLines(await Promise.all(files.map((file) => readLines(file))));
  const seeds = new Set(lines.map(({ seed }) => seed));
  if (seeds.size > 1) console.error(`These are of ${seeds.size} seeds; the table mixes them.`);
  if (different > 0)
    console.error(
      `${different} runs gave other numbers in another file; the first file's are kept.`,
    );
  if (out !== undefined) {
    await writeFile(`${out}.part`, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await rename(`${out}.part`, path.resolve(out));
  }
  print(await standingsOf(lines), lines, json, lines.length);
}

function print(
  standings: readonly StandingLine[],
  rows: readonly BenchmarkRow[],
  json: boolean,
  known: number,
): void {
  if (json) {
    console.log(JSON.stringify({ standings, rows }, null, 2));
    return;
  }
  console.log(tableOf(standings));
  const failed = rows.filter(({ result }) => result.kind === "failed");
  const reasons = new Set(
    failed.map(({ method, set, result }) =>
      result.kind === "failed" ? `${method} on ${set}: ${result.message}` : "",
    ),
  );
  if (reasons.size > 0) console.log(`\nNo number (${failed.length} runs):`);
  for (const reason of reasons) console.log(`  ${reason}`);
  console.log(`\n${rows.length} runs, ${known} of them from before.`);
}

/** One line that is written over, on a terminal; elsewhere nothing but a line now and then. */
class Meter {
  #last = 0;
  readonly #terminal = process.stderr.isTTY;

  say(message: string): void {
    const now = Date.now();
    if (now - this.#last < (this.#terminal ? 200 : 30_000)) return;
    this.#last = now;
    if (this.#terminal) process.stderr.write(`\r\u001B[2K${message.slice(0, 110)}`);
    else process.stderr.write(`${message}\n`);
  }

  end(): void {
    if (this.#terminal && this.#last > 0) process.stderr.write("\r\u001B[2K");
  }
}

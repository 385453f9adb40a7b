import { UserError } from "../../app/errors.ts";
import { type Found, findNotebook } from "../commands/library.ts";
import { type Executed, execute } from "../run/execute.ts";
import { changedFileLine } from "../run/index.ts";
import type { RunRequest } from "../run/request.ts";
import type { Change, Difference } from "./compare.ts";
import { type Verification, type VerifiedCell, verifyOutputs } from "./verify.ts";

export interface VerifyRequest extends Pick<RunRequest, "mode" | "timeoutSeconds" | "json"> {
  readonly file: string;
  /** The outputs to compare with are those of a first run. */
  readonly twice: boolean;
}

/** Runs a notebook again, prints what differs from what it has saved, and says the exit code (1 if anything does). */
export async function verifyNotebook(request: VerifyRequest): Promise<number> {
  const found = await findNotebook(request.file);
  const run = (): Promise<Executed> => execute(found, { ...request, set: {} });
  const saved = request.twice ? (await run()).outputs : savedOf(found);
  const fresh = await run();
  const verification = await verifyOutputs(found.notebook, saved, fresh);
  const ok = verification.ok && fresh.changedFiles.length === 0 && !fresh.results.timedOut;
  if (request.json) {
    const { changedFiles } = fresh;
    console.log(JSON.stringify({ ...verification, ok, changedFiles }, null, 2));
  } else print(verification, fresh, ok);
  return ok ? 0 : 1;
}

function savedOf({ outputs, place }: Found): Found["outputs"] {
  if (outputs.length > 0) return outputs;
  throw new UserError({
    code: "nothing-saved",
    message: `${place} has no saved outputs to compare with.`,
    expected: "a notebook of the library, or an .html or .ipynb with outputs",
    hint: "Save one with dagbok run FILE --save OUT.html, or compare two fresh runs with --twice.",
  });
}

function print({ cells, unsaved }: Verification, fresh: Executed, ok: boolean): void {
  for (const cell of cells) {
    console.log(lineOf(cell));
    if (cell.verdict.kind === "differs") {
      for (const each of cell.verdict.differences.slice(0, 5)) console.log(differenceLine(each));
      const more = cell.verdict.differences.length - 5;
      if (more > 0) console.log(`    … and at ${more} more places`);
    }
  }
  for (const cell of unsaved) console.log(`· ${cell} had nothing saved`);
  const changes = new Map(
    cells.flatMap((cell) => cell.changes).map((change) => [changeLine(change), change]),
  );
  if (changes.size > 0 || fresh.changedFiles.length > 0) {
    console.log("\nNot as when it was saved:");
    for (const line of changes.keys()) console.log(`  ${line}`);
    for (const file of fresh.changedFiles) console.log(`  ${changedFileLine(file)}`);
  }
  if (fresh.results.timedOut) console.log("Stopped: the time was up.");
  const same = cells.filter(({ verdict }) => verdict.kind === "same").length;
  console.log(`\n${ok ? "Reproduced" : "Not reproduced"}: ${same} of ${cells.length} outputs.`);
}

function lineOf({ cell, name, verdict }: VerifiedCell): string {
  const title = name === undefined ? cell : `${cell} ${name}`;
  switch (verdict.kind) {
    case "same":
      return verdict.tolerance === 0
        ? `✓ ${title} the same`
        : `✓ ${title} the same within ${verdict.tolerance} of each number`;
    case "differs":
      return `✗ ${title} differs`;
    case "stale":
      return `✗ ${title} was saved for an older text or other data`;
    case "not-run":
      return `✗ ${title} has not run`;
  }
}

function differenceLine({ path, saved, now }: Difference): string {
  return `    ${path}: saved ${short(saved)}, now ${short(now)}`;
}

function changeLine({ what, saved, now }: Change): string {
  return `${what}: saved with ${saved ?? "none said"}, now ${now ?? "none said"}`;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

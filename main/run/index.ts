import { writeFile } from "node:fs/promises";
import { type Claim, doubted } from "../../app/claim.ts";
import { assumptionsIn, claimLine, doubtLines } from "../../app/claim-text.ts";
import { exportNotebook } from "../backend/export.ts";
import { asStored, filesOf } from "../commands/export.ts";
import { type Found, findNotebook } from "../commands/library.ts";
import { type ChangedFile, execute } from "./execute.ts";
import type { RunRequest } from "./request.ts";
import type { RunResults } from "./results.ts";

/** Runs a notebook, prints what it gave, saves it with its outputs if asked, and says the exit code (1 if a cell failed). */
export async function runNotebook(request: RunRequest): Promise<number> {
  const found = await findNotebook(request.file);
  const { results, outputs, changedFiles } = await execute(found, request);
  print(results, request.json);
  for (const line of changedFiles.map(changedFileLine)) console.error(line);
  if (request.save !== undefined) await save({ ...found, outputs }, request.save);
  return results.ok ? 0 : 1;
}

export function changedFileLine({ name, expected, found }: ChangedFile): string {
  return `${name} is not the file that the notebook names: SHA-256 ${found.slice(0, 12)}…, not ${expected.slice(0, 12)}….`;
}

async function save(found: Found, place: string): Promise<void> {
  const to = place.endsWith(".ipynb") ? "ipynb" : "html";
  const { text } = await exportNotebook(asStored(found), to, filesOf(found));
  await writeFile(place, text);
}

function print(results: RunResults, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }
  const doubts = new Set(results.doubts);
  printDoubts(results);
  for (const cell of results.cells) {
    const title = `${cell.name ?? cell.cell} [${cell.kind}]`;
    const time = cell.ms === undefined ? "" : ` ${cell.ms.toFixed(0)} ms`;
    console.log(`${mark(cell.state)} ${title} ${cell.state}${time}`);
    if (cell.error !== undefined) console.log(`    ${cell.error}`);
    if (isCausal(cell.claim)) console.log(`    ${claimLine(cell.claim)}`);
    for (const line of doubtLines(cell.claim, doubts)) console.log(`    ${line}`);
    if (cell.kind !== "markdown") {
      for (const text of cell.shown) console.log(indent(text));
    }
  }
  for (const line of results.log) console.log(`log: ${line}`);
  console.log("");
  for (const [name, value] of Object.entries(results.values)) {
    const claim = results.claims[name];
    const note = isCausal(claim) ? `  [${claimNote(claim, doubts)}]` : "";
    console.log(`${name} = ${shorten(JSON.stringify(value))}${note}`);
  }
  if (results.timedOut) console.log("Stopped: the time was up.");
  console.log(`${results.ok ? "Finished" : "Failed"} in ${(results.ms / 1000).toFixed(1)} s.`);
}

/** What is switched off comes first: all below is said without it, or is greyed out. */
function printDoubts({ doubts, cells }: RunResults): void {
  if (doubts.length === 0) return;
  const known = assumptionsIn(cells.map(({ claim }) => claim));
  const off = new Set(doubts);
  const greyed = cells.filter(({ claim }) => doubted(claim, off).length > 0).length;
  console.log(
    `Switched off in this notebook (${greyed === 1 ? "1 result" : `${greyed} results`} greyed out):`,
  );
  for (const id of doubts) console.log(`  ${id}  ${known.get(id)?.text ?? ""}`.trimEnd());
  console.log("");
}

function isCausal(claim: Claim | undefined): claim is Claim {
  return claim !== undefined && claim.status !== "association";
}

function claimNote(claim: Claim, doubts: ReadonlySet<string>): string {
  return [
    ["I", "II", "III"][claim.rung - 1],
    claim.status.replaceAll("-", " "),
    ...(claim.derivedByCode === true ? ["derived by code"] : []),
    ...(doubted(claim, doubts).length > 0 ? ["greyed out"] : []),
  ].join(", ");
}

function mark(state: string): string {
  return state === "done" ? "✓" : state === "failed" ? "✗" : "·";
}

function indent(text: string): string {
  return shorten(text, 400).replaceAll(/^/gm, "    ");
}

function shorten(text: string, length = 160): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

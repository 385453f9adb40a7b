import { existsSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { type Claim, doubted } from "../../app/claim.ts";
import { assumptionsIn, claimLine, doubtLines } from "../../app/claim-text.ts";
import type { Notebook } from "../../app/notebook/document.ts";
import { formatNotebook } from "../../app/notebook/format.ts";
import { openCatalogue } from "../catalogue/catalogue.ts";
import { readNotebookFile, withLibrary } from "../commands/library.ts";
import { UsageError } from "../commands/command.ts";
import type { RunRequest } from "./request.ts";
import { projectFolder } from "../files.ts";
import { dataHome } from "../home.ts";
import { childKernel } from "./child.ts";
import { isolatedKernel } from "./isolated.ts";
import { gather, type RunResults } from "./results.ts";

/** Runs a notebook file, prints what it gave, and says the exit code (1 if a cell failed). */
export async function runNotebook(request: RunRequest): Promise<number> {
  const { notebook, files } = await readNotebookFile(request.file);
  if (request.mode === "own" && !(await isOwn(request.file, notebook))) {
    throw new UsageError(
      `${path.basename(request.file)} was not written here. Run it where it can reach nothing with --isolated, or, if you have read it, with --trust.`,
    );
  }
  const kernel =
    request.mode === "isolated" ? await isolatedKernel(notebook.id) : await childKernel();
  const catalogue = openCatalogue(dataHome());
  const results = await gather(kernel, notebook, {
    set: request.set,
    timeoutSeconds: request.timeoutSeconds,
    file: async (name) => {
      const inside = files.find((file) => file.name === name);
      if (inside !== undefined) return inside.bytes;
      // a name is looked up, never followed as a path out of the notebook's folder
      const attached = notebook.attachments.find((attachment) => attachment.name === name);
      const beside = path.join(path.dirname(path.resolve(request.file)), path.basename(name));
      if (attached !== undefined && existsSync(beside)) return readFile(beside);
      const known = catalogue.find(name);
      return known === undefined ? undefined : readFile(known.path);
    },
  });
  print(results, request.json);
  return results.ok ? 0 : 1;
}

/** Shipped with Dagbok, or in this library as written here and unchanged since. */
async function isOwn(file: string, notebook: Notebook): Promise<boolean> {
  const shipped = path.join(realpathSync(projectFolder), "notebooks") + path.sep;
  if (realpathSync(file).startsWith(shipped)) return true;
  if (!existsSync(dataHome())) return false;
  return withLibrary(async (store) => {
    const known = (await store.list()).find(({ id }) => id === notebook.id);
    if (known?.origin !== "here") return false;
    const stored = await store.open(notebook.id);
    return formatNotebook(stored.notebook) === formatNotebook(notebook);
  });
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

import { checkClaim, type Claim, doubted } from "../../app/claim.ts";
import { assumptionsIn, doubtLines } from "../../app/claim-text.ts";
import type { Cell, Notebook } from "../../app/notebook/document.ts";
import { doubtsOf } from "../../app/notebook/doubts.ts";
import { mime, type MimeBundle } from "../../app/protocol/mime.ts";
import type { Report } from "../../app/protocol/report.ts";
import type { SavedOutput, StoredNotebook } from "../../app/protocol/store.ts";
import type { BlobReader } from "./blob-reader.ts";
import { bundleToHtml, errorToHtml } from "./html/bundle.ts";
import { carry } from "./html/carried.ts";
import { escapeHtml } from "./html/escape.ts";
import { markdownToHtml } from "./html/markdown.ts";
import { claimToHtml } from "./html/report.ts";
import { style } from "./html/style.ts";

/** Whatever slips through the escaping still finds a page that runs and loads nothing. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/**
 * A notebook as one page that opens anywhere, offline and without a script: prose, code and saved outputs. It
 * carries its own source, so that Dagbok can open it again.
 */
export async function exportHtml(stored: StoredNotebook, blobs: BlobReader): Promise<string> {
  const { notebook } = stored;
  const outputs = new Map(stored.outputs.map((output) => [output.cell, output]));
  const doubts = doubtsOf(notebook);
  const cells = await Promise.all(
    notebook.cells.map((cell) => cellToHtml(cell, outputs.get(cell.id), doubts)),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width">
<meta name="generator" content="Dagbok">
<title>${escapeHtml(notebook.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${startsWithTitle(notebook.cells[0]) ? "" : `<h1>${escapeHtml(notebook.title)}</h1>\n`}${cells.join("\n")}
${ledgerToHtml(notebook, stored.outputs)}
</main>
${await carry(stored, blobs)}
</body>
</html>
`;
}

function startsWithTitle(cell: Cell | undefined): boolean {
  return cell?.kind === "markdown" && /^\s*# /.test(cell.source);
}

async function cellToHtml(
  cell: Cell,
  output: SavedOutput | undefined,
  doubts: ReadonlySet<string>,
): Promise<string> {
  const claim = checkClaim(output?.claim);
  const notes = doubtLines(claim, doubts)
    .map((line) => `<p class="doubt">${escapeHtml(line)}</p>`)
    .join("");
  const greyed = doubted(claim, doubts).length > 0 ? "doubted" : "";
  if (cell.kind === "markdown") {
    return `<section class="cell prose ${greyed}">${notes}${markdownToHtml(cell.source)}</section>`;
  }
  const bundles = await Promise.all((output?.bundles ?? []).map((bundle) => bundleToHtml(bundle)));
  const failed = output?.failure === undefined ? "" : errorToHtml(output.failure.error);
  const kind = [
    "cell",
    claim === undefined || cell.kind === "graph" ? "" : `rung-${claim.rung}`,
    greyed,
    output?.failure === undefined ? "" : "failed",
  ];
  return `<section class="${kind.filter(Boolean).join(" ")}">${codeToHtml(cell)}${claimOf(claim, output?.bundles)}${notes}<div class="shown">${bundles.join("\n")}</div>${failed}</section>`;
}

/** What a cell claims, where no report of its own begins with it. */
function claimOf(claim: Claim | undefined, bundles: readonly MimeBundle[] = []): string {
  if (claim === undefined || claim.status === "association") return "";
  const told = bundles.some(
    (bundle) => (bundle[mime.report] as Report | undefined)?.claim !== undefined,
  );
  return told ? "" : claimToHtml(claim);
}

/** All that the notebook's results rest on, with what is switched off. */
function ledgerToHtml(notebook: Notebook, outputs: readonly SavedOutput[]): string {
  const doubts = doubtsOf(notebook);
  const known = assumptionsIn(outputs.map(({ claim }) => checkClaim(claim)));
  const ids = [...new Set([...known.keys(), ...doubts])];
  if (ids.length === 0) return "";
  const items = ids.map((id) => {
    const words = escapeHtml(known.get(id)?.text ?? id);
    return doubts.has(id)
      ? `<li class="off"><s>${words}</s> switched off</li>`
      : `<li>${words}</li>`;
  });
  const title = `Assumptions (${ids.length}${doubts.size === 0 ? "" : `, ${doubts.size} switched off`})`;
  return `<section class="cell ledger"><details${doubts.size === 0 ? "" : " open"}><summary>${title}</summary><ul>${items.join("")}</ul></details></section>`;
}

function codeToHtml(cell: Cell): string {
  if (cell.source.trim() === "") return "";
  const label = [cell.kind, cell.name].filter((part) => part !== undefined).join(" · ");
  const code = `<pre><code>${escapeHtml(cell.source)}</code></pre>`;
  return cell.flags.codeHidden
    ? `<details><summary class="label">${escapeHtml(label)}</summary>${code}</details>`
    : `<div class="label">${escapeHtml(label)}</div>${code}`;
}

import type { Cell } from "../../app/notebook/document.ts";
import type { SavedOutput, StoredNotebook } from "../../app/protocol/store.ts";
import type { BlobReader } from "./blob-reader.ts";
import { bundleToHtml, errorToHtml } from "./html/bundle.ts";
import { carry } from "./html/carried.ts";
import { escapeHtml } from "./html/escape.ts";
import { markdownToHtml } from "./html/markdown.ts";
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
  const cells = await Promise.all(
    notebook.cells.map((cell) => cellToHtml(cell, outputs.get(cell.id))),
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
</main>
${await carry(stored, blobs)}
</body>
</html>
`;
}

function startsWithTitle(cell: Cell | undefined): boolean {
  return cell?.kind === "markdown" && /^\s*# /.test(cell.source);
}

async function cellToHtml(cell: Cell, output: SavedOutput | undefined): Promise<string> {
  if (cell.kind === "markdown") {
    return `<section class="cell prose">${markdownToHtml(cell.source)}</section>`;
  }
  const bundles = await Promise.all((output?.bundles ?? []).map((bundle) => bundleToHtml(bundle)));
  const failed = output?.failure === undefined ? "" : errorToHtml(output.failure.error);
  const kind = [
    "cell",
    output?.claim === undefined ? "" : `rung-${escapeHtml(output.claim.rung)}`,
    output?.failure === undefined ? "" : "failed",
  ];
  return `<section class="${kind.filter(Boolean).join(" ")}">${codeToHtml(cell)}${bundles.join("\n")}${failed}</section>`;
}

function codeToHtml(cell: Cell): string {
  if (cell.source.trim() === "") return "";
  const label = [cell.kind, cell.name].filter((part) => part !== undefined).join(" · ");
  const code = `<pre><code>${escapeHtml(cell.source)}</code></pre>`;
  return cell.flags.codeHidden
    ? `<details><summary class="label">${escapeHtml(label)}</summary>${code}</details>`
    : `<div class="label">${escapeHtml(label)}</div>${code}`;
}

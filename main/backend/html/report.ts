import type { Claim } from "../../../app/claim.ts";
import type { Block, Report, TableBlock } from "../../../app/protocol/report.ts";
import { chartToSvg } from "./chart.ts";
import { escapeHtml as text } from "./escape.ts";
import { graphToSvg } from "./graph.ts";
import { formula, inlineToHtml } from "./markdown.ts";

const rungs = { 1: "I see", 2: "II do", 3: "III imagine" } as const;

/** What a causal cell shows, without a script. */
export async function reportToHtml(report: Report): Promise<string> {
  const claim = report.claim === undefined ? "" : claimToHtml(report.claim);
  return `<section class="report" aria-label="${text(report.summary)}">${claim}${await blocksToHtml(report.blocks)}</section>`;
}

export function claimToHtml(claim: Claim): string {
  const status = claim.status.replaceAll("-", " ");
  return `<p class="claim rung-${text(claim.rung)}"><b>${rungs[claim.rung]}</b> <code>${text(claim.query)}</code> ${text(status)}${claim.derivedByCode === true ? ", derived by code" : ""}</p>`;
}

async function blocksToHtml(blocks: readonly Block[]): Promise<string> {
  // One that cannot be drawn says so in its place; the rest of the report stands.
  const parts = await Promise.all(
    blocks.map((block) =>
      blockToHtml(block).catch(
        (error: unknown) =>
          `<p class="notice error">This ${text(block.kind)} cannot be drawn: ${text(error instanceof Error ? error.message : String(error))}</p>`,
      ),
    ),
  );
  return parts.join("\n");
}

async function blockToHtml(block: Block): Promise<string> {
  switch (block.kind) {
    case "text":
      return `<p>${inlineToHtml(block.text)}</p>`;
    case "heading":
      return `<h4>${inlineToHtml(block.text)}</h4>`;
    case "formula":
      return formula(block.latex, true);
    case "stat":
      return `<p class="stat"><span>${text(block.label)}</span> <strong>${text(block.value)}</strong>${block.interval === undefined ? "" : ` <span>${text(block.interval)}</span>`}${block.note === undefined ? "" : `<br><small>${inlineToHtml(block.note)}</small>`}</p>`;
    case "facts":
      return `<dl class="facts${block.footer === true ? " footer" : ""}">${block.facts.map(({ label, value }) => `<div><dt>${text(label)}</dt><dd>${text(value)}</dd></div>`).join("")}</dl>`;
    case "assumptions":
      return `${block.label === undefined ? "" : `<p class="label">${text(block.label)}</p>`}<ul class="assumptions">${block.assumptions.map((assumption) => `<li>${inlineToHtml(assumption.text)}</li>`).join("")}</ul>`;
    case "table":
      return tableToHtml(block);
    case "chart":
      return chartToSvg(block.spec, block.summary);
    case "graph":
      return graphToSvg(block);
    case "notice":
      return `<div class="notice ${text(block.tone)}"><p><b>${inlineToHtml(block.title)}</b></p>${block.text === undefined ? "" : `<p>${inlineToHtml(block.text)}</p>`}${block.hint === undefined ? "" : `<p><i>${inlineToHtml(block.hint)}</i></p>`}</div>`;
    case "details":
      return `<details${block.open === true ? " open" : ""}><summary>${inlineToHtml(block.title)}</summary>${await blocksToHtml(block.blocks)}</details>`;
    case "columns": {
      const columns = await Promise.all(block.columns.map((column) => blocksToHtml(column)));
      return `<div class="columns">${columns.map((column) => `<div>${column}</div>`).join("")}</div>`;
    }
    case "code":
      return `<pre><code>${text(block.text)}</code></pre>`;
    case "actions":
      // Nothing can be pressed on paper; a list still says what there is to choose from.
      return block.list === true
        ? `<p>${text(block.label)}</p><ul>${block.actions.map(({ label, detail, pressed }) => `<li>${pressed === true ? `<b>${text(label)}</b> (chosen)` : text(label)}${detail === undefined ? "" : `: ${text(detail)}`}</li>`).join("")}</ul>`
        : "";
    default:
      throw new Error("this version does not know it");
  }
}

function tableToHtml({ caption, columns, rows }: TableBlock): string {
  const side = (i: number): string => (columns[i]?.align === "right" ? ' class="right"' : "");
  const head = columns.map(
    ({ label }, i) => `<th scope="col"${side(i)}>${inlineToHtml(label)}</th>`,
  );
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell, i) => `<td${side(i)}>${inlineToHtml(cell)}</td>`).join("")}</tr>`,
  );
  return `<table>${caption === undefined ? "" : `<caption>${inlineToHtml(caption)}</caption>`}<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

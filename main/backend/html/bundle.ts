import type { ErrorRecord } from "../../../app/errors.ts";
import {
  type InputOutput,
  type InspectNode,
  mime,
  type MimeBundle,
  type TablePage,
} from "../../../app/protocol/mime.ts";
import type { Report } from "../../../app/protocol/report.ts";
import { chartToSvg } from "./chart.ts";
import { escapeHtml as text } from "./escape.ts";
import { markdownToHtml } from "./markdown.ts";
import { reportToHtml } from "./report.ts";

type Drawing = (value: never, bundle: MimeBundle) => string | Promise<string>;

/** How each media type is drawn; the first of them that a bundle has is shown. */
const drawings: readonly (readonly [string, Drawing])[] = [
  [mime.report, (report: Report) => reportToHtml(report)],
  [mime.error, (error: ErrorRecord) => errorToHtml(error)],
  [mime.input, (input: InputOutput) => inputToHtml(input)],
  [mime.table, (table: TablePage) => tableToHtml(table)],
  [mime.vegaLite, (spec: Record<string, unknown>, bundle) => chartToSvg(spec, plain(bundle))],
  // As a picture an SVG can neither run a script nor load anything.
  [
    mime.svg,
    (svg: string, bundle) => picture("svg+xml", Buffer.from(svg).toString("base64"), bundle),
  ],
  [mime.png, (data: string, bundle) => picture("png", data, bundle)],
  [mime.jpeg, (data: string, bundle) => picture("jpeg", data, bundle)],
  [mime.html, (html: string) => frame(html)],
  [mime.markdown, (source: string) => `<div class="prose">${markdownToHtml(source)}</div>`],
  [mime.value, (node: InspectNode) => valueToHtml(node)],
  [mime.text, (words: string) => `<pre>${text(words)}</pre>`],
];

/** An output as HTML without scripts. What cannot be drawn is shown as the plain text that every bundle has. */
export async function bundleToHtml(bundle: MimeBundle): Promise<string> {
  for (const [type, draw] of drawings) {
    const value = bundle[type];
    if (value === undefined) continue;
    try {
      return await draw(value as never, bundle);
    } catch (error) {
      return `<pre>${text(plain(bundle))}</pre><p class="notice warning">Shown as text: ${text((error as Error).message)}</p>`;
    }
  }
  return "";
}

export function errorToHtml(error: ErrorRecord): string {
  const more = [
    error.expected === undefined ? "" : `Expected: ${error.expected}.`,
    error.hint ?? "",
  ];
  return `<div class="notice error"><p><b>${text(error.name)}</b> ${text(error.message)}</p>${more
    .filter((line) => line !== "")
    .map((line) => `<p>${text(line)}</p>`)
    .join("")}</div>`;
}

function plain(bundle: MimeBundle): string {
  const words = bundle[mime.text];
  return typeof words === "string" ? words : "";
}

function picture(type: string, data: string, bundle: MimeBundle): string {
  const base64 = data.replace(/\s/g, "");
  if (!/^[\w+/=]*$/.test(base64)) throw new Error("the picture's data are not base64");
  return `<img src="data:image/${type};base64,${base64}" alt="${text(plain(bundle))}">`;
}

function frame(html: string): string {
  return `<iframe sandbox="" title="HTML output" srcdoc="${text(html)}"></iframe>`;
}

function inputToHtml({ input, value }: InputOutput): string {
  return `<p class="input"><label>${text(input.label ?? input.widget)}: <output>${text(show(value))}</output></label></p>`;
}

function show(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

function tableToHtml({ columns, rows, offset, n }: TablePage): string {
  const head = columns.map(
    ({ name, type }) => `<th scope="col" title="${text(type)}">${text(name)}</th>`,
  );
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell) => (cell === null ? '<td class="null">·</td>' : `<td>${text(cell)}</td>`)).join("")}</tr>`,
  );
  const shown =
    rows.length < n
      ? `<caption>Rows ${text(offset + 1)}–${text(offset + rows.length)} of ${text(n)}</caption>`
      : "";
  return `<div class="wide"><table>${shown}<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

function valueToHtml(node: InspectNode, key = ""): string {
  const name = key === "" ? "" : `<span class="key">${text(key)}</span>: `;
  const line = `${name}<code>${text(node.summary)}</code>`;
  if (node.entries === undefined || node.entries.length === 0) return `<div>${line}</div>`;
  const more = node.more === undefined ? "" : `<li>… ${text(node.more)} more</li>`;
  return `<details><summary>${line}</summary><ul class="tree">${node.entries.map((entry) => `<li>${valueToHtml(entry.node, entry.key)}</li>`).join("")}${more}</ul></details>`;
}

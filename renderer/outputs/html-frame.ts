import DOMPurify from "dompurify";
import { el } from "../ui/dom.ts";
import type { Shown } from "./ports.ts";

/**
 * An HTML string in a frame that may do nothing at all: no script, no form, no navigation, no network. What could
 * load a document is taken out before, because Chromium opens a connection for a frame inside the frame before
 * the policy refuses it (measured; `test/e2e/hostile`). Nothing
 * inside can tell its height, so the frame has a modest one, scrolls, and can be pulled taller.
 */
export function showHtml(html: string): Shown {
  const frame = el("iframe", { sandbox: "", class: "html-frame", title: "HTML output" });
  const set = (text: string): void => {
    frame.srcdoc = documentFor(text);
  };
  set(html);
  const element = el(
    "div",
    { class: "html-output", style: `height:${guessHeight(html)}px` },
    frame,
  );
  return {
    element,
    update(value) {
      set(String(value));
      return true;
    },
  };
}

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'";

function documentFor(html: string): string {
  const style = getComputedStyle(document.body);
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<style>html{color-scheme:${document.documentElement.dataset["theme"] ?? "light dark"}}
body{margin:2px;font:14px/21px system-ui,sans-serif;color:${style.color};background:transparent}
table{border-collapse:collapse}th,td{padding:4px 12px 4px 0;border-bottom:1px solid #8884;text-align:left}img{max-width:100%}</style>
${DOMPurify.sanitize(html, { FORCE_BODY: true, FORBID_TAGS: ["iframe", "frame", "object", "embed", "link", "base", "form"] })}`;
}

/** From the number of lines and blocks; the frame scrolls when that is too little. */
function guessHeight(html: string): number {
  const blocks = html.match(/<(p|div|tr|li|h[1-6]|pre|br|hr|img)\b/gi)?.length ?? 0;
  const text = html.replace(/<[^>]*>/g, "").length;
  return Math.max(48, Math.min(420, 24 + blocks * 26 + Math.ceil(text / 110) * 21));
}

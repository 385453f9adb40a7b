import { renderToString } from "katex";
import MarkdownIt from "markdown-it";
import { escapeHtml } from "./escape.ts";

// What a notebook says never becomes markup of the page: HTML is off, links go where a reader expects.
const markdown = new MarkdownIt({ html: false, linkify: false, typographer: true });
markdown.validateLink = (url) => /^(?:https?:|mailto:|#)/i.test(url.trim());

/** `$…$` and `$$…$$`, as on the page: no space inside the dollars, no digit after the closing one. */
markdown.inline.ruler.after("escape", "math", (state, silent) => {
  const { src, pos } = state;
  if (src[pos] !== "$") return false;
  const fence = src[pos + 1] === "$" ? "$$" : "$";
  const start = pos + fence.length;
  let end = src.indexOf(fence, start);
  while (end > 0 && src[end - 1] === "\\") end = src.indexOf(fence, end + 1);
  if (end <= start) return false;
  const latex = src.slice(start, end);
  if (fence === "$" && (/^\s|\s$/.test(latex) || /\d/.test(src[end + 1] ?? ""))) return false;
  if (!silent) {
    const token = state.push("math", "", 0);
    token.content = latex.trim();
    token.meta = { display: fence === "$$" };
  }
  state.pos = end + fence.length;
  return true;
});
markdown.renderer.rules["math"] = (tokens, index) => {
  const token = tokens[index];
  return formula(
    token?.content ?? "",
    (token?.meta as { display?: boolean } | null)?.display === true,
  );
};
markdown.renderer.rules["image"] = (tokens, index) => {
  const token = tokens[index];
  const source = String(token?.attrGet("src") ?? "");
  const alt = escapeHtml(token?.content ?? "");
  return /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=]+$/.test(source)
    ? `<img src="${source}" alt="${alt}">`
    : `<span class="missing">[picture: ${alt}]</span>`;
};

export function markdownToHtml(text: string): string {
  return markdown.render(text);
}

/** One paragraph without block structure. */
export function inlineToHtml(text: string): string {
  return markdown.renderInline(text);
}

/** MathML, which browsers set themselves: neither fonts nor a style sheet need to travel along. */
export function formula(latex: string, display: boolean): string {
  const html = renderToString(latex, {
    output: "mathml",
    displayMode: display,
    throwOnError: false,
    trust: false,
    strict: "ignore",
    maxExpand: 1000,
  });
  return display ? `<div class="formula">${html}</div>` : html;
}

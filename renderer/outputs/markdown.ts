import MarkdownIt from "markdown-it";
import { typesetLater } from "./math.ts";

// HTML is off: what a notebook says can never become markup of the page.
const md = new MarkdownIt({ html: false, linkify: false, typographer: true });

md.validateLink = (url) => /^(https?:|mailto:|#)/i.test(url.trim());

/** `$…$` as in pandoc: no space inside the dollars, no digit after the closing one. */
md.inline.ruler.after("escape", "math", (state, silent) => {
  const { src, pos } = state;
  if (src[pos] !== "$") return false;
  const display = src[pos + 1] === "$";
  const fence = display ? "$$" : "$";
  const start = pos + fence.length;
  let end = src.indexOf(fence, start);
  while (end > 0 && src[end - 1] === "\\") end = src.indexOf(fence, end + 1);
  if (end <= start) return false;
  const tex = src.slice(start, end);
  if (!display && (/^\s|\s$/.test(tex) || /\d/.test(src[end + 1] ?? ""))) return false;
  if (!silent) {
    const token = state.push("math", display ? "div" : "span", 0);
    token.content = tex.trim();
    token.meta = { display };
  }
  state.pos = end + fence.length;
  return true;
});

md.renderer.rules["math"] = (tokens, index) => {
  const token = tokens[index];
  const display = token?.meta?.["display"] === true;
  const tex = md.utils.escapeHtml(token?.content ?? "");
  return `<span class="math${display ? " math-block" : ""}" data-tex="${tex}" data-display="${display}"><span class="math-source">${tex}</span></span>`;
};

md.renderer.rules["link_open"] = (tokens, index, options, _env, self) => {
  const token = tokens[index];
  if (!String(token?.attrGet("href") ?? "").startsWith("#")) {
    token?.attrSet("target", "_blank");
    token?.attrSet("rel", "noopener noreferrer");
  }
  return self.renderToken(tokens, index, options);
};

// Pictures come with the notebook or not at all: nothing is fetched on opening it.
md.renderer.rules["image"] = (tokens, index) => {
  const token = tokens[index];
  const src = String(token?.attrGet("src") ?? "");
  const alt = md.utils.escapeHtml(token?.content ?? "");
  return /^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(src)
    ? `<img src="${md.utils.escapeHtml(src)}" alt="${alt}">`
    : `<span class="missing-image">[picture: ${alt}]</span>`;
};

/** Markdown as an element; formulas are set as soon as the typesetter is there. */
export function renderMarkdown(text: string, className = "prose"): HTMLElement {
  const element = document.createElement("div");
  element.className = className;
  element.innerHTML = md.render(text);
  typesetLater(element);
  return element;
}

/** One paragraph without block structure, for labels and report texts. */
export function renderInline(text: string, tag: "p" | "span" = "p"): HTMLElement {
  const element = document.createElement(tag);
  element.innerHTML = md.renderInline(text);
  typesetLater(element);
  return element;
}

export interface Heading {
  readonly level: number;
  readonly text: string;
}

/** Headings of a Markdown text, for the outline. */
export function headingsOf(text: string): readonly Heading[] {
  if (!/^#{1,4}\s/m.test(text)) return [];
  const headings: Heading[] = [];
  let fenced = false;
  for (const line of text.split("\n")) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const match = fenced ? null : /^(#{1,4})\s+(.+?)\s*#*$/.exec(line);
    if (match) {
      headings.push({
        level: match[1]?.length ?? 1,
        text: (match[2] ?? "").replace(/[*_`$]/g, ""),
      });
    }
  }
  return headings;
}

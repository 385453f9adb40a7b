import type { Diagnostic } from "../../app/cell/program.ts";

/** Token classes are those of the theme's code colours. */
type Token = "keyword" | "string" | "number" | "comment" | "type" | "function" | "operator";

interface Language {
  /** One alternative per token kind, named groups; tried at every position in order. */
  readonly pattern: RegExp;
}

const tsKeywords =
  "as|async|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|from|function|if|implements|import|in|instanceof|interface|keyof|let|new|null|of|private|protected|public|readonly|return|satisfies|static|super|switch|this|throw|true|try|type|typeof|undefined|var|void|while|with|yield";

const ts: Language = {
  pattern: new RegExp(
    [
      String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))`,
      String.raw`(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|${"`"}(?:[^${"`"}\\]|\\[\s\S])*${"`"}?)`,
      String.raw`(?<number>\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]+)?(?:e[+-]?\d+)?n?)\b)`,
      String.raw`(?<keyword>\b(?:${tsKeywords})\b)`,
      String.raw`(?<type>\b[A-Z][\w$]*\b)`,
      String.raw`(?<function>\b[a-z_$][\w$]*(?=\s*\())`,
      String.raw`(?<operator>=>|[-+*/%=<>!&|^~?:]+)`,
    ].join("|"),
    "g",
  ),
};

const causalKeywords =
  "do|in|from|by|given|latent|where|on|with|seed|effect|not|and|or|as|unobserved|treatment|outcome|adjusted|selected|compare|to";

const causal: Language = {
  pattern: new RegExp(
    [
      String.raw`(?<comment>#[^\n]*|\/\/[^\n]*)`,
      String.raw`(?<string>"(?:[^"\\\n]|\\.)*"?)`,
      String.raw`(?<operator><->|->|<-|o->|<-o|o-o|--|[=|:~])`,
      String.raw`(?<number>\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)`,
      String.raw`(?<keyword>\b(?:${causalKeywords})\b)`,
      String.raw`(?<type>\b[PE](?=[\s({\[]))`,
      String.raw`(?<function>\b[a-z][\w-]*(?=\())`,
    ].join("|"),
    "g",
  ),
};

const markdown: Language = {
  pattern: new RegExp(
    [
      String.raw`(?<keyword>^#{1,6} [^\n]*)`,
      String.raw`(?<string>${"`"}[^${"`"}\n]+${"`"})`,
      String.raw`(?<number>\$[^$\n]+\$)`,
      String.raw`(?<type>\*\*[^*\n]+\*\*|__[^_\n]+__)`,
      String.raw`(?<function>\[[^\]\n]*\]\([^)\n]*\))`,
      String.raw`(?<comment>^>[^\n]*)`,
    ].join("|"),
    "gm",
  ),
};

const json: Language = {
  pattern: new RegExp(
    [
      String.raw`(?<type>"(?:[^"\\\n]|\\.)*"(?=\s*:))`,
      String.raw`(?<string>"(?:[^"\\\n]|\\.)*"?)`,
      String.raw`(?<number>-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)`,
      String.raw`(?<keyword>\b(?:true|false|null)\b)`,
    ].join("|"),
    "g",
  ),
};

const plain: Language = { pattern: /(?!)/g };

export function languageOf(
  kind: string,
): "typescript" | "markdown" | "json" | "plaintext" | "causal" {
  switch (kind) {
    case "ts":
    case "typescript":
    case "js":
      return "typescript";
    case "markdown":
    case "md":
      return "markdown";
    case "json":
    case "vega-lite":
      return "json";
    case "html":
    case "text":
    case "foreign":
      return "plaintext";
    default:
      return "causal";
  }
}

const languages = { typescript: ts, markdown, json, plaintext: plain, causal };

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly token: Token;
}

/** Light and quick: enough to read code by before (and without) an editor. Linear in the text. */
export function tokenize(text: string, kind: string): readonly Span[] {
  const spans: Span[] = [];
  // A long line of data gains nothing from colours.
  if (text.length > 100_000) return spans;
  for (const match of text.matchAll(languages[languageOf(kind)].pattern)) {
    const found = Object.entries(match.groups ?? {}).find(([, part]) => part !== undefined);
    if (found !== undefined && match[0].length > 0) {
      spans.push({
        start: match.index,
        end: match.index + match[0].length,
        token: found[0] as Token,
      });
    }
  }
  return spans;
}

/** Highlighted text as DOM, with findings underlined where they are. */
export function highlight(
  text: string,
  kind: string,
  diagnostics: readonly Diagnostic[] = [],
): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const marks = diagnostics.flatMap(({ severity, place }) =>
    place?.start === undefined
      ? []
      : [{ start: place.start, end: Math.max(place.end ?? 0, place.start + 1), severity }],
  );
  const append = (start: number, end: number, token?: Token): void => {
    // Cut where a finding begins or ends.
    const cuts = marks.flatMap((m) => [m.start, m.end]).filter((at) => at > start && at < end);
    let from = start;
    for (const to of [...new Set(cuts), end].sort((a, b) => a - b)) {
      const finding = marks.find((m) => m.start < to && m.end > from);
      if (token === undefined && finding === undefined) fragment.append(text.slice(from, to));
      else {
        const span = document.createElement("span");
        if (token !== undefined) span.className = `tok-${token}`;
        if (finding !== undefined) span.classList.add("squiggle", `squiggle-${finding.severity}`);
        span.textContent = text.slice(from, to);
        fragment.append(span);
      }
      from = to;
    }
  };
  let at = 0;
  for (const span of tokenize(text, kind)) {
    if (span.start > at) append(at, span.start);
    append(span.start, span.end, span.token);
    at = span.end;
  }
  if (at < text.length) append(at, text.length);
  return fragment;
}

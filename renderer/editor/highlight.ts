import type { Diagnostic } from "../../app/cell/program.ts";

/** Token classes are those of the theme's code colours. */
type Token = "keyword" | "string" | "number" | "comment" | "type" | "function" | "operator";

interface Language {
  /**
   * Named groups are token kinds. A `word` is matched whole and then told apart, so that no text makes the
   * pattern try the same letters again and again.
   */
  readonly pattern: RegExp;
  readonly keywords?: ReadonlySet<string>;
}

const tsKeywords =
  "as async await break case catch class const continue debugger default delete do else enum export extends false finally for from function if implements import in instanceof interface keyof let new null of private protected public readonly return satisfies static super switch this throw true try type typeof undefined var void while with yield";

const ts: Language = {
  keywords: new Set(tsKeywords.split(" ")),
  pattern: new RegExp(
    [
      String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))`,
      String.raw`(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|${"`"}(?:[^${"`"}\\]|\\[\s\S])*${"`"}?)`,
      String.raw`(?<word>[\p{L}_$][\p{L}\p{N}_$]*)`,
      String.raw`(?<number>0[xob][\da-f_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:e[+-]?\d+)?n?)`,
      String.raw`(?<operator>[-+*/%=<>!&|^~?:]+)`,
    ].join("|"),
    "gu",
  ),
};

/** Words of the causal languages, for the editor's grammar too. */
export const causalKeywords =
  "do in from by given latent where on with seed effect not and or as unobserved treatment outcome adjusted selected compare to except refute sensitivity of trim replications shard";

const causal: Language = {
  keywords: new Set(causalKeywords.split(" ")),
  pattern: new RegExp(
    [
      String.raw`(?<comment>#[^\n]*|\/\/[^\n]*)`,
      String.raw`(?<string>"(?:[^"\\\n]|\\.)*"?)`,
      String.raw`(?<operator><->|->|<-|o->|<-o|o-o|--|[=|:~])`,
      String.raw`(?<word>[\p{L}_][\p{L}\p{N}_]*)`,
      String.raw`(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)`,
    ].join("|"),
    "gu",
  ),
};

const markdown: Language = {
  pattern: new RegExp(
    [
      String.raw`(?<keyword>^#{1,6} [^\n]*)`,
      String.raw`(?<string>${"`"}[^${"`"}\n]+${"`"})`,
      String.raw`(?<number>\$[^$\n]+\$)`,
      String.raw`(?<type>\*\*[^*\n]+\*\*|__[^_\n]+__)`,
      String.raw`(?<function>\[[^\]\n]{0,200}\]\([^)\n]{0,500}\))`,
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
  const language = languages[languageOf(kind)];
  for (const match of text.matchAll(language.pattern)) {
    const found = Object.entries(match.groups ?? {}).find(([, part]) => part !== undefined)?.[0];
    const end = match.index + match[0].length;
    const token = found === "word" ? classify(match[0], text, end, language) : (found as Token);
    if (token !== undefined && end > match.index) spans.push({ start: match.index, end, token });
  }
  return spans;
}

function classify(word: string, text: string, end: number, language: Language): Token | undefined {
  if (language.keywords?.has(word) === true) return "keyword";
  const called = text[end] === "(";
  if (language === causal) {
    if (/^[PE]$/.test(word) && /[({[]/.test(text[end] ?? "")) return "type";
    return called ? "function" : undefined;
  }
  if (/^\p{Lu}/u.test(word)) return "type";
  return called ? "function" : undefined;
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

import type katexType from "katex";

type Katex = typeof katexType;

let katex: Katex | undefined;
let loading: Promise<Katex> | undefined;

function load(): Promise<Katex> {
  loading ??= import("./katex-chunk.ts").then((chunk) => (katex = chunk.katex));
  return loading;
}

/** Sets every formula below `root`; until the typesetter is loaded its source is readable. */
export function typesetLater(root: HTMLElement): void {
  const formulas = [...root.querySelectorAll<HTMLElement>("[data-tex]")];
  if (formulas.length === 0) return;
  if (katex === undefined) void load().then(() => typesetAll(formulas));
  else typesetAll(formulas);
}

function typesetAll(formulas: readonly HTMLElement[]): void {
  for (const formula of formulas) {
    if (katex === undefined) return;
    katex.render(formula.dataset["tex"] ?? "", formula, {
      displayMode: formula.dataset["display"] === "true",
      throwOnError: false,
      trust: false,
      strict: "ignore",
      maxSize: 20,
      maxExpand: 200,
      errorColor: "var(--error)",
      output: "htmlAndMathml",
    });
  }
}

/** A formula with the text to read while (or instead of) it being set. */
export function formula(latex: string, text: string, display = true): HTMLElement {
  const element = document.createElement("div");
  element.className = display ? "math math-block" : "math";
  element.dataset["tex"] = latex;
  element.dataset["display"] = String(display);
  element.append(text);
  const holder = document.createElement("div");
  holder.append(element);
  typesetLater(holder);
  return holder;
}

import type { Bound, Estimand, Term } from "./estimand.ts";

/** The formula as plain text, e.g. `Σ_{z} P(y | x, z) P(z)`. Size of the unshared tree. */
export function toText(estimand: Estimand): string {
  return write(estimand, textStyle, false);
}

/** The formula as LaTeX for KaTeX; names are escaped. Size of the unshared tree. */
export function toLatex(estimand: Estimand): string {
  return write(estimand, latexStyle, false);
}

interface Style {
  readonly name: (name: string) => string;
  readonly sum: (over: string) => string;
  readonly given: string;
  readonly act: (terms: string) => string;
  readonly times: string;
  readonly minus: string;
  readonly fraction: (top: string, bottom: string) => string;
  readonly any: (over: string, body: string) => string;
  readonly group: (body: string) => string;
  readonly law: (law: string) => string;
}

const textStyle: Style = {
  name: (name) => name,
  sum: (over) => `Σ_{${over}} `,
  given: " | ",
  act: (terms) => `do(${terms})`,
  times: " ",
  minus: " - ",
  fraction: (top, bottom) => `[${top}] / [${bottom}]`,
  any: (over, body) => `{${body}, for any ${over}}`,
  group: (body) => `(${body})`,
  law: (law) => `^{${law}}`,
};

const latexStyle: Style = {
  name: latexName,
  sum: (over) => `\\sum_{${over}} `,
  given: " \\mid ",
  act: (terms) => `\\mathrm{do}(${terms})`,
  times: "\\, ",
  minus: " - ",
  fraction: (top, bottom) => `\\frac{${top}}{${bottom}}`,
  any: (over, body) => `\\left.${body}\\right|_{\\text{any } ${over}}`,
  group: (body) => `\\left(${body}\\right)`,
  law: (law) => `^{${latexName(law)}}`,
};

function write(node: Estimand, style: Style, inProduct: boolean): string {
  switch (node.kind) {
    case "constant":
      return String(node.value);
    case "probability":
      return writeProbability(node, style);
    case "product":
      return node.factors.map((factor) => write(factor, style, true)).join(style.times);
    case "quotient":
      return style.fraction(
        write(node.numerator, style, false),
        write(node.denominator, style, false),
      );
    case "difference": {
      const body = `${write(node.left, style, false)}${style.minus}${write(node.right, style, true)}`;
      return inProduct ? style.group(body) : body;
    }
    case "sum": {
      const body = `${style.sum(bounds(node.over, style))}${write(node.body, style, false)}`;
      return inProduct ? style.group(body) : body;
    }
    case "expectation": {
      const name = style.name(node.over.symbol);
      const body = `${style.sum(name)}${name}${style.times}${write(node.body, style, true)}`;
      return inProduct ? style.group(body) : body;
    }
    default:
      return style.any(bounds(node.over, style), write(node.body, style, false));
  }
}

const bounds = (over: readonly Bound[], style: Style): string =>
  over.map((bound) => style.name(bound.symbol)).join(", ");

function writeProbability(node: Extract<Estimand, { kind: "probability" }>, style: Style): string {
  const list = (terms: readonly Term[]): string =>
    terms.map((term) => writeTerm(term, style)).join(", ");
  const held = [
    ...(node.do.length === 0 ? [] : [style.act(list(node.do))]),
    ...(node.given.length === 0 ? [] : [list(node.given)]),
  ];
  const law = node.law === undefined ? "" : style.law(node.law);
  return `P${law}(${list(node.of)}${held.length === 0 ? "" : `${style.given}${held.join(", ")}`})`;
}

/** `x` where the symbol is the variable's own, `X = 1` or `X = a` otherwise. */
export function writeTerm(
  term: Term,
  style: { readonly name: (name: string) => string } = textStyle,
): string {
  if (term.value.kind === "constant")
    return `${style.name(term.variable)}=${style.name(String(term.value.value))}`;
  const own = term.value.name.replace(/'+$/, "").toLowerCase() === term.variable.toLowerCase();
  return own
    ? style.name(term.value.name)
    : `${style.name(term.variable)}=${style.name(term.value.name)}`;
}

/** `x12'` becomes `x_{12}'`; longer names are set upright. */
export function latexName(name: string): string {
  const primes = /'*$/.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - primes.length);
  const indexed = /^(\p{L})_?([0-9]+)$/u.exec(stem);
  if (indexed !== null) return `${indexed[1]}_{${indexed[2]}}${primes}`;
  if (/^(\p{L}|-?[0-9.]+)$/u.test(stem)) return `${stem}${primes}`;
  const signs: Readonly<Record<string, string>> = {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
  };
  const safe = stem.replace(/[\\~^]|[&%$#_{}]/g, (char) => signs[char] ?? `\\${char}`);
  return `\\text{${safe}}${primes}`;
}

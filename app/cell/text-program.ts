import { parseExpressionAt } from "acorn";
import { mime, type MimeBundle } from "../protocol/mime.ts";
import { type Body, listBody } from "./body.ts";
import { codeRanges } from "./markdown-code.ts";
import { checkReferences, splitNames } from "./compile.ts";
import { type Evaluator, once } from "./evaluate.ts";
import { PARSE_OPTIONS, syntaxFinding } from "./parse.ts";
import { type Finding, skipTrivia, toDiagnostic } from "./place.ts";
import type { CellProgram, Diagnostic } from "./program.ts";
import { findReferences, type References } from "./references.ts";

/** Text with live values: `There are ${table.n} rows.` */
export type TextKind = "markdown" | "html";

export interface CompiledText extends Body {
  readonly inputs: readonly string[];
  /** The text around the expressions: one piece more than there are expressions. */
  readonly pieces: readonly string[];
  readonly isAsync: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

interface Hole {
  /** Of `${`. */
  readonly start: number;
  /** After `}`. */
  readonly end: number;
  readonly references: References;
}

/**
 * Finds `${…}` in a text. `\${` stands for itself, in Markdown so does code (fenced or between backticks), and so
 * does what is no JavaScript, for TeX writes `${\alpha}$`.
 */
export function compileText(source: string, kind: TextKind, cell: string): CompiledText {
  const findings: Finding[] = [];
  const holes: Hole[] = [];
  const pieces: string[] = [];
  const verbatim = kind === "markdown" ? codeRanges(source) : [];
  let piece = "";
  let code = "";
  let at = 0;
  const keep = (end: number): void => {
    piece += source.slice(at, end);
    code += source.slice(at, end).replace(/[^\n]/g, " ");
    at = end;
  };
  let v = 0;
  let wasted = 0;
  for (const match of source.matchAll(/\\?\$\{/g)) {
    if (match.index < at) continue;
    while ((verbatim[v]?.end ?? source.length) <= match.index) v++;
    if (match.index >= (verbatim[v]?.start ?? source.length)) continue;
    keep(match.index);
    if (match[0].startsWith("\\")) {
      piece += "${";
      code += "   ";
      at += 3;
      continue;
    }
    const hole = wasted > MAX_WASTED ? undefined : readHole(source, at, findings);
    if (hole === undefined) {
      wasted += Math.max(0, (findings.at(-1)?.end ?? 0) - at);
      continue;
    }
    holes.push(hole);
    pieces.push(piece);
    piece = "";
    code += `,(${source.slice(hole.start + 2, hole.end - 1)})`;
    at = hole.end;
  }
  keep(source.length);
  pieces.push(piece);
  const references = holes.map((hole) => hole.references);
  findings.push(...references.flatMap((found) => checkText(found)));
  const inputs = [...new Set(references.flatMap((found) => splitNames(found).inputs))];
  const isAsync = references.some((found) => found.isAsync);
  const failed = findings.some(({ severity }) => severity !== "warning");
  return {
    inputs,
    pieces,
    isAsync,
    ...(failed
      ? { body: "", firstLineOffset: 0 }
      : listBody({ cell, inputs, uses: [], imports: [], isAsync, code })),
    diagnostics: findings.map((finding) => toDiagnostic(finding, source, cell)),
  };
}

/** Characters read in vain, after which a text's `${` are taken as they stand: nested ones cost their square. */
const MAX_WASTED = 50_000;

function readHole(source: string, start: number, findings: Finding[]): Hole | undefined {
  const from = start + 2;
  if (source[skipTrivia(source, from)] === "\\") return undefined;
  try {
    const tree = parseExpressionAt(source, from, PARSE_OPTIONS);
    const end = skipTrivia(source, tree.end);
    if (source[end] === "}") {
      return { start, end: end + 1, references: findReferences(tree, new Set()) };
    }
    const message = `Unexpected ${JSON.stringify(source.slice(end, end + 1))}.`;
    findings.push(asWarning({ code: "syntax", message, start, end }));
  } catch (error) {
    findings.push(asWarning(syntaxFinding(error, source, source)));
  }
  return undefined;
}

function asWarning(finding: Finding): Finding {
  return {
    ...finding,
    code: "text-expression",
    severity: "warning",
    message: `This is shown as it stands, since it is no expression: ${finding.message}`,
    hint: "Write \\${ for the characters themselves.",
  };
}

function checkText(references: References): readonly Finding[] {
  const { uses } = splitNames(references);
  const used = uses.map((name) => references.free.get(name)).filter((node) => node !== undefined);
  return [
    ...checkReferences(references),
    ...[...references.assigned, ...used].map(({ name, start, end }) => ({
      code: used.some((node) => node.start === start) ? "text-context" : "assign-foreign",
      message: `A text cannot ${used.some((node) => node.start === start) ? "use" : "change"} ${name}.`,
      hint: "Do it in a TypeScript cell and use its value here.",
      start,
      end,
    })),
  ];
}

/** A text cell as a program: it shows its text, with values in place, and defines nothing. */
export function textProgram(
  source: string,
  kind: TextKind,
  evaluate: Evaluator,
  cell = "text",
): CellProgram {
  const compiled = compileText(source, kind, cell);
  const { inputs, pieces, diagnostics, isAsync } = compiled;
  const base: CellProgram = { inputs, outputs: [], diagnostics };
  if (diagnostics.some(({ severity }) => severity === "error")) return base;
  if (pieces.length === 1) {
    const text = pieces[0] as string;
    return {
      ...base,
      run: (_, context) => {
        if (text.trim() !== "") context.display(toDisplayable(text, kind));
        return { values: {} };
      },
    };
  }
  const load = once(() => evaluate(compiled.body));
  return {
    ...base,
    run: (values, context) => {
      const show = (list: readonly unknown[]) => {
        if (!context.signal.aborted) {
          context.display(toDisplayable(fillText(pieces, list.slice(1), kind), kind));
        }
        return { values: {} };
      };
      // Promises in a text are awaited, as they are between cells.
      const start = (call: Awaited<ReturnType<Evaluator>>) => {
        const list = call(values, context, {}) as readonly unknown[];
        if (isAsync)
          return Promise.resolve(list)
            .then((items) => Promise.all(items))
            .then(show);
        return list.some((item) => item instanceof Promise)
          ? Promise.all(list).then(show)
          : show(list);
      };
      const loaded = load();
      return loaded instanceof Promise ? loaded.then(start) : start(loaded);
    },
  };
}

/** What `kernels/output` takes for a value that says itself how it is shown. */
function toDisplayable(text: string, kind: TextKind): { kind: "displayable"; bundle: MimeBundle } {
  return { kind: "displayable", bundle: { [mime.text]: text, [mime[kind]]: text } };
}

export function fillText(
  pieces: readonly string[],
  values: readonly unknown[],
  kind: TextKind,
): string {
  return pieces.reduce((text, piece, i) => text + valueText(values[i - 1], kind) + piece);
}

/** A value in running text: numbers to 6 digits, lists with commas, nothing for undefined and null. */
export function valueText(value: unknown, kind: TextKind): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return kind === "html" ? escapeHtml(value) : value;
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as ArrayLike<unknown>, (item) => valueText(item, kind)).join(", ");
  }
  const bundle = bundleOf(value);
  if (bundle !== undefined) {
    const own = bundle[mime[kind]] ?? bundle[mime.html];
    const text = bundle[mime.text];
    return typeof own === "string" ? own : typeof text === "string" ? valueText(text, kind) : "";
  }
  if (value instanceof Date) return valueText(value.toISOString(), kind);
  return valueText(plain(value), kind);
}

function bundleOf(value: unknown): MimeBundle | undefined {
  const { kind, bundle } = value as { kind?: unknown; bundle?: unknown };
  return kind === "displayable" && typeof bundle === "object" && bundle !== null
    ? (bundle as MimeBundle)
    : undefined;
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

function plain(value: unknown): string {
  if (typeof value === "function") return `ƒ ${value.name}`;
  if (typeof value === "symbol" || typeof value === "bigint") return value.toString();
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return Object.prototype.toString.call(value); // cyclic, or holds what JSON cannot
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

import { hintForMissing } from "../../../app/cell/globals.ts";
import type { Want } from "../causal/facts.ts";
import type { TypeFinding } from "./cells.ts";
import type { Compiler, Ts } from "./compiler.ts";
import type { CellFacts } from "./facts.ts";
import type { CellModule } from "./module.ts";

/**
 * Errors that are not the user's: about the text put around theirs (imports, exports, declarations to be written
 * out), and what the compiler of cells says better in its own words.
 */
const silent = new Set([
  1208, // cannot be compiled under isolatedModules
  1375, // await needs a module
  1378,
  2307, // an unknown package: the compiler of cells names those there are
  2440, // an import against an own declaration
  2686,
  2792,
  7016,
  7022, // implicitly any, in a circle: the session tells of circles
  7023,
  7024,
  5097,
]);

/** Names nobody defines: the session's analysis lists them, this says where they stand. */
const undefinedNames = new Set([
  2304, 2503, 2552, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 2663,
]);

/** A text in quotes, where it stands in the module, and the texts it might have been. */
export interface Literals {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly choices: readonly string[];
}

export interface FindingContext {
  readonly facts: CellFacts;
  readonly module: CellModule;
  /** Names to think of when one is misspelt. */
  readonly names: readonly string[];
  /** A type as text, for messages of our own. */
  readonly typeAt: (start: number) => string;
  /** For a text in quotes that is wrong there: the texts it might have been, when there are only some. */
  readonly literalsAt: (start: number, end: number) => Literals | undefined;
}

/** TypeScript's diagnostics as findings in the cell's own text. */
export function findingsOf(
  ts: Compiler,
  diagnostics: readonly Ts.Diagnostic[],
  context: FindingContext,
): readonly TypeFinding[] {
  const found: TypeFinding[] = [];
  for (const diagnostic of diagnostics) {
    const finding = findingOf(ts, diagnostic, context);
    if (finding === undefined) continue;
    const twin = found.some(
      (other) => other.start === finding.start && other.message === finding.message,
    );
    if (!twin) found.push(finding);
  }
  return found.sort((a, b) => a.start - b.start);
}

function findingOf(
  ts: Compiler,
  diagnostic: Ts.Diagnostic,
  context: FindingContext,
): TypeFinding | undefined {
  const { code, start, length = 1 } = diagnostic;
  if (start === undefined || silent.has(code)) return undefined;
  if (diagnostic.category !== ts.DiagnosticCategory.Error) return undefined;
  const { facts, module } = context;
  const range = module.map.range(start, start + length);
  if (range === undefined) return undefined;
  const place = { start: range.start, end: Math.max(range.end, range.start + 1) };
  if (facts.code.kind === "uses") {
    const use = facts.code.causal.uses.find((each) => each.start === range.start);
    if (use === undefined) return undefined;
    if (undefinedNames.has(code)) return unknownName(use.name, place, context.names);
    const type = context.typeAt(start);
    return {
      code: `not-a-${use.want}`,
      severity: "error",
      message: `${use.name} is not ${wantText[use.want]}: it is ${type}.`,
      ...place,
    };
  }
  const overlaps = facts.mistakes.some((m) => m.start < place.end && m.end > place.start);
  if (overlaps) return undefined;
  // A text that does not parse: the compiler's one message is enough, unless it has none (a fault in the types).
  if (code < 2000 && facts.mistakes.length > 0) return undefined;
  if (undefinedNames.has(code)) {
    const text = module.text.slice(start, start + length);
    return unknownName(text, place, context.names);
  }
  const literals = context.literalsAt(start, start + length);
  if (literals !== undefined) {
    const { text, choices } = literals;
    const near = nearest(text, choices);
    return {
      code: `ts${code}`,
      severity: "error",
      message:
        `"${text}" is none of ${listing(choices)}.` +
        (near === undefined ? "" : ` Did you mean "${near}"?`),
      ...(module.map.range(literals.start, literals.end) ?? place),
    };
  }
  return {
    code: `ts${code}`,
    severity: "error",
    message: messageOf(ts, diagnostic),
    ...place,
  };
}

const wantText: Readonly<Record<Want, string>> = {
  graph: "a graph",
  table: "a table",
  identification: "the answer of an identify cell",
  model: "a structural model",
  estimate: "the answer of an estimate cell",
  number: "a number",
};

function unknownName(
  name: string,
  place: { readonly start: number; readonly end: number },
  names: readonly string[],
): TypeFinding {
  const near = nearest(name, names);
  return {
    code: "undefined-name",
    severity: "error",
    message:
      `No cell defines ${name}.` +
      (near === undefined ? hintAfter(name) : ` Did you mean ${near}?`),
    told: true,
    ...place,
  };
}

function hintAfter(name: string): string {
  const hint = hintForMissing(name);
  return hint === undefined ? "" : ` ${hint}`;
}

/** The message without the checker's inner names for the notebook's modules, and not longer than can be read. */
function messageOf(ts: Compiler, diagnostic: Ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  // The reason below a reason often says the same once more.
  const lines = text.split("\n").filter((line, i, all) => line.trim() !== all[i - 1]?.trim());
  // That one member of a union lacks a field says nothing beside the union's lacking it.
  if (diagnostic.code === 2339 || diagnostic.code === 2551) return plainTypes(lines[0] ?? "");
  const short = lines.length > 4 ? [...lines.slice(0, 3), lines.at(-1) ?? ""] : lines;
  return plainTypes(short.join("\n"));
}

/** `import("/nb/abc.out").Person` is a type of the notebook's: `Person`. */
export function plainTypes(text: string): string {
  return text
    .replace(/ & Absent<[^>]*>/g, "")
    .replace(/(?:typeof )?import\("[^"]*"\)\.?/g, "")
    .replace(/"\/(?:nb|overlay|kernels)\/[^"]*"/g, "the notebook");
}

export function listing(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `"${name}"`);
  return names.length > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}

/** The name that differs by the least typing, if by little enough. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of names) {
    const limit = Math.floor(Math.max(name.length, candidate.length) * 0.4) + 1;
    if (candidate === name || Math.abs(candidate.length - name.length) >= limit) continue;
    const bound = Math.min(limit, least);
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bound);
    if (distance < bound) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Insertions, deletions, exchanges and swaps of neighbours; at least `limit` when there are as many. */
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      next.push(cost);
    }
    if (Math.min(...next) >= limit) return limit;
    before = row;
    row = next;
  }
  return row[b.length] ?? limit;
}

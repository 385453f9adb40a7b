import { UserError } from "../errors.ts";
import {
  adoptId,
  type Attachment,
  type Cell,
  type CellSpec,
  createCell,
  createNotebook,
  type Flag,
  FLAGS,
  MARKER_KEYS,
  normalizeLines,
  type Notebook,
  type NotebookSpec,
  type Random,
} from "./document.ts";
import { type Marker, readMarker, writeJsonPair, writePair, writePairs } from "./marker.ts";

/** Raised by one when a file of the new form could be misread by an older program. */
export const FORMAT = 1;

/**
 * The notebook as one TypeScript file in percent style: a header, cells in page order under a marker line each,
 * and a last block with settings, versions and the hashes of attachments. The same notebook always gives the
 * same text, and `parseNotebook` gives back the same notebook.
 */
export function formatNotebook(notebook: Notebook): string {
  const { settings } = notebook;
  return [
    `// dagbok notebook format=${FORMAT} ${writePair("id", notebook.id)} ${writePair("title", notebook.title)}`,
    "",
    ...notebook.cells.flatMap((cell) => [...formatCell(cell), ""]),
    "// %% [$notebook]",
    `// run=${settings.run}`,
    `// seed=${settings.seed}`,
    ...writePairs(settings.versions).map((pair) => `// version ${pair}`),
    ...notebook.attachments.map((attachment) => `// attachment ${formatAttachment(attachment)}`),
    ...writePairs(notebook.meta).map((pair) => `// meta ${pair}`),
    "",
  ].join("\n");
}

/** A cell as its marker line and its lines. */
export function formatCell(cell: Cell): readonly string[] {
  const marker = [
    "// %%",
    ...(cell.kind === "ts" ? [] : [`[${cell.kind}]`]),
    `id=${cell.id}`,
    ...(cell.name === undefined ? [] : [writePair("name", cell.name)]),
    ...FLAGS.filter((flag) => cell.flags[flag]).map((flag) => `${flag}=true`),
    ...(Object.keys(cell.inputs).length === 0 ? [] : [writeJsonPair("inputs", cell.inputs)]),
    ...writePairs(cell.meta),
  ].join(" ");
  if (cell.source === "") return [marker];
  const lines = cell.source.split("\n");
  return [marker, ...lines.map(cell.kind === "ts" ? escapeCode : commentOut)];
}

function formatAttachment(attachment: Attachment): string {
  return [
    writePair("name", attachment.name),
    `sha256=${attachment.sha256}`,
    `bytes=${attachment.bytes}`,
    writePair("mime", attachment.mime),
  ].join(" ");
}

// A line of a cell that would read as a marker or as a merge conflict gets one backslash more, a line that has
// such backslashes already too, so that reading can take one off again.

function escapeCode(line: string): string {
  if (/^\/\/\\*[ \t]*%%/.test(line)) return `//\\${line.slice(2)}`;
  return /^\\*(?:<{7}|>{7})(?: |$)/.test(line) ? `\\${line}` : line;
}

function unescapeCode(line: string): string {
  if (/^\/\/\\+[ \t]*%%/.test(line)) return `//${line.slice(3)}`;
  return /^\\+(?:<{7}|>{7})(?: |$)/.test(line) ? line.slice(1) : line;
}

function commentOut(line: string): string {
  if (line === "") return "//";
  return /^\\*[ \t]*%%/.test(line) ? `// \\${line}` : `// ${line}`;
}

function uncomment(line: string): string {
  if (!line.startsWith("//")) return line;
  const text = line.slice(line[2] === " " ? 3 : 2);
  return /^\\+[ \t]*%%/.test(text) ? text.slice(1) : text;
}

const MARKER_LINE = /^\/\/[ \t]*%%+(?=\s|$)/;
const HEADER_LINE = /^\/\/ dagbok notebook(?=\s|$)/;

/**
 * Reads what `formatNotebook` writes, and percent files of other tools (jupytext, VS Code): cells without ids
 * get one (the same for the same text), a second cell with an id already taken too. Throws `UserError` with line
 * and column.
 */
export function parseNotebook(text: string): Notebook {
  const lines = normalizeLines(text.startsWith("\uFEFF") ? text.slice(1) : text).split("\n");
  refuseConflicts(lines);
  const random = randomFrom(text);
  const header = readHeader(lines);
  const starts = lines.flatMap((line, i) =>
    i >= header.lines && MARKER_LINE.test(line) ? [i] : [],
  );
  const sections = starts.map((start, i) => ({
    start,
    marker: atLine(start, () => readMarkerLine(lines[start] as string)),
    body: lines.slice(start + 1, starts[i + 1] ?? lines.length),
  }));
  const specs: { spec: CellSpec; line: number }[] = [];
  const preamble = lines.slice(header.lines, starts[0] ?? lines.length);
  if (preamble.some((line) => line.trim() !== "")) {
    specs.push({ spec: { source: codeOf(dropBlankStart(preamble)) }, line: header.lines });
  }
  let closing: Partial<NotebookSpec> = {};
  sections.forEach(({ start, marker, body }, i) => {
    if (marker.words !== CLOSING) {
      specs.push({ spec: atLine(start, () => readCell(marker, body)), line: start });
    } else if (i === sections.length - 1) {
      closing = readClosing(body, start + 1);
    } else {
      throw badFile("The closing block is not the last.", start, "cells before the closing block");
    }
  });
  const given = new Set(specs.flatMap(({ spec }) => spec.id ?? []));
  const used = new Set<string>();
  const cells = specs.map(({ spec, line }) => {
    const { id, ...rest } = spec;
    const fresh = id === undefined || used.has(id);
    const cell = atLine(line, () => createCell(fresh ? rest : spec, given, random));
    used.add(cell.id);
    given.add(cell.id);
    return cell;
  });
  return atLine(0, () => createNotebook({ ...header.spec, ...closing, cells }, random));
}

const CLOSING = "[$notebook]";

function readMarkerLine(line: string): Marker {
  return readMarker(line, MARKER_LINE.exec(line)?.[0].length ?? 0);
}

function readHeader(lines: readonly string[]): { lines: number; spec: NotebookSpec } {
  const first = lines[0] ?? "";
  if (!HEADER_LINE.test(first)) return { lines: endOfYamlHeader(lines), spec: {} };
  const { pairs } = atLine(0, () => readMarker(first, "// dagbok notebook".length));
  const format = Number(pairs.get("format")?.text ?? FORMAT);
  if (format !== FORMAT) {
    throw new UserError({
      code: "notebook-format",
      message: `The file has the format ${pairs.get("format")?.text}, which this version cannot read.`,
      value: pairs.get("format")?.text,
      expected: `format ${FORMAT}`,
      hint: "Update Dagbok, or ask for the notebook in an older format.",
      place: { line: 1, column: pairs.get("format")?.column ?? 1 },
    });
  }
  const id = pairs.get("id")?.text;
  const title = pairs.get("title")?.text;
  return {
    lines: 1,
    spec: { ...(id === undefined ? {} : { id }), ...(title === undefined ? {} : { title }) },
  };
}

/** Jupytext's own header (`// ---` … `// ---`) says which Jupyter kernel to use: nothing for us. */
function endOfYamlHeader(lines: readonly string[]): number {
  if (!/^\/\/ ---\s*$/.test(lines[0] ?? "")) return 0;
  const end = lines.findIndex((line, i) => i > 0 && /^\/\/ ---\s*$/.test(line));
  return end > 0 && lines.slice(0, end).every((line) => line.startsWith("//")) ? end + 1 : 0;
}

function readCell(marker: Marker, body: readonly string[]): CellSpec {
  const kind = marker.kind === "md" ? "markdown" : (marker.kind ?? "ts");
  const meta: Record<string, string> = {};
  for (const [key, { text }] of marker.pairs) {
    if (!MARKER_KEYS.has(key) && key !== "__proto__") meta[key] = text;
  }
  if (marker.words !== "" && meta["title"] === undefined) meta["title"] = marker.words;
  const id = adoptId(marker.pairs.get("id")?.text ?? "");
  const name = marker.pairs.get("name")?.text;
  return {
    kind,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    source: kind === "ts" ? codeOf(body) : textOf(body),
    flags: readFlags(marker),
    inputs: readInputs(marker),
    meta,
  };
}

/** The blank line before the next marker belongs to neither cell. */
function withoutSeparator(body: readonly string[]): readonly string[] {
  return body.at(-1)?.trim() === "" ? body.slice(0, -1) : body;
}

function codeOf(body: readonly string[]): string {
  return withoutSeparator(body).map(unescapeCode).join("\n");
}

function textOf(body: readonly string[]): string {
  const lines = withoutSeparator(body);
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  // Written by hand, a block comment is the natural form.
  if (lines[first]?.trim() === "/*" && lines[last]?.trim() === "*/" && first < last) {
    return lines.slice(first + 1, last).join("\n");
  }
  return lines.map(uncomment).join("\n");
}

function dropBlankStart(lines: readonly string[]): readonly string[] {
  return lines.slice(lines.findIndex((line) => line.trim() !== ""));
}

function readFlags(marker: Marker): Partial<Record<Flag, boolean>> {
  const flags: Partial<Record<Flag, boolean>> = {};
  for (const flag of FLAGS) {
    const value = marker.pairs.get(flag);
    if (value === undefined) continue;
    if (value.text !== "true" && value.text !== "false") {
      throw badValue(`${flag} is neither on nor off.`, value.text, "true or false", value.column);
    }
    flags[flag] = value.text === "true";
  }
  return flags;
}

function readInputs(marker: Marker): Readonly<Record<string, unknown>> {
  const value = marker.pairs.get("inputs");
  if (value === undefined) return {};
  let inputs: unknown;
  try {
    inputs = JSON.parse(value.text);
  } catch {
    inputs = undefined; // reported below, in the user's terms
  }
  if (typeof inputs === "object" && inputs !== null && !Array.isArray(inputs)) {
    return inputs as Record<string, unknown>;
  }
  throw badValue("Input values are not a record.", value.text, 'JSON like {"x":1}', value.column);
}

function readClosing(body: readonly string[], firstLine: number): Partial<NotebookSpec> {
  const versions: Record<string, string> = {};
  const meta: Record<string, string> = {};
  const attachments: Attachment[] = [];
  const settings: { run?: "auto" | "lazy"; seed?: number } = {};
  body.forEach((line, i) => {
    if (line.trim() === "") return;
    atLine(firstLine + i, () => {
      const start = /^\/\/ ?/.exec(line)?.[0].length;
      if (start === undefined) {
        throw badValue("Text after the closing block.", line, "// key=value", 1);
      }
      const { words, pairs } = readMarker(line, start);
      const record = Object.fromEntries([...pairs].map(([key, { text }]) => [key, text]));
      if (words === "version") Object.assign(versions, record);
      else if (words === "meta") Object.assign(meta, record);
      else if (words === "attachment") attachments.push(readAttachment(record));
      else if (words === "" && pairs.has("run")) settings.run = record["run"] as "auto" | "lazy";
      else if (words === "" && pairs.has("seed")) settings.seed = Number(record["seed"]);
      else {
        throw badValue("A line of the closing block is not known.", line, KNOWN_LINES, 1);
      }
    });
  });
  // Checked here and not only at the end, so that the error has the block's line.
  atLine(firstLine - 1, () => createNotebook({ settings, attachments, meta }));
  return { settings: { ...settings, versions }, attachments, meta };
}

const KNOWN_LINES = "run=, seed=, version, attachment or meta";

function readAttachment(record: Readonly<Record<string, string>>): Attachment {
  return {
    name: record["name"] ?? "",
    sha256: record["sha256"] ?? "",
    bytes: Number(record["bytes"] ?? Number.NaN),
    mime: record["mime"] ?? "",
  };
}

function refuseConflicts(lines: readonly string[]): void {
  const at = lines.findIndex((line) => /^(?:<{7}|>{7})(?: |$)/.test(line));
  if (at < 0) return;
  throw new UserError({
    code: "notebook-conflict",
    message: "The file has an unresolved merge conflict.",
    value: lines[at],
    hint: "Choose between the two versions, delete the conflict marks and open it again.",
    place: { line: at + 1, column: 1 },
  });
}

/** Runs a step of reading and gives its errors the line they are about. */
function atLine<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError) || error.place?.line !== undefined) throw error;
    const { code, message, value, expected, hint } = error;
    throw new UserError(
      {
        code,
        message,
        ...(value === undefined ? {} : { value }),
        ...(expected === undefined ? {} : { expected }),
        ...(hint === undefined ? {} : { hint }),
        place: { line: line + 1, column: error.place?.column ?? 1 },
      },
      { cause: error },
    );
  }
}

function badFile(message: string, line: number, expected: string): UserError {
  return new UserError({
    code: "notebook-file",
    message,
    expected,
    place: { line: line + 1, column: 1 },
  });
}

function badValue(message: string, value: string, expected: string, column: number): UserError {
  return new UserError({ code: "notebook-value", message, value, expected, place: { column } });
}

/** Random numbers that depend on the text alone, so that reading a file twice gives the same ids. */
function randomFrom(text: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A cell of a line of delimited text, with its offsets in the whole text. */
export interface Cell {
  readonly text: string;
  readonly quoted: boolean;
  readonly start: number;
  readonly end: number;
}

/**
 * Splits each non-empty line into cells at commas, semicolons, tabs or blanks (the first of these that the text
 * uses outside quotes). `#` starts a comment.
 */
export function splitLines(text: string): Cell[][] {
  const unquoted = text.replace(/"(?:[^"\\\n]|\\.)*"/g, (quoted) => "q".repeat(quoted.length));
  const separator = /,/.test(unquoted)
    ? ","
    : /;/.test(unquoted)
      ? ";"
      : /\t/.test(unquoted)
        ? "\t"
        : " ";
  const lines: Cell[][] = [];
  let offset = 0;
  for (const line of text.split("\n")) {
    const cells = splitLine(line, offset, separator);
    if (cells.length > 0) lines.push(cells);
    offset += line.length + 1;
  }
  return lines;
}

const token = /"((?:[^"\\]|\\.)*)"|[^\s"#]+|#.*/g;

function splitLine(line: string, offset: number, separator: string): Cell[] {
  if (separator === " ") {
    const cells: Cell[] = [];
    for (const match of line.matchAll(token)) {
      if (match[0].startsWith("#")) break;
      cells.push(cellAt(match[0], offset + match.index));
    }
    return cells;
  }
  if (line.trim() === "" || line.trimStart().startsWith("#")) return [];
  const cells: Cell[] = [];
  let start = 0;
  let inQuotes = false;
  for (let i = 0; i <= line.length; i++) {
    if (inQuotes && line[i] === "\\") i++;
    else if (line[i] === '"') inQuotes = !inQuotes;
    if (i < line.length && (inQuotes || line[i] !== separator)) continue;
    const raw = line.slice(start, i);
    const lead = raw.length - raw.trimStart().length;
    cells.push(cellAt(raw.trim(), offset + start + lead));
    start = i + 1;
  }
  return cells;
}

function cellAt(raw: string, start: number): Cell {
  const quoted = raw.length >= 2 && raw.startsWith('"') && raw.endsWith('"');
  const text = quoted
    ? raw.slice(1, -1).replace(/\\(.)|""/g, (_, char?: string) => char ?? '"')
    : raw;
  return { text, quoted, start, end: start + raw.length };
}

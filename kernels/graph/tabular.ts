import { createDraft, finish, join, touch } from "./draft.ts";
import type { Graph } from "./graph.ts";
import { splitLines } from "./lines.ts";
import type { Cell } from "./lines.ts";
import { syntaxError } from "./scanner.ts";

const marks = new Set(["->", "<-", "<->", "--", "o->", "<-o", "o-o", "o--", "--o"]);

/**
 * Reads one edge a line: `cause effect`, separated by blanks, tabs, commas or semicolons, with the mark (`<->`,
 * `--`, …) as an optional third cell; a line of one cell is a lone node; a first line `from,to` or
 * `source,target` is a header. Throws `UserError` with line and column.
 */
export function parseEdgeList(text: string): Graph {
  const draft = createDraft(text);
  for (const [i, line] of splitLines(text).entries()) {
    const [from, to, mark] = line;
    if (from === undefined) continue;
    if (i === 0 && to !== undefined && /^(from|source|cause|parent)$/i.test(from.text)) continue;
    for (const cell of line) checkName(text, cell);
    if (to === undefined) {
      touch(draft, from.text);
      continue;
    }
    const arrow = mark?.text ?? "->";
    if (!marks.has(arrow) || line.length > 3) {
      const odd = line[3] ?? mark ?? to;
      throw syntaxError(
        text,
        odd.start,
        odd.end,
        `"${odd.text}" is not an edge mark.`,
        "-> <-> -- o-> o-o or nothing",
      );
    }
    join(draft, from.text, arrow, to.text, from.start, (mark ?? to).end);
  }
  return finish(draft);
}

/**
 * Reads an adjacency matrix with the names as its first line (and, if present, first column): a non-zero cell in
 * row `a`, column `b` is an arrow a -> b; 2 in both directions is `<->`; 1 in both directions is `--`.
 * Throws `UserError` with line and column.
 */
export function parseMatrix(text: string): Graph {
  const draft = createDraft(text);
  const lines = splitLines(text);
  const [head, ...body] = lines;
  if (head === undefined) return finish(draft);
  const labelled = body.some((row) => row.length > 0 && !isNumber(row[0]));
  const names =
    labelled && head.length === body.length + 1
      ? head.slice(1)
      : head.filter((cell) => cell.text !== "");
  if (body.length !== names.length) {
    const last = body.at(-1)?.[0] ?? head[0];
    throw syntaxError(
      text,
      last?.start ?? 0,
      last?.end ?? 0,
      `The matrix has ${names.length} names but ${body.length} rows.`,
      "as many rows as names",
    );
  }
  for (const name of names) {
    checkName(text, name);
    if (draft.nodes.has(name.text)) {
      throw syntaxError(
        text,
        name.start,
        name.end,
        `The name "${name.text}" stands twice.`,
        "each name once",
      );
    }
    touch(draft, name.text);
  }
  const cells = body.map((row) => row.slice(labelled ? 1 : 0));
  for (const [i, row] of cells.entries()) {
    if (row.length !== names.length) {
      const last = row.at(-1) ?? body[i]?.[0];
      throw syntaxError(
        text,
        last?.start ?? 0,
        last?.end ?? 0,
        `This row has ${row.length} cells.`,
        `${names.length} cells, one a name`,
      );
    }
    for (const cell of row) {
      if (!isNumber(cell)) {
        throw syntaxError(
          text,
          cell.start,
          cell.end,
          `"${cell.text}" is not a number.`,
          "0, 1 or 2",
        );
      }
    }
  }
  for (const [i, a] of names.entries()) {
    for (const [j, b] of names.entries()) {
      const cell = cells[i]?.[j];
      const there = Number(cell?.text ?? 0);
      const back = Number(cells[j]?.[i]?.text ?? 0);
      if (cell === undefined || there === 0) continue;
      const mutual = back !== 0 && i !== j;
      if (mutual && j < i) continue; // read with its mirror image
      const arrow = mutual ? (there === 2 && back === 2 ? "<->" : "--") : "->";
      join(draft, a.text, arrow, b.text, cell.start, cell.end);
    }
  }
  return finish(draft);
}

const isNumber = (cell: Cell | undefined): boolean =>
  cell !== undefined && cell.text !== "" && Number.isFinite(Number(cell.text));

function checkName(text: string, cell: Cell): void {
  if (cell.text.trim() !== "") return;
  throw syntaxError(text, cell.start, cell.end, "A name is missing here.", "a name");
}

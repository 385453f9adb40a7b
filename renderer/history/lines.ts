import { diffLines, diffWordsWithSpace } from "diff";

export interface Piece {
  readonly text: string;
  readonly changed: boolean;
}

/** One line of a comparison, its changed words told apart where a line was rewritten. */
export type DiffLine =
  | { readonly kind: "same" | "added" | "removed"; readonly pieces: readonly Piece[] }
  /** Lines that are the same and far from any change. */
  | { readonly kind: "gap"; readonly count: number };

const AROUND = 3;

/** Two texts line by line: removed ones before those that came in their place, long equal stretches left out. */
export function compareLines(before: string, after: string): readonly DiffLine[] {
  const parts = diffLines(ended(before), ended(after));
  const lines: DiffLine[] = [];
  parts.forEach((part, i) => {
    const own = linesOf(part.value);
    if (part.removed) {
      const next = parts[i + 1];
      const others = next?.added === true ? linesOf(next.value) : [];
      own.forEach((line, k) => lines.push(told("removed", line, others[k])));
    } else if (part.added) {
      const last = parts[i - 1];
      const others = last?.removed === true ? linesOf(last.value) : [];
      own.forEach((line, k) => lines.push(told("added", line, others[k])));
    } else {
      const head = i === 0 ? 0 : AROUND;
      const tail = i === parts.length - 1 ? 0 : AROUND;
      const same = (line: string): DiffLine => ({
        kind: "same",
        pieces: [{ text: line, changed: false }],
      });
      if (own.length <= head + tail + 1) lines.push(...own.map(same));
      else {
        lines.push(...own.slice(0, head).map(same));
        lines.push({ kind: "gap", count: own.length - head - tail });
        lines.push(...own.slice(own.length - tail).map(same));
      }
    }
  });
  return lines;
}

function told(kind: "added" | "removed", line: string, other: string | undefined): DiffLine {
  if (other === undefined || line.length + other.length > 4000) {
    return { kind, pieces: [{ text: line, changed: false }] };
  }
  const [from, to] = kind === "added" ? [other, line] : [line, other];
  const words = diffWordsWithSpace(from, to).filter(
    ({ added, removed }) => !(kind === "added" ? removed : added),
  );
  const kept = words.reduce(
    (sum, { added, removed, value }) => sum + (added || removed ? 0 : value.trim().length),
    0,
  );
  // Lines with little in common are not the same line rewritten.
  if (kept * 3 < line.trim().length) return { kind, pieces: [{ text: line, changed: false }] };
  return {
    kind,
    pieces: words.map(({ added, removed, value }) => ({ text: value, changed: added || removed })),
  };
}

function ended(text: string): string {
  return text === "" ? "" : `${text}\n`;
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, "").split("\n");
}

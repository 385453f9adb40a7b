import type * as Monaco from "monaco-editor/editor";

export interface Mark {
  readonly start: number;
  readonly end: number;
  /** The one the user is at. */
  readonly here: boolean;
}

/**
 * Found places in the text of one cell. In static text they are the browser's own highlights, which change no element;
 * in an editor they are decorations of the cell's model.
 */
export class FoundMarks {
  #ranges: { readonly name: string; readonly range: AbstractRange }[] = [];
  #decorations: string[] = [];

  drawStatic(root: HTMLElement, marks: readonly Mark[]): void {
    // A browser or a test without highlights shows the list and the count all the same.
    if (typeof Highlight === "undefined") return;
    this.clearStatic();
    if (marks.length === 0) return;
    const points = textPoints(
      root,
      marks.flatMap(({ start, end }) => [start, end]),
    );
    for (const { start, end, here } of marks) {
      const [from, to] = [points.get(start), points.get(end)];
      if (from === undefined || to === undefined) continue;
      const range = new StaticRange({
        startContainer: from.node,
        startOffset: from.offset,
        endContainer: to.node,
        endOffset: to.offset,
      });
      const name = here ? "found-here" : "found";
      registered(name).add(range);
      this.#ranges.push({ name, range });
    }
  }

  clearStatic(): void {
    for (const { name, range } of this.#ranges) registered(name).delete(range);
    this.#ranges = [];
  }

  drawModel(model: Monaco.editor.ITextModel, marks: readonly Mark[]): void {
    this.#decorations = model.deltaDecorations(
      this.#decorations,
      marks.map(({ start, end, here }) => {
        const [from, to] = [model.getPositionAt(start), model.getPositionAt(end)];
        return {
          range: {
            startLineNumber: from.lineNumber,
            startColumn: from.column,
            endLineNumber: to.lineNumber,
            endColumn: to.column,
          },
          options: { description: "found", className: here ? "found-here" : "found" },
        };
      }),
    );
  }
}

function registered(name: string): Highlight {
  let found = CSS.highlights.get(name);
  if (found === undefined) {
    found = new Highlight();
    // The one the user is at lies over the others.
    found.priority = name === "found-here" ? 1 : 0;
    CSS.highlights.set(name, found);
  }
  return found;
}

export interface TextPoint {
  readonly node: Text;
  readonly offset: number;
}

/** Where offsets of the whole text are in the text nodes below an element. One walk for all of them. */
export function textPoints(
  root: HTMLElement,
  offsets: readonly number[],
): ReadonlyMap<number, TextPoint> {
  const wanted = [...new Set(offsets)].sort((a, b) => a - b);
  const points = new Map<number, TextPoint>();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let passed = 0;
  let i = 0;
  for (let node = walker.nextNode(); node !== null && i < wanted.length; node = walker.nextNode()) {
    const text = node as Text;
    for (let at = wanted[i]; at !== undefined && at <= passed + text.length; at = wanted[++i]) {
      points.set(at, { node: text, offset: at - passed });
    }
    passed += text.length;
  }
  return points;
}

import type * as Monaco from "monaco-editor/editor";
import type { Diagnostic } from "../../app/cell/program.ts";
import type { Splice } from "../../app/notebook/edits.ts";
import { el } from "../ui/dom.ts";
import { highlight, languageOf } from "./highlight.ts";
import { type EditorPool, type Holder, type LiveEditor, loadMonaco } from "./pool.ts";
import { FoundMarks, type Mark, textPoints } from "./marks.ts";
import { forgetScrollable, markScrollable } from "./scrollable.ts";

export interface EditorPorts {
  readonly cell: string;
  readonly label: string;
  onEdit(splices: readonly Splice[]): void;
  /** The user put the cursor into the text. */
  onFocus(): void;
  /** The text lost the focus to something that is not the editor's. */
  onBlur(): void;
}

/**
 * The text of one cell: static highlighted text until the user goes into it, then one of the pool's editors on
 * the cell's own model. The model lives as long as the cell, so that undo and cursor survive the way out and in.
 */
export class EditorController implements Holder {
  readonly element = el("div", { class: "code" });
  readonly #pre: HTMLPreElement;
  readonly #pool: EditorPool;
  readonly #ports: EditorPorts;
  readonly #uri: string;
  #kind: string;
  #source: string;
  #diagnostics: readonly Diagnostic[] = [];
  #marks: readonly Mark[] = [];
  readonly #found = new FoundMarks();
  #model: Monaco.editor.ITextModel | undefined;
  #editor: LiveEditor | undefined;
  #viewState: Monaco.editor.ICodeEditorViewState | null = null;
  #listeners: Monaco.IDisposable[] = [];
  #modelListener: Monaco.IDisposable | undefined;
  #applying = false;
  #disposed = false;
  #wanted = 0;

  constructor(pool: EditorPool, kind: string, source: string, ports: EditorPorts) {
    this.#pool = pool;
    this.#kind = kind;
    this.#source = source;
    this.#ports = ports;
    this.#uri = `file:///notebook/${ports.cell}${kind === "ts" ? ".ts" : ""}`;
    this.#pre = el("pre", { class: "code-static" });
    this.element.append(this.#pre);
    this.#drawStatic();
    this.#pre.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      void this.focus();
    });
    this.#pre.addEventListener("mousedown", (event) => {
      if (event.button !== 0) return;
      // A selection that begins here is the user's; only a plain click goes into the text.
      const up = (): void => {
        if (String(getSelection()) === "") void this.focus(offsetAt(event, this.#pre));
      };
      this.#pre.addEventListener("mouseup", up, { once: true });
    });
  }

  get live(): boolean {
    return this.#editor !== undefined;
  }

  /** Offset of the cursor, at the end when it was never there. */
  get cursor(): number {
    const position = this.#editor?.getPosition();
    return position && this.#model ? this.#model.getOffsetAt(position) : this.#source.length;
  }

  /** Whether the cursor is on the first or last line with nothing selected. */
  get edge(): { readonly first: boolean; readonly last: boolean } {
    const selection = this.#editor?.getSelection();
    if (!selection || !this.#model || !selection.isEmpty()) return { first: false, last: false };
    const line = selection.positionLineNumber;
    return { first: line === 1, last: line === this.#model.getLineCount() };
  }

  setSource(source: string): void {
    if (source === this.#source) return;
    this.#source = source;
    if (this.#model !== undefined && this.#model.getValue() !== source) {
      this.#applying = true;
      const change = difference(this.#model.getValue(), source);
      const start = this.#model.getPositionAt(change.start);
      const end = this.#model.getPositionAt(change.end);
      this.#model.pushEditOperations(
        [],
        [
          {
            range: {
              startLineNumber: start.lineNumber,
              startColumn: start.column,
              endLineNumber: end.lineNumber,
              endColumn: end.column,
            },
            text: change.text,
          },
        ],
        () => null,
      );
      this.#applying = false;
    }
    this.#drawStatic();
  }

  setKind(kind: string): void {
    if (kind === this.#kind) return;
    this.#kind = kind;
    const model = this.#model;
    if (model !== undefined) {
      void loadMonaco().then(({ monaco }) =>
        monaco.editor.setModelLanguage(model, languageOf(kind)),
      );
    }
    this.#drawStatic();
  }

  setDiagnostics(diagnostics: readonly Diagnostic[]): void {
    if (diagnostics === this.#diagnostics) return;
    if (diagnostics.length === 0 && this.#diagnostics.length === 0) return;
    this.#diagnostics = diagnostics;
    this.#drawMarkers();
    this.#drawStatic();
  }

  /** Places that a search has found. */
  setMarks(marks: readonly Mark[]): void {
    if (marks.length === 0 && this.#marks.length === 0) return;
    this.#marks = marks;
    this.#drawFound();
  }

  /** The text that is selected, in the editor or as it stands. */
  get selectedText(): string {
    const selection = this.#editor?.getSelection();
    if (selection && this.#model) return this.#model.getValueInRange(selection);
    return "";
  }

  /** Where on the screen a place of the text is; undefined while the text is not shown. */
  rectAt(offset: number): { readonly top: number; readonly bottom: number } | undefined {
    if (this.#editor !== undefined && this.#model !== undefined) {
      const node = this.#editor.getDomNode()?.getBoundingClientRect();
      const line = this.#model.getPositionAt(offset).lineNumber;
      if (node === undefined || node.height === 0) return undefined;
      const top = node.top + this.#editor.getTopForLineNumber(line) - this.#editor.getScrollTop();
      return { top, bottom: top + 20 };
    }
    const point = textPoints(this.#pre, [offset]).get(offset);
    if (point === undefined || this.#pre.clientHeight === 0) return undefined;
    const range = document.createRange();
    range.setStart(point.node, point.offset);
    const box = range.getBoundingClientRect();
    return { top: box.top, bottom: box.bottom };
  }

  async focus(offset?: number): Promise<void> {
    const wanted = ++this.#wanted;
    this.#ports.onFocus();
    if (this.#editor === undefined) {
      const [{ monaco }, entry] = await Promise.all([loadMonaco(), this.#pool.acquire(this)]);
      if (this.#disposed || wanted !== this.#wanted) {
        if (this.#editor === undefined) this.#pool.release(this);
        return;
      }
      this.#mount(monaco, entry.editor, entry.node);
    }
    const editor = this.#editor;
    if (editor === undefined || this.#model === undefined) return;
    if (offset !== undefined) editor.setPosition(this.#model.getPositionAt(offset));
    editor.focus();
  }

  /** Types for the user what was pressed while the editor was on its way. */
  type(text: string): void {
    this.#editor?.trigger("keyboard", "type", { text });
  }

  /** Takes back a focus that is on its way. */
  leave(): void {
    this.#wanted++;
  }

  released(): void {
    this.#unmount();
  }

  dispose(): void {
    this.#disposed = true;
    forgetScrollable(this.#pre);
    this.#found.clearStatic();
    this.#pool.release(this);
    this.#unmount();
    this.#modelListener?.dispose();
    this.#model?.dispose();
    this.element.remove();
  }

  #mount(
    monaco: typeof import("monaco-editor/editor"),
    editor: LiveEditor,
    node: HTMLElement,
  ): void {
    const model = this.#ensureModel(monaco);
    this.#editor = editor;
    node.style.height = `${this.#pre.clientHeight}px`;
    this.element.append(node);
    editor.setModel(model);
    editor.updateOptions({
      ariaLabel: this.#ports.label,
      wordWrap: this.#kind === "markdown" ? "on" : "off",
    });
    if (this.#viewState !== null) editor.restoreViewState(this.#viewState);
    const fit = (): void => {
      node.style.height = `${editor.getContentHeight()}px`;
      editor.layout();
    };
    fit();
    this.#pre.hidden = true;
    this.#listeners = [
      editor.onDidContentSizeChange(fit),
      editor.onDidFocusEditorText(() => this.#ports.onFocus()),
      editor.onDidBlurEditorWidget(() => this.#ports.onBlur()),
    ];
    this.#drawMarkers();
    this.#drawFound();
  }

  #unmount(): void {
    const editor = this.#editor;
    if (editor === undefined) return;
    this.#viewState = editor.saveViewState();
    for (const listener of this.#listeners) listener.dispose();
    this.#listeners = [];
    this.#editor = undefined;
    this.#pre.hidden = false;
    this.#drawStatic();
  }

  /** For those who want to speak of places in the text before anybody has gone into it. */
  async ensureModel(): Promise<void> {
    const { monaco } = await loadMonaco();
    if (!this.#disposed) this.#ensureModel(monaco);
  }

  #ensureModel(monaco: typeof import("monaco-editor/editor")): Monaco.editor.ITextModel {
    if (this.#model !== undefined) return this.#model;
    if (this.#kind === "vega-lite") {
      void import("./vega-lite-schema.ts").then(({ knowVegaLite }) => knowVegaLite());
    }
    const model = monaco.editor.createModel(
      this.#source,
      languageOf(this.#kind),
      monaco.Uri.parse(this.#uri),
    );
    model.setEOL(monaco.editor.EndOfLineSequence.LF);
    this.#modelListener = model.onDidChangeContent((event) => {
      if (this.#applying) return;
      this.#source = model.getValue();
      // All offsets are of the text before the event: from the back, each is still right when its turn comes.
      const splices = [...event.changes]
        .sort((a, b) => b.rangeOffset - a.rangeOffset)
        .map((change): Splice => ({
          kind: "splice",
          cell: this.#ports.cell,
          at: change.rangeOffset,
          remove: change.rangeLength,
          insert: change.text.replace(/\r\n?/g, "\n"),
        }));
      this.#ports.onEdit(splices);
    });
    this.#model = model;
    return model;
  }

  #drawMarkers(): void {
    const model = this.#model;
    if (model === undefined) return;
    void loadMonaco().then(({ monaco }) => {
      if (model.isDisposed()) return;
      const severity = {
        error: monaco.MarkerSeverity.Error,
        warning: monaco.MarkerSeverity.Warning,
        info: monaco.MarkerSeverity.Info,
      };
      monaco.editor.setModelMarkers(
        model,
        "dagbok",
        this.#diagnostics.map((finding) => {
          const start = model.getPositionAt(finding.place?.start ?? 0);
          const end = model.getPositionAt(finding.place?.end ?? (finding.place?.start ?? 0) + 1);
          return {
            severity: severity[finding.severity],
            message:
              finding.hint === undefined ? finding.message : `${finding.message}\n${finding.hint}`,
            code: finding.code,
            startLineNumber: start.lineNumber,
            startColumn: start.column,
            endLineNumber: end.lineNumber,
            endColumn: end.column,
          };
        }),
      );
    });
  }

  #drawStatic(): void {
    if (this.#editor !== undefined) return;
    const content = highlight(this.#source, this.#kind, this.#diagnostics);
    // A last empty line needs something in it to be as tall as in the editor.
    if (this.#source === "" || this.#source.endsWith("\n")) content.append("\u200b");
    this.#pre.classList.toggle("wrap", this.#kind === "markdown");
    this.#pre.replaceChildren(content);
    markScrollable(this.#pre);
    if (this.#marks.length > 0) this.#drawFound();
  }

  #drawFound(): void {
    if (this.#model !== undefined) this.#found.drawModel(this.#model, this.#marks);
    if (this.#editor === undefined) this.#found.drawStatic(this.#pre, this.#marks);
    else this.#found.clearStatic();
  }
}

/** The one changed stretch between two texts. */
export function difference(
  before: string,
  after: string,
): { readonly start: number; readonly end: number; readonly text: string } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let tail = 0;
  while (
    tail < shorter - start &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  return { start, end: before.length - tail, text: after.slice(start, after.length - tail) };
}

/** Where in the text a click fell. */
function offsetAt(event: MouseEvent, root: HTMLElement): number | undefined {
  const caret = document.caretPositionFromPoint?.(event.clientX, event.clientY);
  if (!caret || !root.contains(caret.offsetNode)) return undefined;
  const range = document.createRange();
  range.setStart(root, 0);
  range.setEnd(caret.offsetNode, caret.offset);
  return range.toString().replaceAll("\u200b", "").length;
}

import type * as Monaco from "monaco-editor/editor";
import { whenIdle } from "../ui/dom.ts";

type Chunk = typeof import("./monaco-chunk.ts");
export type LiveEditor = Monaco.editor.IStandaloneCodeEditor;

/** Who may hold an editor: told when it is taken away. */
export interface Holder {
  released(): void;
}

const SIZE = 3;

let chunk: Promise<Chunk> | undefined;

/** Loads the editor code; call it once the page has been drawn. */
export function loadMonaco(): Promise<Chunk> {
  chunk ??= import("./monaco-chunk.ts");
  return chunk;
}

/**
 * What is offered is explained beside the list from the start: the small languages' words mean nothing without. Monaco
 * has no option for it, only a switch (Ctrl+Space) that it remembers; without the switch nothing is lost.
 */
function showHelpBesideSuggestions(editor: LiveEditor): void {
  const controller = editor.getContribution("editor.contrib.suggestController") as {
    readonly widget?: { readonly value?: { _setDetailsVisible?(visible: boolean): void } };
  } | null;
  // oxlint-disable-next-line no-underscore-dangle -- Monaco's own name
  controller?.widget?.value?._setDetailsVisible?.(true);
}

interface Entry {
  readonly editor: LiveEditor;
  readonly node: HTMLElement;
  holder: Holder | undefined;
}

/** A few real editors for any number of cells: the focused one and those left most recently. */
export class EditorPool {
  /** Most recently used last. */
  readonly #entries: Entry[] = [];

  async acquire(holder: Holder): Promise<Entry> {
    const { monaco } = await loadMonaco();
    const own = this.#entries.find((entry) => entry.holder === holder);
    const entry =
      own ??
      this.#entries.find((each) => each.holder === undefined) ??
      (this.#entries.length < SIZE ? this.#create(monaco) : this.#entries[0]);
    if (entry === undefined) throw new Error("The pool is empty.");
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#entries.push(entry);
    if (entry.holder !== undefined && entry.holder !== holder) {
      const before = entry.holder;
      entry.holder = undefined;
      before.released();
    }
    entry.holder = holder;
    return entry;
  }

  release(holder: Holder): void {
    const entry = this.#entries.find((each) => each.holder === holder);
    if (entry === undefined) return;
    entry.holder = undefined;
    entry.editor.setModel(null);
    entry.node.remove();
  }

  dispose(): void {
    for (const { editor, node } of this.#entries) {
      editor.dispose();
      node.remove();
    }
    this.#entries.length = 0;
  }

  #create(monaco: Chunk["monaco"]): Entry {
    const node = document.createElement("div");
    node.className = "live-editor";
    const editor = monaco.editor.create(node, {
      model: null,
      theme: "dagbok",
      fontFamily: "'JetBrains Mono Variable', 'JetBrains Mono', monospace",
      fontSize: 13,
      lineHeight: 20,
      fontLigatures: false,
      minimap: { enabled: false },
      lineNumbers: "off",
      glyphMargin: false,
      folding: false,
      lineDecorationsWidth: 0,
      lineNumbersMinChars: 0,
      overviewRulerLanes: 0,
      overviewRulerBorder: false,
      hideCursorInOverviewRuler: true,
      scrollBeyondLastLine: false,
      scrollBeyondLastColumn: 2,
      scrollbar: {
        vertical: "hidden",
        horizontalScrollbarSize: 8,
        alwaysConsumeMouseWheel: false,
        handleMouseWheel: true,
      },
      renderLineHighlight: "none",
      padding: { top: 0, bottom: 0 },
      automaticLayout: true,
      fixedOverflowWidgets: true,
      occurrencesHighlight: "off",
      selectionHighlight: false,
      wordBasedSuggestions: "off",
      // What comes up while one types is taken by Tab or after an arrow, so that Enter stays a new line.
      suggest: { selectionMode: "whenTriggerCharacter", showWords: false, showStatusBar: false },
      // After a moment's pause: a list that comes and goes with each letter costs frames and attention.
      quickSuggestionsDelay: 120,
      acceptSuggestionOnCommitCharacter: false,
      acceptSuggestionOnEnter: "smart",
      suggestFontSize: 12,
      suggestLineHeight: 22,
      stickyScroll: { enabled: false },
      guides: { indentation: false },
      bracketPairColorization: { enabled: false },
      tabSize: 2,
      unicodeHighlight: { ambiguousCharacters: false },
      accessibilitySupport: "auto",
    });
    if (this.#entries.length === 0) whenIdle(() => showHelpBesideSuggestions(editor));
    const entry: Entry = { editor, node, holder: undefined };
    this.#entries.push(entry);
    return entry;
  }
}

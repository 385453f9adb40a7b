import { computed, effect, type ReadonlySignal, signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Api } from "../client/api.ts";
import type { EditorController } from "../editor/controller.ts";
import { EditorPool, loadMonaco } from "../editor/pool.ts";
import type { RenameEdit } from "../editor/types/cells.ts";
import { NotebookTypes } from "../editor/types/notebook-types.ts";
import { spawnTypes } from "../editor/types/spawn.ts";
import { setCurrentTypes, type TypesContext } from "../editor/types/registry.ts";
import { HistoryDialog } from "../history/dialog.tsx";
import type { NotebookModel } from "../state/notebook-model.ts";
import { whenIdle } from "../ui/dom.ts";
import { announce, reportError, toast } from "../ui/toast.tsx";
import { attachFile } from "./attach.ts";
import { CellRow } from "./cell.tsx";
import { NotebookCommands } from "./commands.ts";
import { type NotebookContext, NotebookProvider } from "./context.ts";
import { Dependencies } from "./dependencies.tsx";
import { moodOf, moodWords } from "./describe.ts";
import { FindBar } from "./find-bar.tsx";
import { FindState } from "./find-state.ts";
import { foldEdit, hiddenCells } from "./folding.ts";
import { NotebookHeader } from "./header.tsx";
import { EmptyNotebook, InsertButton, openInsertMenu } from "./insert.tsx";
import { KeyMatcher } from "./keys.ts";
import { Outline } from "./outline.tsx";
import { KeyboardHelp, Palette } from "./palette.tsx";
import { panelTab, SidePanel } from "./panel.tsx";
import { present, PresentationBar, presentedCells, view } from "./presentation.tsx";

type OpenDialog = "palette" | "help" | "history" | "dependencies";

const OUTLINE = "dagbok.outline";
const PANEL = "dagbok.panel";

// Kept over notebooks: where the reader wants the sides.
const outlineOpen = signal(localStorage.getItem(OUTLINE) !== "closed" && innerWidth >= 1000);
const panelOpen = signal(localStorage.getItem(PANEL) === "open");

export function NotebookPage({
  model,
  api,
  start,
}: {
  readonly model: NotebookModel;
  readonly api: Api;
  /** A place to open at: a result of the library's search. */
  readonly start?: { readonly cell: string; readonly at: number } | undefined;
}) {
  const dialog = useSignal<OpenDialog | undefined>(undefined);
  const root = useRef<HTMLDivElement>(null);
  const context = useMemo(() => createContext(model, dialog), [model]);
  useMemo(() => (model.visible = visibleCells(model)), [model]);
  useEffect(() => {
    if (start === undefined || model.indexOf(start.cell) < 0) return;
    show(context, start.cell, start.at);
    context.commands.page.focus(start.cell, "cell");
  }, [context]);
  useKeyboard(context, () => dialog.value === undefined && view.value === "write");
  useAnnouncements(model);
  useAssumptionBoxes(model);
  useEffect(() => {
    // Everything that reading does not need comes after the first paint.
    whenIdle(() => {
      void loadMonaco();
      void model.session.start();
    });
    // The checker is large: it comes when the page has long been there, or with the first text gone into.
    const timer = setTimeout(() => whenIdle(() => context.types.start()), CHECK_WAIT);
    setCurrentTypes(typesContext(context));
    return () => {
      present("write");
      clearTimeout(timer);
      setCurrentTypes(undefined);
      context.types.dispose();
      context.pool.dispose();
    };
  }, [context]);
  const presented = useMemo(() => presentedCells(model, () => model.shown), [model]);
  const order = presented.value;
  const drawn = useGradually(order.length);
  return (
    <NotebookProvider value={context}>
      <div
        class="notebook"
        ref={root}
        data-outline={outlineOpen.value}
        data-panel={panelOpen.value}
        data-view={view.value}
        onDragOver={(event) => {
          if (event.dataTransfer?.types.includes("Files") === true) event.preventDefault();
        }}
        onDrop={(event) => {
          const files = [...(event.dataTransfer?.files ?? [])];
          if (files.length === 0) return;
          event.preventDefault();
          void attachAll(files);
        }}
      >
        <NotebookHeader api={api} outline={outlineOpen.value} panel={panelOpen.value} />
        {outlineOpen.value && <Outline />}
        <main class="paper" aria-label="Notebook">
          <h1 class="visually-hidden">{model.notebook.value.title}</h1>
          {model.order.value.length === 0 ? (
            <EmptyNotebook />
          ) : (
            <>
              <div class="paper-top">
                <InsertButton index={0} selected={false} />
              </div>
              <ol class="cells" role="list" aria-label={`${order.length} cells`}>
                {order.slice(0, drawn.value).map((id) => (
                  <CellRow id={id} key={id} />
                ))}
              </ol>
              <button
                type="button"
                class="add-cell"
                aria-haspopup="menu"
                onClick={(event) =>
                  openInsertMenu(context.commands, event.currentTarget, model.order.value.length)
                }
              >
                Add a cell
              </button>
            </>
          )}
        </main>
        {context.find.open.value && <FindBar />}
        {panelOpen.value && <SidePanel />}
        {view.value !== "write" && <PresentationBar />}
        {dialog.value === "palette" && <Palette onClose={() => (dialog.value = undefined)} />}
        {dialog.value === "dependencies" && (
          <Dependencies onClose={() => (dialog.value = undefined)} />
        )}
        {dialog.value === "history" && (
          <HistoryDialog api={api} onClose={() => (dialog.value = undefined)} />
        )}
        {dialog.value === "help" && <KeyboardHelp onClose={() => (dialog.value = undefined)} />}
      </div>
    </NotebookProvider>
  );

  async function attachAll(files: readonly File[]): Promise<void> {
    for (const file of files) {
      try {
        const at = model.indexOf(model.selection.value.head);
        await attachFile(api, context.commands, model, file, at + 1);
        toast(`${file.name} is attached.`);
      } catch (error) {
        reportError(error, `Could not attach ${file.name}`);
      }
    }
  }
}

/** Same list, same object: typing in a cell does not draw the list anew. */
function visibleCells(model: NotebookModel): ReadonlySignal<readonly string[]> {
  let last: readonly string[] = [];
  return computed(() => {
    const hidden = hiddenCells(model.notebook.value.cells);
    const next =
      hidden.size === 0 ? model.order.value : model.order.value.filter((id) => !hidden.has(id));
    if (next.length !== last.length || next.some((id, i) => id !== last[i])) last = next;
    return last;
  });
}

const FIRST = 16;
const STEP = 40;

/** How many cells are in the page: those on the first screen at once, the rest as fast as the page stays free. */
function useGradually(count: number): { readonly value: number } {
  const drawn = useSignal(Math.min(count, FIRST));
  useEffect(() => {
    if (drawn.value >= count) {
      // Cells that are added later are drawn at once.
      drawn.value = Infinity;
      return undefined;
    }
    const timer = setTimeout(() => (drawn.value += STEP), 0);
    return () => clearTimeout(timer);
  }, [drawn.value, count]);
  return drawn;
}

/** After the page is there, its checker waits so long. */
const CHECK_WAIT = 1500;

/** What Monaco's providers may ask of the page. */
function typesContext({ model, commands, editors, types }: NotebookContext): TypesContext {
  return {
    client: types.client,
    nameOf: (cell) =>
      model.document.notebook.cells.find(({ id }) => id === cell)?.name ??
      `cell ${model.indexOf(cell) + 1}`,
    open: ({ cell, start }) => {
      if (model.indexOf(cell) < 0) return;
      model.select(cell);
      commands.page.focus(cell, "text", start);
    },
    ensureModel: async (cell) => editors.get(cell)?.ensureModel(),
    apply: (edits) => {
      // From the back, each place still holds when its turn comes.
      const ordered = edits.toSorted((a, b) => startOf(b) - startOf(a));
      commands.apply(
        ordered.map((edit) =>
          edit.kind === "name"
            ? { kind: "set-name", cell: edit.cell, value: edit.value }
            : {
                kind: "splice",
                cell: edit.cell,
                at: edit.start,
                remove: edit.end - edit.start,
                insert: edit.text,
              },
        ),
      );
    },
  };
}

function startOf(edit: RenameEdit): number {
  return edit.kind === "name" ? 0 : edit.start;
}

function createContext(
  model: NotebookModel,
  dialog: { value: OpenDialog | undefined },
): NotebookContext {
  const editors = new Map<string, EditorController>();
  const ahead: { buffer: string | undefined } = { buffer: undefined };
  const toggle = (open: typeof outlineOpen, key: string): void => {
    open.value = !open.value;
    localStorage.setItem(key, open.value ? "open" : "closed");
  };
  const element = (id: string): HTMLElement | null => document.getElementById(`cell-${id}`);
  const commands = new NotebookCommands(model, {
    focus(id, where, offset) {
      ahead.buffer = undefined;
      if (view.value !== "write") return;
      if (where === "text") {
        model.mode.value = "edit";
        if (editors.get(id)?.live !== true) ahead.buffer = "";
      }
      // A cell that has just been inserted is in the page, with its editor, some frames later.
      const act = (tries: number): void => {
        const node = element(id);
        const editor = editors.get(id);
        if (node === null || (where === "text" && editor === undefined)) {
          if (tries > 0) requestAnimationFrame(() => act(tries - 1));
          else ahead.buffer = undefined;
          return;
        }
        if (where === "cell") {
          editor?.leave();
          node.focus({ preventScroll: true });
          reveal(node);
          return;
        }
        reveal(node);
        void editor?.focus(offset).then(() => {
          if (ahead.buffer !== undefined) editor.type(ahead.buffer);
          ahead.buffer = undefined;
        });
      };
      act(60);
    },
    cursor: (id) => editors.get(id)?.cursor ?? model.cell(id).peek().source.length,
    openFind(replace) {
      const { head } = model.selection.peek();
      const editor = head === undefined ? undefined : editors.get(head);
      const writing = editor?.live === true && model.mode.peek() === "edit";
      find.start({
        replace,
        selected: writing ? editor.selectedText : "",
        ...(writing ? { at: editor.cursor } : {}),
      });
    },
    stepFind(by) {
      if (find.open.peek()) find.step(by);
      else this.openFind(false);
    },
    openDependencies: () => (dialog.value = "dependencies"),
    openHistory: () => (dialog.value = "history"),
    openPalette: () => (dialog.value = "palette"),
    openHelp: () => (dialog.value = "help"),
    openInsert(below) {
      const { head } = model.selection.value;
      const cell = head === undefined ? null : element(head);
      const anchor = cell?.querySelector<HTMLElement>(".insert-button") ?? cell;
      if (cell === null || anchor === null) return;
      openInsertMenu(commands, anchor, model.indexOf(head) + (below ? 1 : 0), cell);
    },
    rename(id) {
      element(id)?.querySelector(".cell-head")?.dispatchEvent(new CustomEvent("dagbok-rename"));
    },
    present,
    toggleOutline: () => toggle(outlineOpen, OUTLINE),
    togglePanel: () => toggle(panelOpen, PANEL),
    toggleLedger() {
      const shown = panelOpen.value && panelTab.value === "ledger";
      panelTab.value = "ledger";
      if (shown || !panelOpen.value) toggle(panelOpen, PANEL);
      if (shown) return;
      // Who has asked for it wants to switch something.
      requestAnimationFrame(() => document.getElementById("tab-ledger")?.focus());
    },
  });
  const find = new FindState(model, commands, {
    show: ({ cell, start }) => show({ model, commands, editors }, cell, start),
  });
  const types = new NotebookTypes(model, spawnTypes);
  return { model, commands, pool: new EditorPool(), editors, types, find, ahead };
}

/** Brings a place of a cell's text into view, unfolding what hides it. */
function show(
  { model, commands, editors }: Pick<NotebookContext, "model" | "commands" | "editors">,
  cell: string,
  at: number,
): void {
  const under = hiddenCells(model.document.notebook.cells).get(cell);
  const heading = model.document.notebook.cells.find(({ id }) => id === under);
  if (heading !== undefined) commands.apply([foldEdit(heading, false)], "step");
  model.select(cell);
  revealPlace(
    // Reading views show no text of their own to point at.
    () =>
      editors.get(cell)?.rectAt(at) ??
      document.getElementById(`cell-${cell}`)?.getBoundingClientRect(),
    120,
  );
}

/** Waits until a place is in the page (cells far down are drawn some frames later) and scrolls it into the middle. */
function revealPlace(
  rect: () => { readonly top: number; readonly bottom: number } | undefined,
  tries: number,
): void {
  requestAnimationFrame(() => {
    const box = rect();
    if (box === undefined) {
      if (tries > 0) revealPlace(rect, tries - 1);
      return;
    }
    const seen = box.top >= 130 && box.bottom <= innerHeight - 40;
    if (!seen) scrollBy({ top: box.top - innerHeight / 3 });
    // Cells that had not been measured may have grown on the way.
    if (!seen && tries > 0) revealPlace(rect, Math.min(tries - 1, 3));
  });
}

/** Scrolls no further than needed, and keeps the top of a tall cell in view. */
function reveal(node: HTMLElement): void {
  const box = node.getBoundingClientRect();
  const top = 56;
  if (box.top < top || box.height > innerHeight - top) {
    if (box.top < top || box.top > innerHeight - 120) scrollBy({ top: box.top - top - 12 });
  } else if (box.bottom > innerHeight - 12) scrollBy({ top: box.bottom - innerHeight + 24 });
}

/** Keys go to the table of bindings before anything below sees them, save in fields that are not the notebook's. */
function useKeyboard(context: NotebookContext, enabled: () => boolean): void {
  useEffect(() => {
    const { model, commands, editors } = context;
    const matcher = new KeyMatcher();
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!enabled() || event.isComposing) return;
      if (typedAhead(context.ahead, event)) return;
      const target = event.target as HTMLElement;
      const inEditor = target.closest(".code") !== null;
      if (target.closest(".menu, dialog") !== null) return;
      const field =
        target.closest("input, textarea, select, [contenteditable]") !== null && !inEditor;
      const chord = event.ctrlKey || event.metaKey || /^F\d/.test(event.key);
      if (target.closest(".find-bar") !== null && !chord) return;
      // In a control of an output or the title, only commands with Ctrl are the notebook's.
      // A box has no text of its own to undo or copy in.
      const box = field && target.matches("input[type=checkbox], input[type=radio]");
      const own = box ? /^[acvx]$/i : /^[acvxzy]$/i;
      if (field && !(chord && !own.test(event.key))) return;
      // Buttons and disclosure widgets keep Enter, Space and the arrows.
      const control =
        target.closest("button, a, summary, [role=tab], [tabindex='0']:not(.cell)") !== null;
      if (
        !inEditor &&
        control &&
        /^(Enter| |Arrow\w+|Home|End|Tab|Delete|Backspace)$/.test(event.key) &&
        !chord &&
        !event.shiftKey
      )
        return;
      if (inEditor && event.key === "Escape" && widgetOpen()) return;
      if (!inEditor && event.key === "Escape" && context.find.open.peek()) context.find.close();
      const mode = inEditor ? "edit" : "command";
      const { head } = model.selection.value;
      if (inEditor && head !== undefined && !chord && !event.shiftKey && !event.altKey) {
        const edge = editors.get(head)?.edge;
        const step =
          event.key === "ArrowUp" && edge?.first
            ? -1
            : event.key === "ArrowDown" && edge?.last
              ? 1
              : 0;
        if (step !== 0 && !widgetOpen() && atTextEdge(editors.get(head), step)) {
          event.preventDefault();
          event.stopPropagation();
          commands.leave();
          commands.move(step);
          return;
        }
      }
      const binding = matcher.match(event, mode);
      if (binding === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      binding.run(commands);
    };
    addEventListener("keydown", onKeyDown, true);
    return () => removeEventListener("keydown", onKeyDown, true);
  }, [context]);
}

/** An editor takes a moment to come up; what is typed meanwhile is neither a command nor lost. */
function typedAhead(ahead: NotebookContext["ahead"], event: KeyboardEvent): boolean {
  if (ahead.buffer === undefined || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key.length === 1) ahead.buffer += event.key;
  else if (event.key === "Enter" && !event.shiftKey) ahead.buffer += "\n";
  else if (event.key === "Backspace") ahead.buffer = ahead.buffer.slice(0, -1);
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

function widgetOpen(): boolean {
  return (
    document.querySelector(
      ".suggest-widget.visible, .find-widget.visible, .parameter-hints-widget.visible, .rename-box:focus-within",
    ) !== null
  );
}

/** Only from the very first or last position, so that an arrow pressed once too often does not leave the text. */
function atTextEdge(editor: EditorController | undefined, step: number): boolean {
  return editor !== undefined && (step < 0 ? editor.edge.first : editor.edge.last);
}

/** The boxes in outputs and the switches of the ledger are two views of one state. */
function useAssumptionBoxes(model: NotebookModel): void {
  useEffect(
    () =>
      effect(() => {
        const doubts = model.doubts.value;
        for (const box of document.querySelectorAll<HTMLInputElement>("input[data-assumption]")) {
          const off = doubts.has(box.dataset["assumption"] ?? "");
          box.checked = !off;
          box.closest("li")?.classList.toggle("doubted", off);
        }
      }),
    [model],
  );
}

/** Ends of runs are said politely, failures with their cell. */
function useAnnouncements(model: NotebookModel): void {
  useEffect(() => {
    const before = new Map<string, string>();
    return model.session.subscribe((change) => {
      if (change.kind === "message") toast(change.text, { level: change.level });
      if (change.kind !== "cell" || model.indexOf(change.cell) < 0) return;
      const mood = moodOf(model.cell(change.cell).peek(), model.session.cell(change.cell));
      const last = before.get(change.cell);
      before.set(change.cell, mood);
      if (last === undefined || last === mood) return;
      const name = model.nameOf(change.cell);
      if (mood === "failed") announce(`${name} failed.`);
      else if (mood === "done" && model.selection.peek().head === change.cell)
        announce(`${name} done.`);
      else if (mood === "running") announce(`${name} ${moodWords.running}.`);
    });
  }, [model]);
}

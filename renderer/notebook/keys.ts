import type { NotebookCommands } from "./commands.ts";

export interface Binding {
  /** As shown; parts of a sequence are separated by a space. */
  readonly keys: readonly string[];
  readonly title: string;
  readonly group: "Cells" | "Move" | "Run" | "Edit" | "Write" | "View";
  readonly mode: "command" | "edit" | "both" | "editor";
  readonly run: (commands: NotebookCommands) => void;
  /** In the palette under another name, or not at all. */
  readonly palette?: false;
}

const b = (
  keys: string | readonly string[],
  mode: Binding["mode"],
  group: Binding["group"],
  title: string,
  run: Binding["run"],
  palette?: false,
): Binding => ({
  keys: typeof keys === "string" ? (keys === "" ? [] : [keys]) : keys,
  mode,
  group,
  title,
  run,
  ...(palette === undefined ? {} : { palette }),
});

/** A key of the text editor's own, for the help sheet; the page leaves it to the editor. */
const inEditor = (keys: string, title: string): Binding =>
  b(keys, "editor", "Write", title, () => undefined, false);

/** Jupyter's keys, in one table: the handler, the help sheet and the palette all read it. */
export const bindings: readonly Binding[] = [
  b("Shift+Enter", "both", "Run", "Run and go to the next cell", (c) => c.runAndNext()),
  b("Ctrl+Enter", "both", "Run", "Run the cell", (c) => c.runAndStay()),
  b("Alt+Enter", "both", "Run", "Run and insert a cell below", (c) => c.runAndInsert()),
  b("", "command", "Run", "Run all cells", (c) => c.runAll()),
  b("", "command", "Run", "Run stale cells", (c) => c.runStale()),
  b("", "command", "Run", "Run all cells above", (c) => c.runAbove()),
  b("I I", "command", "Run", "Stop what is running", (c) => c.stop()),
  b("0 0", "command", "Run", "Restart the kernel", (c) => c.restart()),

  b("Enter", "command", "Edit", "Write in the cell", (c) => c.edit()),
  b("Escape", "both", "Edit", "Leave the text or the result for the cell", (c) => c.leave(), false),
  b("A", "command", "Cells", "Insert a cell above", (c) => c.insertBeside(false)),
  b("B", "command", "Cells", "Insert a cell below", (c) => c.insertBeside(true)),
  b("N", "command", "Cells", "Insert a cell of a chosen kind", (c) => c.page.openInsert(true)),
  b("D D", "command", "Cells", "Delete the selected cells", (c) => c.remove()),
  b(["Z", "Ctrl+Z"], "command", "Edit", "Undo", (c) => void c.undo()),
  b(["Shift+Z", "Ctrl+Shift+Z", "Ctrl+Y"], "command", "Edit", "Redo", (c) => void c.redo()),
  b("C", "command", "Cells", "Copy the selected cells", (c) => c.copy()),
  b("X", "command", "Cells", "Cut the selected cells", (c) => c.cut()),
  b("V", "command", "Cells", "Paste cells below", (c) => c.paste(true)),
  b("Shift+V", "command", "Cells", "Paste cells above", (c) => c.paste(false)),
  b("", "command", "Cells", "Duplicate the selected cells", (c) => c.duplicate()),
  b("M", "command", "Cells", "Turn into text", (c) => c.setKind("markdown")),
  b("Y", "command", "Cells", "Turn into TypeScript", (c) => c.setKind("ts")),
  b("Shift+M", "command", "Cells", "Merge the selected cells", (c) => c.merge()),
  b("Ctrl+Shift+-", "edit", "Cells", "Split the cell at the cursor", (c) => c.split()),
  b("F2", "command", "Cells", "Name the cell", (c) => {
    const [cell] = c.selectedCells;
    if (cell !== undefined) c.page.rename(cell);
  }),
  b("", "command", "Cells", "Disable or enable the cell", (c) => c.toggle("disabled")),
  b("", "command", "Cells", "Run the cell only on demand (lazy)", (c) => c.toggle("lazy")),
  b("", "command", "Cells", "Pin the cell's code", (c) => c.toggle("pinned")),

  b(["ArrowDown", "J"], "command", "Move", "Next cell", (c) => c.move(1)),
  b(["ArrowUp", "K"], "command", "Move", "Previous cell", (c) => c.move(-1)),
  b(["Shift+ArrowDown", "Shift+J"], "command", "Move", "Extend the selection down", (c) =>
    c.move(1, true),
  ),
  b(["Shift+ArrowUp", "Shift+K"], "command", "Move", "Extend the selection up", (c) =>
    c.move(-1, true),
  ),
  b("ArrowLeft", "command", "View", "Fold the section", (c) => c.fold(true)),
  b("ArrowRight", "command", "View", "Unfold the section", (c) => c.fold(false)),
  b("Home", "command", "Move", "First cell", (c) => c.selectEnd(false)),
  b("End", "command", "Move", "Last cell", (c) => c.selectEnd(true)),
  b("Ctrl+A", "command", "Move", "Select all cells", (c) => c.selectAll()),
  b("Ctrl+Shift+ArrowUp", "both", "Move", "Move the cell up", (c) => c.moveCells(-1)),
  b("Ctrl+Shift+ArrowDown", "both", "Move", "Move the cell down", (c) => c.moveCells(1)),

  inEditor("Ctrl+Space", "What can stand here"),
  inEditor("Ctrl+.", "Mend what is underlined"),
  inEditor("F8", "Next thing to mend"),
  inEditor("F2", "Rename everywhere in the notebook"),
  inEditor("F12", "Go to where it is defined"),
  inEditor("Shift+F12", "Where it is used"),
  inEditor("Ctrl+Shift+Space", "The parameters of this call"),

  b("O", "command", "View", "Hide or show the cell's code", (c) => c.toggle("codeHidden")),
  b("", "command", "View", "Hide all code", (c) => c.hideAllCode(true)),
  b("", "command", "View", "Show all code", (c) => c.hideAllCode(false)),
  b("W", "command", "View", "App view: text, controls and results", (c) => c.page.present("app")),
  b("Shift+W", "command", "View", "Slides by heading, full screen", (c) =>
    c.page.present("slides"),
  ),
  b("Ctrl+B", "both", "View", "Show or hide the outline", (c) => c.page.toggleOutline()),
  b("Ctrl+I", "both", "View", "Show or hide the side panel", (c) => c.page.togglePanel()),
  b("L", "command", "View", "Show or hide the assumptions", (c) => c.page.toggleLedger()),
  b(["Ctrl+Shift+C", "F1"], "both", "View", "All commands", (c) => c.page.openPalette(), false),
  b(["?", "H"], "command", "View", "Keyboard help", (c) => c.page.openHelp()),
  b("Ctrl+F", "both", "Edit", "Search in the notebook", (c) => c.page.openFind(false)),
  b("Ctrl+H", "both", "Edit", "Replace in the notebook", (c) => c.page.openFind(true)),
  b("F3", "both", "Move", "Next match", (c) => c.page.stepFind(1)),
  b("Shift+F3", "both", "Move", "Previous match", (c) => c.page.stepFind(-1)),
  b(["G", "Ctrl+Shift+G"], "command", "View", "Which cell rests on which", (c) =>
    c.page.openDependencies(),
  ),
  b("Ctrl+Shift+H", "both", "View", "History of the notebook", (c) => c.page.openHistory()),
  b("Ctrl+S", "both", "Edit", "Save now", (c) => void c.save()),
];

/** How long after the first key of a sequence the second counts. */
const SEQUENCE = 900;

/** The name of a pressed key, as in the table: `Ctrl+Shift+C`. The Command key counts as Ctrl. */
export function chordOf(event: KeyboardEvent): string {
  const key = event.key === " " ? "Space" : event.key;
  const letter = key.length === 1 ? key.toUpperCase() : key;
  // `?` and other signs already hold their Shift.
  const sign = key.length === 1 && !/[a-z0-9]/i.test(key);
  const base = event.code === "Minus" ? "-" : letter;
  return [
    event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    event.altKey ? "Alt+" : "",
    event.shiftKey && (!sign || base === "-") ? "Shift+" : "",
    base,
  ].join("");
}

/** Finds what a key means now; remembers the first key of a sequence. */
export class KeyMatcher {
  #first: { chord: string; at: number } | undefined;

  match(event: KeyboardEvent, mode: "command" | "edit"): Binding | undefined {
    const chord = chordOf(event);
    const sequence =
      this.#first !== undefined && event.timeStamp - this.#first.at < SEQUENCE
        ? `${this.#first.chord} ${chord}`
        : undefined;
    const applicable = bindings.filter((each) => each.mode === mode || each.mode === "both");
    const exact = applicable.find(
      ({ keys }) => keys.includes(sequence ?? "") || keys.includes(chord),
    );
    this.#first = undefined;
    if (exact !== undefined) return exact;
    if (applicable.some(({ keys }) => keys.some((each) => each.startsWith(`${chord} `)))) {
      this.#first = { chord, at: event.timeStamp };
    }
    return undefined;
  }
}

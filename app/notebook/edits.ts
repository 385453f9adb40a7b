import { UserError } from "../errors.ts";
import {
  type Attachment,
  type Cell,
  checkAttachment,
  checkCellMetaKey,
  checkInputKey,
  checkKind,
  checkName,
  checkTitle,
  createCell,
  createNotebook,
  createSettings,
  type Flag,
  FLAGS,
  type Notebook,
  type Settings,
  sortAttachments,
} from "./document.ts";
import { DOUBTS, readDoubts, writeDoubts } from "./doubts.ts";
import { type Json, toJson } from "./json.ts";

/** An id holds names of variables, which may be long, but no more than that. */
const MAX_ASSUMPTION = 2000;

/** One change to a notebook, as data: it is logged, sent, undone and replayed. `cell` is always a cell's id. */
export type Edit =
  | { readonly kind: "insert-cell"; readonly at: number; readonly cell: Cell }
  | { readonly kind: "delete-cell"; readonly cell: string }
  /** `to` is the index the cell has afterwards. */
  | { readonly kind: "move-cell"; readonly cell: string; readonly to: number }
  | Splice
  | { readonly kind: "set-kind"; readonly cell: string; readonly value: string }
  /** Without a value the name is removed; likewise below. */
  | { readonly kind: "set-name"; readonly cell: string; readonly value?: string }
  | {
      readonly kind: "set-flag";
      readonly cell: string;
      readonly flag: Flag;
      readonly value: boolean;
    }
  | {
      readonly kind: "set-meta";
      readonly cell: string;
      readonly key: string;
      readonly value?: string;
    }
  | {
      readonly kind: "set-input";
      readonly cell: string;
      readonly name: string;
      readonly value?: Json;
    }
  | { readonly kind: "set-title"; readonly value: string }
  | SetSetting
  | { readonly kind: "set-notebook-meta"; readonly key: string; readonly value?: string }
  /** `value`: the assumption of this id is switched off. One at a time, so that two windows' merge. */
  | { readonly kind: "set-doubt"; readonly assumption: string; readonly value: boolean }
  /** Replaces an attachment of the same name. */
  | { readonly kind: "attach"; readonly attachment: Attachment }
  | { readonly kind: "detach"; readonly name: string }
  /** Everything at once: imports, edits made outside. */
  | { readonly kind: "replace-cells"; readonly cells: readonly Cell[] };

/** At offset `at` of the cell's source, `remove` UTF-16 units give way to `insert` (which has no `\r`). */
export interface Splice {
  readonly kind: "splice";
  readonly cell: string;
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

type SetSetting = {
  [K in keyof Settings]: {
    readonly kind: "set-setting";
    readonly name: K;
    readonly value: Settings[K];
  };
}[keyof Settings];

export type EditKind = Edit["kind"];

export interface Applied {
  readonly notebook: Notebook;
  /** Takes `notebook` back to what it was. */
  readonly inverse: Edit;
}

export interface AppliedAll {
  readonly notebook: Notebook;
  /** In the order in which to apply them. */
  readonly inverses: readonly Edit[];
}

/** The notebook after an edit, sharing all that did not change. Throws `UserError` for an edit that does not fit. */
export function applyEdit(notebook: Notebook, edit: Edit): Applied {
  switch (edit.kind) {
    case "insert-cell":
      return insertCell(notebook, edit.at, edit.cell);
    case "delete-cell": {
      const at = indexOf(notebook, edit.cell);
      const cell = notebook.cells[at] as Cell;
      return {
        notebook: { ...notebook, cells: notebook.cells.toSpliced(at, 1) },
        inverse: { kind: "insert-cell", at, cell },
      };
    }
    case "move-cell": {
      const from = indexOf(notebook, edit.cell);
      checkIndex(edit.to, notebook.cells.length - 1, "to");
      const cell = notebook.cells[from] as Cell;
      return {
        notebook: {
          ...notebook,
          cells: notebook.cells.toSpliced(from, 1).toSpliced(edit.to, 0, cell),
        },
        inverse: { kind: "move-cell", cell: cell.id, to: from },
      };
    }
    case "splice":
      return spliceCell(notebook, edit);
    case "set-kind":
      return change(notebook, edit.cell, (cell) => [
        { ...cell, kind: checkKind(edit.value) },
        { ...edit, value: cell.kind },
      ]);
    case "set-name":
      return change(notebook, edit.cell, (cell) => {
        const { name, ...rest } = cell;
        return [
          edit.value === undefined ? rest : { ...rest, name: checkName(edit.value) },
          { kind: "set-name", cell: cell.id, ...(name === undefined ? {} : { value: name }) },
        ];
      });
    case "set-flag":
      if (!FLAGS.includes(edit.flag)) throw misfit("flag", "There is no such flag.", edit.flag);
      if (typeof edit.value !== "boolean")
        throw misfit("value", "A flag is on or off.", (edit as { value?: unknown }).value);
      return change(notebook, edit.cell, (cell) => [
        { ...cell, flags: { ...cell.flags, [edit.flag]: edit.value } },
        { ...edit, value: cell.flags[edit.flag] },
      ]);
    case "set-meta":
      return change(notebook, edit.cell, (cell) => {
        checkCellMetaKey(edit.key);
        const [meta, old] = setKey(cell.meta, edit.key, textOrNothing(edit.value));
        return [
          { ...cell, meta },
          { kind: "set-meta", cell: cell.id, key: edit.key, ...old },
        ];
      });
    case "set-input":
      return change(notebook, edit.cell, (cell) => {
        const value = edit.value === undefined ? undefined : toJson(edit.value);
        const [inputs, old] = setKey(cell.inputs, edit.name, value);
        return [
          { ...cell, inputs },
          { kind: "set-input", cell: cell.id, name: edit.name, ...old },
        ];
      });
    case "set-title":
      return {
        notebook: { ...notebook, title: checkTitle(edit.value) },
        inverse: { kind: "set-title", value: notebook.title },
      };
    case "set-setting":
      if (!Object.hasOwn(notebook.settings, edit.name)) {
        throw misfit("setting", "There is no such setting.", edit.name);
      }
      return {
        notebook: {
          ...notebook,
          settings: createSettings({ ...notebook.settings, [edit.name]: edit.value }),
        },
        inverse: { ...edit, value: notebook.settings[edit.name] } as SetSetting,
      };
    case "set-notebook-meta": {
      const [meta, old] = setKey(notebook.meta, edit.key, textOrNothing(edit.value));
      return {
        notebook: { ...notebook, meta },
        inverse: { kind: "set-notebook-meta", key: edit.key, ...old },
      };
    }
    case "set-doubt":
      return setDoubt(notebook, edit.assumption, edit.value);
    case "attach": {
      const attachment = checkAttachment(edit.attachment);
      const old = notebook.attachments.find(({ name }) => name === attachment.name);
      const others = notebook.attachments.filter((other) => other !== old);
      return {
        notebook: { ...notebook, attachments: sortAttachments([...others, attachment]) },
        inverse:
          old === undefined
            ? { kind: "detach", name: attachment.name }
            : { kind: "attach", attachment: old },
      };
    }
    case "detach": {
      const old = notebook.attachments.find(({ name }) => name === edit.name);
      if (old === undefined) throw misfit("attachment", "There is no such attachment.", edit.name);
      return {
        notebook: {
          ...notebook,
          attachments: notebook.attachments.filter((other) => other !== old),
        },
        inverse: { kind: "attach", attachment: old },
      };
    }
    case "replace-cells":
      return {
        notebook: { ...notebook, cells: createNotebook({ cells: edit.cells }).cells },
        inverse: { kind: "replace-cells", cells: notebook.cells },
      };
    default:
      throw misfit("kind", "There is no such edit.", (edit as { kind?: unknown }).kind);
  }
}

/** All or nothing: if one edit does not fit, it throws and nothing has changed. */
export function applyEdits(notebook: Notebook, edits: readonly Edit[]): AppliedAll {
  const inverses: Edit[] = [];
  for (const edit of edits) {
    const applied = applyEdit(notebook, edit);
    ({ notebook } = applied);
    inverses.push(applied.inverse);
  }
  return { notebook, inverses: inverses.reverse() };
}

/**
 * Two splices, one after the other, as one; `undefined` if the second does not touch what the first inserted,
 * so that keystrokes of one word undo together and those of two places apart do not.
 */
export function mergeSplices(first: Splice, second: Splice): Splice | undefined {
  const end = first.at + first.insert.length;
  if (first.cell !== second.cell || second.at > end || second.at + second.remove < first.at) {
    return undefined;
  }
  const before = Math.max(0, first.at - second.at);
  const after = Math.max(0, second.at + second.remove - end);
  const head = first.insert.slice(0, Math.max(0, second.at - first.at));
  const tail = first.insert.slice(Math.max(0, second.at + second.remove - first.at));
  return {
    kind: "splice",
    cell: first.cell,
    at: Math.min(first.at, second.at),
    remove: before + first.remove + after,
    insert: head + second.insert + tail,
  };
}

function setDoubt(notebook: Notebook, assumption: string, value: boolean): Applied {
  if (typeof assumption !== "string" || assumption === "" || assumption.length > MAX_ASSUMPTION) {
    throw misfit("assumption", "This is no assumption's id.", assumption);
  }
  if (typeof value !== "boolean") throw misfit("value", "A doubt is on or off.", value);
  const { [DOUBTS]: before, ...rest } = notebook.meta;
  const old = readDoubts(before);
  const doubts = new Set(old);
  if (value) doubts.add(assumption);
  else doubts.delete(assumption);
  const text = writeDoubts(doubts);
  return {
    notebook: { ...notebook, meta: text === undefined ? rest : { ...rest, [DOUBTS]: text } },
    // What was written by hand in another way comes back to the letter.
    inverse:
      before === writeDoubts(old)
        ? { kind: "set-doubt", assumption, value: old.has(assumption) }
        : {
            kind: "set-notebook-meta",
            key: DOUBTS,
            ...(before === undefined ? {} : { value: before }),
          },
  };
}

function insertCell(notebook: Notebook, at: number, spec: Cell): Applied {
  checkIndex(at, notebook.cells.length, "at");
  const cell = createCell(spec);
  if (notebook.cells.some(({ id }) => id === cell.id)) {
    throw misfit("cell-there", "A cell with this id is there already.", cell.id);
  }
  return {
    notebook: { ...notebook, cells: notebook.cells.toSpliced(at, 0, cell) },
    inverse: { kind: "delete-cell", cell: cell.id },
  };
}

function spliceCell(notebook: Notebook, edit: Splice): Applied {
  return change(notebook, edit.cell, (cell) => {
    const { source } = cell;
    checkIndex(edit.at, source.length, "at");
    checkIndex(edit.remove, source.length - edit.at, "remove");
    if (typeof edit.insert !== "string" || edit.insert.includes("\r")) {
      throw misfit("text", "The inserted text is not text with lines ending in \\n.", edit.insert);
    }
    const end = edit.at + edit.remove;
    return [
      { ...cell, source: source.slice(0, edit.at) + edit.insert + source.slice(end) },
      {
        kind: "splice",
        cell: cell.id,
        at: edit.at,
        remove: edit.insert.length,
        insert: source.slice(edit.at, end),
      },
    ];
  });
}

function change(notebook: Notebook, id: string, make: (cell: Cell) => [Cell, Edit]): Applied {
  const at = indexOf(notebook, id);
  const [cell, inverse] = make(notebook.cells[at] as Cell);
  return { notebook: { ...notebook, cells: notebook.cells.with(at, cell) }, inverse };
}

function setKey<T extends Json>(
  record: Readonly<Record<string, T>>,
  key: string,
  value: T | undefined,
): [Record<string, T>, { value?: T }] {
  checkInputKey(key);
  const { [key]: old, ...rest } = record;
  return [
    value === undefined ? rest : { ...rest, [key]: value },
    Object.hasOwn(record, key) ? { value: old as T } : {},
  ];
}

function textOrNothing(value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw misfit("value", "The value is not text.", value);
}

function indexOf(notebook: Notebook, id: string): number {
  const at = notebook.cells.findIndex((cell) => cell.id === id);
  if (at < 0) throw misfit("no-cell", "The notebook has no cell with this id.", id);
  return at;
}

function checkIndex(index: number, max: number, what: string): void {
  if (Number.isInteger(index) && index >= 0 && index <= max) return;
  throw misfit("range", `${what} is out of range.`, index, `a whole number from 0 to ${max}`);
}

function misfit(code: string, message: string, value: unknown, expected?: string): UserError {
  return new UserError({
    code: `edit-${code}`,
    message,
    value,
    ...(expected === undefined ? {} : { expected }),
  });
}

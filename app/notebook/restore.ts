import { diffNotebooks } from "./diff.ts";
import { type Cell, FLAGS, type Notebook } from "./document.ts";
import { applyEdits, type Edit } from "./edits.ts";

/**
 * The edits that make one cell again what it was in an earlier version: its text and all its keys, there where it stood
 * among the cells that both have. A cell that is gone comes back; one that was not there yet goes. Like any edits they
 * can be undone. Empty when there is nothing to do.
 */
export function restoreCellEdits(now: Notebook, then: Notebook, id: string): readonly Edit[] {
  const before = then.cells.find((cell) => cell.id === id);
  const after = now.cells.find((cell) => cell.id === id);
  if (before === undefined) return after === undefined ? [] : [{ kind: "delete-cell", cell: id }];
  if (after === undefined)
    return [{ kind: "insert-cell", at: placeFor(now, then, id), cell: before }];
  const others = now.cells.filter((cell) => cell.id !== id);
  const to = placeFor({ ...now, cells: others }, then, id);
  // Only a cell that was moved goes back: another one may have been moved past it.
  const moved = diffNotebooks(then, now).cells.some(
    (change) => change.kind === "changed" && change.after.id === id && change.moved,
  );
  return [
    ...cellEdits(after, before),
    ...(moved && now.cells.indexOf(after) !== to
      ? [{ kind: "move-cell", cell: id, to } as const]
      : []),
  ];
}

/** The edits that make a notebook again what it was: cells, title, settings, attachments and keys. */
export function restoreEdits(now: Notebook, then: Notebook): readonly Edit[] {
  const edits: Edit[] = [];
  const wanted = new Set(then.cells.map(({ id }) => id));
  for (const { id } of now.cells) {
    if (!wanted.has(id)) edits.push({ kind: "delete-cell", cell: id });
  }
  const order = now.cells.map(({ id }) => id).filter((id) => wanted.has(id));
  then.cells.forEach((cell, at) => {
    const found = now.cells.find(({ id }) => id === cell.id);
    if (found === undefined) {
      edits.push({ kind: "insert-cell", at, cell });
      order.splice(at, 0, cell.id);
      return;
    }
    edits.push(...cellEdits(found, cell));
    const from = order.indexOf(cell.id);
    if (from === at) return;
    edits.push({ kind: "move-cell", cell: cell.id, to: at });
    order.splice(at, 0, ...order.splice(from, 1));
  });
  if (now.title !== then.title) edits.push({ kind: "set-title", value: then.title });
  const { run, seed, versions } = then.settings;
  if (now.settings.run !== run) edits.push({ kind: "set-setting", name: "run", value: run });
  if (now.settings.seed !== seed) edits.push({ kind: "set-setting", name: "seed", value: seed });
  if (JSON.stringify(now.settings.versions) !== JSON.stringify(versions)) {
    edits.push({ kind: "set-setting", name: "versions", value: versions });
  }
  for (const [key, value] of changedKeys(now.meta, then.meta)) {
    edits.push({ kind: "set-notebook-meta", key, ...(value === undefined ? {} : { value }) });
  }
  for (const { name } of now.attachments) {
    if (!then.attachments.some((each) => each.name === name)) edits.push({ kind: "detach", name });
  }
  for (const attachment of then.attachments) {
    const same = now.attachments.find(({ name }) => name === attachment.name);
    if (same?.sha256 !== attachment.sha256) edits.push({ kind: "attach", attachment });
  }
  // What does not fit must fail here, and not in the store.
  applyEdits(now, edits);
  return edits;
}

/** From one state of a cell to another, each key apart, the text as its one changed stretch. */
function cellEdits(from: Cell, to: Cell): readonly Edit[] {
  const cell = from.id;
  const edits: Edit[] = [];
  if (from.source !== to.source) {
    const most = Math.min(from.source.length, to.source.length);
    let start = 0;
    while (start < most && from.source[start] === to.source[start]) start++;
    let tail = 0;
    while (tail < most - start && from.source.at(-1 - tail) === to.source.at(-1 - tail)) tail++;
    edits.push({
      kind: "splice",
      cell,
      at: start,
      remove: from.source.length - tail - start,
      insert: to.source.slice(start, to.source.length - tail),
    });
  }
  if (from.kind !== to.kind) edits.push({ kind: "set-kind", cell, value: to.kind });
  if (from.name !== to.name) {
    edits.push({ kind: "set-name", cell, ...(to.name === undefined ? {} : { value: to.name }) });
  }
  for (const flag of FLAGS) {
    if (from.flags[flag] !== to.flags[flag]) {
      edits.push({ kind: "set-flag", cell, flag, value: to.flags[flag] });
    }
  }
  for (const [key, value] of changedKeys(from.meta, to.meta)) {
    edits.push({ kind: "set-meta", cell, key, ...(value === undefined ? {} : { value }) });
  }
  for (const [name, value] of changedKeys(from.inputs, to.inputs)) {
    edits.push({ kind: "set-input", cell, name, ...(value === undefined ? {} : { value }) });
  }
  return edits;
}

/** Behind the nearest cell that stood before it and is there; at the top if none is. */
function placeFor(now: Notebook, then: Notebook, id: string): number {
  const at = then.cells.findIndex((cell) => cell.id === id);
  for (let i = at - 1; i >= 0; i--) {
    const found = now.cells.findIndex((cell) => cell.id === then.cells[i]?.id);
    if (found >= 0) return found + 1;
  }
  return 0;
}

function changedKeys<T>(
  from: Readonly<Record<string, T>>,
  to: Readonly<Record<string, T>>,
): readonly (readonly [string, T | undefined])[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((key) => JSON.stringify(from[key]) !== JSON.stringify(to[key]))
    .map((key) => [key, to[key]] as const);
}

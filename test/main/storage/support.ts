import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import {
  createNotebook,
  type Notebook,
  type NotebookSpec,
} from "../../../app/notebook/document.ts";
import type { Edit } from "../../../app/notebook/edits.ts";
import type { EditAnswer } from "../../../app/protocol/store.ts";
import { Library } from "../../../main/storage/library.ts";

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "dagbok-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openTestLibrary(folder = temporaryFolder(), now?: () => number): Library {
  const library = new Library({ folder, ...(now === undefined ? {} : { now }) });
  onTestFinished(() => library.close());
  return library;
}

export function smallNotebook(spec: NotebookSpec = {}): Notebook {
  return createNotebook({
    title: "Kidney stones",
    cells: [
      { id: "graph1", kind: "graph", name: "stones", source: "size -> treatment, success" },
      { id: "code1", source: "const adjustmentSet = backDoor(stones);" },
    ],
    ...spec,
  });
}

let batches = 0;

export function send(
  library: Library,
  id: string,
  baseRev: number,
  edits: readonly Edit[],
  group = `group-${++batches}`,
): EditAnswer {
  return library.edit(id, { baseRev, edits, group, batch: `batch-${++batches}` });
}

/** mulberry32, so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An edit that fits the notebook, any kind. */
export function randomEdit(notebook: Notebook, random: () => number): Edit {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const below = (n: number): number => Math.floor(random() * n);
  const { cells } = notebook;
  if (cells.length === 0 || random() < 0.12) {
    const { cells: made } = createNotebook({ cells: [{ source: `made${below(99)}` }] }, random);
    const cell = made[0];
    if (cell !== undefined && !cells.some(({ id }) => id === cell.id)) {
      return { kind: "insert-cell", at: below(cells.length + 1), cell };
    }
  }
  const cell = pick(cells);
  const at = below(cell.source.length + 1);
  const edits: readonly Edit[] = [
    { kind: "delete-cell", cell: cell.id },
    { kind: "move-cell", cell: cell.id, to: below(cells.length) },
    {
      kind: "splice",
      cell: cell.id,
      at,
      remove: below(cell.source.length - at + 1),
      insert: pick(["x", "", "neu é\n", "😀"]),
    },
    { kind: "splice", cell: cell.id, at, remove: 0, insert: pick(["a", "bc", "\n"]) },
    { kind: "set-kind", cell: cell.id, value: pick(["ts", "markdown", "graph"]) },
    { kind: "set-name", cell: cell.id, value: pick(["effect", "ate"]) },
    {
      kind: "set-flag",
      cell: cell.id,
      flag: pick(["lazy", "pinned", "disabled"]),
      value: random() < 0.5,
    },
    { kind: "set-meta", cell: cell.id, key: "points", value: `${below(9)}` },
    { kind: "set-input", cell: cell.id, name: "dose", value: below(100) },
    { kind: "set-title", value: `Title ${below(9)}` },
    { kind: "set-setting", name: "seed", value: 1 + below(9) },
    { kind: "set-notebook-meta", key: "author", value: pick(["Åsa", "Ola"]) },
    {
      kind: "attach",
      attachment: {
        name: pick(["a.csv", "b.csv"]),
        sha256: "0".repeat(64),
        bytes: below(9),
        mime: "text/csv",
      },
    },
    ...notebook.attachments.map(({ name }): Edit => ({ kind: "detach", name })),
  ];
  return pick(edits);
}

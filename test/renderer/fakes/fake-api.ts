import { applyEdits, type Edit } from "../../../app/notebook/edits.ts";
import { createNotebook, type Notebook } from "../../../app/notebook/document.ts";
import type { RouteName, Routes } from "../../../app/protocol/routes.ts";
import type { SavedOutput, StoredNotebook } from "../../../app/protocol/store.ts";
import { type Api, ApiError } from "../../../renderer/client/api.ts";

interface Entry {
  notebook: Notebook;
  rev: number;
  outputs: readonly SavedOutput[];
  updatedAt: number;
  deletedAt: number | undefined;
  undo: { group: string; edits: readonly Edit[]; inverses: readonly Edit[] }[];
  redo: { group: string; edits: readonly Edit[] }[];
  batches: Map<string, number>;
}

/** A back end in memory with the semantics the page relies on: revisions, idempotent batches, undo by group. */
export class FakeApi implements Api {
  readonly entries = new Map<string, Entry>();
  readonly calls: { route: RouteName; input: unknown }[] = [];
  shipped: Routes["shipped"]["out"] = [];
  /** While set, nobody answers. */
  away = false;
  /** The next answer is lost after the work was done. */
  loseAnswer = false;
  latency = 0;

  add(notebook: Notebook, outputs: readonly SavedOutput[] = [], updatedAt = Date.now()): void {
    this.entries.set(notebook.id, {
      notebook,
      rev: 0,
      outputs,
      updatedAt,
      deletedAt: undefined,
      undo: [],
      redo: [],
      batches: new Map(),
    });
  }

  async call<R extends RouteName>(route: R, input: Routes[R]["in"]): Promise<Routes[R]["out"]> {
    this.calls.push({ route, input });
    if (this.latency > 0) await new Promise((resolve) => setTimeout(resolve, this.latency));
    if (this.away)
      throw new ApiError("away", 0, { name: "Error", message: "Dagbok does not answer." });
    const answer = this.#answer(route, (input ?? {}) as Record<string, never>);
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new ApiError("away", 0, { name: "Error", message: "Dagbok does not answer." });
    }
    return answer as Routes[R]["out"];
  }

  #answer(route: RouteName, input: Record<string, never>): unknown {
    const id = input["id"] as unknown as string;
    switch (route) {
      case "health":
        return {
          store: { kind: "ok", path: "library.sqlite", bytes: 1 },
          version: "0",
          desktop: false,
        };
      case "listNotebooks": {
        const search = (input["search"] as unknown as string | undefined)?.toLowerCase();
        const deleted = (input["deleted"] as unknown as boolean | undefined) === true;
        return [...this.entries.values()]
          .filter((entry) => (entry.deletedAt !== undefined) === deleted)
          .map((entry) => summary(entry, search))
          .filter(
            (found) =>
              search === undefined ||
              found.hits !== undefined ||
              found.title.toLowerCase().includes(search),
          )
          .sort((a, b) => b.updatedAt - a.updatedAt);
      }
      case "createNotebook": {
        const title = input["title"] as unknown as string | undefined;
        const notebook = createNotebook(title === undefined ? {} : { title });
        this.add(notebook);
        return this.#stored(notebook.id);
      }
      case "openNotebook":
        return this.#stored(id);
      case "editNotebook":
        return this.#edit(id, input as never);
      case "undo":
      case "redo":
        return this.#travel(route, id);
      case "saveOutputs": {
        const entry = this.#entry(id);
        const saved = input["outputs"] as unknown as readonly SavedOutput[];
        const cells = new Set(saved.map(({ cell }) => cell));
        entry.outputs = [...entry.outputs.filter(({ cell }) => !cells.has(cell)), ...saved];
        return {};
      }
      case "duplicateNotebook": {
        const { notebook, outputs } = this.#entry(id);
        const copy = createNotebook({
          ...notebook,
          id: createNotebook().id,
          title: `${notebook.title} (copy)`,
        });
        this.add(copy, outputs);
        return this.#stored(copy.id);
      }
      case "deleteNotebook":
        this.#entry(id).deletedAt = Date.now();
        return {};
      case "restoreNotebook":
        this.#entry(id).deletedAt = undefined;
        return {};
      case "shipped":
        return this.shipped;
      case "putBlob":
        return { sha256: "0".repeat(64), bytes: (input["bytes"] as unknown as Uint8Array).length };
      case "openShipped":
        return this.#stored([...this.entries.keys()][0] ?? "");
      default:
        throw new ApiError("refused", 501, { name: "Error", message: `The fake has no ${route}.` });
    }
  }

  #entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (entry === undefined)
      throw new ApiError("refused", 404, {
        name: "Error",
        message: "There is no such notebook.",
        code: "not-found",
      });
    return entry;
  }

  #stored(id: string): StoredNotebook {
    const entry = this.#entry(id);
    return {
      notebook: entry.notebook,
      rev: entry.rev,
      summary: summary(entry),
      outputs: entry.outputs,
      canUndo: entry.undo.length > 0,
      canRedo: entry.redo.length > 0,
    };
  }

  #edit(
    id: string,
    batch: { baseRev: number; edits: readonly Edit[]; group: string; batch: string },
  ): unknown {
    const entry = this.#entry(id);
    const known = entry.batches.get(batch.batch);
    if (known === undefined) {
      if (batch.baseRev !== entry.rev) {
        throw new ApiError("refused", 409, {
          name: "StoreError",
          code: "conflict",
          message: "Another window has changed it.",
        });
      }
      const { notebook, inverses } = applyEdits(entry.notebook, batch.edits);
      entry.notebook = notebook;
      entry.rev++;
      entry.updatedAt = Date.now();
      entry.batches.set(batch.batch, entry.rev);
      entry.redo = [];
      const last = entry.undo.at(-1);
      if (last?.group === batch.group) {
        last.edits = [...last.edits, ...batch.edits];
        last.inverses = [...inverses, ...last.inverses];
      } else entry.undo.push({ group: batch.group, edits: batch.edits, inverses });
    }
    return { rev: known ?? entry.rev, canUndo: true, canRedo: entry.redo.length > 0 };
  }

  #travel(way: "undo" | "redo", id: string): unknown {
    const entry = this.#entry(id);
    const step = entry[way].pop();
    if (step === undefined)
      throw new ApiError("refused", 409, {
        name: "StoreError",
        code: "nothing-to-undo",
        message: "Nothing to undo.",
      });
    const edits =
      "inverses" in step && way === "undo" ? (step.inverses as readonly Edit[]) : step.edits;
    const { notebook, inverses } = applyEdits(entry.notebook, edits);
    entry.notebook = notebook;
    entry.rev++;
    if (way === "undo") entry.redo.push({ group: step.group, edits: step.edits });
    else entry.undo.push({ group: step.group, edits: step.edits, inverses });
    return {
      rev: entry.rev,
      canUndo: entry.undo.length > 0,
      canRedo: entry.redo.length > 0,
      edits,
    };
  }
}

function summary(entry: Entry, search?: string) {
  const { notebook } = entry;
  const hits =
    search === undefined
      ? []
      : notebook.cells.flatMap(({ id, kind, source }) => {
          const at = source.toLowerCase().indexOf(search);
          return at < 0
            ? []
            : [{ cell: id, kind, at, snippet: source.slice(Math.max(0, at - 40), at + 60) }];
        });
  return {
    id: notebook.id,
    title: notebook.title,
    cells: notebook.cells.length,
    createdAt: entry.updatedAt,
    updatedAt: entry.updatedAt,
    origin: "here" as const,
    ...(entry.deletedAt === undefined ? {} : { deletedAt: entry.deletedAt }),
    ...(hits.length === 0 ? {} : { hits, hitCount: hits.length }),
  };
}

import { changedDoubts, doubtsOf } from "../../app/notebook/doubts.ts";
import { applyEdits, type Edit, mergeSplices } from "../../app/notebook/edits.ts";
import type { Notebook } from "../../app/notebook/document.ts";
import type {
  EditAnswer,
  EditBatch,
  StoredNotebook,
  UndoAnswer,
} from "../../app/protocol/store.ts";
import type { Api } from "../client/api.ts";
import { ApiError } from "../client/api.ts";
import { type Journal, noJournal } from "./journal.ts";
import { mergeRemote } from "./merge.ts";

/** Whether the store has what the user sees. */
export type SaveState =
  | { readonly kind: "saved"; readonly at: number }
  | { readonly kind: "saving" }
  /** `retrying`: the store is away or full and is asked again. */
  | { readonly kind: "unsaved"; readonly reason: string; readonly hint?: string }
  /** Another window has changed the same cells. */
  | { readonly kind: "conflict"; readonly cells: readonly string[] };

export type ChangeOrigin = "local" | "undo" | "remote";

export interface DocumentChange {
  readonly notebook: Notebook;
  readonly before: Notebook;
  readonly edits: readonly Edit[];
  readonly origin: ChangeOrigin;
}

export interface DocumentStoreOptions {
  readonly stored: StoredNotebook;
  readonly api: Api;
  readonly journal?: Journal;
  readonly now?: () => number;
}

/** An edit is on its way at most this long after it was made (a maximum wait, not a debounce). */
const MAX_WAIT = 120;
/** A pause in typing longer than this begins a new step of undo. */
const GROUP_PAUSE = 1500;
const BACKOFF = [250, 500, 1000, 2000, 4000];

/**
 * The notebook as the user sees it. Edits apply at once and travel to the store behind the user's back; until
 * it has acknowledged them they are in the journal, and are sent again (under the same id) until it has.
 */
export class DocumentStore {
  readonly id: string;
  readonly #api: Api;
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #listeners = new Set<(change: DocumentChange) => void>();
  readonly #saveListeners = new Set<(state: SaveState) => void>();
  #notebook: Notebook;
  /** As the store has it at `#rev`. */
  #base: Notebook;
  #rev: number;
  #canUndo: boolean;
  #canRedo: boolean;
  #save: SaveState;
  /** In order; the first is in flight when `#sending`. */
  #batches: EditBatch[] = [];
  #sending: Promise<void> | undefined;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #conflict: { theirs: StoredNotebook; cells: readonly string[] } | undefined;
  #lastTyped: { cell: string; at: number } | undefined;
  #group: string | undefined;
  #attempted: string | undefined;
  #disposed = false;

  constructor({ stored, api, journal = noJournal, now = Date.now }: DocumentStoreOptions) {
    this.id = stored.notebook.id;
    this.#api = api;
    this.#journal = journal;
    this.#now = now;
    this.#notebook = stored.notebook;
    this.#base = stored.notebook;
    this.#rev = stored.rev;
    this.#canUndo = stored.canUndo;
    this.#canRedo = stored.canRedo;
    this.#save = { kind: "saved", at: stored.summary.updatedAt };
  }

  get notebook(): Notebook {
    return this.#notebook;
  }
  get rev(): number {
    return this.#rev;
  }
  get saveState(): SaveState {
    return this.#save;
  }
  get canUndo(): boolean {
    return this.#canUndo || this.#batches.length > 0;
  }
  get canRedo(): boolean {
    return this.#canRedo && this.#batches.length === 0;
  }
  /** Edits the store has not acknowledged. */
  get pending(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.edits.length, 0);
  }

  onChange(listener: (change: DocumentChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onSave(listener: (state: SaveState) => void): () => void {
    this.#saveListeners.add(listener);
    return () => this.#saveListeners.delete(listener);
  }

  /**
   * Applies edits at once; throws `UserError` and changes nothing if they do not fit. One call is one step of undo, save
   * that typing goes on in the step it began; `step` is a step of its own whatever was typed before.
   */
  apply(edits: readonly Edit[], as: "typing" | "step" = "typing"): void {
    if (edits.length === 0) return;
    const before = this.#notebook;
    const { notebook } = applyEdits(before, edits);
    this.#notebook = notebook;
    this.#enqueue(edits, as === "step");
    this.#emit({ notebook, before, edits, origin: "local" });
  }

  /** Sends what is pending; resolves when the store has all of it, rejects when it could not be reached. */
  async flush(): Promise<void> {
    while (this.#batches.length > 0) {
      await this.#send();
      if (this.#save.kind === "unsaved" || this.#save.kind === "conflict") {
        throw new Error(
          this.#save.kind === "unsaved" ? this.#save.reason : "Another window has changed it.",
        );
      }
    }
  }

  undo(): Promise<readonly Edit[]> {
    return this.#travel("undo");
  }

  redo(): Promise<readonly Edit[]> {
    return this.#travel("redo");
  }

  /**
   * Takes over what other windows have saved up to `rev` or later. Nothing while edits of ours are on their way: the
   * answer to them tells. Rejects when the store cannot be reached.
   */
  async refresh(rev: number): Promise<void> {
    const idle = (): boolean =>
      !this.#disposed && this.#conflict === undefined && this.#batches.length === 0;
    if (rev <= this.#rev || !idle()) return;
    const theirs = await this.#api.call("openNotebook", { id: this.id });
    if (theirs.rev > this.#rev && idle()) this.#adopt(theirs);
  }

  /** Sends what earlier windows or a crashed page left in the journal. Call once, after opening. */
  async recover(): Promise<number> {
    const left = await this.#journal.recover();
    let recovered = 0;
    for (const batch of left) {
      try {
        const answer = await this.#api.call("editNotebook", { id: this.id, ...batch });
        recovered += batch.edits.length;
        if (answer.rev <= this.#rev) continue; // it had arrived; only its answer was lost
        this.#applyRemote(batch.edits);
        this.#acknowledge(answer);
      } catch (error) {
        if (!(error instanceof ApiError) || error.kind === "away") throw error;
        // Made on a revision that is gone: as new edits, if they still fit.
        try {
          this.apply(batch.edits);
          recovered += batch.edits.length;
        } catch {
          continue;
        }
      }
    }
    this.#journal.settle();
    return recovered;
  }

  /** `mine` writes this window's version of the contested cells over the other's; `theirs` gives ours up. */
  resolveConflict(choice: "mine" | "theirs"): void {
    const conflict = this.#conflict;
    if (conflict === undefined) return;
    this.#conflict = undefined;
    const mine = this.#notebook;
    this.#batches = [];
    this.#journal.write([]);
    this.#adopt(conflict.theirs);
    if (choice === "mine") {
      this.apply([
        { kind: "replace-cells", cells: mine.cells },
        ...(mine.title === conflict.theirs.notebook.title
          ? []
          : [{ kind: "set-title", value: mine.title } as const]),
        ...changedDoubts(doubtsOf(mine), doubtsOf(conflict.theirs.notebook)).map(
          (assumption) =>
            ({ kind: "set-doubt", assumption, value: doubtsOf(mine).has(assumption) }) as const,
        ),
      ]);
    } else this.#setSave({ kind: "saved", at: this.#now() });
  }

  /** What is pending stays in the journal. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#retryTimer);
    this.#listeners.clear();
    this.#saveListeners.clear();
  }

  #enqueue(edits: readonly Edit[], apart: boolean): void {
    const open = this.#batches.at(-1);
    // What has been sent once may have arrived: it keeps its content as it keeps its id.
    const sent = open !== undefined && open.batch === this.#attempted;
    const typing =
      !apart && edits.length === 1 && edits[0]?.kind === "splice" ? edits[0] : undefined;
    const at = this.#now();
    const continues =
      typing !== undefined &&
      this.#lastTyped?.cell === typing.cell &&
      at - this.#lastTyped.at < GROUP_PAUSE &&
      this.#group !== undefined;
    if (!continues) this.#group = newId();
    this.#lastTyped = typing === undefined ? undefined : { cell: typing.cell, at };
    const group = this.#group ?? newId();
    if (open !== undefined && !sent && open.group === group) {
      const last = open.edits.at(-1);
      const merged =
        typing !== undefined && last?.kind === "splice" ? mergeSplices(last, typing) : undefined;
      const all =
        merged === undefined ? [...open.edits, ...edits] : [...open.edits.slice(0, -1), merged];
      this.#batches[this.#batches.length - 1] = { ...open, edits: all };
    } else {
      this.#batches.push({ baseRev: this.#rev, edits: [...edits], group, batch: newId() });
    }
    this.#journal.write(this.#batches);
    if (this.#save.kind === "saved") this.#setSave({ kind: "saving" });
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      void this.#send();
    }, MAX_WAIT);
  }

  /** Sends until nothing is left or it fails. Never rejects: failure is a save state. */
  #send(): Promise<void> {
    if (this.#conflict !== undefined || this.#disposed) return Promise.resolve();
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    clearTimeout(this.#retryTimer);
    for (;;) {
      const first = this.#batches[0];
      if (first === undefined) break;
      const batch = { ...first, baseRev: this.#rev };
      this.#batches[0] = batch;
      this.#attempted = batch.batch;
      try {
        const answer = await this.#api.call("editNotebook", { id: this.id, ...batch });
        this.#base = applyEdits(this.#base, batch.edits).notebook;
        this.#batches.shift();
        this.#acknowledge(answer);
      } catch (error) {
        if (error instanceof ApiError && error.conflict) {
          if (await this.#rebase()) continue;
          return;
        }
        this.#failed(error);
        return;
      }
    }
    this.#failures = 0;
    this.#setSave({ kind: "saved", at: this.#now() });
  }

  #acknowledge(answer: EditAnswer): void {
    this.#rev = answer.rev;
    this.#canUndo = answer.canUndo;
    this.#canRedo = answer.canRedo;
    this.#journal.write(this.#batches);
  }

  #failed(error: unknown): void {
    const wait = BACKOFF[Math.min(this.#failures++, BACKOFF.length - 1)] ?? 4000;
    const hint = error instanceof ApiError ? error.record.hint : undefined;
    this.#setSave({
      kind: "unsaved",
      reason: error instanceof Error ? error.message : String(error),
      ...(hint === undefined ? {} : { hint }),
    });
    if (this.#disposed) return;
    this.#retryTimer = setTimeout(() => void this.#send(), wait);
  }

  /** Another window was faster: takes its version and puts ours on top where they do not touch the same cells. */
  async #rebase(): Promise<boolean> {
    let theirs: StoredNotebook;
    try {
      theirs = await this.#api.call("openNotebook", { id: this.id });
    } catch (error) {
      this.#failed(error);
      return false;
    }
    const merged = mergeRemote(
      this.#base,
      theirs.notebook,
      this.#batches.flatMap((batch) => batch.edits),
    );
    if (merged.kind === "conflict") {
      this.#conflict = { theirs, cells: merged.cells };
      this.#setSave({ kind: "conflict", cells: merged.cells });
      return false;
    }
    const before = this.#notebook;
    this.#base = theirs.notebook;
    this.#rev = theirs.rev;
    this.#notebook = merged.notebook;
    this.#emit({ notebook: merged.notebook, before, edits: [], origin: "remote" });
    return true;
  }

  #adopt(stored: StoredNotebook): void {
    const before = this.#notebook;
    this.#notebook = stored.notebook;
    this.#base = stored.notebook;
    this.#rev = stored.rev;
    this.#canUndo = stored.canUndo;
    this.#canRedo = stored.canRedo;
    this.#emit({ notebook: stored.notebook, before, edits: [], origin: "remote" });
  }

  #applyRemote(edits: readonly Edit[]): void {
    const before = this.#notebook;
    this.#notebook = applyEdits(before, edits).notebook;
    this.#base = applyEdits(this.#base, edits).notebook;
    this.#emit({ notebook: this.#notebook, before, edits, origin: "remote" });
  }

  async #travel(way: "undo" | "redo"): Promise<readonly Edit[]> {
    await this.flush();
    let answer: UndoAnswer;
    try {
      answer = await this.#api.call(way, { id: this.id, baseRev: this.#rev });
    } catch (error) {
      if (error instanceof ApiError && error.record.code === "nothing-to-undo") return [];
      throw error;
    }
    this.#group = undefined;
    this.#lastTyped = undefined;
    const before = this.#notebook;
    this.#notebook = applyEdits(before, answer.edits).notebook;
    this.#base = applyEdits(this.#base, answer.edits).notebook;
    this.#acknowledge(answer);
    this.#emit({ notebook: this.#notebook, before, edits: answer.edits, origin: "undo" });
    this.#setSave({ kind: "saved", at: this.#now() });
    return answer.edits;
  }

  #emit(change: DocumentChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #setSave(state: SaveState): void {
    this.#save = state;
    for (const listener of this.#saveListeners) listener(state);
  }
}

function newId(): string {
  return crypto.randomUUID();
}

import type { EditBatch } from "../../app/protocol/store.ts";

/** Batches that no store has acknowledged yet, kept where a crash of page or server cannot take them. */
export interface Journal {
  write(batches: readonly EditBatch[]): boolean;
  /** Batches left behind by windows that are gone. */
  recover(): Promise<readonly EditBatch[]>;
  /** Forgets what `recover` returned. */
  settle(): void;
}

export const noJournal: Journal = {
  write: () => true,
  recover: () => Promise.resolve([]),
  settle: () => {},
};

type JournalStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/**
 * A journal in localStorage: written synchronously with every edit, so that it survives a crash at any moment.
 * Every window has its own entry and holds a lock of the same name while it lives; entries whose lock nobody
 * holds were left behind.
 */
export function createJournal(
  notebook: string,
  window: string,
  storage: JournalStorage,
  locks?: Pick<LockManager, "query" | "request">,
): Journal {
  const prefix = `dagbok.journal.${notebook}.`;
  const own = prefix + window;
  let left: string[] = [];
  void locks?.request(own, () => new Promise<void>(() => {}));
  return {
    write(batches) {
      try {
        if (batches.length === 0) storage.removeItem(own);
        else storage.setItem(own, JSON.stringify(batches));
        return true;
      } catch {
        // Quota: the edits are still in memory and on their way; the caller says so.
        return false;
      }
    },
    async recover() {
      const held = new Set((await locks?.query())?.held?.map(({ name }) => name) ?? []);
      left = [];
      const batches: EditBatch[] = [];
      for (let i = 0; i < storage.length; i++) {
        const key = storage.key(i);
        if (key === null || !key.startsWith(prefix)) continue;
        // An entry of our own name was written by this window before it was reloaded.
        if (key !== own && held.has(key)) continue;
        left.push(key);
        batches.push(...parse(storage.getItem(key)));
      }
      return batches;
    },
    settle() {
      for (const key of left) storage.removeItem(key);
      left = [];
    },
  };
}

function parse(text: string | null): EditBatch[] {
  if (text === null) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as EditBatch[]) : [];
  } catch {
    return []; // half-written by a crash: nothing in it was complete
  }
}

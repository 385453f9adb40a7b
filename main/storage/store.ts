import { Worker } from "node:worker_threads";
import { type ErrorRecord, UserError } from "../../app/errors.ts";
import { type NotebookStore, StoreError, type StoreErrorCode } from "../../app/protocol/store.ts";

export interface StoreOptions {
  readonly folder: string;
  /** The built worker where sources do not run (the packed desktop app). */
  readonly worker?: URL;
}

export type StoreMethod = keyof NotebookStore;

/** Page thread to worker. */
export interface Call {
  readonly id: number;
  readonly method: StoreMethod;
  readonly args: readonly unknown[];
}

/** Worker to page thread; id 0 says whether the library could be opened. */
export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly error: ErrorRecord;
      readonly code?: string;
      readonly hint?: string;
    };

/** The library of a folder, in a thread of its own. Refusals are `StoreError`s, also of the opening. */
export async function openStore(options: StoreOptions): Promise<NotebookStore> {
  const worker = new Worker(options.worker ?? new URL("./worker.ts", import.meta.url), {
    workerData: { folder: options.folder },
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const opening = Promise.withResolvers<unknown>();
  waiting.set(0, opening);
  let lost: Error | undefined;
  worker.on("message", (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) call?.resolve(answer.value);
    else call?.reject(revive(answer));
  });
  const fail = (error: Error): void => {
    lost ??= error;
    for (const call of waiting.values()) call.reject(lost);
    waiting.clear();
  };
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("The store is closed.")));
  try {
    await opening.promise;
  } catch (error) {
    await worker.terminate();
    throw error;
  }

  let last = 0;
  const call = (method: StoreMethod, ...args: readonly unknown[]): Promise<unknown> => {
    if (lost !== undefined) return Promise.reject(lost);
    const answer = Promise.withResolvers<unknown>();
    waiting.set(++last, answer);
    worker.postMessage({ id: last, method, args } satisfies Call);
    return answer.promise;
  };
  const remote = <M extends StoreMethod>(method: M): NotebookStore[M] =>
    ((...args: readonly unknown[]) => call(method, ...args)) as NotebookStore[M];
  return {
    health: remote("health"),
    list: remote("list"),
    create: remote("create"),
    open: remote("open"),
    edit: remote("edit"),
    undo: remote("undo"),
    redo: remote("redo"),
    history: remote("history"),
    version: remote("version"),
    nameVersion: remote("nameVersion"),
    versionOutputs: remote("versionOutputs"),
    saveOutputs: remote("saveOutputs"),
    duplicate: remote("duplicate"),
    remove: remote("remove"),
    restore: remote("restore"),
    putBlob: remote("putBlob"),
    getBlob: remote("getBlob"),
    getSetting: remote("getSetting"),
    putSetting: remote("putSetting"),
    backup: remote("backup"),
    close: async () => {
      if (lost !== undefined) return;
      await call("close");
      await worker.terminate();
    },
  };
}

/** An error from the other thread, of its own class again. */
function revive({ error, code, hint }: Extract<Answer, { ok: false }>): Error {
  const cause = error.cause === undefined ? undefined : reviveCause(error.cause);
  const options = cause === undefined ? {} : { cause };
  if (code !== undefined) {
    return new StoreError(code as StoreErrorCode, error.message, {
      ...options,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const plain = new Error(error.message, options);
  if (error.stack !== undefined) plain.stack = error.stack;
  return plain;
}

function reviveCause({
  code,
  name: _name,
  stack: _stack,
  cause: _cause,
  ...fields
}: ErrorRecord): Error {
  return code === undefined ? new Error(fields.message) : new UserError({ code, ...fields });
}

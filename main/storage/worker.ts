import { parentPort, workerData } from "node:worker_threads";
import { toErrorRecord } from "../../app/errors.ts";
import { Library, type LibraryOptions } from "./library.ts";
import type { Answer, Call } from "./store.ts";
import { StoreError } from "../../app/protocol/store.ts";

const HOUR = 3600 * 1000;

const port = parentPort;
if (port === null) throw new Error("The store's worker was not started as a worker.");

try {
  const library = new Library(workerData as LibraryOptions);
  setInterval(() => {
    library
      .keepBackedUp()
      .catch((error: unknown) => console.error("The daily backup failed:", error));
  }, HOUR).unref();
  port.on(
    "message",
    (call: Call) => void answer(library, call).then((sent) => port.postMessage(sent)),
  );
  port.postMessage({ id: 0, ok: true, value: undefined } satisfies Answer);
} catch (error) {
  port.postMessage({ id: 0, ok: false, ...describe(error) } satisfies Answer);
}

async function answer(library: Library, { id, method, args }: Call): Promise<Answer> {
  try {
    const work = library[method] as (...args: readonly unknown[]) => unknown;
    return { id, ok: true, value: await work.apply(library, [...args]) };
  } catch (error) {
    return { id, ok: false, ...describe(error) };
  }
}

function describe(error: unknown): {
  code?: string;
  hint?: string;
  error: ReturnType<typeof toErrorRecord>;
} {
  return {
    error: toErrorRecord(error),
    ...(error instanceof StoreError
      ? { code: error.code, ...(error.hint === undefined ? {} : { hint: error.hint }) }
      : {}),
  };
}

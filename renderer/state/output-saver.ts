import type { SavedOutput } from "../../app/protocol/store.ts";
import type { Api } from "../client/api.ts";
import type { CellRuntime } from "./runtime.ts";

const WAIT = 400;
const RETRY = 3000;

/** Read when the output is saved: what a cell shows by then, and the digest of what made it. */
interface Finished {
  readonly runtime: () => CellRuntime;
  /** Undefined for a cell that is gone by then. */
  readonly digest: () => Promise<string | undefined>;
}

/** Puts what finished cells show into the store, a few at a time, the latest of each cell only. */
export class OutputSaver {
  readonly #waiting = new Map<string, Finished>();
  readonly #notebook: string;
  readonly #api: Api;
  readonly #onFailure: (text: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #complained = false;

  constructor(notebook: string, api: Api, onFailure: (text: string) => void) {
    this.#notebook = notebook;
    this.#api = api;
    this.#onFailure = onFailure;
  }

  ended(cell: string, finished: Finished): void {
    this.#waiting.set(cell, finished);
    this.#timer ??= setTimeout(() => void this.flush(), WAIT);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const waiting = new Map(this.#waiting);
    this.#waiting.clear();
    try {
      const outputs: SavedOutput[] = [];
      for (const [cell, { runtime, digest }] of waiting) {
        // One that runs again is saved when that run ends.
        if (runtime().state.kind === "running") continue;
        const known = await digest();
        if (known !== undefined) outputs.push(toSaved(cell, known, runtime()));
      }
      if (outputs.length > 0) {
        await this.#api.call("saveOutputs", { id: this.#notebook, outputs });
      }
      this.#complained = false;
    } catch (error) {
      // Later results of the same cells win over what could not be saved now.
      for (const [cell, finished] of waiting) {
        if (!this.#waiting.has(cell)) this.#waiting.set(cell, finished);
      }
      if (!this.#complained) {
        this.#complained = true;
        const reason = error instanceof Error ? error.message : String(error);
        this.#onFailure(`Results are not saved yet: ${reason}`);
      }
      this.#timer ??= setTimeout(() => void this.flush(), RETRY);
    }
  }
}

function toSaved(cell: string, digest: string, runtime: CellRuntime): SavedOutput {
  return {
    cell,
    digest,
    bundles: runtime.outputs,
    ms: runtime.ms ?? 0,
    at: Date.now(),
    ...(runtime.claim === undefined ? {} : { claim: runtime.claim }),
    ...(runtime.provenance === undefined ? {} : { provenance: runtime.provenance }),
    ...(runtime.state.kind === "failed" ? { failure: runtime.state.failure } : {}),
  };
}

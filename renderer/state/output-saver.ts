import type { SavedOutput } from "../../app/protocol/store.ts";
import type { Api } from "../client/api.ts";
import type { CellRuntime } from "./runtime.ts";

const WAIT = 400;
const RETRY = 3000;

/** Puts what finished cells show into the store, a few at a time, the latest of each cell only. */
export class OutputSaver {
  readonly #waiting = new Map<string, Omit<SavedOutput, "digest">>();
  readonly #notebook: string;
  readonly #api: Api;
  readonly #digests: () => Promise<ReadonlyMap<string, string>>;
  readonly #onFailure: (text: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #complained = false;

  constructor(
    notebook: string,
    api: Api,
    digests: () => Promise<ReadonlyMap<string, string>>,
    onFailure: (text: string) => void,
  ) {
    this.#notebook = notebook;
    this.#api = api;
    this.#digests = digests;
    this.#onFailure = onFailure;
  }

  ended(cell: string, runtime: CellRuntime): void {
    this.#waiting.set(cell, {
      cell,
      bundles: runtime.outputs,
      ms: runtime.ms ?? 0,
      at: Date.now(),
      ...(runtime.claim === undefined ? {} : { claim: runtime.claim }),
      ...(runtime.provenance === undefined ? {} : { provenance: runtime.provenance }),
      ...(runtime.state.kind === "failed" ? { failure: runtime.state.failure } : {}),
    });
    this.#timer ??= setTimeout(() => void this.flush(), WAIT);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const waiting = new Map(this.#waiting);
    this.#waiting.clear();
    try {
      const digests = await this.#digests();
      const outputs = [...waiting.values()]
        .filter(({ cell }) => digests.has(cell))
        .map((output) => ({ ...output, digest: digests.get(output.cell) ?? "" }));
      if (outputs.length > 0) {
        await this.#api.call("saveOutputs", { id: this.#notebook, outputs });
      }
      this.#complained = false;
    } catch (error) {
      // Later results of the same cells win over what could not be saved now.
      for (const [cell, output] of waiting) {
        if (!this.#waiting.has(cell)) this.#waiting.set(cell, output);
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

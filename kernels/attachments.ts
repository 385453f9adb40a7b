import { UserError, type ErrorRecord } from "../app/errors.ts";
import type { KernelAttachment, KernelEvent } from "../app/protocol/kernel.ts";

interface Waiting {
  readonly resolve: (bytes: Uint8Array | undefined) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Files of the notebook, asked for over the channel when a cell first needs them and kept while their hash stands.
 * A name that is not attached is asked for too: the page may know it from the data catalogue.
 */
export class Attachments {
  readonly #post: (event: KernelEvent) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #cache = new Map<string, Promise<Uint8Array | undefined>>();
  #known: ReadonlyMap<string, KernelAttachment> = new Map();
  #next = 1;

  constructor(post: (event: KernelEvent) => void) {
    this.#post = post;
  }

  /** Names whose content is new, changed or gone since the last list. */
  setKnown(attachments: readonly KernelAttachment[]): readonly string[] {
    const known = new Map(attachments.map((attachment) => [attachment.name, attachment]));
    const changed = [...new Set([...known.keys(), ...this.#known.keys()])].filter(
      (name) => known.get(name)?.sha256 !== this.#known.get(name)?.sha256,
    );
    for (const name of changed) this.#cache.delete(name);
    this.#known = known;
    return changed;
  }

  names(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** A copy, so that no cell can change what another one reads. */
  async bytes(name: string): Promise<Uint8Array | undefined> {
    let cached = this.#cache.get(name);
    if (cached === undefined) {
      cached = this.#request(name);
      this.#cache.set(name, cached);
      cached.catch(() => this.#cache.delete(name));
    }
    const bytes = await cached;
    if (bytes === undefined) this.#cache.delete(name); // it may be attached later
    return bytes?.slice();
  }

  arrived(request: number, bytes: Uint8Array): void {
    this.#settle(request)?.resolve(bytes);
  }

  failed(request: number, error: ErrorRecord): void {
    const waiting = this.#settle(request);
    if (error.code === "no-such-attachment") waiting?.resolve(undefined);
    else waiting?.reject(attachmentError(error));
  }

  #request(name: string): Promise<Uint8Array | undefined> {
    const request = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      this.#post({ type: "attachment-request", request, name });
    });
  }

  #settle(request: number): Waiting | undefined {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    return waiting;
  }
}

function attachmentError(error: ErrorRecord): Error {
  return new UserError({
    code: error.code ?? "attachment-failed",
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

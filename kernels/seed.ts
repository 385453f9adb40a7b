import { LatestStream } from "../app/runtime/stream.ts";

/**
 * The notebook's seed, as cells see it under the name `notebookSeed`: a value that can change, so that cells which draw
 * from it follow and no others.
 */
export class NotebookSeed {
  #value = 1;
  readonly #streams: LatestStream<number>[] = [];

  set value(seed: number) {
    this.#value = seed;
    for (const stream of this.#streams) stream.push(seed);
  }

  /** A stream of its own for each that asks: one that is let go of must not end it for the others. */
  stream(): LatestStream<number> {
    const stream = new LatestStream(this.#value);
    this.#streams.push(stream);
    return stream;
  }
}

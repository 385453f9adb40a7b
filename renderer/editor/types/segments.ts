/** A stretch of a cell's text that stands unchanged in its virtual module. */
export interface Segment {
  readonly virtual: number;
  readonly source: number;
  readonly length: number;
}

/** Where a cell's characters are in the module made of it, and back. Segments are in order of both. */
export class SegmentMap {
  readonly #segments: readonly Segment[];

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  toVirtual(offset: number): number | undefined {
    const found = this.#segments.find((s) => offset >= s.source && offset <= s.source + s.length);
    return found === undefined ? undefined : found.virtual + offset - found.source;
  }

  toSource(offset: number): number | undefined {
    const found = this.#segments.find((s) => offset >= s.virtual && offset <= s.virtual + s.length);
    return found === undefined ? undefined : found.source + offset - found.virtual;
  }

  /** The part of a range that is the user's. */
  range(start: number, end: number): { readonly start: number; readonly end: number } | undefined {
    const from = this.toSource(start);
    if (from === undefined) return undefined;
    return { start: from, end: Math.max(from, this.toSource(end) ?? from) };
  }
}

/** A file of a set, as the set's users know it. */
export interface DataFile {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Where it can be fetched from, when its maker publishes it under an address of its own. */
  readonly url?: string;
}

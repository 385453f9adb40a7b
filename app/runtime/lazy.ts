/** A library entry that is made when a cell first uses it, e.g. an engine that has to be loaded. */
export class Lazy {
  readonly load: () => unknown;
  constructor(load: () => unknown) {
    this.load = load;
  }
}

/** What `dagbok run` was asked. */
export interface RunRequest {
  readonly file: string;
  readonly json: boolean;
  /** Where to write the notebook with its outputs: a path that ends in `.html` or `.ipynb`. */
  readonly save?: string;
  /** Values for inputs, by the name they are declared under. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly timeoutSeconds: number | undefined;
  /** How far the notebook is trusted: not at all unless it was written here. */
  readonly mode: "own" | "trust" | "isolated";
}

/** A method of estimation, as completion and help tell it. */
export interface MethodInfo {
  readonly name: string;
  readonly label: string;
  readonly summary: string;
  readonly source: string;
  readonly options: readonly OptionInfo[];
}

export interface OptionInfo {
  readonly name: string;
  /** What may be written, in words. */
  readonly accepts: string;
  readonly default: string;
  readonly doc: string;
  readonly choices?: readonly string[];
}

import type { RenameEdit, TypePlace } from "./cells.ts";
import type { TypesClient } from "./client.ts";

/** What Monaco's providers need of the notebook in the page. */
export interface TypesContext {
  readonly client: TypesClient;
  /** Goes to a place of a cell. */
  readonly open: (place: TypePlace) => void;
  /** Makes sure that the cell's text has a model, so that Monaco can speak of places in it. */
  readonly ensureModel: (cell: string) => Promise<void>;
  /** Applies a renaming as one step of undo. */
  readonly apply: (edits: readonly RenameEdit[]) => void;
  /** What a person calls the cell. */
  readonly nameOf: (cell: string) => string;
}

let current: TypesContext | undefined;

/** The notebook that is open; providers are registered once and ask this. */
export function currentTypes(): TypesContext | undefined {
  return current;
}

export function setCurrentTypes(context: TypesContext | undefined): void {
  current = context;
}

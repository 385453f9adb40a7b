import type { Notebook } from "../../app/notebook/document.ts";
import type { SavedOutput } from "../../app/protocol/store.ts";

export interface Imported {
  readonly notebook: Notebook;
  readonly outputs: readonly SavedOutput[];
  /** Bytes of attachments that the file carried. */
  readonly files: readonly {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly mime: string;
  }[];
}

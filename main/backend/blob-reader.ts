import type { NotebookStore } from "../../app/protocol/store.ts";

/** Where an export finds the bytes of attachments. */
export type BlobReader = Pick<NotebookStore, "getBlob">;

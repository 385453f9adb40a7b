import type { Api } from "../client/api.ts";
import type { DocumentStore } from "./document-store.ts";

interface Saved {
  readonly id: string;
  readonly rev: number;
}

/** The part of a BroadcastChannel that is used. */
export interface Channel {
  postMessage(message: Saved): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  close(): void;
}

const NAME = "dagbok-saved";

/**
 * Keeps windows on the same notebook in step: each tells the others what it has saved, and takes over what it hears of;
 * one that comes to the front asks the store, since another browser cannot tell it. Returns what ends it.
 */
export function followOtherWindows(
  document: DocumentStore,
  api: Api,
  channel: Channel = new BroadcastChannel(NAME),
  page: Pick<EventTarget, "addEventListener" | "removeEventListener"> = globalThis,
): () => void {
  let told = document.rev;
  const off = document.onSave(({ kind }) => {
    if (kind !== "saved" || document.rev === told) return;
    told = document.rev;
    channel.postMessage({ id: document.id, rev: document.rev });
  });
  const take = async (rev: number): Promise<void> => {
    try {
      await document.refresh(rev);
    } catch (error) {
      // The next word of another window, or our own next edit, brings it.
      console.warn("What another window has saved could not be read", error);
    }
    told = document.rev;
  };
  channel.addEventListener("message", ({ data }) => {
    const saved = data as Partial<Saved> | null;
    if (saved?.id === document.id && typeof saved.rev === "number") void take(saved.rev);
  });
  const ask = async (): Promise<void> => {
    try {
      const [last] = await api.call("history", { id: document.id, limit: 1 });
      if (last !== undefined) await take(last.rev);
    } catch (error) {
      console.warn("Whether another window has saved could not be asked", error);
    }
  };
  const onFocus = (): void => void ask();
  page.addEventListener("focus", onFocus);
  return () => {
    off();
    page.removeEventListener("focus", onFocus);
    channel.close();
  };
}

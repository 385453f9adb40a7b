import type {
  HandsWanted,
  KernelEvent,
  KernelRequest,
  SupervisorNotice,
} from "../app/protocol/kernel.ts";
import type { HandPort } from "./hands/messages.ts";

/** The line between a kernel and whoever owns it. */
export interface Channel {
  readonly post: (event: KernelEvent | HandsWanted) => void;
  onRequest: ((request: KernelRequest) => void) | undefined;
  /** Other threads have come (lines to them), or are gone (none). Only a frame's supervisor has any. */
  onHands?: ((lines: readonly HandPort[]) => void) | undefined;
}

interface NodeParent {
  postMessage(message: unknown): void;
  on(event: "message", listener: (message: unknown) => void): void;
}

interface NodeProcess {
  getBuiltinModule?(name: string): { parentPort?: NodeParent | null } | undefined;
  send?(message: unknown): boolean;
  on(event: "message", listener: (message: unknown) => void): void;
}

/**
 * The channel of the place this runs in: a browser Worker, a Node worker thread, or a Node child process. What is
 * needed of the globals is taken now, before any code of a notebook can replace it.
 */
export function openChannel(): Channel {
  const node = (globalThis as { process?: NodeProcess }).process;
  const parent = node?.getBuiltinModule?.("node:worker_threads")?.parentPort;
  if (parent !== undefined && parent !== null) {
    const post = parent.postMessage.bind(parent);
    return listening(post, (listener) => parent.on("message", listener));
  }
  if (node?.send !== undefined) {
    const send = node.send.bind(node);
    return listening(send, (listener) => node.on("message", listener));
  }
  const post = self.postMessage.bind(self);
  return listening(post, (listener) =>
    self.addEventListener("message", (event: MessageEvent<unknown>) =>
      listener(event.data, event.ports as unknown as readonly HandPort[]),
    ),
  );
}

function listening(
  post: Channel["post"],
  listen: (listener: (message: unknown, lines?: readonly HandPort[]) => void) => void,
): Channel {
  const channel: Channel = { post, onRequest: undefined };
  listen((received, lines) => {
    const message = received as KernelRequest | SupervisorNotice;
    if (message.type === "hands" || message.type === "hands-lost") channel.onHands?.(lines ?? []);
    else channel.onRequest?.(message);
  });
  return channel;
}

import { checkKernelEvent } from "../../app/protocol/check.ts";
import type { KernelConnection, ToFrame } from "./client.ts";

/** The origin a notebook's kernel frame lives on: one host per notebook, so one process per notebook. */
export function kernelOrigin(
  notebook: string,
  location: Pick<Location, "protocol" | "port">,
): string {
  return location.protocol.startsWith("http")
    ? `http://n-${notebook}.localhost:${location.port}`
    : `kernel://n-${notebook}`;
}

/** Puts the frame into the page and hands it its end of a channel; all else goes over that channel. */
export function connectFrame(notebook: string, host: HTMLElement): Promise<KernelConnection> {
  const origin = kernelOrigin(notebook, location);
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.title = "Kernel";
  frame.hidden = true;
  frame.src = `${origin}/kernel.html`;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    frame.addEventListener(
      "load",
      () => {
        frame.contentWindow?.postMessage({ type: "connect" }, origin, [port2]);
        const connection: KernelConnection = {
          receiver: undefined,
          post: (message: ToFrame, transfer) => port1.postMessage(message, transfer ?? []),
          dispose() {
            port1.close();
            frame.remove();
          },
        };
        port1.addEventListener("message", (event) => {
          // strangers' code runs behind this port: what is no event of the protocol ends here
          const message = checkKernelEvent(event.data);
          if (message !== undefined) connection.receiver?.(message);
        });
        port1.start();
        resolve(connection);
      },
      { once: true },
    );
    host.append(frame);
  });
}

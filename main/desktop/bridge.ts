import type { IpcMainInvokeEvent, WebContents } from "electron";
import * as v from "valibot";
import { type Channel, channelName, type Channels } from "./channels.ts";
import type { ElectronPort } from "./electron-port.ts";
import { isShell } from "./policy.ts";

const inputs: Readonly<Record<Channel, v.GenericSchema>> = {
  open: v.undefined(),
  openPaths: v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.maxLength(100)),
  save: v.strictObject({
    fileName: v.pipe(v.string(), v.regex(/^[^/\\\0]{1,200}$/)),
    text: v.string(),
  }),
  openWindow: v.pipe(v.string(), v.regex(/^[a-z0-9]{4,32}$/)),
  setTheme: v.picklist(["system", "light", "dark"]),
  print: v.undefined(),
  flushed: v.undefined(),
};

export type BridgeHandlers = {
  readonly [C in Channel]: (
    input: Channels[C]["in"],
    sender: WebContents,
  ) => Promise<Channels[C]["out"]>;
};

/** Answers the page's calls: only the shell's own top frame is heard, and only in the agreed shape. */
export function answerBridge(ipcMain: ElectronPort["ipcMain"], handlers: BridgeHandlers): void {
  for (const channel of Object.keys(inputs) as Channel[]) {
    ipcMain.handle(channelName(channel), (event, input: unknown) => {
      if (!isFromShell(event)) throw new Error(`${channel} is not for this frame.`);
      const payload = v.parse(inputs[channel], input);
      const handler = handlers[channel] as (
        input: unknown,
        sender: WebContents,
      ) => Promise<unknown>;
      return handler(payload, event.sender);
    });
  }
}

function isFromShell({ senderFrame }: IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame.parent === null && isShell(senderFrame.url);
}

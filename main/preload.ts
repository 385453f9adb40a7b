import { contextBridge, ipcRenderer, webUtils } from "electron";
import {
  type Channel,
  channelName,
  type Channels,
  type DesktopBridge,
  type MenuCommand,
  menuCommands,
  toPage,
} from "./desktop/channels.ts";

function call<C extends Channel>(
  channel: C,
  input: Channels[C]["in"],
): Promise<Channels[C]["out"]> {
  return ipcRenderer.invoke(channelName(channel), input) as Promise<Channels[C]["out"]>;
}

const bridge: DesktopBridge = {
  open: () => call("open", undefined),
  openDropped: (files) =>
    call(
      "openPaths",
      files.map((file) => webUtils.getPathForFile(file)),
    ),
  save: (fileName, text) => call("save", { fileName, text }),
  openWindow: (notebook) => call("openWindow", notebook),
  setTheme: (theme) => call("setTheme", theme),
  print: () => call("print", undefined),
  onMenu: (listener) => {
    ipcRenderer.on(toPage.menu, (_event, command: unknown) => {
      if (menuCommands.includes(command as MenuCommand)) listener(command as MenuCommand);
    });
  },
  onFlush: (listener) => {
    ipcRenderer.on(toPage.flush, () => {
      void listener().finally(() => void call("flushed", undefined));
    });
  },
};

contextBridge.exposeInMainWorld("dagbokDesktop", bridge);

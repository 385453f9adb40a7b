import type * as Electron from "electron";

/** The parts of Electron that the shell uses: handed in, so that only `main/electron.ts` imports the module. */
export type ElectronPort = Pick<
  typeof Electron,
  | "app"
  | "BrowserWindow"
  | "dialog"
  | "ipcMain"
  | "Menu"
  | "nativeTheme"
  | "protocol"
  | "session"
  | "shell"
>;

import type { BrowserWindow } from "electron";
import { desktopPlaces } from "../backend/policies.ts";
import type { Sessions } from "../backend/sessions.ts";
import type { ElectronPort } from "./electron-port.ts";

export interface Windows {
  /** The library, or a notebook: its own window is brought to the front if there is one. */
  show(notebook?: string): BrowserWindow;
  all(): readonly BrowserWindow[];
}

export interface WindowOptions {
  readonly preload: string;
  readonly sessions: Sessions;
  readonly title: string;
}

export function manageWindows(electron: ElectronPort, options: WindowOptions): Windows {
  const open = new Map<string, BrowserWindow>();
  return {
    all: () => [...open.values()],
    show(notebook) {
      const key = notebook ?? "library";
      const known = open.get(key);
      if (known !== undefined) {
        if (known.isMinimized()) known.restore();
        known.focus();
        return known;
      }
      const window = create(electron, key, options);
      open.set(key, window);
      window.on("closed", () => open.delete(key));
      const query = notebook === undefined ? "" : `&open=${notebook}`;
      // The page takes its token from the address as in browser mode: one way in for both.
      const token = options.sessions.invite();
      void window.loadURL(`${desktopPlaces.shell}/#token=${token}${query}`);
      return window;
    },
  };
}

function create(electron: ElectronPort, name: string, options: WindowOptions): BrowserWindow {
  const window = new electron.BrowserWindow({
    name,
    title: options.title,
    width: 1280,
    height: 860,
    minWidth: 480,
    minHeight: 400,
    show: false,
    windowStatePersistence: true,
    backgroundColor: electron.nativeTheme.shouldUseDarkColors ? "#1b1e23" : "#ffffff",
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      spellcheck: false,
      navigateOnDragDrop: false,
    },
  });
  window.once("ready-to-show", () => window.show());
  // Every edit is durable within moments: a page that died is simply loaded again.
  window.webContents.on("render-process-gone", (_event, { reason }) => {
    if (reason !== "clean-exit" && !window.isDestroyed()) window.reload();
  });
  return window;
}

import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { WebContents } from "electron";
import type { NotebookStore } from "../../app/protocol/store.ts";
import { assemble, welcome } from "../app.ts";
import { desktopPlaces } from "../backend/policies.ts";
import { Sessions } from "../backend/sessions.ts";
import { answerBridge, type BridgeHandlers } from "./bridge.ts";
import { toPage } from "./channels.ts";
import type { ElectronPort } from "./electron-port.ts";
import { hardenContents, hardenSession } from "./hardening.ts";
import { menuTemplate } from "./menu.ts";
import { filesInArguments, importFile, OpenQueue } from "./opening.ts";
import { answerSchemes, schemes } from "./schemes.ts";
import { manageWindows, type Windows } from "./windows.ts";

export interface DesktopOptions {
  readonly home: string;
  /** Where `dist`, `notebooks` and package.json are. */
  readonly folder: string;
  readonly preload: string;
  readonly openStore: () => Promise<NotebookStore>;
  readonly args: readonly string[];
}

const FLUSH_MS = 500;

/** The desktop app, from its first line to its first window. */
export async function startDesktop(electron: ElectronPort, options: DesktopOptions): Promise<void> {
  const { app, session, protocol, ipcMain, Menu } = electron;
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged(schemes);
  hardenContents(electron);
  const queue = new OpenQueue();
  app.on("open-file", (event, file) => {
    event.preventDefault();
    queue.add(file);
  });
  for (const file of filesInArguments(options.args, process.cwd())) queue.add(file);

  await app.whenReady();
  hardenSession(session.defaultSession);
  const store = await options.openStore();
  const sessions = new Sessions();
  const { home, folder, preload } = options;
  answerSchemes(
    protocol,
    assemble({ store, sessions, places: desktopPlaces, home, folder, desktop: true }),
  );
  const windows = manageWindows(electron, { preload, sessions, title: "Dagbok" });
  const open = async (file: string): Promise<string> => {
    const id = await importFile(store, file);
    app.addRecentDocument(file);
    return id;
  };
  const flushed = new Map<WebContents, () => void>();
  const bridge = handlersOf(electron, windows, open, flushed);
  answerBridge(ipcMain, bridge);

  const openAndShow = (file: string): void => {
    open(file).then(
      (id) => windows.show(id),
      (error: unknown) =>
        electron.dialog.showErrorBox(`${path.basename(file)} cannot be opened`, textOf(error)),
    );
  };
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate(
        {
          command: (command) => focused(electron)?.send(toPage.menu, command),
          open: () =>
            void bridge
              .open(undefined, windows.show().webContents)
              .then((ids) => ids.forEach((id) => windows.show(id))),
          print: () => focused(electron)?.print(),
          library: () => windows.show(),
        },
        process.platform === "darwin",
      ),
    ),
  );
  app.on("second-instance", (_event, args, cwd) => {
    const files = filesInArguments(args.slice(1), cwd);
    if (files.length === 0) windows.show();
    files.forEach((file) => queue.add(file));
  });
  app.on("activate", () => windows.show());
  app.on("window-all-closed", () => {
    if (process.platform !== "darwin") app.quit();
  });
  closeInOrder(app, store, windows, flushed);

  const first = await welcome(store, folder);
  if (queue.connect(openAndShow) === 0) windows.show(first);
}

function handlersOf(
  electron: ElectronPort,
  windows: Windows,
  open: (file: string) => Promise<string>,
  flushed: ReadonlyMap<WebContents, () => void>,
): BridgeHandlers {
  const { dialog, nativeTheme, BrowserWindow } = electron;
  const openAll = async (files: readonly string[]): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (const file of files) ids.push(await open(file));
    return ids;
  };
  return {
    open: async () => {
      const { filePaths } = await dialog.showOpenDialog({
        properties: ["openFile", "multiSelections"],
        filters: [{ name: "Notebooks", extensions: ["ts", "ipynb", "html"] }],
      });
      return openAll(filePaths);
    },
    openPaths: openAll,
    save: async ({ fileName, text }, sender) => {
      const window = BrowserWindow.fromWebContents(sender);
      const request = { defaultPath: fileName };
      const { canceled, filePath } = await (window === null
        ? dialog.showSaveDialog(request)
        : dialog.showSaveDialog(window, request));
      if (canceled || filePath === "") return undefined;
      await writeFile(filePath, text);
      return filePath;
    },
    openWindow: async (notebook) => void windows.show(notebook),
    setTheme: async (theme) => {
      nativeTheme.themeSource = theme;
      return undefined;
    },
    print: async (_input, sender) => {
      sender.print();
      return undefined;
    },
    flushed: async (_input, sender) => flushed.get(sender)?.() as undefined,
  };
}

/** Pages send what they still hold, for half a second at most; then the library is closed, then the app ends. */
function closeInOrder(
  app: ElectronPort["app"],
  store: NotebookStore,
  windows: Windows,
  flushed: Map<WebContents, () => void>,
): void {
  let closed = false;
  app.on("before-quit", (event) => {
    if (closed) return;
    event.preventDefault();
    const answers = windows.all().map(
      ({ webContents }) =>
        new Promise<void>((resolve) => {
          flushed.set(webContents, resolve);
          webContents.send(toPage.flush);
        }),
    );
    const late = new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    void Promise.race([Promise.all(answers), late])
      .then(() => store.close())
      .catch((error: unknown) => console.error(error))
      .finally(() => {
        closed = true;
        app.quit();
      });
  });
}

function focused({ BrowserWindow }: ElectronPort): WebContents | undefined {
  return BrowserWindow.getFocusedWindow()?.webContents;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

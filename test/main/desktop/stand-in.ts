import { EventEmitter } from "node:events";
import type { ElectronPort } from "../../../main/desktop/electron-port.ts";

type Listener = (...args: never[]) => unknown;

/** Records what is asked of Electron and lets a test play what Electron would say. */
export class StandIn {
  readonly calls: string[] = [];
  readonly app = new EventEmitter();
  readonly handlers = new Map<string, Listener>();
  readonly protocols = new Map<string, (request: Request) => Promise<Response>>();
  readonly session = new Map<string, unknown>();
  readonly sessionEvents = new EventEmitter();
  readonly windows: FakeWindow[] = [];
  readonly dialogs: { message: string; answer: unknown }[] = [];
  readonly opened: string[] = [];
  answer: unknown = { response: 1 };
  lock = true;
  quits = 0;
  menu: unknown;

  readonly port: ElectronPort;

  constructor() {
    const record = (name: string, value?: unknown): void =>
      void this.calls.push(value === undefined ? name : `${name} ${JSON.stringify(value)}`);
    const setter =
      (name: string) =>
      (value: unknown): void => {
        record(name);
        this.session.set(name, value);
      };
    const { app, windows } = this;
    const ask = async (_window: unknown, options?: { message?: string }): Promise<unknown> => {
      this.dialogs.push({
        message: (options ?? (_window as { message?: string }))?.message ?? "",
        answer: this.answer,
      });
      return this.answer;
    };
    this.port = {
      app: Object.assign(this.app, {
        requestSingleInstanceLock: () => (record("lock"), this.lock),
        enableSandbox: () => record("enableSandbox"),
        whenReady: async () => record("whenReady"),
        addRecentDocument: (file: string) => record("recent", file),
        quit: () => {
          this.quits++;
          let prevented = false;
          this.app.emit("before-quit", { preventDefault: () => (prevented = true) });
          if (!prevented) record("ended");
        },
      }),
      protocol: {
        registerSchemesAsPrivileged: (schemes: unknown) => record("schemes", schemes),
        handle: (scheme: string, handler: (request: Request) => Promise<Response>) => {
          record("handle", scheme);
          this.protocols.set(scheme, handler);
        },
      },
      session: {
        defaultSession: {
          setPermissionRequestHandler: setter("permissionRequest"),
          setPermissionCheckHandler: setter("permissionCheck"),
          setDevicePermissionHandler: setter("devicePermission"),
          setDisplayMediaRequestHandler: setter("displayMedia"),
          setSpellCheckerEnabled: setter("spellChecker"),
          webRequest: { onBeforeRequest: setter("beforeRequest") },
          on: (name: string, listener: (...args: unknown[]) => void) =>
            this.sessionEvents.on(name, listener),
        },
      },
      ipcMain: {
        handle: (name: string, handler: Listener) => void this.handlers.set(name, handler),
      },
      Menu: {
        buildFromTemplate: (template: unknown) => template,
        setApplicationMenu: (menu: unknown) => void (this.menu = menu),
      },
      nativeTheme: { shouldUseDarkColors: false, themeSource: "system" },
      dialog: {
        showMessageBox: ask,
        showOpenDialog: ask,
        showSaveDialog: ask,
        showErrorBox: (title: string) => record("errorBox", title),
      },
      shell: { openExternal: async (address: string) => void this.opened.push(address) },
      BrowserWindow: class extends FakeWindow {
        constructor(options: Record<string, unknown>) {
          super(options);
          windows.push(this);
          app.emit("web-contents-created", {}, this.webContents);
        }
        static getFocusedWindow = () => windows.at(-1) ?? null;
        static fromWebContents = (contents: unknown) =>
          windows.find((window) => window.webContents === contents) ?? null;
      },
    } as unknown as ElectronPort;
  }
}

export class FakeContents extends EventEmitter {
  readonly sent: unknown[][] = [];
  opener: ((details: { url: string }) => { action: string }) | undefined;
  policy = "";
  url = "";
  prints = 0;
  send(...message: unknown[]): void {
    this.sent.push(message);
  }
  setWindowOpenHandler(opener: (details: { url: string }) => { action: string }): void {
    this.opener = opener;
  }
  setWebRTCIPHandlingPolicy(policy: string): void {
    this.policy = policy;
  }
  getURL(): string {
    return this.url;
  }
  print(): void {
    this.prints++;
  }
}

export class FakeWindow extends EventEmitter {
  readonly options: Record<string, unknown>;
  readonly webContents = new FakeContents();
  focused = 0;
  reloads = 0;
  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
  }
  async loadURL(url: string): Promise<void> {
    this.webContents.url = url;
  }
  isMinimized(): boolean {
    return false;
  }
  isDestroyed(): boolean {
    return false;
  }
  focus(): void {
    this.focused++;
  }
  reload(): void {
    this.reloads++;
  }
  show(): void {
    this.emit("shown");
  }
}

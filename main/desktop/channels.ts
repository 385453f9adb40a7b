/** What the desktop's menu asks of the page. */
export const menuCommands = [
  "new",
  "save-copy",
  "undo",
  "redo",
  "run-all",
  "run-stale",
  "stop",
  "restart",
  "find",
  "palette",
  "help",
] as const;

export type MenuCommand = (typeof menuCommands)[number];
export type Theme = "system" | "light" | "dark";

/** Every call from the page to the desktop: name -> what goes in and what comes out. */
export interface Channels {
  /** A dialog; the ids of the notebooks that were then imported. */
  open: { in: undefined; out: readonly string[] };
  openPaths: { in: readonly string[]; out: readonly string[] };
  /** A dialog; the place that was written, or nothing. */
  save: { in: { fileName: string; text: string }; out: string | undefined };
  /** A window of its own for a notebook. */
  openWindow: { in: string; out: undefined };
  setTheme: { in: Theme; out: undefined };
  print: { in: undefined; out: undefined };
  /** The page has sent all it had: an answer to `flush`. */
  flushed: { in: undefined; out: undefined };
}

export type Channel = keyof Channels;

/** From the desktop to the page. */
export const toPage = { menu: "dagbok:menu", flush: "dagbok:flush" } as const;

export function channelName(channel: Channel): string {
  return `dagbok:${channel}`;
}

/** What the page finds as `globalThis.dagbokDesktop`. */
export interface DesktopBridge {
  open(): Promise<readonly string[]>;
  openDropped(files: readonly File[]): Promise<readonly string[]>;
  save(fileName: string, text: string): Promise<string | undefined>;
  openWindow(notebook: string): Promise<void>;
  setTheme(theme: Theme): Promise<void>;
  print(): Promise<void>;
  onMenu(listener: (command: MenuCommand) => void): void;
  /** Called before the app ends: what is not yet sent is to be sent now. */
  onFlush(listener: () => Promise<void>): void;
}

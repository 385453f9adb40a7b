import type { MenuItemConstructorOptions } from "electron";
import type { MenuCommand } from "./channels.ts";

export interface MenuActions {
  readonly command: (command: MenuCommand) => void;
  readonly open: () => void;
  readonly print: () => void;
  readonly library: () => void;
}

type Items = MenuItemConstructorOptions[];

export function menuTemplate(actions: MenuActions, isMac: boolean): Items {
  const item = (
    label: string,
    command: MenuCommand,
    accelerator?: string,
  ): MenuItemConstructorOptions => ({
    label,
    click: () => actions.command(command),
    // Keys of the page's own are shown here and handled there.
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
  });
  const separator: MenuItemConstructorOptions = { type: "separator" };
  return [
    ...(isMac ? [{ role: "appMenu" } satisfies MenuItemConstructorOptions] : []),
    {
      label: "&File",
      submenu: [
        item("New Notebook", "new"),
        { label: "Open…", accelerator: "CmdOrCtrl+O", click: actions.open },
        { role: "recentDocuments", submenu: [{ role: "clearRecentDocuments" }] },
        { label: "Library", accelerator: "CmdOrCtrl+L", click: actions.library },
        separator,
        item("Save a Copy…", "save-copy", "CmdOrCtrl+Shift+S"),
        { label: "Print…", accelerator: "CmdOrCtrl+P", click: actions.print },
        separator,
        isMac ? { role: "close" } : { role: "quit" },
      ],
    },
    {
      label: "&Edit",
      submenu: [
        item("Undo", "undo", "CmdOrCtrl+Z"),
        item("Redo", "redo", "CmdOrCtrl+Shift+Z"),
        separator,
        { role: "cut" },
        { role: "copy" },
        { role: "paste" },
        { role: "selectAll" },
        separator,
        item("Find…", "find", "CmdOrCtrl+F"),
      ],
    },
    {
      label: "&Run",
      submenu: [
        item("Run All", "run-all"),
        item("Run What Is Stale", "run-stale"),
        item("Stop", "stop"),
        item("Restart", "restart"),
      ],
    },
    {
      label: "&View",
      submenu: [
        item("Commands…", "palette", "F1"),
        separator,
        { role: "resetZoom" },
        { role: "zoomIn" },
        { role: "zoomOut" },
        separator,
        { role: "togglefullscreen" },
      ],
    },
    { role: "windowMenu" },
    { role: "help", submenu: [item("Keys and Help", "help")] },
  ];
}

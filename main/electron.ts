import { pathToFileURL } from "node:url";
import path from "node:path";
import * as electron from "electron";
import { startDesktop } from "./desktop/start.ts";
import { dataHome } from "./home.ts";
import { openStore } from "./storage/store.ts";

// The only file that imports Electron's values; it is bundled to dist/main/electron.cjs, beside its helpers.
const { app, dialog } = electron;
const home = dataHome();
const bundle = __dirname;

startDesktop(electron, {
  home,
  folder: app.getAppPath(),
  preload: path.join(bundle, "preload.cjs"),
  openStore: () =>
    openStore({ folder: home, worker: pathToFileURL(path.join(bundle, "storage-worker.cjs")) }),
  args: process.argv.slice(app.isPackaged ? 1 : 2),
}).catch((error: unknown) => {
  dialog.showErrorBox(
    "Dagbok cannot start",
    error instanceof Error ? error.message : String(error),
  );
  app.exit(1);
});

import { pathToFileURL } from "node:url";
import path from "node:path";
import * as electron from "electron";
import { chartProcessArguments, setChartProcess } from "./backend/html/chart.ts";
import { startDesktop } from "./desktop/start.ts";
import { dataHome } from "./home.ts";
import { openStore } from "./storage/store.ts";

// The only file that imports Electron's values; it is bundled to dist/main/electron.cjs, beside its helpers.
const { app, dialog, utilityProcess } = electron;
const home = dataHome();
const bundle = __dirname;

setChartProcess(() => {
  const child = utilityProcess.fork(path.join(bundle, "chart-process.mjs"), [], {
    execArgv: [...chartProcessArguments],
    serviceName: "Dagbok charts",
  });
  return {
    post: (request) => child.postMessage(request),
    onAnswer: (listener) => void child.on("message", listener),
    onExit: (listener) => void child.on("exit", listener),
    kill: () => void child.kill(),
  };
});

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

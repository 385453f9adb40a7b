import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { StoreError } from "../app/protocol/store.ts";
import { toErrorRecord } from "../app/errors.ts";
import { buildIfStale } from "./build.ts";
import { projectFolder } from "./files.ts";
import { serve } from "./serve.ts";

const serveOnly = process.argv.includes("--serve");

try {
  buildIfStale();
  const electron = serveOnly ? undefined : findElectron();
  if (electron === undefined) await serve();
  else openDesktop(electron);
} catch (error) {
  // What the user can mend is said in a sentence; what we must mend keeps its stack.
  if (error instanceof StoreError) {
    console.error([error.message, error.hint].filter(Boolean).join(" "));
  } else console.error(error instanceof Error ? error : toErrorRecord(error));
  process.exitCode = 1;
}

/** The desktop binary's path. npm's `electron` comes without it; it is fetched once, if it can be. */
function findElectron(): string | undefined {
  const found = electronBinary() ?? (fetchElectron() ? electronBinary() : undefined);
  if (found === undefined) {
    console.log(
      "The desktop binary is absent and cannot be fetched: starting in the browser instead.",
    );
  }
  return found;
}

function electronBinary(): string | undefined {
  const dist = path.join(projectFolder, "node_modules", "electron", "dist");
  const names: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
    darwin: "Electron.app/Contents/MacOS/Electron",
    win32: "electron.exe",
  };
  const file = path.join(dist, names[process.platform] ?? "electron");
  return existsSync(file) ? file : undefined;
}

function fetchElectron(): boolean {
  const script = path.join(projectFolder, "node_modules", "electron", "install.js");
  if (!existsSync(script)) return false;
  console.log("Fetching the desktop binary (once).");
  const { status } = spawnSync(process.execPath, [script], {
    cwd: projectFolder,
    stdio: "ignore",
    timeout: 90_000,
  });
  return status === 0;
}

function openDesktop(binary: string): void {
  const files = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  const child = spawn(binary, [projectFolder, ...files], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
}

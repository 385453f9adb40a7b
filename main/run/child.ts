import { fork } from "node:child_process";
import path from "node:path";
import { build } from "../build.ts";
import { projectFolder } from "../files.ts";
import type { RemoteKernel } from "./results.ts";

/**
 * A kernel in a Node child process under the permission model: it may read its own bundle and nothing else, start no
 * process and load no addon.
 */
export async function childKernel(): Promise<RemoteKernel> {
  await build(["kernel-node"], false);
  const folder = path.join(projectFolder, "dist", "kernel-node");
  const child = fork(path.join(folder, "node-entry.js"), [], {
    execArgv: ["--permission", `--allow-fs-read=${path.join(folder, "*")}`, "--no-warnings"],
    serialization: "advanced",
    env: {},
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let trouble = "";
  child.stderr?.on("data", (data: Buffer) => {
    trouble = `${trouble}${data.toString()}`.slice(-4000);
  });
  let closing = false;
  const kernel: RemoteKernel = {
    post: (request) => {
      child.send(request);
    },
    onEvent: undefined,
    onEnd: undefined,
    close: () =>
      new Promise((resolve) => {
        closing = true;
        if (child.exitCode !== null || child.signalCode !== null) {
          resolve();
          return;
        }
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
  child.on("message", (message) => kernel.onEvent?.(message));
  child.on("exit", (code, signal) => {
    if (!closing) kernel.onEnd?.(trouble.trim() || `it ended with ${signal ?? `code ${code}`}.`);
  });
  return kernel;
}

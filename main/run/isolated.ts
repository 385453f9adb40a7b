import { mkdtemp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../../app/errors.ts";
import { startBrowserMode } from "../browser-mode.ts";
import { build } from "../build.ts";
import type { RemoteKernel } from "./results.ts";

const BROWSERS = [
  process.env["DAGBOK_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** A kernel in headless Chromium, inside the same frame and worker as in the page: it can reach nothing. */
export async function isolatedKernel(notebookId: string): Promise<RemoteKernel> {
  const executablePath = BROWSERS.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined) {
    throw new UserError({
      code: "no-chromium",
      message: "--isolated needs Chromium or Chrome, and none was found.",
      expected: "an installed Chromium, or its place in DAGBOK_CHROMIUM",
      hint: "Install one, or read the notebook and run it with --trust.",
    });
  }
  await build(["kernel", "renderer"], false);
  const { chromium } = await import("playwright-core");
  const home = await mkdtemp(path.join(tmpdir(), "dagbok-isolated-"));
  const app = await startBrowserMode({ home });
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
  const page = await browser.newPage();
  const kernel: RemoteKernel = {
    // bytes cross as base64, everything else is JSON already
    post: (request) => {
      const bytes =
        request.type === "attachment-bytes"
          ? Buffer.from(request.bytes).toString("base64")
          : undefined;
      const plain = bytes === undefined ? request : { ...request, bytes };
      page
        .evaluate(
          (message) => {
            const port = (
              globalThis as unknown as { dagbokPort: { postMessage(m: unknown): void } }
            ).dagbokPort;
            const text = (message as { bytes?: string }).bytes;
            port.postMessage(
              text === undefined
                ? message
                : { ...message, bytes: Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) },
            );
          },
          plain as Record<string, unknown>,
        )
        .catch((error: unknown) => kernel.onEnd?.(String(error)));
    },
    onEvent: undefined,
    onEnd: undefined,
    close: async () => {
      await browser.close();
      await app.close();
      await rm(home, { recursive: true, force: true });
    },
  };
  await page.exposeFunction("dagbokEvent", (text: string) => kernel.onEvent?.(JSON.parse(text)));
  page.on("crash", () => kernel.onEnd?.("the browser's page crashed"));
  await page.goto(new URL("/", app.link()).href);
  const origin = `http://n-${notebookId}.localhost:${app.port}`;
  queueMicrotask(() => {
    page.evaluate(connectKernel, origin).catch((error: unknown) => kernel.onEnd?.(String(error)));
  });
  return kernel;
}

/** Runs in the page: the frame of a kernel, and a port to it. Types of the DOM are not known in this folder. */
async function connectKernel(origin: string): Promise<void> {
  /* oxlint-disable typescript/no-explicit-any */
  const page = globalThis as any;
  const frame = page.document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin");
  frame.src = `${origin}/kernel.html`;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  page.document.body.append(frame);
  await loaded;
  const channel = new page.MessageChannel();
  page.dagbokPort = channel.port1;
  channel.port1.addEventListener("message", (event: { data: unknown }) =>
    page.dagbokEvent(JSON.stringify(event.data)),
  );
  channel.port1.start();
  frame.contentWindow.postMessage({ type: "connect" }, origin, [channel.port2]);
}

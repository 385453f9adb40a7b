import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { chromiumFlags, needChromium } from "../chromium.ts";

const root = join(import.meta.dirname, "../..");

/** The real product in browser mode: a server of its own with an empty library, in a temporary folder. */
export interface RunningApp {
  readonly home: string;
  readonly port: number;
  readonly pid: number;
  /** Opens the page with a fresh one-time link. */
  open(context: BrowserContext): Promise<Page>;
  /** `SIGKILL`, as a crash would. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startApp(
  options: { readonly home?: string; readonly node?: string } = {},
): Promise<RunningApp> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), "dagbok-e2e-"));
  let server = await startServer(home);
  return {
    home,
    get port() {
      return server.port;
    },
    get pid() {
      return server.child.pid ?? 0;
    },
    open: async (context) => {
      const page = await context.newPage();
      await page.goto(await server.link());
      return page;
    },
    kill: async () => {
      server.child.kill("SIGKILL");
      await server.ended;
    },
    restart: async () => {
      server = await startServer(home, server.port);
    },
    close: async () => {
      server.child.kill("SIGTERM");
      await server.ended;
      if (options.home === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly ended: Promise<void>;
  /** The newest one-time link; each is used once, and the server then prints the next. */
  link(): Promise<string>;
}

async function startServer(home: string, port?: number): Promise<Server> {
  const child = spawn(join(root, "node_modules/.bin/node"), ["main/start.ts", "--serve"], {
    cwd: root,
    env: {
      ...process.env,
      DAGBOK_HOME: home,
      DAGBOK_NO_BUILD: "1",
      ...(port === undefined ? {} : { DAGBOK_PORT: String(port) }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const links: string[] = [];
  const waiting: ((link: string) => void)[] = [];
  let said = "";
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  child.stdout.on("data", (data: Buffer) => {
    said += data.toString();
    for (const match of data.toString().matchAll(/https?:\/\/\S+#token=\S+/g)) {
      const next = waiting.shift();
      if (next === undefined) links.push(match[0]);
      else next(match[0]);
    }
  });
  const link = (): Promise<string> => {
    const ready = links.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve, reject) => {
      waiting.push(resolve);
      void ended.then(() => reject(new Error(`The server ended: ${said}`)));
    });
  };
  const first = await link();
  links.unshift(first);
  return { child, port: Number(new URL(first).port), ended, link };
}

export function startBrowser(extra: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: needChromium(), args: [...chromiumFlags, ...extra] });
}

// Serves dist/dev under the shell's policy and takes pictures: `node test/renderer/dev/look.ts OUT scene…`
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { chromium, type Page } from "playwright-core";

const root = new URL("../../../dist/dev", import.meta.url).pathname;
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data: blob:; worker-src 'self'; connect-src 'self'; frame-src http://*.localhost:*; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
  ".svg": "image/svg+xml",
};

export async function serveDev(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const pathname = new URL(request.url ?? "/", "http://x").pathname;
    const file = path.join(root, path.normalize(pathname === "/" ? "index.html" : pathname));
    readFile(file).then(
      (bytes) => {
        response.setHeader("content-type", types[path.extname(file)] ?? "application/octet-stream");
        response.setHeader("content-security-policy", policy);
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

export function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

const scenes: Readonly<Record<string, (page: Page, url: string) => Promise<void>>> = {
  first: async (page, url) => void (await page.goto(`${url}?scene=first#/`)),
  library: async (page, url) => void (await page.goto(`${url}#/`)),
  search: async (page, url) => {
    await page.goto(`${url}#/`);
    await page.getByRole("searchbox").fill("smok");
  },
  empty: async (page, url) => void (await page.goto(`${url}#/n/empty00000`)),
  demo: async (page, url) => void (await page.goto(`${url}#/n/demo000000`)),
  ran: async (page, url) => {
    await page.goto(`${url}#/n/demo000000`);
    await page.getByRole("button", { name: "Run all" }).click();
    await page.waitForTimeout(2500);
  },
  failing: async (page, url) => {
    await scenes["ran"]?.(page, url);
    await page.locator('[data-cell="fail1"]').focus();
    await page.locator('[data-cell="htmlc"]').scrollIntoViewIfNeeded();
  },
  editing: async (page, url) => {
    await page.goto(`${url}#/n/demo000000`);
    await page.waitForTimeout(600);
    await page.getByRole("button", { name: "Variables and help" }).click();
    await page.locator('[data-cell="tscell"] .code').click();
    await page.waitForTimeout(1200);
  },
  menu: async (page, url) => {
    await page.goto(`${url}#/n/demo000000`);
    await page.waitForTimeout(600);
    await page.locator('[data-cell="graph1"]').focus();
    await page.keyboard.press("n");
  },
  palette: async (page, url) => {
    await page.goto(`${url}#/n/demo000000`);
    await page.waitForTimeout(600);
    await page.keyboard.press("Control+Shift+C");
  },
  keys: async (page, url) => {
    await page.goto(`${url}#/n/demo000000`);
    await page.waitForTimeout(600);
    await page.locator(".cell").first().focus();
    await page.keyboard.press("?");
  },
  away: async (page, url) => {
    await page.goto(`${url}#/n/demo000000`);
    await page.waitForTimeout(600);
    await page.evaluate(
      () => void ((globalThis as never as { fake: { away: boolean } }).fake.away = true),
    );
    await page.locator(".cell").nth(1).focus();
    await page.keyboard.press("b");
  },
  big: async (page, url) => void (await page.goto(`${url}#/n/big0000000`)),
};

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [out = "/tmp/look", ...wanted] = process.argv.slice(2);
  const { url, close } = await serveDev();
  const browser = await launch();
  for (const spec of wanted) {
    const [scene = "demo", width = "1280", scheme = "light", full = ""] = spec.split(":");
    const page = await browser.newPage({
      viewport: { width: Number(width), height: full === "" ? 860 : Number(full) },
      colorScheme: scheme === "dark" ? "dark" : "light",
    });
    page.on("console", (m) => {
      if (m.type() === "error" || m.type() === "warning") console.log(spec, m.type(), m.text());
    });
    page.on("pageerror", (e) => console.log(spec, e.stack ?? e.message));
    await scenes[scene]?.(page, url);
    await page.waitForTimeout(1200);
    const name = `${out}-${spec.replaceAll(":", "-")}`;
    // A tall window comes as several pictures of a size one can look at.
    const height = full === "" ? 860 : Number(full);
    for (let y = 0; y < height; y += 1200) {
      const clip = { x: 0, y, width: Number(width), height: Math.min(1200, height - y) };
      await page.screenshot({ path: `${name}${y === 0 ? "" : `-${y / 1200}`}.png`, clip });
    }
    await page.close();
  }
  await browser.close();
  close();
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { startApp, startBrowser } from "../app.ts";
import { goTo, homeWith, runAll } from "../library.ts";
import { type Collector, startCollector } from "./collector.ts";
import { cellOf, vectors } from "./vectors.ts";

let browser: Browser;
let collector: Collector;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
});

describe("a stranger's notebook", () => {
  test("there are at least 40 vectors, each with a name of its own", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(40);
    expect(new Set(vectors.map((v) => v.name)).size).toBe(vectors.length);
  });

  test("cannot send anything anywhere", async () => {
    collector = await startCollector();
    const cells = vectors.map((vector, i) => ({
      id: `vec${String(i).padStart(3, "0")}`,
      kind: "ts",
      // a block of its own keeps the vectors' names apart
      source: `{\n${cellOf(vector, collector.url(vector.name))}\n}\ndisplay("ran");`,
    }));
    const home = homeWith({ hostile0: cells });
    const app = await startApp({ home });
    try {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      const page = await app.open(context);
      await goTo(page, "hostile0");
      await runAll(page);
      const moods = (): Promise<string[]> =>
        page
          .locator("li[data-cell]")
          .evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset["mood"] ?? ""));
      await expect
        .poll(
          async () => (await moods()).filter((mood) => mood === "done" || mood === "failed").length,
          { timeout: 60_000 },
        )
        .toBe(vectors.length);
      // bring every output into view, so that everything lazy is drawn
      for (const cell of await page.locator("li[data-cell]").all())
        await cell.scrollIntoViewIfNeeded();
      await page.waitForTimeout(3000);
      const ran = await page.locator("li[data-cell]", { hasText: "ran" }).count();
      expect(ran, "vectors that ran to their end").toBeGreaterThan(vectors.length * 0.8);
      expect([...collector.hits]).toEqual([]);
      expect(collector.connections()).toBe(0);
      await context.close();
    } finally {
      await app.close();
      rmSync(home, { recursive: true, force: true });
      await collector.close();
    }
  });

  test("cannot keep or read anything", async () => {
    const probe = `const found = [];
const attempt = async (name, work) => { try { if ((await work()) !== undefined) found.push(name); } catch {} };
const g: any = globalThis;
await attempt("indexedDB", () => new Promise((resolve, reject) => { const r = g.indexedDB.open("x"); r.onsuccess = () => resolve(1); r.onerror = reject; }));
await attempt("caches", () => g.caches.open("x"));
await attempt("opfs", () => g.navigator.storage.getDirectory());
await attempt("localStorage", () => g.localStorage);
await attempt("document", () => g.document);
await attempt("parent", () => g.parent);
await attempt("eval", () => g.eval("localStorage"));
await attempt("Function", () => g.Function("return document")());
await attempt("process", () => g.process);
await attempt("nested worker", () => new Promise((resolve, reject) => { const w = new g.Worker(URL.createObjectURL(new Blob(["postMessage(1)"]))); w.onmessage = () => resolve(1); w.onerror = reject; setTimeout(reject, 500); }));
display("reached: " + (found.join(", ") || "nothing"));`;
    const home = homeWith({ hostile1: [{ id: "probe", kind: "ts", source: probe }] });
    const app = await startApp({ home });
    try {
      const context = await browser.newContext();
      const page = await app.open(context);
      await goTo(page, "hostile1");
      await runAll(page);
      const outputs = page.locator(".outputs");
      await expect
        .poll(() => outputs.allInnerTexts())
        .toContainEqual(expect.stringContaining("reached: "));
      expect((await outputs.allInnerTexts()).join(" ")).toContain("reached: nothing");
      await context.close();
    } finally {
      await app.close();
      rmSync(home, { recursive: true, force: true });
    }
  });

  test("control: the same vectors in a frame that is only sandboxed leak at least 20", async () => {
    collector = await startCollector();
    const reachable = vectors.filter((vector) => vector.as === "code" || vector.as === "html");
    const bodyOf = (name: string): string => {
      const vector = reachable.find((v) => v.name === name);
      if (vector === undefined) return "";
      const payload = vector.payload(collector.url(vector.name)).replaceAll(" as any", "");
      return vector.as === "html"
        ? payload
        : `<script type="module">${payload.replaceAll("</script>", "<\\/script>")}</script>`;
    };
    const server = createServer((request, response) => {
      const name = new URL(request.url ?? "/", "http://x").searchParams.get("v");
      response.writeHead(200, { "content-type": "text/html" });
      response.end(
        name === null
          ? reachable
              .map((v) => `<iframe sandbox="allow-scripts" src="/?v=${v.name}"></iframe>`)
              .join("")
          : `<!doctype html>${bodyOf(name)}`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForTimeout(6000);
    await context.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    console.log(`sandbox only: ${collector.hits.size} of ${reachable.length} vectors leaked`);
    expect(collector.hits.size).toBeGreaterThanOrEqual(20);
    await collector.close();
  });
});

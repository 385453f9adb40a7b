import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, longestLag, moodIs, runAll } from "./library.ts";

/** Cells that loop, flood or eat memory: the page answers, Stop works, and nothing written is lost. */

const home = homeWith({
  endless0: [
    { id: "aaaa", source: "const a = 1;" },
    { id: "loop", source: "const loop = (() => { while (true) {} })();" },
    { id: "zzzz", source: "const z = a + 1;\ndisplay(z);" },
  ],
  flooding: [
    {
      id: "flood",
      source: 'for (;;) { console.log("flood ".repeat(50)); display("more"); await sleep(0); }',
    },
  ],
  rawflood: [
    {
      id: "rawf",
      source:
        'const f: any = globalThis; for (;;) { f.postMessage({ type: "log", level: "log", text: "x".repeat(1000) }); }',
    },
  ],
  hoarding: [
    {
      id: "bomb",
      source:
        "const hoard: Float64Array[] = []; for (;;) hoard.push(new Float64Array(4e6).fill(Math.PI));",
    },
    { id: "fine", source: 'const fine = 5;\ndisplay("fine " + fine);' },
  ],
});

let browser: Browser;
let app: RunningApp;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
  app = await startApp({ home });
  page = await app.open(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

const stop = (on: Page) => on.getByRole("button", { name: /^Stop/ }).first();

test("an endless loop leaves the page at ease and is stopped within a second", async () => {
  await goTo(page, "endless0");
  await runAll(page);
  await moodIs(page, "loop", ["running"]);
  const lag = await longestLag(page, () => page.waitForTimeout(2000));
  const began = Date.now();
  await stop(page).click();
  await moodIs(page, "loop", ["stale", "failed", "idle"], 5000);
  const took = Date.now() - began;
  console.log(`endless loop: page ${lag.toFixed(0)} ms late at most, stopped in ${took} ms`);
  expect(lag).toBeLessThan(100);
  expect(took).toBeLessThan(1000);
  // the kernel that follows works, and the text is all there
  await cellOf(page, "zzzz").click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Enter");
  await moodIs(page, "zzzz", ["done"], 15_000);
  await expect.poll(() => cellOf(page, "loop").innerText()).toContain("while (true)");
});

test.each([
  ["flooding", "flood"],
  ["rawflood", "rawf"],
])("a flood of output (%s) neither freezes the page nor outlives Stop", async (id, cell) => {
  await goTo(page, id);
  await runAll(page);
  await moodIs(page, cell, ["running"]);
  const lag = await longestLag(page, () => page.waitForTimeout(4000));
  const began = Date.now();
  await stop(page).click();
  await moodIs(page, cell, ["stale", "failed", "idle"], 10_000);
  const took = Date.now() - began;
  console.log(`${id}: page ${lag.toFixed(0)} ms late at most, stopped in ${took} ms`);
  expect(lag).toBeLessThan(250);
  expect(took).toBeLessThan(1500);
});

test("a cell that eats memory loses the kernel, not the page", { timeout: 180_000 }, async () => {
  await goTo(page, "hoarding");
  await runAll(page);
  await moodIs(page, "bomb", ["running"]);
  const lag = await longestLag(page, async () => {
    await moodIs(page, "bomb", ["failed", "stale", "idle"], 120_000);
  });
  console.log(`memory: page ${lag.toFixed(0)} ms late at most`);
  expect(await cellOf(page, "bomb").innerText()).toContain("hoard");
  expect(lag).toBeLessThan(500);
});

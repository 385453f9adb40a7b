import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** The picture of what rests on what: names, rungs and states, and the way to each cell. */

const shots = process.env["DAGBOK_SHOTS"];
const home = homeWith({
  depends1: [
    { id: "head", kind: "markdown", source: "# Nothing rests on this" },
    { id: "sumc", source: "const total = rate * size;" },
    { id: "data", source: "const size = 12;" },
    { id: "rate", source: "const rate = size / 4;" },
    {
      id: "grph",
      name: "smoking",
      kind: "graph",
      source: "smoking -> tar\ntar -> cancer\nsmoking <-> cancer",
    },
    {
      id: "idnt",
      name: "effect",
      kind: "identify",
      source: "effect = P(cancer | do(smoking)) in smoking",
    },
    { id: "boom", source: 'const broken = total > 0 ? (() => { throw new Error("no") })() : 0;' },
  ],
});
let browser: Browser;
let app: RunningApp;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
  app = await startApp({ home });
  page = await app.open(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
  page.setDefaultTimeout(15_000);
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

test("cells stand right of what they rest on, with rung and state, and lead to themselves", async () => {
  await goTo(page, "depends1");
  await runAll(page);
  for (const id of ["sumc", "data", "rate", "grph", "idnt"]) await moodIs(page, id, ["done"]);
  await moodIs(page, "boom", ["failed"]);
  await cellOf(page, "head").focus();
  await page.keyboard.press("g");
  const dialog = page.getByRole("dialog", { name: "Dependencies" });
  await dialog.waitFor();
  expect(await dialog.locator(".dependencies-sum").innerText()).toMatch(/^6 cells, 5 dependencies/);
  const node = (id: string) => dialog.locator(`[data-dependency="${id}"]`);
  const left = async (id: string): Promise<number> => (await node(id).boundingBox())?.x ?? NaN;
  for (const [before, after] of [
    ["data", "rate"],
    ["rate", "sumc"],
    ["sumc", "boom"],
    ["grph", "idnt"],
  ] as const) {
    expect(await left(before)).toBeLessThan(await left(after));
  }
  expect(await node("head").count()).toBe(0);
  expect(await node("boom").textContent()).toMatch(/^broken.*failed, rests on total$/);
  expect(await node("idnt").textContent()).toMatch(/^effectII.*, rests on smoking$/);
  if (shots !== undefined) {
    mkdirSync(shots, { recursive: true });
    for (const scheme of ["light", "dark"] as const) {
      for (const width of [1280, 800]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: scheme });
        await page.waitForTimeout(300);
        await page.screenshot({ path: join(shots, `dependencies-${width}-${scheme}.png`) });
      }
    }
  }
  await node("rate").click();
  await dialog.waitFor({ state: "hidden" });
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-cell")))
    .toBe("rate");
});

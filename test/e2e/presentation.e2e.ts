import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

const home = homeWith({
  talkbook: [
    { id: "title", kind: "markdown", source: "# A talk\n\nWords before all." },
    {
      id: "code1",
      source: 'const size = view(Inputs.range([0, 9], { label: "Size", step: 1, value: 4 }));',
    },
    { id: "part1", kind: "markdown", source: "## First" },
    { id: "code2", source: "size * 2" },
    { id: "quiet", source: "const silent = 1;" },
    { id: "part2", kind: "markdown", source: "## Second\n\n### Below" },
    { id: "code3", source: "size * 3" },
  ],
});
let browser: Browser;
let app: RunningApp;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
  app = await startApp({ home });
  page = await app.open(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
  page.setDefaultTimeout(20_000);
  await goTo(page, "talkbook");
  await runAll(page);
  await moodIs(page, "code3", ["done"], 20_000);
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

const visible = async (): Promise<readonly string[]> => {
  const all = await page.locator("li[data-cell]").all();
  const seen = await Promise.all(
    all.map(
      async (cell) => [await cell.getAttribute("data-cell"), await cell.isVisible()] as const,
    ),
  );
  return seen.flatMap(([id, shown]) => (shown && id !== null ? [id] : []));
};

test("app view shows text, controls and results, works, and is left by Escape", async () => {
  await cellOf(page, "title").focus();
  await page.keyboard.press("w");
  await expect.poll(visible).toEqual(["title", "code1", "part1", "code2", "part2", "code3"]);
  expect(await page.locator(".code:visible, .bar:visible, .cell-head:visible").count()).toBe(0);
  await cellOf(page, "code1").locator("input[type=range]").focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => cellOf(page, "code2").locator(".outputs").innerText()).toBe("10");
  // keys that change a notebook do nothing to one that is only looked at
  await cellOf(page, "title").focus();
  await page.keyboard.press("d");
  await page.keyboard.press("d");
  expect((await visible()).length).toBe(6);
  await page.keyboard.press("Escape");
  await page.locator(".bar").waitFor();
  expect(await page.locator("li[data-cell]").count()).toBe(7);
});

test("slides go by heading, with keys", async () => {
  await cellOf(page, "title").focus();
  await page.keyboard.press("Shift+W");
  await expect.poll(visible).toEqual(["title", "code1"]);
  await page.keyboard.press("ArrowRight");
  await expect.poll(visible).toEqual(["part1", "code2"]);
  await page.keyboard.press("PageDown");
  await page.keyboard.press("ArrowRight");
  await expect.poll(visible).toEqual(["part2", "code3"]);
  expect(await page.locator(".presentation").innerText()).toContain("3 / 3");
  await page.keyboard.press("ArrowLeft");
  await expect.poll(visible).toEqual(["part1", "code2"]);
  await page.getByRole("button", { name: "Back to writing" }).click();
  await page.locator(".bar").waitFor();
});

test("all code is hidden and shown in one step that can be undone", async () => {
  await cellOf(page, "title").focus();
  await page.keyboard.press("F1");
  await page.keyboard.type("hide all");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator(".code:visible").count()).toBe(0);
  await cellOf(page, "title").focus();
  await page.keyboard.press("Control+z");
  await expect.poll(() => page.locator(".code:visible").count()).toBe(4);
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, moodIs, runAll } from "./library.ts";

/** The main job: open, run, see charts, move a slider, change an arrow, close, reopen; nothing is lost. */

const home = mkdtempSync(join(tmpdir(), "dagbok-walk-"));
let browser: Browser;
let app: RunningApp;
let context: BrowserContext;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  app = await startApp({ home });
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await app.open(context);
  page.on("pageerror", (error) => errors.push(String(error)));
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

/** Text, drawn or not: far cells are laid out only when they come near. */
const outputOf = (id: string): Promise<string> =>
  cellOf(page, id)
    .locator(".outputs")
    .textContent()
    .then((text) => text ?? "");
const saved = (): Promise<void> =>
  page
    .getByText(/^Saved/)
    .first()
    .waitFor({ timeout: 10_000 });

test("a first start shows the welcome notebook, and opening it runs nothing", async () => {
  await page.getByRole("heading", { name: "Welcome to Dagbok" }).first().waitFor();
  await page.waitForTimeout(1500);
  const moods = await page
    .locator("li[data-cell]")
    .evaluateAll((all) => all.map((c) => (c as HTMLElement).dataset["mood"]));
  expect(moods.length).toBeGreaterThan(10);
  expect(moods.every((mood) => mood === "idle")).toBe(true);
});

test(
  "it runs: graph, identification, estimates by classical methods and a net, counterfactual, charts",
  { timeout: 180_000 },
  async () => {
    await runAll(page);
    for (const id of [
      "slider",
      "world",
      "draw",
      "graph",
      "effect",
      "estimate",
      "neural",
      "naive",
      "imagine",
    ]) {
      await cellOf(page, id).scrollIntoViewIfNeeded();
      await moodIs(page, id, ["done"], 120_000);
    }
    await cellOf(page, "effect").scrollIntoViewIfNeeded();
    expect(await outputOf("effect")).toMatch(/identified/i);
    expect(await cellOf(page, "effect").locator(".katex").count()).toBeGreaterThan(0);
    await cellOf(page, "estimate").scrollIntoViewIfNeeded();
    await expect
      .poll(() => cellOf(page, "estimate").locator("svg, canvas").count(), { timeout: 20_000 })
      .toBeGreaterThan(0);
    expect(await outputOf("imagine")).toMatch(/11/);
  },
);

// Exact run counts are held by test/notebooks; here it is what a person sees.
test("a slider moves what depends on it, and nothing else", { timeout: 120_000 }, async () => {
  const effectBefore = await cellOf(page, "effect").locator(".cell-time").textContent();
  const naiveBefore = await outputOf("naive");
  await cellOf(page, "slider").scrollIntoViewIfNeeded();
  const slider = cellOf(page, "slider").getByRole("slider");
  await slider.focus();
  await page.keyboard.press("Home");
  await expect
    .poll(async () => (await outputOf("naive")) !== naiveBefore, { timeout: 60_000 })
    .toBe(true);
  await moodIs(page, "neural", ["done"], 90_000);
  expect(await outputOf("naive")).toMatch(/−?-?(1\.[89]|2\.[01])/);
  expect(await cellOf(page, "effect").locator(".cell-time").textContent()).toBe(effectBefore);
});

test(
  "an arrow changed by typing: identification and estimate follow",
  { timeout: 120_000 },
  async () => {
    await cellOf(page, "graph").scrollIntoViewIfNeeded();
    await cellOf(page, "graph").locator(".code, .cell-code").first().click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("\nfitness [latent]");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => outputOf("effect"), { timeout: 30_000 }).toMatch(/not identified/i);
    await expect.poll(() => outputOf("estimate"), { timeout: 30_000 }).toMatch(/no number/i);
    await page.keyboard.press("Escape");
  },
);

test(
  "closed and reopened, everything is there and nothing has run",
  { timeout: 60_000 },
  async () => {
    await saved();
    await page.waitForTimeout(800);
    await app.close();
    await page.close();
    app = await startApp({ home });
    page = await app.open(context);
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`${new URL(page.url()).origin}/#/n/welcomeguide`);
    await cellOf(page, "graph").waitFor();
    await cellOf(page, "graph").scrollIntoViewIfNeeded();
    await expect.poll(() => cellOf(page, "graph").textContent()).toContain("fitness [latent]");
    await cellOf(page, "effect").scrollIntoViewIfNeeded();
    await expect.poll(() => outputOf("effect"), { timeout: 10_000 }).toMatch(/not identified/i);
    await expect.poll(() => cellOf(page, "slider").getByRole("slider").inputValue()).toBe("0");
  },
);

test("undo survives the restart", { timeout: 60_000 }, async () => {
  await cellOf(page, "graph").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("Escape");
  for (let i = 0; i < 30; i++) {
    if ((await cellOf(page, "graph").textContent())?.includes("fitness [latent]") !== true) break;
    await page.keyboard.press("z");
    await page.waitForTimeout(150);
  }
  expect(await cellOf(page, "graph").textContent()).not.toContain("fitness [latent]");
});

test("no error was thrown in the page", () => {
  expect(errors).toEqual([]);
});

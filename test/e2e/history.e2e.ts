import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** History: every step, versions with names and what they showed, the way back to a cell and to the whole. */

const shots = process.env["DAGBOK_SHOTS"];
const chart = (height: number): string =>
  `bars = {"data": {"values": [{"x": "a", "y": ${height}}, {"x": "b", "y": 2}]}, "mark": "bar", "encoding": {"x": {"field": "x", "type": "nominal"}, "y": {"field": "y", "type": "quantitative"}}}`;
const home = homeWith({
  history1: [
    { id: "head", kind: "markdown", source: "# A study\n\nOf what was given." },
    { id: "dose", source: "const dose = 1;\ndose" },
    {
      id: "grph",
      name: "model",
      kind: "graph",
      source: "dose -> answer\nage -> dose\nage -> answer",
    },
    { id: "bars", kind: "vega-lite", source: chart(1).replace("bars = ", "") },
    { id: "last", source: "dose + 41" },
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

const press = async (...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};
const order = (): Promise<readonly string[]> =>
  page
    .locator("li[data-cell]")
    .evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset["cell"] ?? ""));
const textOf = async (id: string): Promise<string> =>
  (await cellOf(page, id).locator(".cell-code").innerText()).replaceAll("\u00a0", " ");
const dialog = () => page.getByRole("dialog", { name: "History" });
const steps = () => dialog().getByRole("navigation", { name: "Versions" }).locator("[data-rev]");
const change = (name: string) =>
  dialog()
    .locator(".change")
    .filter({ has: page.getByRole("heading", { name, exact: true }) });
async function rewrite(id: string, text: string): Promise<void> {
  await cellOf(page, id).focus();
  await press("Enter");
  // Keys that come before the editor has the focus are the notebook's.
  await page.waitForFunction(
    (cell) =>
      document.activeElement?.closest(".live-editor")?.closest("li[data-cell]")?.id ===
      `cell-${cell}`,
    id,
  );
  await press("Control+A");
  await page.keyboard.insertText(text);
  // A list of words may be open, which takes the first Escape.
  await expect
    .poll(async () => {
      await press("Escape");
      return page.evaluate(() => document.activeElement?.id);
    })
    .toBe(`cell-${id}`);
}
async function shoot(name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1280, 800]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(shots, `${name}-${width}-${scheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

test("a version is named with what its cells show", async () => {
  await goTo(page, "history1");
  await runAll(page);
  for (const id of ["dose", "grph", "bars", "last"]) await moodIs(page, id, ["done"]);
  // the outputs are saved a moment later
  await page.waitForTimeout(1500);
  await cellOf(page, "last").focus();
  await press("Control+Shift+H");
  await dialog().waitFor();
  await expect.poll(() => steps().count()).toBe(1);
  await page.getByRole("textbox", { name: "Name of this version" }).fill("As handed in");
  await press("Enter");
  await expect.poll(() => steps().first().innerText()).toContain("As handed in");
  await press("Escape");
});

test("two versions differ by cells added, removed, moved and changed, arrows named, outputs beside", async () => {
  await rewrite("dose", "const dose = 2;\ndose");
  await rewrite("grph", "dose -> answer\nage -> dose\nage <-> answer");
  await rewrite("bars", chart(9).replace("bars = ", ""));
  await cellOf(page, "head").focus();
  await press("d", "d");
  await expect.poll(order).toEqual(["dose", "grph", "bars", "last"]);
  await cellOf(page, "last").focus();
  await press("Control+Shift+ArrowUp", "Control+Shift+ArrowUp", "b");
  await expect.poll(async () => (await order()).length).toBe(5);
  await runAll(page);
  for (const id of ["dose", "grph", "bars", "last"]) await moodIs(page, id, ["done"]);
  await press("Control+Shift+H");
  await dialog().waitFor();
  await expect.poll(() => steps().count()).toBeGreaterThan(4);
  await steps().filter({ hasText: "As handed in" }).click();
  await expect
    .poll(() => dialog().locator(".history-sum").innerText())
    .toBe("1 cell added, 1 cell removed, 3 cells changed, 1 cell moved.");
  expect(await change("model").locator(".change-arrows").innerText()).toMatch(
    /age → answer[\s\S]*age ↔ answer/,
  );
  expect(await change("cell 1").first().innerText()).toMatch(/A study|const dose/);
  const bars = dialog().locator(".change").filter({ hasText: '"mark"' });
  await bars.locator(".change-outputs").scrollIntoViewIfNeeded();
  await expect
    .poll(() => bars.locator("figure figure canvas, figure figure svg").count(), { timeout: 8000 })
    .toBe(2);
  await shoot("history-charts");
  const lines = dialog().locator(".change").filter({ hasText: "const dose" }).locator(".diff-line");
  expect((await lines.allInnerTexts()).map((line) => line.replace(/\s+/g, " "))).toEqual([
    "− const dose = 1;",
    "+ const dose = 2;",
    "dose",
  ]);
  await shoot("history");
});

test("one cell is restored; undo takes that back", async () => {
  await dialog().getByRole("button", { name: "Restore this cell: model" }).click();
  await expect.poll(() => change("model").count()).toBe(0);
  await press("Escape");
  await expect.poll(() => textOf("grph")).toContain("age -> answer");
  expect(await textOf("dose")).toContain("const dose = 2");
  await cellOf(page, "last").focus();
  await press("z");
  await expect.poll(() => textOf("grph")).toContain("age <-> answer");
});

test("the whole is restored, a step that is undone after a restart", async () => {
  const changed = await order();
  await press("Control+Shift+H");
  await steps().filter({ hasText: "As handed in" }).click();
  await dialog().getByRole("button", { name: "Restore all" }).click();
  await expect.poll(() => dialog().innerText()).toContain("Nothing differs between the two.");
  await press("Escape");
  await expect.poll(order).toEqual(["head", "dose", "grph", "bars", "last"]);
  expect(await textOf("dose")).toContain("const dose = 1");
  // a deletion, and then the computer goes down
  await cellOf(page, "bars").focus();
  await press("d", "d");
  await expect.poll(order).toEqual(["head", "dose", "grph", "last"]);
  await expect.poll(() => page.locator(".save-note").innerText()).toMatch(/^Saved/);
  await app.kill();
  await app.restart();
  await page.close();
  page = await app.open(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
  page.setDefaultTimeout(15_000);
  await goTo(page, "history1");
  await expect.poll(order).toEqual(["head", "dose", "grph", "last"]);
  await cellOf(page, "head").focus();
  await press("z");
  await expect.poll(order).toEqual(["head", "dose", "grph", "bars", "last"]);
  await press("z");
  await expect.poll(order).toEqual(changed);
});

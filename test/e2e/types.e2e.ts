import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith } from "./library.ts";

/** Errors of types across cells are seen and mended by keys alone, before anything has run. */

const home = homeWith({
  typedbook: [
    { id: "maker", source: "const row = { weight: 2, label: 'a' };" },
    { id: "user", source: "const total = row.weight * 2;" },
    { id: "words", kind: "markdown", source: "In all ${total} and ${total.label}." },
    {
      id: "stones",
      kind: "data",
      name: "stones",
      source: "stones = table:\nopen, small, recovered\n1, 1, 1\n0, 1, 0",
    },
    { id: "column", source: 'const sizes = numbersOf(stones, "smal");' },
    {
      id: "arrows",
      kind: "graph",
      name: "graph",
      source: "small -> open, recovered\nopen -> recovered",
    },
    { id: "question", kind: "identify", source: "effect = P(recovered | do(open)) in graph" },
    {
      id: "world",
      kind: "model",
      name: "world",
      source: "dose ~ bernoulli(0.5)\neffect1 = 2*dose",
    },
    { id: "rows", kind: "simulate", source: "draws = 50 from world seed 1" },
    { id: "drawn", source: 'const doses = numbersOf(draws, "doze");' },
    { id: "number", kind: "estimate", source: "ate = effect from stones by aipw(fold: 2)" },
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
  await goTo(page, "typedbook");
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

const press = (...keys: readonly string[]): Promise<void> =>
  keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

const findingsOf = async (cell: string): Promise<readonly string[]> =>
  cellOf(page, cell).locator(".finding").allInnerTexts();

const textOf = async (cell: string): Promise<string> =>
  (await cellOf(page, cell).locator(".code").innerText()).replaceAll(/[\u00a0\u200b]/g, " ").trim();

/** Walks to a cell by the arrows, and into its text. */
async function into(cell: string): Promise<void> {
  await press("Escape", "Escape", "Home");
  for (let i = 0; i < 12; i++) {
    const here = await page.evaluate(() => document.activeElement?.getAttribute("data-cell"));
    if (here === cell) break;
    await press("ArrowDown");
  }
  await press("Enter");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.closest("li")?.dataset["cell"]))
    .toBe(cell);
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.closest(".live-editor") !== null))
    .toBe(true);
}

test("a misspelt column and a misspelt option are told before anything runs", async () => {
  await cellOf(page, "maker").focus();
  await expect
    .poll(() => findingsOf("column"), { timeout: 60_000 })
    .toEqual([
      expect.stringContaining(
        '"smal" is none of "open", "recovered", "small". Did you mean "small"?',
      ),
    ]);
  await expect
    .poll(() => findingsOf("number"))
    .toEqual([expect.stringContaining("aipw has no option fold. Did you mean folds?")]);
  await expect
    .poll(() => findingsOf("words"))
    .toEqual([expect.stringContaining("Property 'label' does not exist on type 'number'")]);
  expect(await page.locator('li[data-mood="done"]').count()).toBe(0);
});

test("a change of shape upstream shows in the cell that rests on it, while it is written", async () => {
  await into("maker");
  await press("Control+A");
  await page.keyboard.insertText("const row = { mass: 2, label: 'a' };");
  await expect
    .poll(() => findingsOf("user"))
    .toEqual([expect.stringContaining("Property 'weight' does not exist")]);
  expect(await page.locator('li[data-mood="done"]').count()).toBe(0);
});

test("completion in the other cell lists the new field, and the error goes", async () => {
  await into("user");
  await press("Control+A");
  await page.keyboard.insertText("const total = row");
  await page.keyboard.type(".");
  const list = page.locator(".suggest-widget.visible");
  await list.waitFor();
  expect(await list.locator(".monaco-list-row").allInnerTexts()).toEqual([
    expect.stringContaining("label"),
    expect.stringContaining("mass"),
  ]);
  await press("ArrowDown", "Enter");
  await page.keyboard.type(" * 2;");
  await expect.poll(() => textOf("user")).toBe("const total = row.mass * 2;");
  await press("Escape");
  await expect.poll(() => findingsOf("user")).toEqual([]);
});

test("Ctrl+. mends the misspelt column", async () => {
  await into("column");
  await press("Control+End", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft");
  await cellOf(page, "column").locator(".squiggly-error").first().waitFor();
  await press("Control+.");
  await page.getByText('Change to "small"').first().waitFor();
  await press("Enter");
  await expect.poll(() => textOf("column")).toBe('const sizes = numbersOf(stones, "small");');
  await press("Escape");
  await expect.poll(() => findingsOf("column")).toEqual([]);
});

test("F2 renames across cells and kinds, as one step of undo", async () => {
  await into("stones");
  await press("Control+Home", "ArrowRight");
  await press("F2");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.classList.contains("rename-input")))
    .toBe(true);
  await press("Control+A");
  await page.keyboard.type("kidneys");
  await press("Enter");
  await expect.poll(() => textOf("column")).toBe('const sizes = numbersOf(kidneys, "small");');
  await expect.poll(() => textOf("number")).toBe("ate = effect from kidneys by aipw(fold: 2)");
  await expect.poll(() => textOf("stones")).toContain("kidneys = table:");
  await press("Escape", "z");
  await expect.poll(() => textOf("stones")).toContain("stones = table:");
  expect(await textOf("column")).toBe('const sizes = numbersOf(stones, "small");');
  expect(await textOf("number")).toBe("ate = effect from stones by aipw(fold: 2)");
  await press("Shift+Z");
  await expect.poll(() => textOf("number")).toBe("ate = effect from kidneys by aipw(fold: 2)");
});

test("completion in an estimate cell lists the method's options with their help", async () => {
  await into("number");
  await press("Control+A");
  await page.keyboard.insertText("ate = effect from kidneys by aipw");
  await page.keyboard.type("(fo");
  const list = page.locator(".suggest-widget.visible");
  await list.waitFor();
  await expect
    .poll(() => list.locator(".monaco-list-row").allInnerTexts())
    .toEqual(expect.arrayContaining([expect.stringContaining("folds")]));
  await press("Tab");
  await page.keyboard.type("2");
  await expect.poll(() => textOf("number")).toBe("ate = effect from kidneys by aipw(folds: 2)");
  await press("Escape");
  await expect.poll(() => findingsOf("number")).toEqual([]);
});

test("F12 goes to where a name is defined", async () => {
  await into("user");
  await press("Control+Home");
  for (let i = 0; i < 15; i++) await press("ArrowRight");
  await press("F12");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.closest("li")?.dataset["cell"]))
    .toBe("maker");
});

test("columns that a run has shown are known, and still are when the notebook is opened again", async () => {
  expect(await findingsOf("drawn")).toEqual([]);
  await into("rows");
  await press("Control+Enter");
  const told = [expect.stringContaining('"doze" is none of "dose"')];
  await expect.poll(() => findingsOf("drawn"), { timeout: 20_000 }).toEqual(told);
  await press("Control+S");
  await page.waitForTimeout(500);
  await page.reload();
  await page.locator("li[data-cell]").first().waitFor();
  await expect.poll(() => findingsOf("drawn"), { timeout: 30_000 }).toEqual(told);
  expect(await page.locator(`li[data-cell="rows"]`).getAttribute("data-mood")).toBe("idle");
});

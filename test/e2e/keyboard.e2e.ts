import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, moodIs } from "./library.ts";

/** From an empty notebook to an estimate and back to the library, by keys alone: the mouse is never used. */

const home = mkdtempSync(join(tmpdir(), "dagbok-keys-"));
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

const press = (...keys: readonly string[]): Promise<void> =>
  keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

/** The cell that has the focus as a whole. */
const focusedCell = (): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.getAttribute("data-cell") ?? null);
const inText = (): Promise<boolean> =>
  page.evaluate(() => {
    const code = document.activeElement?.closest(".code") ?? null;
    return code !== null;
  });
const shownOrder = (): Promise<readonly string[]> =>
  page
    .locator("li[data-cell]")
    .evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset["cell"] ?? ""));
const cellCount = (): Promise<number> => page.locator("li[data-cell]").count();

/** The accessible name or text of what has the focus. */
const focusedName = (): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement;
    return (
      at?.getAttribute("aria-label") ??
      at?.querySelector(".menu-label")?.textContent ??
      at?.textContent?.trim() ??
      ""
    );
  });

async function tabTo(name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < 60; i++) {
    const here = await focusedName();
    if (name.test(here)) return;
    passed.push(here.slice(0, 30));
    await press("Tab");
  }
  throw new Error(`Tab never came to ${String(name)}; it passed ${passed.join(" | ")}`);
}

/** From a selected cell: a new cell of a kind below it, its template replaced by a text; back in command mode. */
async function insertKind(label: string, text: string): Promise<string> {
  const before = await cellCount();
  await press("n");
  await page.getByRole("menu").waitFor();
  for (let i = 0; !(await focusedName()).startsWith(label); i++) {
    if (i > 12) throw new Error(`The menu has no kind ${label}`);
    await press("ArrowDown");
  }
  await press("Enter");
  await expect.poll(cellCount).toBe(before + 1);
  await writeText(text);
  await press("Escape");
  await expect.poll(focusedCell).not.toBeNull();
  return (await focusedCell()) ?? "";
}

async function writeText(text: string): Promise<void> {
  await expect.poll(inText).toBe(true);
  await press("Control+A");
  await page.keyboard.insertText(text);
}

const notes = new Map<string, string>();
const idOf = (name: string): string => notes.get(name) ?? "";

test("from the library, Tab and Enter make a notebook whose first cell can be reached", async () => {
  await page.getByRole("heading", { name: "Welcome to Dagbok" }).first().waitFor();
  // the first start opened the welcome notebook; the palette leads back
  await page.locator("li[data-cell]").first().waitFor();
  await press("Control+Shift+C");
  await page.getByRole("dialog", { name: "All commands" }).waitFor();
  await page.keyboard.type("library");
  await press("Enter");
  await page.getByRole("searchbox").waitFor();
  await tabTo(/^New notebook$/);
  await press("Enter");
  await expect.poll(cellCount).toBe(1);
  await tabTo(/cell 1 of 1|1 of 1/i);
  expect(await focusedCell()).not.toBeNull();
});

test("cells of every kind are inserted, written and left by keys", async () => {
  notes.set("model", await insertKind("Model", MODEL));
  notes.set("simulate", await insertKind("Simulate", "trial = 2000 from world seed 5"));
  notes.set("data", await insertKind("Data", DATA));
  notes.set("graph", await insertKind("Graph", "z -> x, y\nx -> y"));
  notes.set("identify", await insertKind("Identify", "effect = P(y | do(x)) in graph"));
  notes.set("estimate", await insertKind("Estimate", "ate = effect from trial by regression, ipw"));
  expect(await cellCount()).toBe(7);
  // the editor draws spaces that do not break
  expect((await cellOf(page, idOf("estimate")).innerText()).replaceAll("\u00a0", " ")).toContain(
    "by regression, ipw",
  );
});

const MODEL = `z ~ normal(0, 1)
x ~ bernoulli(logistic(z))
y = 3*x + 2*z + u; u ~ normal(0, 1)`;
const DATA = `small = table:
a, b
1, 2
3, 4`;

test("F2 names a cell, so that others can speak of it", async () => {
  for (const [note, name] of [
    ["model", "world"],
    ["graph", "graph"],
  ] as const) {
    await press("Home");
    for (let i = 0; (await focusedCell()) !== idOf(note); i++) {
      if (i > 8) throw new Error(`The arrows never came to ${note}`);
      await press("ArrowDown");
    }
    await press("F2");
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("INPUT");
    await press("Control+A");
    await page.keyboard.type(name);
    await press("Enter");
    await expect.poll(() => cellOf(page, idOf(note)).locator(".cell-name").innerText()).toBe(name);
    await expect.poll(focusedCell).toBe(idOf(note));
  }
});

test("Shift+Enter walks down and runs: identified, and estimated near the truth", async () => {
  await press("Home");
  for (let i = 0; i < 6; i++) {
    const before = await focusedCell();
    await press("Shift+Enter");
    await expect.poll(focusedCell).not.toBe(before);
  }
  expect(await focusedCell()).toBe(idOf("estimate"));
  await press("Control+Enter");
  for (const name of ["model", "simulate", "data", "graph", "identify", "estimate"]) {
    await moodIs(page, idOf(name), ["done"], 30_000);
  }
  await press("ArrowUp");
  const identified = cellOf(page, idOf("identify"));
  await expect.poll(() => identified.innerText()).toMatch(/identified/i);
  await expect.poll(() => identified.locator(".katex").count()).toBeGreaterThan(0);
  await press("ArrowDown");
  // the model says 3
  await expect
    .poll(() => cellOf(page, idOf("estimate")).locator(".outputs").innerText())
    .toMatch(/\b(2\.[89]|3\.[01])/);
});

test("results are reached with Tab, and Escape leads from them back to the cell", async () => {
  await press("Home");
  for (let i = 0; (await focusedCell()) !== idOf("data") && i < 8; i++) await press("ArrowDown");
  let inside = false;
  for (let i = 0; i < 15 && !inside; i++) {
    await press("Tab");
    inside = await page.evaluate(() => document.activeElement?.closest(".outputs") !== null);
  }
  expect(inside).toBe(true);
  expect(
    await page.evaluate(
      () => document.activeElement?.closest("li[data-cell]")?.getAttribute("data-cell") ?? "",
    ),
  ).toBe(idOf("data"));
  await press("Escape");
  await expect.poll(focusedCell).toBe(idOf("data"));
});

test("D D deletes, Z brings it back, Shift+Z deletes it again", async () => {
  const before = await shownOrder();
  await press("d", "d");
  await expect.poll(shownOrder).toEqual(before.filter((id) => id !== idOf("data")));
  // the focus stays on a cell, so that the next key has somewhere to go
  expect(await focusedCell()).not.toBeNull();
  await press("z");
  await expect.poll(shownOrder).toEqual(before);
  expect(await cellOf(page, idOf("data")).innerText()).toContain("small = table:");
  await press("Shift+Z");
  await expect.poll(cellCount).toBe(before.length - 1);
  await press("z");
  await expect.poll(shownOrder).toEqual(before);
  expect(await focusedCell()).toBe(idOf("data"));
});

test("Ctrl+Shift and an arrow move the cell, which keeps the focus", async () => {
  const before = await shownOrder();
  const at = before.indexOf(idOf("data"));
  await press("Control+Shift+ArrowUp", "Control+Shift+ArrowUp");
  const moved = before.toSpliced(at, 1).toSpliced(at - 2, 0, idOf("data"));
  await expect.poll(shownOrder).toEqual(moved);
  expect(await focusedCell()).toBe(idOf("data"));
  await press("Control+Shift+ArrowDown");
  await expect.poll(shownOrder).toEqual(before.toSpliced(at, 1).toSpliced(at - 1, 0, idOf("data")));
  expect(await focusedCell()).toBe(idOf("data"));
});

test("the help sheet opens, holds the focus and gives it back", async () => {
  await press("?");
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await help.waitFor();
  for (let i = 0; i < 4; i++) {
    await press("Tab");
    expect(
      await page.evaluate(
        () =>
          document.activeElement === document.body ||
          document.activeElement?.closest("dialog") !== null,
      ),
    ).toBe(true);
  }
  await press("Escape");
  await help.waitFor({ state: "hidden" });
  await expect.poll(focusedCell).toBe(idOf("data"));
});

// Seen to fail, cause not yet found: the focus is on the old cell. To become a plain test once that is mended.
test("a cell gone to by the palette has the focus", async () => {
  await press("Control+Shift+C");
  await page.getByRole("dialog", { name: "All commands" }).waitFor();
  await page.keyboard.type("first cell");
  await press("Enter");
  await expect.poll(focusedCell).toBe((await shownOrder())[0]);
});

test("back in the library, the notebook is found by its text and opens with its results", async () => {
  await press("Control+S");
  await press("Control+Shift+C");
  await page.getByRole("dialog", { name: "All commands" }).waitFor();
  await page.keyboard.type("go to the library");
  await press("Enter");
  await page.getByRole("searchbox").waitFor();
  await press("/");
  await page.keyboard.type("trial");
  await page.locator(".notebook-row mark").first().waitFor();
  await tabTo(/7 cells/);
  await press("Enter");
  await cellOf(page, idOf("estimate")).waitFor();
  for (let i = 0; (await focusedCell()) === null && i < 40; i++) await press("Tab");
  await press("End");
  await expect.poll(focusedCell).toBe(idOf("estimate"));
  await expect
    .poll(() => cellOf(page, idOf("estimate")).locator(".outputs").innerText())
    .toMatch(/\b(2\.[89]|3\.[01])/);
});

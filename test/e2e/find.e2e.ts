import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith } from "./library.ts";

/** Search and replace: over a notebook most of whose cells are far down, and over the library. */

const shots = process.env["DAGBOK_SHOTS"];
const far = 180;
const home = homeWith({
  search1: [
    { id: "head", kind: "markdown", source: "# Notes\n\nThe **dose** is what is given." },
    { id: "hide", source: "const dose = 1;", flags: { codeHidden: true } },
    { id: "fold", kind: "markdown", source: "## Folded", meta: { folded: "true" } },
    { id: "undr", source: "const Dose2 = dose + 1;" },
    { id: "next", kind: "markdown", source: "## Many" },
    ...Array.from({ length: far }, (_, i) => ({
      id: `c${String(i).padStart(4, "0")}`,
      source: `const value${i} = ${i};\nvalue${i} * 2`,
    })),
    { id: "last", name: "response", kind: "graph", source: "dose -> response" },
  ],
  other01: [{ id: "aaaa", source: "const unrelated = 'dose of something else';" }],
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
const count = (): Promise<string> => page.locator(".find-count").innerText();
const sourceOf = (id: string): Promise<string> =>
  cellOf(page, id)
    .locator(".code-static")
    .evaluate((node) => (node.textContent ?? "").replaceAll("\u200b", ""));
/** The lines of an editor. */
const liveText = async (id: string): Promise<string> =>
  (await cellOf(page, id).locator(".live-editor .view-line").allInnerTexts())
    .join("|")
    .replaceAll("\u00a0", " ");
/** What the browser highlights as the place one is at. */
const here = (): Promise<string> =>
  page.evaluate(() =>
    [...(CSS.highlights.get("found-here") ?? [])]
      .map((range) => range.startContainer.textContent?.slice(range.startOffset, range.endOffset))
      .join("|"),
  );
const inView = (id: string): Promise<boolean> =>
  cellOf(page, id).evaluate((node) => {
    const box = node.getBoundingClientRect();
    return box.bottom > 48 && box.top < innerHeight;
  });
async function shoot(name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1280, 800]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForTimeout(250);
      await page.screenshot({ path: join(shots, `${name}-${width}-${scheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

test("the library names the cells that were found, and opens at them", async () => {
  await page.goto(`${new URL(page.url()).origin}/#/`);
  await page.getByRole("searchbox").fill("dose");
  const hits = page.getByRole("list", { name: "Found in search1" }).getByRole("link");
  await expect.poll(() => hits.count()).toBeGreaterThan(2);
  await shoot("library-hits");
  await hits.filter({ hasText: "response" }).click();
  await expect.poll(() => inView("last").catch(() => false), { timeout: 10_000 }).toBe(true);
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-cell")))
    .toBe("last");
});

test("Ctrl+F counts over all cells and walks round, opening what hides a match", async () => {
  await goTo(page, "search1");
  await press("Home", "Control+F");
  await page.keyboard.type("dose");
  await expect.poll(count).toBe("1 of 5 · 4 cells");
  await expect.poll(here).toBe("dose");
  // the text of a text cell is shown beside what it reads as
  expect(await cellOf(page, "head").locator(".code-static").isVisible()).toBe(true);
  await shoot("find");
  await press("Enter");
  await expect.poll(() => cellOf(page, "hide").locator(".code-static").isVisible()).toBe(true);
  await press("Enter");
  await expect.poll(count).toBe("3 of 5 · 4 cells");
  await expect.poll(() => inView("undr")).toBe(true);
  await press("Enter", "Enter");
  await expect.poll(count).toBe("5 of 5 · 4 cells");
  await expect.poll(() => inView("last")).toBe(true);
  await press("Enter");
  await expect.poll(() => inView("head")).toBe(true);
  await press("Shift+Enter");
  await expect.poll(() => inView("last")).toBe(true);
  // the field has kept the focus all the while
  await page.keyboard.type("s");
  await expect.poll(count).toBe("Not found");
  await press("Backspace");
});

test("case, whole words and regular expressions narrow it; a pattern that is none says why", async () => {
  await page.getByRole("button", { name: "Match case" }).click();
  await expect.poll(count).toMatch(/ of 4 /);
  await page.getByRole("button", { name: "Match case" }).click();
  await page.getByRole("button", { name: "Whole word" }).click();
  await expect.poll(count).toMatch(/ of 4 · 4 cells/);
  await page.getByRole("button", { name: "Whole word" }).click();
  await page.getByRole("button", { name: "Regular expression" }).click();
  await page.getByRole("textbox", { name: "Search for" }).fill("(");
  await expect
    .poll(() => page.locator(".find-count").getAttribute("data-kind"))
    .toBe("bad-pattern");
  await page.getByRole("textbox", { name: "Search for" }).fill(String.raw`value(\d+) \*`);
  await expect.poll(count).toMatch(new RegExp(` of ${far} · ${far} cells`));
});

test("replacing all over mounted, folded and far cells is one step of undo", async () => {
  const field = page.getByRole("textbox", { name: "Search for" });
  await page.getByRole("button", { name: "Show replace" }).click();
  await field.fill(String.raw`value(\d+)`);
  await page.getByRole("textbox", { name: "Replace by" }).fill("item$1");
  await shoot("replace");
  await page.getByRole("button", { name: "All", exact: true }).click();
  await expect.poll(count).toBe("Not found");
  expect(await sourceOf("c0003")).toBe("const item3 = 3;\nitem3 * 2");
  expect(await sourceOf(`c0${far - 1}`)).toContain("item179 * 2");
  await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => sourceOf("c0003")).toBe("const value3 = 3;\nvalue3 * 2");
  expect(await sourceOf(`c0${far - 1}`)).toContain("value179 * 2");
  await expect.poll(count).toMatch(new RegExp(` of ${2 * far} `));
});

test("replacing one goes on to the next; inside an editor the places are marked too", async () => {
  await press("Escape");
  await expect.poll(() => page.locator(".find-bar").count()).toBe(0);
  await cellOf(page, "c0000").focus();
  await press("Enter");
  await page.locator(".live-editor").first().waitFor();
  await press("Control+Home");
  await press("Control+H");
  await page.getByRole("button", { name: "Regular expression" }).click();
  await page.getByRole("textbox", { name: "Search for" }).fill("value0");
  await expect
    .poll(() => cellOf(page, "c0000").locator(".live-editor .found-here").count())
    .toBe(1);
  expect(await count()).toBe("1 of 2 · 1 cell");
  await page.getByRole("textbox", { name: "Replace by" }).fill("value0th");
  await page.getByRole("button", { name: "Replace", exact: true }).click();
  await expect.poll(count).toBe("2 of 2 · 1 cell");
  await page.getByRole("button", { name: "Replace", exact: true }).click();
  await expect.poll(() => liveText("c0000")).toBe("const value0th = 0;|value0th * 2");
  // each was a step of its own
  await press("Escape");
  await press("Escape", "z");
  await expect.poll(() => liveText("c0000")).toBe("const value0th = 0;|value0 * 2");
  await press("z");
  await expect.poll(() => liveText("c0000")).toBe("const value0 = 0;|value0 * 2");
});

import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** Switching an assumption off derives again what can be, greys out what cannot, and back. */

const cells = [
  {
    id: "rows",
    source: `const rng = createRng(3);
const w = [], z = [], x = [], y = [];
for (let i = 0; i < 800; i++) {
  w.push(rng.normal()); z.push(rng.normal());
  x.push(rng.next() < 1 / (1 + Math.exp(-(0.9 * z[i] + 0.8 * w[i]))) ? 1 : 0);
  y.push(1.5 * x[i] + z[i] + 0.6 * w[i] + rng.normal());
}
const data = tableOf({ w, z, x, y })`,
  },
  { id: "graph", kind: "graph", name: "g", source: "z -> x, y; w -> x; x -> y" },
  { id: "effect", kind: "identify", source: "effect = P(y | do(x)) in g" },
  {
    id: "number",
    kind: "estimate",
    source: "ate = effect from data by regression",
  },
  { id: "code", source: "const twice = 2 * ate.estimate;\ntwice" },
  { id: "prose", kind: "markdown", source: "It is about ${(ate.estimate ?? NaN).toFixed(1)}." },
  { id: "other", source: "const count = data.n" },
];
const panel = [
  {
    id: "panl",
    source: `const rng = createRng(5);
const unit = [], time = [], treated = [], out = [];
for (let u = 0; u < 40; u++) for (let t = 0; t < 4; t++) {
  unit.push(u); time.push(t);
  treated.push(u < 20 && t >= 2 ? 1 : 0);
  out.push(0.3 * t + (u < 20 && t >= 2 ? 2 : 0) + rng.normal() / 4);
}
const rows = tableOf({ unit, time, treated, out })`,
  },
  {
    id: "diff",
    kind: "estimate",
    source: "did = out ~ treated over unit, time from rows by twfe",
  },
  { id: "used", source: "const shown = did.estimate;\nshown" },
];
const home = homeWith({
  ledgernote: cells,
  panelnote: panel,
  emptynote: [{ id: "only", source: "1 + 1" }],
});
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
  await goTo(page, "ledgernote");
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

const textOf = async (id: string): Promise<string> =>
  (await cellOf(page, id).locator(".cell-body").textContent()) ?? "";
const ledgerItem = (id: string) => page.locator(`.ledger-item[data-assumption="${id}"]`);
const flip = (id: string) => ledgerItem(id).getByRole("switch").click();
const summary = () => page.locator(".ledger-summary").textContent();
const greyed = (): Promise<readonly string[]> =>
  page
    .locator("li[data-cell][data-doubted]")
    .evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset["cell"] ?? ""));
const estimate = async (): Promise<number> =>
  Number(
    (await cellOf(page, "number").locator(".stat-value").first().textContent())?.replace("−", "-"),
  );

test("the ledger lists what the answers rest on, and who", { timeout: 90_000 }, async () => {
  await runAll(page);
  await moodIs(page, "code", ["done"], 60_000);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Assumptions" }).first().click();
  await expect.poll(summary).toMatch(/^\d+ assumptions\.$/);
  const item = ledgerItem("positivity:x");
  expect(await item.textContent()).toMatch(/effect.*ate.*twice/s);
  await item.locator("summary").click();
  await item.getByRole("button", { name: "twice" }).click();
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("cell-code");
  expect(await cellOf(page, "code").locator(".cell-head").textContent()).toMatch(
    /II.*P\(y \| do\(x\)\).*derived by code/s,
  );
});

test("one off: the graph gets the arrow, the estimand another set, the estimate another number", async () => {
  const before = await estimate();
  expect(before).toBeGreaterThan(0);
  await flip("no-arrow:w,y");
  await expect.poll(() => textOf("graph")).toContain("w → y added by the ledger");
  await expect.poll(estimate).not.toBe(before);
  expect(await estimate()).toBeLessThan(before);
  expect(await textOf("code")).toMatch(/Derived without “w does not affect y directly/);
  expect(await greyed()).toEqual([]);
  expect(await cellOf(page, "graph").locator(".code").first().textContent()).not.toMatch(
    /w.*->.*y\b.*w/,
  );
  expect(await summary()).toMatch(/1 switched off; 0 results greyed out/);
});

test("another off: what cannot be derived again is greyed out with the reason, code included", async () => {
  await flip("positivity:x");
  await expect.poll(greyed).toEqual(["effect", "number", "code", "prose"]);
  expect(await textOf("code")).toMatch(/rests on positivity, which you switched off/);
  expect(await textOf("number")).toMatch(/\d/);
  expect(await summary()).toMatch(/2 switched off; 4 results greyed out/);
  // the boxes in the outputs are the same state
  const box = cellOf(page, "effect").locator('input[data-assumption="positivity:x"]');
  expect(await box.isChecked()).toBe(false);
  expect(await moodNow("other")).toBe("done");
});

test("it survives a reload, and nothing has run", { timeout: 60_000 }, async () => {
  await page
    .getByText(/^Saved/)
    .first()
    .waitFor();
  await page.waitForTimeout(900);
  await page.reload();
  await cellOf(page, "code").waitFor();
  await expect.poll(greyed, { timeout: 10_000 }).toEqual(["effect", "number", "code", "prose"]);
  await page.waitForTimeout(1500);
  expect(await textOf("graph")).toContain("w → y added by the ledger");
  expect(await page.locator('li[data-mood="stale"]').count()).toBe(0);
  expect(await moodNow("number")).toBe("idle");
});

test("undo takes one switch back at a time, also after a reload", { timeout: 60_000 }, async () => {
  await cellOf(page, "other").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("Escape");
  await page.keyboard.press("z");
  await expect.poll(greyed).toEqual([]);
  expect(await textOf("graph")).toContain("w → y added by the ledger");
  await page.keyboard.press("z");
  await expect.poll(() => textOf("graph"), { timeout: 20_000 }).not.toContain("ledger");
  await expect.poll(() => textOf("code"), { timeout: 20_000 }).not.toContain("Derived without");
});

test("the box in an output switches the same, by keyboard, and Ctrl+Z takes it back", async () => {
  await openAssumptions("effect");
  const box = cellOf(page, "effect").locator('input[data-assumption="no-confounder:x,y"]');
  await box.focus();
  await page.keyboard.press("Space");
  await expect.poll(() => textOf("effect"), { timeout: 20_000 }).toMatch(/not identified/i);
  await expect.poll(() => textOf("number"), { timeout: 20_000 }).toMatch(/no number follows/i);
  expect(await ledgerItem("no-confounder:x,y").getByRole("switch").isChecked()).toBe(false);
  await cellOf(page, "graph").locator('input[data-assumption="no-confounder:x,y"]').focus();
  await page.keyboard.press("Control+z");
  await expect.poll(() => textOf("effect"), { timeout: 20_000 }).not.toMatch(/not identified/i);
});

test("in lazy mode the graph follows and the rest waits, greyed out as long as it rests on the doubt", async () => {
  await page.getByRole("switch", { name: /Auto/ }).click();
  await flip("no-arrow:w,y");
  await expect.poll(() => textOf("graph"), { timeout: 20_000 }).toContain("added by the ledger");
  await moodIs(page, "effect", ["stale"], 10_000);
  expect(await greyed()).toEqual(["effect", "number", "code", "prose"]);
  await page.getByRole("button", { name: /Run stale/ }).click();
  await expect.poll(greyed, { timeout: 20_000 }).toEqual([]);
  expect(await textOf("code")).toMatch(/Derived without/);
  await page.getByRole("switch", { name: /Lazy/ }).click();
  await flip("no-arrow:w,y");
  await expect.poll(() => textOf("code"), { timeout: 20_000 }).not.toMatch(/Derived without/);
});

test(
  "a second window that opens it sees the switch, and both windows' switches hold",
  { timeout: 90_000 },
  async () => {
    await page
      .getByText(/^Saved/)
      .first()
      .waitFor();
    const second = await app.open(context);
    await goTo(second, "ledgernote");
    await flip("positivity:x");
    await expect.poll(greyed).toContain("code");
    await page
      .getByText(/^Saved/)
      .first()
      .waitFor();
    const theirs = (id: string) =>
      second.locator(`.ledger-item[data-assumption="${id}"]`).getByRole("switch");
    // the other window learns of it by itself, and switches another
    await expect.poll(() => theirs("positivity:x").isChecked(), { timeout: 3000 }).toBe(false);
    expect(await second.locator("li[data-cell][data-doubted]").count()).toBeGreaterThan(0);
    await theirs("no-confounder:w,y").click();
    await expect.poll(() => theirs("positivity:x").isChecked(), { timeout: 10_000 }).toBe(false);
    expect(await theirs("no-confounder:w,y").isChecked()).toBe(false);
    await expect
      .poll(() => ledgerItem("no-confounder:w,y").getByRole("switch").isChecked(), {
        timeout: 5000,
      })
      .toBe(false);
    await second
      .getByText(/^Saved/)
      .first()
      .waitFor();
    await page.reload();
    await expect
      .poll(() => ledgerItem("no-confounder:w,y").getByRole("switch").isChecked(), {
        timeout: 15_000,
      })
      .toBe(false);
    expect(await ledgerItem("positivity:x").getByRole("switch").isChecked()).toBe(false);
    await second.close();
  },
);

test(
  "a design that rests on parallel trends is greyed out, and code with it",
  { timeout: 60_000 },
  async () => {
    await goTo(page, "panelnote");
    await runAll(page);
    await moodIs(page, "used", ["done"], 40_000);
    const before = await textOf("used");
    await page
      .locator('.ledger-item[data-assumption^="design:parallel-trends"]')
      .getByRole("switch")
      .click();
    await expect.poll(greyed).toEqual(["diff", "used"]);
    expect(await textOf("used")).toMatch(/rests on parallel trends, which you switched off/);
    await cellOf(page, "used").getByRole("button", { name: "Switch on" }).click();
    await expect.poll(greyed).toEqual([]);
    expect(await textOf("used")).toBe(before);
  },
);

test("an empty ledger says what would be in it", async () => {
  await goTo(page, "emptynote");
  await expect.poll(() => page.locator("#side-panel").textContent()).toMatch(/No assumptions yet/);
  expect(errors).toEqual([]);
});

async function openAssumptions(id: string): Promise<void> {
  const details = cellOf(page, id).locator("details", { hasText: "Assumptions" }).first();
  await details.scrollIntoViewIfNeeded();
  if (!(await details.evaluate((node) => (node as HTMLDetailsElement).open))) {
    await details.locator("summary").first().click();
  }
}

async function moodNow(id: string): Promise<string | undefined> {
  return cellOf(page, id).evaluate((cell) => (cell as HTMLElement).dataset["mood"]);
}

import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** From rows to a checked number in the page: data, graph, identify, estimate, refute; a changed arrow re-runs the checks. */

const home = homeWith({
  refute: [
    {
      id: "rows",
      source: `const rng = createRng(12);
const size = 400;
const age = Float64Array.from({ length: size }, () => rng.normal());
const drug = age.map((v) => (rng.next() < 1 / (1 + Math.exp(-v)) ? 1 : 0));
const days = age.map((v, i) => 8 + 2 * v - 1.5 * drug[i] + rng.normal());
const data = tableOf({ age, drug, days });`,
    },
    { id: "graph", kind: "graph", name: "graph", source: "age -> drug, days\ndrug -> days" },
    { id: "effect", kind: "identify", source: "effect = P(days | do(drug)) in graph" },
    { id: "estim", kind: "estimate", source: "ate = effect from data by aipw" },
    {
      id: "checks",
      kind: "refute",
      source: "checks = refute ate by placebo, random common cause, subset (repeats: 20)",
    },
    {
      id: "robust",
      kind: "refute",
      source:
        "robust = sensitivity of ate by e-value, rosenbaum, cinelli-hazlett(benchmark: age), omitted variables",
    },
  ],
});
const pictures = process.env["DAGBOK_PICTURES"];
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
  await goTo(page, "refute");
}, 60_000);
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

const textOf = async (id: string): Promise<string> =>
  (await cellOf(page, id).locator(".outputs").textContent()) ?? "";
const near = (id: string) => cellOf(page, id).scrollIntoViewIfNeeded();
/** Charts are drawn when they come near. */
async function picture(name: string, id: string): Promise<void> {
  if (pictures === undefined) return;
  await near(id);
  await page.waitForTimeout(1200);
  await cellOf(page, id).screenshot({ path: `${pictures}/${name}.png` });
}

test("every cell runs, and the checks rest on the estimate", { timeout: 120_000 }, async () => {
  await runAll(page);
  for (const id of ["rows", "graph", "effect", "estim", "checks", "robust"]) {
    await near(id);
    await moodIs(page, id, ["done"], 90_000);
  }
  expect(await textOf("checks")).toMatch(/no contradiction found/);
  expect(await textOf("checks")).toMatch(/passes proves nothing/);
  await near("robust");
  await expect
    .poll(() => cellOf(page, "robust").locator("svg.marks, canvas").count(), { timeout: 20_000 })
    .toBeGreaterThan(0);
  expect(await textOf("robust")).toMatch(/E-value of the estimate/);
  await picture("estimate", "estim");
  await picture("checks", "checks");
  await picture("robust", "robust");
});

test("a press takes another method, and the text says so", { timeout: 60_000 }, async () => {
  const cell = cellOf(page, "estim");
  await near("estim");
  await cell.getByText("Methods that fit this question").click();
  await picture("methods", "estim");
  await cell.getByRole("button", { name: /^ipw/ }).click();
  await expect.poll(() => cell.locator(".cell-code").textContent()).toMatch(/aipw,\sipw/);
  await moodIs(page, "estim", ["done"]);
  await expect.poll(() => textOf("checks"), { timeout: 30_000 }).toMatch(/Inverse probability/);
  await picture("two-methods", "estim");
});

test("a pinned result stays, and tells that it is out of date", { timeout: 90_000 }, async () => {
  await near("checks");
  await moodIs(page, "checks", ["done"]);
  const before = await textOf("robust");
  await cellOf(page, "checks").getByRole("button", { name: "Pin this result" }).click();
  await expect.poll(() => textOf("checks")).toMatch(/Pinned, and still current/);
  const graph = cellOf(page, "graph");
  await near("graph");
  await graph.locator(".cell-code").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("drug -> age, days; age -> days");
  await page.keyboard.press("Control+Enter");
  // Age now lies on the way: nothing is adjusted for.
  await expect.poll(() => textOf("robust"), { timeout: 60_000 }).not.toBe(before);
  await moodIs(page, "checks", ["done"]);
  await near("checks");
  expect(await textOf("checks")).toMatch(/Pinned, and out of date: |Pinned, and out of date/);
  expect(await textOf("checks")).toMatch(/what is adjusted for: age → nothing/);
  await picture("pinned", "checks");
});

test("unpinned, the checks follow the changed arrow", { timeout: 60_000 }, async () => {
  const before = await textOf("checks");
  await near("checks");
  await cellOf(page, "checks").getByRole("button", { name: "Unpin and check again" }).click();
  await expect.poll(() => textOf("checks"), { timeout: 30_000 }).not.toMatch(/Pinned,/);
  await moodIs(page, "checks", ["done"]);
  expect(await textOf("checks")).not.toBe(before);
  await picture("rerun", "checks");
});

test(
  "undo puts a pin back and takes it away, and the cell follows",
  { timeout: 60_000 },
  async () => {
    const cell = cellOf(page, "checks");
    await near("checks");
    await cell.getByRole("button", { name: "Pin this result" }).click();
    await expect.poll(() => textOf("checks")).toMatch(/Pinned, and still current/);
    await moodIs(page, "checks", ["done"]);
    await cell.click({ position: { x: 3, y: 3 } });
    await page.keyboard.press("Escape");
    await page.keyboard.press("z");
    await expect.poll(() => textOf("checks"), { timeout: 30_000 }).not.toMatch(/Pinned,/);
    await moodIs(page, "checks", ["done"]);
  },
);

test(
  "a misspelt column and check are underlined where they stand",
  { timeout: 60_000 },
  async () => {
    const cell = cellOf(page, "checks");
    await near("checks");
    await cell.locator(".cell-code").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("checks = refute ate by plcebo");
    await expect.poll(() => cell.textContent()).toMatch(/Did you mean placebo/);
    await picture("misspelt", "checks");
  },
);

test("no error was thrown in the page", () => {
  expect(errors).toEqual([]);
});

import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import type { CellSpec } from "../../app/notebook/document.ts";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** Other threads help a kernel, change no number, and end with it. */

const cells: readonly CellSpec[] = [
  {
    id: "modl",
    kind: "model",
    name: "world",
    source: [
      "a ~ normal(0, 1)",
      "b ~ normal(0, 1)",
      "t ~ bernoulli(logistic(a))",
      "y = a + t + b*t + u; u ~ normal(0, 1)",
    ].join("\n"),
  },
  { id: "draw", kind: "simulate", source: "trial = 4000 from world seed 3" },
  { id: "grph", kind: "graph", name: "dag", source: "a -> t\na, b, t -> y" },
  { id: "iden", kind: "identify", source: "effect = P(y | do(t)) in dag" },
  {
    id: "estm",
    kind: "estimate",
    source: "ate = effect from trial by forest(trees: 1000, seed: 2)",
  },
  { id: "show", kind: "ts", source: "display(`estimate ${ate.estimate} ${ate.standardError}`);" },
];

const home = homeWith({ hands000: cells });
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

const hands = (on: Page): number =>
  on.workers().filter((worker) => worker.url().endsWith("/hand.js")).length;

async function forest(on: Page): Promise<string> {
  await goTo(on, "hands000");
  await runAll(on);
  await moodIs(on, "show", ["done"], 60_000);
  return (await cellOf(on, "show").locator("text=/estimate -?\\d/").textContent()) ?? "";
}

test("a forest grown by several threads is the forest grown by one", async () => {
  const together = await forest(page);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  expect(hands(page)).toBe(Math.min(7, cores - 1));
  const context = await browser.newContext();
  await context.addInitScript(() =>
    Object.defineProperty(navigator, "hardwareConcurrency", { value: 1 }),
  );
  const other = await app.open(context);
  expect(await forest(other)).toBe(together);
  expect(hands(other)).toBe(0);
  expect(together).toMatch(/estimate 0\.9\d+ 0\.0\d+/);
  await context.close();
});

test("Stop ends it while threads are at work, and they are there for the next run", async () => {
  await cellOf(page, "estm").click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Enter");
  await moodIs(page, "estm", ["running"]);
  await page.waitForTimeout(300);
  const began = Date.now();
  await page.getByRole("button", { name: /^Stop/ }).first().click();
  await moodIs(page, "estm", ["stale", "failed", "idle"], 5000);
  console.log(`stopped in ${Date.now() - began} ms`);
  expect(Date.now() - began).toBeLessThan(3000);
  await runAll(page);
  await moodIs(page, "show", ["done"], 120_000);
});

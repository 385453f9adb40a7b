import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** Methods on sets of known truth in the page: progress, Stop, going on, the form, opening anew. */
const home = homeWith({
  bench: [
    {
      id: "board",
      kind: "benchmark",
      source:
        'board = regression(byArm: true), aipw, t-learner(outcomeModel: "linear"), x-learner, tarnet(epochs: 20, folds: 2)\n  on ihdp-like, nie-wager-a(n: 400), kang-schafer(n: 400)\n  replications 3',
    },
    {
      id: "best",
      source: "board.standings.map(({ set, method }) => `${set}: ${method}`)[0]",
    },
    {
      id: "slow",
      kind: "benchmark",
      source: "long = regression, forest(trees: 400) on ihdp, ihdp-like replications 30",
    },
  ],
});
const pictures = process.env["DAGBOK_PICTURES"];
const width = Number(process.env["DAGBOK_WIDTH"] ?? 1280);
const dark = process.env["DAGBOK_DARK"] === "1";
let browser: Browser;
let app: RunningApp;
let context: BrowserContext;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  app = await startApp({ home });
  context = await browser.newContext({
    viewport: { width, height: 1000 },
    colorScheme: dark ? "dark" : "light",
  });
  page = await app.open(context);
  page.on("pageerror", (error) => errors.push(String(error)));
  await goTo(page, "bench");
}, 60_000);
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

const near = (id: string) => cellOf(page, id).scrollIntoViewIfNeeded();
const textOf = async (id: string): Promise<string> => {
  await near(id);
  return (await cellOf(page, id).locator(".outputs").textContent()) ?? "";
};
const run = async (id: string): Promise<void> => {
  await near(id);
  await cellOf(page, id).locator(".cell-code").click();
  await page.keyboard.press("Control+Enter");
};
async function picture(name: string, id: string): Promise<void> {
  if (pictures === undefined) return;
  await near(id);
  await page.waitForTimeout(1500);
  const file = `${pictures}/${name}-${width}${dark ? "-dark" : ""}.png`;
  await cellOf(page, id).screenshot({ path: file });
}

test(
  "a board of methods and sets, with charts, and its value for code",
  { timeout: 120_000 },
  async () => {
    await run("board");
    await moodIs(page, "board", ["running"], 20_000);
    // What is done is there while the rest goes on, with the time it will take.
    await expect
      .poll(() => cellOf(page, "board").textContent(), { timeout: 60_000 })
      .toMatch(/of 45: .*left/u);
    await picture("board-running", "board");
    await moodIs(page, "board", ["done"], 100_000);
    const text = await textOf("board");
    expect(text).toMatch(/5 methods on 3 sets: 45 runs/u);
    expect(text).toMatch(/least (median )?root-PEHE/u);
    await expect
      .poll(() => cellOf(page, "board").locator("svg.marks, canvas").count(), { timeout: 20_000 })
      .toBeGreaterThan(0);
    await picture("board", "board");
    await run("best");
    await moodIs(page, "best", ["done"]);
    expect(await textOf("best")).toMatch(/ihdp-like: /u);
  },
);

test(
  "Stop keeps what is done, and the next run goes on from there",
  { timeout: 120_000 },
  async () => {
    await run("slow");
    await expect
      .poll(() => textOf("slow"), { timeout: 60_000 })
      .toMatch(/: ([4-9]|\d\d) of \d+ runs done/u);
    await page.getByRole("button", { name: "Stop", exact: true }).first().click();
    await moodIs(page, "slow", ["failed", "stale", "idle", "edited"], 20_000);
    const stopped = await textOf("slow");
    expect(stopped).toMatch(/runs done/u);
    await picture("board-stopped", "slow");
    // What it will take up again is in the document by then.
    await expect
      .poll(() => page.evaluate(() => document.body.textContent?.includes("Saved")), {
        timeout: 10_000,
      })
      .toBe(true);
    await run("slow");
    await expect
      .poll(() => cellOf(page, "slow").textContent(), { timeout: 20_000 })
      .toMatch(/\d+ of \d+: /u);
    const [, begun] =
      /(\d+) of \d+: /u.exec((await cellOf(page, "slow").textContent()) ?? "") ?? [];
    expect(Number(begun)).toBeGreaterThan(3);
    await page.getByRole("button", { name: "Stop", exact: true }).first().click();
    await moodIs(page, "slow", ["failed", "stale", "idle", "edited"], 20_000);
  },
);

test(
  "a press in the form adds a method; only what is new is computed",
  { timeout: 90_000 },
  async () => {
    await near("board");
    await cellOf(page, "board").getByText("Choose methods, sets and replications").click();
    await picture("board-form", "board");
    await cellOf(page, "board").getByRole("button", { name: /^ipw/u }).click();
    await expect
      .poll(() => cellOf(page, "board").locator(".cell-code").textContent())
      .toMatch(/,\sipw\s/u);
    await moodIs(page, "board", ["done"], 60_000);
    expect(await textOf("board")).toMatch(
      /6 methods on 3 sets: 54 runs, 45 of them kept from before/u,
    );
  },
);

test(
  "opened anew, it shows what it showed; run again, nothing is computed again",
  { timeout: 120_000 },
  async () => {
    const before = await textOf("board");
    await page.waitForTimeout(2500);
    await app.kill();
    await app.restart();
    await page.close();
    page = await app.open(context);
    page.on("pageerror", (error) => errors.push(String(error)));
    await goTo(page, "bench");
    expect((await textOf("board")).slice(0, 200)).toBe(before.slice(0, 200));
    await runAll(page);
    await moodIs(page, "board", ["done"], 20_000);
    await expect
      .poll(() => textOf("board"), { timeout: 20_000 })
      .toMatch(/54 runs, all kept from before/u);
    await page.getByRole("button", { name: "Stop", exact: true }).first().click();
  },
);

test("no error was thrown in the page", () => {
  expect(errors).toEqual([]);
});

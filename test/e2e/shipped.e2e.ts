import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, moodIs, runAll } from "./library.ts";

/** Shipped notebooks in the browser, on the real files where `../shared/data` has them, with known answers. */

const root = join(import.meta.dirname, "../..");
const data = join(root, "../shared/data");
const here = existsSync(data);
const home = mkdtempSync(join(tmpdir(), "dagbok-shipped-"));
let browser: Browser;
let app: RunningApp;
let page: Page;

beforeAll(async () => {
  if (here) {
    for (const set of ["nhefs", "ihdp"]) {
      execFileSync(
        join(root, "node_modules/.bin/node"),
        ["main/cli.ts", "data", "add", set, "--from", join(data, set)],
        { cwd: root, env: { ...process.env, DAGBOK_HOME: home }, stdio: "pipe" },
      );
    }
  } else console.log("../shared/data is not here: the notebooks run on what ships");
  browser = await startBrowser();
  app = await startApp({ home });
  page = await app.open(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

async function runShipped(title: string, last: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/#/`);
  await page.locator(".shipped-card", { hasText: title }).first().click();
  await page.getByRole("heading", { name: title }).first().waitFor();
  await runAll(page);
  await moodIs(page, last, ["done"], 120_000);
  // an identify cell goes on looking for reasons while those below it are done
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll<HTMLElement>("li[data-cell]")].every(
        (cell) => cell.dataset["mood"] === "done",
      ),
    undefined,
    { timeout: 60_000 },
  );
}

const textOf = async (id: string): Promise<string> =>
  (await cellOf(page, id).locator(".outputs").textContent()) ?? "";

test("ladder/simpson: the effect has the other sign than the crude difference", async () => {
  await runShipped("Simpson’s paradox", "ladder");
  expect(await textOf("estimate")).toContain("0.05367");
  expect(await textOf("ladder")).toContain("0.8325");
});

test.skipIf(!here)("guide/nhefs: the book's estimates", async () => {
  await runShipped("Adjustment: quitting smoking", "answer");
  expect(await textOf("data")).toMatch(/1566/);
  // What If, chapter 12: 3.44 kg by inverse probability weighting
  expect(await textOf("estimate")).toMatch(/3\.44/);
});

test.skipIf(!here)("survey/dragonnet-ihdp: near the truth of file 1", async () => {
  await runShipped("Dragonnet on the IHDP", "scatter");
  const text = await textOf("truth");
  expect(text).toContain("4.016");
  expect(Number(/error ([\d.]+\d)/.exec(text)?.[1])).toBeLessThan(0.3);
});

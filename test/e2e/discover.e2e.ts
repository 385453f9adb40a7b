import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** From rows to a graph to a question, and on with the graph in one's own hands. */

const home = homeWith({
  findbook: [
    {
      id: "rows",
      source:
        "const rng = createRng(5);\nconst n = 500;\nconst age = Array.from({length: n}, () => rng.normal());\nconst dose = age.map((v) => v + rng.normal());\nconst harm = dose.map((v, i) => v + age[i] + rng.normal());\nconst rows = tableOf({ age, dose, harm });",
    },
    { id: "find", kind: "discover", source: "found = boss, pc from rows" },
    { id: "once", kind: "discover", source: "graph1 = pc from rows bootstrap 20" },
    { id: "asks", kind: "identify", source: "effect = P(harm | do(dose)) in graph1" },
    { id: "fail", kind: "discover", source: "nothing = bos from rows" },
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
  await goTo(page, "findbook");
  await runAll(page);
  await moodIs(page, "once", ["done"]);
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

const textOf = (cell: string): Promise<string> => cellOf(page, cell).innerText();

test("searches stand side by side, and a class is drawn with its undecided edges", async () => {
  const both = await textOf("find");
  expect(both).toContain("join differently");
  expect(await cellOf(page, "once").locator("svg").count()).toBeGreaterThan(0);
  expect(await textOf("once")).toContain("undecided");
  expect(await textOf("once")).toContain("20 resamples");
  await expect.poll(() => cellOf(page, "fail").textContent()).toContain("Did you mean boss?");
});

test("what is found is used as a graph, edited, and a question about it follows", async () => {
  await moodIs(page, "asks", ["done"]);
  const open = await textOf("asks");
  await cellOf(page, "once").getByRole("button", { name: "Use as graph" }).click();
  const made = page.locator('li[data-kind="graph"]');
  await made.waitFor();
  expect(await made.innerText()).toContain("Found by pc");
  const id = (await made.getAttribute("data-cell")) ?? "";
  // the arrows that nobody could decide are decided by hand, in the text
  await made.locator(".code").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("age -> dose, harm; dose -> harm");
  await page.keyboard.press("Control+Enter");
  await moodIs(page, id, ["done"]);
  await cellOf(page, "asks").locator(".code").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("effect = P(harm | do(dose)) in graph");
  await page.keyboard.press("Control+Enter");
  await expect.poll(() => textOf("asks"), { timeout: 20_000 }).toMatch(/identified/);
  expect(await textOf("asks")).not.toBe(open);
  expect(await textOf("asks")).toContain("age");
});

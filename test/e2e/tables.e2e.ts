import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, runAll } from "./library.ts";

/** SQL, charts as JSON, HTML and bundled packages, in the page under its own policies. */

const home = homeWith({
  tablebook: [
    {
      id: "people",
      kind: "data",
      source: "people = table:\nage,sex,wage\n31,f,10\n47,m,20\n25,f,15\n62,m,40",
    },
    { id: "code", source: "const limit = 26;" },
    {
      id: "query",
      kind: "sql",
      source:
        "means = select sex, count(*) as n, median(wage) as wage\nfrom people where age > ${limit}\ngroup by sex order by sex",
    },
    {
      id: "chart",
      kind: "vega-lite",
      source:
        '{\n  "data": { "name": "means" },\n  "mark": "bar",\n  "encoding": {\n    "x": { "field": "sex" },\n    "y": { "field": "wage", "type": "quantitative" }\n  }\n}',
    },
    { id: "markup", kind: "html", source: "<p>There are <b>${means.n}</b> groups.</p>" },
    {
      id: "packs",
      source:
        'import { table, op } from "arquero";\ntable({ x: [1, 2, 3] }).rollup({ total: (d) => op.sum(d.x) }).get("total", 0)',
    },
    { id: "wrong", kind: "sql", source: "select agee from people" },
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
  await goTo(page, "tablebook");
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

const textOf = (cell: string): Promise<string> =>
  cellOf(page, cell).locator(".outputs").innerText();

test("a query, its chart, markup and a package run in the page", async () => {
  await runAll(page);
  await expect.poll(() => textOf("query"), { timeout: 20_000 }).toContain("wage");
  expect(await textOf("query")).toMatch(/f\s+1\s+10/);
  await cellOf(page, "chart").locator(".outputs svg, .outputs canvas").first().waitFor();
  const markup = cellOf(page, "markup").frameLocator("iframe");
  await expect.poll(() => markup.locator("b").innerText()).toBe("2");
  await expect.poll(() => textOf("packs")).toBe("6");
  expect(await cellOf(page, "wrong").innerText()).toContain("no such column: agee");
});

test("a chart's words are completed by Vega-Lite's own schema", async () => {
  await cellOf(page, "chart").locator(".code").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type('\n  "tit');
  await page.keyboard.press("Control+Space");
  await page.locator(".suggest-widget .monaco-list-row", { hasText: "title" }).first().waitFor();
  await page.keyboard.press("Escape");
});

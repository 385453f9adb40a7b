import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** No serious fault by axe's rules in any state of the page, in both themes, wide and narrow, and in high contrast. */

const axe = readFileSync(
  join(import.meta.dirname, "../../node_modules/axe-core/axe.min.js"),
  "utf8",
);

const home = homeWith({
  failing1: [
    { id: "good", kind: "markdown", source: "# What fails\n\nTwo cells that cannot run." },
    { id: "boom", source: 'console.warn("before");\nthrow new Error("it broke");' },
    { id: "typo", source: "const total = nowhere + 1;" },
    { id: "badg", kind: "graph", source: "x -> -> y" },
    { id: "lost", kind: "estimate", source: "ate = effect from nothing by ipw" },
  ],
  removed1: [{ id: "aaaa", source: "1 + 1" }],
  ledger01: [
    { id: "gone", kind: "graph", source: "z -> x, y; w -> x; x -> y" },
    { id: "asks", kind: "identify", source: "effect = P(y | do(x)) in graph" },
    {
      id: "away",
      kind: "identify",
      source: "e = P(y | do(x)) in graph from trial to town except z given experiments on x",
    },
    { id: "nope", kind: "identify", source: "P(y_{x=0} | x=1, y=1) in graph" },
  ],
});

let browser: Browser;
let app: RunningApp;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
  app = await startApp({ home });
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
  });
  page = await app.open(context);
  page.setDefaultTimeout(15_000);
});
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds serious in the page as it is now. */
async function faults(): Promise<readonly string[]> {
  // Through the debugger's protocol, which the page's security policy does not bind.
  await page.evaluate(`globalThis.axe ?? (() => { ${axe} })()`);
  const found = await page.evaluate(async () => {
    const engine = (
      globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: Violation[]; passes: unknown[] }> };
      }
    ).axe;
    // The kernel's frame is hidden and holds no content.
    return engine.run({ resultTypes: ["violations"], iframes: false });
  });
  // An engine that checked nothing must not pass for a page without faults.
  expect(found.passes.length).toBeGreaterThan(10);
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, impact, nodes }) =>
      nodes
        .slice(0, 4)
        .map(
          (node) =>
            `${id} (${impact}, ${nodes.length}x): ${node.html.slice(0, 200)}\n${node.failureSummary ?? ""}`,
        ),
    );
}

const looks = (["light", "dark"] as const).flatMap((scheme) =>
  [1280, 800].map((width) => ({ scheme, width })),
);

/** More contrast as the page gives it, and the system's own colours in place of the page's. */
const contrasts = [
  { name: "more contrast, light", media: { colorScheme: "light", contrast: "more" } },
  { name: "more contrast, dark", media: { colorScheme: "dark", contrast: "more" } },
  {
    name: "forced colours",
    media: { colorScheme: "dark", contrast: null, forcedColors: "active" },
  },
] as const;

async function noFaultsInAnyLook(): Promise<void> {
  const all: string[] = [];
  for (const { scheme, width } of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.waitForTimeout(300);
    all.push(...(await faults()).map((fault) => `[${scheme} ${width}] ${fault}`));
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  for (const { name, media } of contrasts) {
    await page.emulateMedia({ ...media, reducedMotion: "reduce" });
    await page.waitForTimeout(300);
    all.push(...(await faults()).map((fault) => `[${name}] ${fault}`));
  }
  await page.emulateMedia({
    colorScheme: "light",
    contrast: null,
    forcedColors: null,
    reducedMotion: "reduce",
  });
  expect(all).toEqual([]);
}

async function goToLibrary(): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/#/`);
  await page.locator(".notebook-list").first().waitFor();
}

/** Outputs are drawn when they come into view. */
async function showEverything(): Promise<void> {
  const cells = page.locator("li[data-cell]");
  for (let i = 0; i < (await cells.count()); i++) {
    await cells.nth(i).scrollIntoViewIfNeeded();
    await page.waitForTimeout(150);
  }
}

const simpson = ["data", "rates", "graph", "effect", "estimate", "model", "ladder"];

test("the library: notebooks, a menu, what was deleted, an empty search", async () => {
  await goToLibrary();
  await page.getByRole("button", { name: "More for removed1" }).click();
  await page.getByRole("menu").waitFor();
  await noFaultsInAnyLook();
  // the window's new size has closed the menu
  if (!(await page.getByRole("menu").isVisible())) {
    await page.getByRole("button", { name: "More for removed1" }).click();
  }
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByText(/Recently deleted/).click();
  await noFaultsInAnyLook();
  await page.getByRole("searchbox").fill("nothing has these words");
  await page.getByText(/No notebook contains/).waitFor();
  await noFaultsInAnyLook();
  await page.getByRole("searchbox").fill("broke");
  await page.locator(".notebook-row mark").first().waitFor();
  await noFaultsInAnyLook();
  await page.getByRole("searchbox").fill("");
});

test("the assumption ledger, all on, two off, filtered", { timeout: 120_000 }, async () => {
  await page.goto(`${new URL(page.url()).origin}/#/n/ledger01`);
  await cellOf(page, "asks").waitFor();
  await page.getByRole("button", { name: "Run all" }).click();
  await moodIs(page, "nope", ["done"], 60_000);
  await page.getByRole("button", { name: "Assumptions" }).first().click();
  await page.locator(".ledger-summary").waitFor();
  await noFaultsInAnyLook();
  for (const id of ["no-arrow:w,y", "consistency:x"])
    await page.locator(`.ledger-item[data-assumption="${id}"]`).getByRole("switch").click();
  await page.getByText(/No engine has a number without it/).waitFor();
  await noFaultsInAnyLook();
  await page.getByRole("button", { name: /^Switched off/ }).click();
  await noFaultsInAnyLook();
  await page.getByRole("button", { name: "Assumptions" }).first().click();
});

test("a notebook that starts from a shipped one, before it runs", async () => {
  await goToLibrary();
  await page
    .getByRole("region", { name: "Start from" })
    .getByRole("button", { name: /Simpson/ })
    .click();
  await cellOf(page, "rates").waitFor();
  await showEverything();
  await noFaultsInAnyLook();
});

test(
  "the same after running: chart, graph, formula, statistics, table",
  { timeout: 180_000 },
  async () => {
    await runAll(page);
    for (const id of simpson) await moodIs(page, id, ["done"]);
    await showEverything();
    const drawn = (id: string, what: string) => cellOf(page, id).locator(what).count();
    expect(await drawn("data", "table")).toBeGreaterThan(0);
    expect(await drawn("rates", "canvas, svg")).toBeGreaterThan(0);
    expect(await drawn("graph", "svg")).toBeGreaterThan(0);
    expect(await drawn("effect", ".katex")).toBeGreaterThan(0);
    await noFaultsInAnyLook();
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    await page.getByRole("button", { name: "Variables and help" }).click();
    await page.waitForTimeout(400);
    await noFaultsInAnyLook();
    await page.getByRole("button", { name: "Variables and help" }).click();
  },
);

test("while a cell is written in", async () => {
  await cellOf(page, "rates").focus();
  await page.keyboard.press("Enter");
  await page.locator(".live-editor").first().waitFor();
  await noFaultsInAnyLook();
  await page.keyboard.press("Escape");
});

test("the help sheet and the command palette", async () => {
  await cellOf(page, "rates").focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await noFaultsInAnyLook();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Shift+C");
  await page.getByRole("dialog", { name: "All commands" }).waitFor();
  await noFaultsInAnyLook();
  await page.keyboard.type("no such command");
  await page.getByText(/No command has this/).waitFor();
  await noFaultsInAnyLook();
  await page.keyboard.press("Escape");
});

test("searching and replacing, the history, what rests on what", async () => {
  await cellOf(page, "rates").focus();
  await page.keyboard.press("Control+H");
  await page.getByRole("textbox", { name: "Search for" }).fill("treatment");
  await expect.poll(() => page.locator(".find-count").innerText()).toMatch(/^\d+ of \d+/);
  await noFaultsInAnyLook();
  await page.keyboard.press("Escape");
  await cellOf(page, "rates").focus();
  await page.keyboard.press("g");
  await page.locator("[data-dependency]").first().waitFor();
  await noFaultsInAnyLook();
  await page.keyboard.press("Escape");
  await cellOf(page, "rates").focus();
  await page.keyboard.press("d");
  await page.keyboard.press("d");
  await expect.poll(() => cellOf(page, "rates").count()).toBe(0);
  await page.keyboard.press("Control+Shift+H");
  await page.locator(".change").first().waitFor();
  await noFaultsInAnyLook();
  await page.keyboard.press("Escape");
  await page.keyboard.press("z");
  await expect.poll(() => cellOf(page, "rates").count()).toBe(1);
});

test("cells that fail and have findings", async () => {
  await goTo(page, "failing1");
  await runAll(page);
  for (const id of ["boom", "typo", "badg", "lost"]) await moodIs(page, id, ["failed"]);
  expect(await cellOf(page, "boom").innerText()).toContain("it broke");
  await showEverything();
  await noFaultsInAnyLook();
});

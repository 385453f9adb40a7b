/**
 * Opens a notebook of 250 cells in a browser, from a cold load of the page: when its first cell can be read, when it
 * can be used (a cell is selectable and the main thread is quiet), when its text can be written in, and when the kernel
 * has analysed all of it. Needs a built page (`npm run build`). Budgets: 1 s to read, 2 s to use.
 */
import { rmSync } from "node:fs";
import type { Page } from "playwright-core";
import { startApp, startBrowser } from "../e2e/app.ts";
import { homeWith } from "../e2e/library.ts";
import { FIRST_TS_CELL, LAST_CELL, longNotebook, TEXT_CELLS, TS_CELLS } from "./long-notebook.ts";

const ROUNDS = 3;
const VISIBLE = 1000;
const INTERACTIVE = 2000;
/** The main thread counts as quiet when no task of 50 ms or more begins for this long. */
const QUIET = 500;

/** Milliseconds since the navigation began. */
interface Marks {
  visible?: number;
  attached?: number;
  editor?: number;
  analysed?: number;
  /** Ends of tasks of 50 ms and more. */
  readonly long: { readonly start: number; readonly end: number }[];
}

const home = homeWith({ longbook: longNotebook() });
const app = await startApp({ home });
const browser = await startBrowser();
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await app.open(context);
  await page.getByRole("searchbox").or(page.locator("li[data-cell]").first()).first().waitFor();
  const { origin } = new URL(page.url());
  await page.addInitScript(watch, { cells: TS_CELLS + TEXT_CELLS, last: LAST_CELL });
  // Fills the browser's caches, as after any earlier start.
  await load(page, origin);
  const rounds: Readonly<Record<string, number>>[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push({ ...(await reading(page, origin)), ...(await writing(page, origin)) });
  }
  report(rounds);
} finally {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
}

/** Leaves the page and loads it anew: a change of the fragment alone would load nothing. */
async function load(on: Page, origin: string): Promise<void> {
  await on.goto("about:blank");
  await on.goto(`${origin}/#/n/longbook`, { waitUntil: "commit" });
}

async function reading(on: Page, origin: string): Promise<Readonly<Record<string, number>>> {
  await load(on, origin);
  const first = on.locator("li[data-cell]").first();
  await first.waitFor();
  await on.evaluate(
    async ({ last, quiet }) => {
      const marks = (globalThis as unknown as { marks: Marks }).marks;
      const busyUntil = (): number => marks.long.at(-1)?.end ?? 0;
      while (
        marks.attached === undefined ||
        marks.analysed === undefined ||
        performance.now() - busyUntil() < quiet ||
        document.querySelector(`[data-cell="${last}"]`) === null
      ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    { last: LAST_CELL, quiet: QUIET },
  );
  await first.locator(".cell-head").click();
  const selectable = await first.getAttribute("aria-current");
  if (selectable !== "true") throw new Error("The first cell was clicked and is not selected.");
  const marks = await marksOf(on);
  const visible = marks.visible ?? Number.NaN;
  // As in "time to interactive": the end of the last long task before the first quiet stretch.
  let interactive = Math.max(visible, marks.attached ?? Number.NaN);
  for (const { start, end } of marks.long) {
    if (start > interactive + QUIET) break;
    interactive = Math.max(interactive, end);
  }
  const kernelStarted = await on.evaluate(
    () =>
      performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/kernel.html"))
        ?.startTime ?? Number.NaN,
  );
  const analysed = marks.analysed ?? Number.NaN;
  return {
    "first cell visible": visible,
    "all cells in the page": marks.attached ?? Number.NaN,
    interactive,
    "longest task": Math.max(0, ...marks.long.map(({ start, end }) => end - start)),
    "analysis shown": analysed,
    "analysis, from the kernel's start": analysed - kernelStarted,
  };
}

/** Enter on the first code cell, as soon as there is one. */
async function writing(on: Page, origin: string): Promise<Readonly<Record<string, number>>> {
  await load(on, origin);
  const cell = on.locator(`li[data-cell="${FIRST_TS_CELL}"]`);
  await cell.waitFor();
  await cell.focus();
  await on.keyboard.press("Enter");
  await on.waitForFunction(
    () => (globalThis as unknown as { marks: Marks }).marks.editor !== undefined,
  );
  const { editor = Number.NaN } = await marksOf(on);
  await on.keyboard.press("Escape");
  await on.waitForTimeout(1500);
  // Once more, with everything loaded: what Enter costs from then on.
  const next = on.locator("li[data-cell]").nth(3);
  await next.focus();
  const began = await on.evaluate(() => performance.now());
  await on.keyboard.press("Enter");
  await on.waitForFunction(
    (id) => document.activeElement?.closest(`li[data-cell="${id}"] .code`) !== null,
    await next.getAttribute("data-cell"),
  );
  const again = (await on.evaluate(() => performance.now())) - began;
  return { "an editor after Enter": editor, "Enter to editor, later": again };
}

async function marksOf(on: Page): Promise<Marks> {
  return on.evaluate(() => (globalThis as unknown as { marks: Marks }).marks);
}

/** Runs in the page before its scripts. */
function watch({ cells, last }: { readonly cells: number; readonly last: string }): void {
  if (window.top !== window) return;
  const marks: Marks = { long: [] };
  (globalThis as unknown as { marks: Marks }).marks = marks;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      marks.long.push({ start: startTime, end: startTime + duration });
  }).observe({ type: "longtask", buffered: true });
  const look = (): void => {
    if (marks.visible === undefined) {
      const text = document.querySelector("li[data-cell] .cell-body");
      if (
        text !== null &&
        (text as HTMLElement).innerText.trim() !== "" &&
        text.getBoundingClientRect().height > 0
      ) {
        // Laid out now, on the screen with the next frame.
        marks.visible = -1;
        requestAnimationFrame(() => setTimeout(() => (marks.visible = performance.now()), 0));
      }
    }
    if (marks.attached === undefined && document.querySelectorAll("li[data-cell]").length >= cells)
      marks.attached = performance.now();
    if (
      marks.analysed === undefined &&
      document.querySelector(`li[data-cell="${last}"] .cell-io`) !== null
    )
      marks.analysed = performance.now();
    if (
      marks.editor === undefined &&
      document.querySelector(".live-editor .view-line") !== null &&
      (document.activeElement?.closest(".code") ?? null) !== null
    )
      marks.editor = performance.now();
    if (marks.attached === undefined || marks.analysed === undefined || marks.editor === undefined)
      requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

function report(rounds: readonly Readonly<Record<string, number>>[]): void {
  console.log(
    `A notebook of ${TS_CELLS} TypeScript and ${TEXT_CELLS} text cells, ms since navigation: median of ${ROUNDS} (all)`,
  );
  const medianOf = (name: string): number => {
    const sorted = rounds.map((round) => round[name] ?? Number.NaN).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  for (const name of Object.keys(rounds[0] ?? {})) {
    const all = rounds.map((round) => (round[name] ?? Number.NaN).toFixed(0)).join(", ");
    console.log(`${name.padEnd(36)} ${medianOf(name).toFixed(0).padStart(6)}   (${all})`);
  }
  const budgets = [
    ["first cell visible", VISIBLE],
    ["interactive", INTERACTIVE],
    ["an editor after Enter", INTERACTIVE],
  ] as const;
  for (const [name, budget] of budgets) {
    const verdict = medianOf(name) <= budget ? "within" : "OVER";
    console.log(`${name}: ${verdict} the budget of ${budget} ms`);
  }
}

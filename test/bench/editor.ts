/**
 * The editor on a notebook of 200 TypeScript cells and 50 of prose. First the checker alone, in this process: a cell's
 * own check after an edit, those of the cells that rest on it when its type changes, the memory it takes. Then the page
 * in a browser: how soon an error shows in the cell that is written and in those on the screen that rest on it, from
 * keystroke to paint, and what of it all ran on the page's own thread. Needs a built page (`npm run build`).
 */
import { rmSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Page } from "playwright-core";
import { startApp, startBrowser } from "../e2e/app.ts";
import { goTo, homeWith } from "../e2e/library.ts";
import { createService } from "../renderer/editor/fixture.ts";
import type { TypeCell } from "../../renderer/editor/types/cells.ts";
import { longNotebook, TS_CELLS } from "./long-notebook.ts";

const ROUNDS = 20;
const KEYS = 80;
/** Where the cursor is in the measurements: a cell with half of the notebook above and half below it. */
const CELL = "code100";

const cells: readonly TypeCell[] = longNotebook().map(({ id = "", kind = "ts", source = "" }) => ({
  id,
  kind,
  source,
}));

print("The checker alone (this process)", alone());
const home = homeWith({ longbook: longNotebook() });
const app = await startApp({ home });
const browser = await startBrowser();
try {
  const page = await app.open(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
  print("In the page", await inPage(page));
} finally {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
}

type Rows = Readonly<Record<string, string>>;

function alone(): Rows {
  const began = performance.now();
  const service = createService();
  const ready = performance.now();
  service.setCells(cells);
  service.diagnostics(CELL);
  const first = performance.now();
  for (const { id } of cells) service.diagnostics(id);
  const all = performance.now();
  service.rest();
  const own: number[] = [];
  const few: number[] = [];
  const every: number[] = [];
  const edit = (change: (source: string) => string): void =>
    service.setCells(
      cells.map((cell) => (cell.id === CELL ? { ...cell, source: change(cell.source) } : cell)),
    );
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    edit((source) => `${source}\nMath.abs(${round});`);
    service.diagnostics(CELL);
    own.push(performance.now() - from);
    while (service.next() !== undefined) service.diagnostics(service.next() ?? "");
    service.rest();
  }
  for (let round = 0; round < ROUNDS / 2; round++) {
    const from = performance.now();
    // Another type for what it gives: everything below has to be looked at again.
    edit((source) =>
      source.replace("difference100: number =", `difference100: { k${round}: number } | number =`),
    );
    service.diagnostics(CELL);
    const near = (service.links.downstream.get(CELL) ?? []).slice(0, 8);
    for (const id of near) service.diagnostics(id);
    few.push(performance.now() - from);
    while (service.next() !== undefined) service.diagnostics(service.next() ?? "");
    every.push(performance.now() - from);
    service.rest();
  }
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const heap = process.memoryUsage().heapUsed / 2 ** 20;
  return {
    "loading, with the kernels' declarations": ms(ready - began),
    "first cell checked": ms(first - ready),
    [`all ${cells.length} cells checked`]: ms(all - first),
    "after an edit: own cell (aim 100 ms)": quantiles(own),
    "after a change of type: its direct dependents (aim 500 ms)": quantiles(few),
    "after a change of type: everything that rests on it": quantiles(every),
    "memory (heap)": `${heap.toFixed(0)} MB`,
  };
}

async function inPage(page: Page): Promise<Rows> {
  await goTo(page, "longbook");
  await page.evaluate(watch);
  await page.locator(`li[data-cell="code${TS_CELLS - 1}"]`).waitFor();
  const cell = page.locator(`li[data-cell="${CELL}"]`);
  await cell.focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    (id) => document.activeElement?.closest(`li[data-cell="${id}"] .live-editor`) !== null,
    CELL,
  );
  await page.keyboard.press("Control+End");
  const source = cells.find(({ id }) => id === CELL)?.source ?? "";
  const restore = async (): Promise<void> => {
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(source);
    await page.waitForFunction(
      () => document.querySelector(".squiggly-error, .squiggle-error") === null,
    );
    await page.waitForTimeout(1000);
    await page.keyboard.press("Control+End");
  };
  const here = `li[data-cell="${CELL}"] .squiggly-error`;
  const cold = await until(page, here, true, "\nMath.nothing;");
  await restore();
  await page.waitForTimeout(8000);
  const own: number[] = [];
  for (let round = 1; round <= ROUNDS / 2; round++) {
    own.push(await until(page, here, true, `\nMath.nothing${round};`));
    await restore();
  }
  const other = source.replace(
    /const difference100: number = (.*);/,
    "const difference100 = String($1);",
  );
  if (other === source)
    throw new Error("The long notebook's cells are written in another way now.");
  const below = 'li[data-cell="code101"] .squiggle-error';
  const dependents: number[] = [];
  for (let round = 0; round < ROUNDS / 4; round++) {
    await page.keyboard.press("Control+A");
    dependents.push(await until(page, below, true, other));
    await page.waitForTimeout(1000);
    await restore();
  }
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(1500);
  await page.evaluate(() => (globalThis as unknown as Watched).bench.reset());
  const text =
    "const typed = rows100.map((row) => row.x * 2).filter((x) => x > 0).length; // words ";
  for (let k = 0; k < KEYS; k++) {
    await page.keyboard.type(text[k % text.length] ?? " ");
    await page.waitForTimeout(70);
  }
  await page.waitForTimeout(1500);
  const { strokes, long } = await page.evaluate(() => (globalThis as unknown as Watched).bench);
  const list = long.map((one) => one.toFixed(0)).join(", ");
  return {
    "an error typed right after opening is underlined after": ms(cold),
    "an error is underlined in its own cell after (aim 100 ms)": quantiles(own),
    "and in a cell on the screen that rests on it after (aim 500 ms)": quantiles(dependents),
    "keystroke to paint (aim 16 ms)": quantiles(strokes),
    [`tasks over 50 ms on the page's thread, ${KEYS} keystrokes`]: `${long.length}${list === "" ? "" : ` (${list} ms)`}`,
  };
}

/** Milliseconds from the change of the text that a text makes until something is in the page, or gone. */
async function until(page: Page, selector: string, there: boolean, text: string): Promise<number> {
  const took = page.evaluate(
    ([what, wanted]) => (globalThis as unknown as Watched).bench.until(what, wanted),
    [selector, there] as const,
  );
  await page.keyboard.insertText(text);
  return took;
}

interface Watched {
  bench: {
    readonly strokes: number[];
    readonly long: number[];
    reset(): void;
    until(selector: string, there: boolean): Promise<number>;
  };
}

/** Runs in the page. */
function watch(): void {
  const strokes: number[] = [];
  const long: number[] = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) long.push(duration);
  }).observe({ type: "longtask" });
  // After the frame's own callbacks the frame is drawn; a message comes next.
  const { port1, port2 } = new MessageChannel();
  const begun: number[] = [];
  port1.addEventListener("message", () => strokes.push(performance.now() - (begun.shift() ?? 0)));
  port1.start();
  addEventListener(
    "keydown",
    (event) => {
      begun.push(event.timeStamp);
      requestAnimationFrame(() => port2.postMessage(0));
    },
    true,
  );
  (globalThis as unknown as Watched).bench = {
    strokes,
    long,
    reset: () => {
      strokes.length = 0;
      long.length = 0;
    },
    until: (selector, there) =>
      new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`Waited in vain for ${selector}: ${there}.`)), 20_000);
        let from: number | undefined;
        document.addEventListener("beforeinput", () => (from ??= performance.now()), {
          capture: true,
          once: true,
        });
        document.addEventListener("keydown", () => (from ??= performance.now()), {
          capture: true,
          once: true,
        });
        const look = (): void => {
          if (from !== undefined && (document.querySelector(selector) !== null) === there) {
            resolve(performance.now() - from);
          } else setTimeout(look, 4);
        };
        // An edit context fires no beforeinput: the first change of a line is when the text arrived.
        new MutationObserver((_, observer) => {
          observer.disconnect();
          from ??= performance.now();
        }).observe(document.querySelector(".live-editor .view-lines") ?? document.body, {
          childList: true,
          subtree: true,
          characterData: true,
        });
        look();
      }),
  };
}

function print(title: string, rows: Rows): void {
  console.log(title);
  for (const [what, value] of Object.entries(rows)) console.log(`  ${what.padEnd(66)} ${value}`);
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return `median ${at(0.5).toFixed(1)}, 95th percentile ${at(0.95).toFixed(1)} ms (${sorted.length})`;
}

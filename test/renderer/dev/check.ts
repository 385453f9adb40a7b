// Checks of the page in a real browser, with stand-ins: keyboard, focus, axe, speed. `node test/renderer/dev/check.ts`
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { launch, serveDev } from "./look.ts";

const axe = await readFile(
  new URL("../../../node_modules/axe-core/axe.min.js", import.meta.url),
  "utf8",
);
const { url, close } = await serveDev();
const browser = await launch();
let failed = 0;

function check(what: string, ok: boolean, detail?: unknown): void {
  if (!ok) failed++;
  console.log(ok ? "ok  " : "FAIL", what, ok || detail === undefined ? "" : JSON.stringify(detail));
}

async function open(
  hash: string,
  options: { width?: number; dark?: boolean; forced?: boolean } = {},
) {
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1280, height: 860 },
    colorScheme: options.dark === true ? "dark" : "light",
    ...(options.forced === true ? { forcedColors: "active" as const } : {}),
  });
  page.on("pageerror", (error) => check(`no error in ${hash}`, false, error.stack));
  await page.goto(`${url}${hash}`);
  await page.waitForTimeout(900);
  return page;
}

async function axeOn(page: Page, what: string): Promise<void> {
  // Through the protocol, which the page's policy does not bind.
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: {
            id: string;
            impact: string;
            nodes: { html: string; failureSummary: string }[];
          }[];
        }>;
      };
    };
    const { violations } = await engine.run({ resultTypes: ["violations"] });
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      n: nodes.length,
      first: nodes.slice(0, 3).map((x) => x.html.slice(0, 160)),
      why: nodes[0]?.failureSummary.slice(0, 200),
    }));
  });
  check(`axe: ${what}`, found.length === 0, found);
}

{
  const page = await open("#/n/demo000000");
  await page.locator(".cell").first().focus();
  const selected = () => page.evaluate(() => document.activeElement?.getAttribute("data-cell"));
  const cells = () => page.locator(".cell").count();
  const n = await cells();
  await page.keyboard.press("j");
  check("J selects the next cell", (await selected()) === "graph1", await selected());
  await page.keyboard.press("b");
  check("B inserts below", (await cells()) === n + 1);
  await page.waitForTimeout(150);
  const fresh = await selected();
  await page.keyboard.press("Enter");
  await page.waitForTimeout(1500);
  check(
    "Enter goes into the text",
    await page.evaluate(() => document.activeElement?.closest(".code") !== null),
  );
  await page.keyboard.type("const a = 1;");
  await page.waitForTimeout(400);
  const source = () =>
    page.evaluate(
      (id) =>
        (
          globalThis as never as {
            fake: {
              entries: Map<string, { notebook: { cells: { id: string; source: string }[] } }>;
            };
          }
        ).fake.entries
          .get("demo000000")
          ?.notebook.cells.find((c) => c.id === id)?.source,
      fresh,
    );
  check("typing arrives in the store", (await source()) === "const a = 1;", await source());
  await page.keyboard.press("Escape");
  check("Escape comes back to the cell", (await selected()) === fresh, await selected());
  await page.keyboard.press("Shift+Enter");
  await page.waitForTimeout(300);
  check("Shift+Enter runs and selects the next", (await selected()) === "ident1", await selected());
  await page.keyboard.press("k");
  await page.keyboard.press("d");
  await page.keyboard.press("d");
  await page.waitForTimeout(200);
  check("D D deletes", (await cells()) === n, await cells());
  await page.keyboard.press("z");
  await page.waitForTimeout(500);
  check(
    "Z brings it back with its text",
    (await cells()) === n + 1 && (await source()) === "const a = 1;",
  );
  await page.keyboard.press("Enter");
  await page.waitForTimeout(600);
  await page.keyboard.press("Home");
  await page.keyboard.type("const b = 2;\n");
  await page.keyboard.press("Control+Shift+-");
  await page.waitForTimeout(800);
  check("Ctrl+Shift+- splits", (await cells()) === n + 2, await cells());
  await page.keyboard.press("Escape");
  await page.keyboard.press("k");
  await page.keyboard.press("Shift+J");
  await page.keyboard.press("Shift+M");
  await page.waitForTimeout(300);
  check("Shift+M merges the selected", (await cells()) === n + 1, await cells());
  await page.keyboard.press("c");
  await page.keyboard.press("v");
  await page.waitForTimeout(200);
  check("C V copies and pastes", (await cells()) === n + 2, await cells());
  await page.keyboard.press("m");
  await page.waitForTimeout(200);
  check(
    "M turns into text",
    (await page.locator(`[data-cell="${await selected()}"]`).getAttribute("data-kind")) ===
      "markdown",
  );
  await page.keyboard.press("?");
  await page.waitForTimeout(200);
  check("? shows the keys", await page.locator("dialog.help-sheet").isVisible());
  await axeOn(page, "key sheet");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Shift+C");
  await page.waitForTimeout(200);
  check("Ctrl+Shift+C opens the palette", await page.locator("dialog.palette").isVisible());
  await page.keyboard.type("insert graph");
  await axeOn(page, "palette");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(800);
  check("a command from the palette runs", (await cells()) === n + 3, await cells());
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.waitForTimeout(200);
  check("N offers the kinds", await page.locator('[role="menu"]').isVisible());
  await axeOn(page, "menu of kinds");
  await page.keyboard.press("Escape");
  check(
    "Escape closes the menu and keeps the place",
    (await selected()) !== null,
    await selected(),
  );
  await page.close();
}
{
  const page = await open("#/n/demo000000");
  await page.getByRole("button", { name: "Run all" }).click();
  await page.waitForTimeout(2000);
  const slider = page.getByRole("slider", { name: "epochs" });
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.waitForTimeout(800);
  check(
    "the focus stays in a slider over re-runs",
    await page.evaluate(() => document.activeElement?.getAttribute("aria-label") === "epochs"),
  );
  check(
    "the slider's value is kept with the notebook",
    (await page.evaluate(() =>
      JSON.stringify(
        (
          globalThis as never as {
            fake: {
              entries: Map<string, { notebook: { cells: { id: string; inputs: object }[] } }>;
            };
          }
        ).fake.entries
          .get("demo000000")
          ?.notebook.cells.find((c) => c.id === "tscell")?.inputs,
      ),
    )) === '{"epochs":400}',
  );
  await page.close();
}
for (const [what, options] of [
  ["light", {}],
  ["dark", { dark: true }],
  ["800 px", { width: 800 }],
  ["forced colours", { forced: true }],
] as const) {
  const library = await open("#/", options);
  await axeOn(library, `library, ${what}`);
  await library.close();
  const empty = await open("#/n/empty00000", options);
  await axeOn(empty, `empty notebook, ${what}`);
  await empty.close();
  const page = await open("#/n/demo000000", options);
  await page.getByRole("button", { name: "Run all" }).click();
  await page.waitForTimeout(1500);
  await page.getByRole("button", { name: "Variables and help" }).click();
  await page.evaluate(async () => {
    for (const cell of document.querySelectorAll(".cell")) {
      cell.scrollIntoView();
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  await page.waitForTimeout(800);
  await axeOn(page, `notebook that ran, ${what}`);
  await page.close();
}
{
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  await page.goto(`${url}#/`);
  await page.waitForTimeout(500);
  const began = Date.now();
  await page.goto(`${url}?again#/n/big0000000`);
  await page.locator(".cell").first().waitFor();
  const visible = Date.now() - began;
  await page.locator(".cell").nth(249).waitFor({ state: "attached" });
  await page.locator(".cell").nth(1).locator(".code").click();
  await page.locator(".live-editor").first().waitFor();
  const live = Date.now() - began;
  const marks = await page.evaluate(() => ({
    script: Math.round(performance.getEntriesByType("navigation")[0]?.duration ?? 0),
    paint: Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0),
  }));
  console.log(`from navigation to load ${marks.script} ms, to first paint ${marks.paint} ms`);
  console.log(`250 cells: visible ${visible} ms, an editor in use ${live} ms`);
  const latency = await page.evaluate(async () => {
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      const start = performance.now();
      document.execCommand("insertText", false, "x");
      await new Promise(requestAnimationFrame);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[37];
  });
  console.log(`keystroke to frame, 95th percentile: ${latency?.toFixed(1)} ms`);
  check("250 cells are visible in 1 s and can be used in 2 s", visible < 1000 && live < 2000, {
    visible,
    live,
  });
  await page.close();
}
await browser.close();
close();
console.log(failed === 0 ? "all ok" : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type RunningApp, startApp, startBrowser } from "./app.ts";
import { cellOf, goTo, homeWith, moodIs, runAll } from "./library.ts";

/** Every net and forest through a whole estimate cell in the page, on few rows: the number, its parts, its pictures. */
const binary: Readonly<Record<string, string>> = {
  dragonnet: "dragonnet(epochs: 12, folds: 2)",
  tarnet: "tarnet(epochs: 12, folds: 2)",
  cfrnet: "cfr(epochs: 8, folds: 2)",
  snet: "snet(epochs: 8, folds: 2)",
  riesznet: "riesznet(epochs: 12, folds: 2)",
  cevae: "cevae(epochs: 6, pieces: 2)",
  latentclass: "latentClass",
  forest: "forest(trees: 100)",
  neuralforest: "neuralForest(trees: 20, epochs: 10)",
};
const others: Readonly<Record<string, string>> = {
  vcnet: "dosed = days ~ dose | x1, x2, x3 from data by vcnet(epochs: 40, folds: 2)",
  deepiv: "cured = days ~ dose | x1, x2, x3 using z from data by deepiv(epochs: 20, pieces: 2)",
};
const methods = [...Object.keys(binary), ...Object.keys(others)];

const home = homeWith({
  nets: [
    {
      id: "rows",
      source: `const rng = createRng(12);
const n = 300;
const normals = () => Float64Array.from({ length: n }, () => rng.normal());
const [x1, x2, x3, z] = [normals(), normals(), normals(), normals()];
const drug = x1.map((v) => (rng.next() < 1 / (1 + Math.exp(-v)) ? 1 : 0));
const dose = x1.map((v, i) => 2 + 0.5 * v + 0.6 * z[i] + 0.4 * rng.normal());
const days = x1.map((v, i) => 8 + v + x2[i] - drug[i] * (1.5 + x2[i]) + Math.sin(dose[i]) + rng.normal());
const data = tableOf({ x1, x2, x3, z, drug, dose, days });`,
    },
    {
      id: "graph",
      kind: "graph",
      name: "graph",
      source: "x1 -> drug, dose, days; x2, x3 -> days; z -> dose; drug, dose -> days",
    },
    { id: "effect", kind: "identify", source: "effect = P(days | do(drug)) in graph" },
    ...Object.entries(binary).map(([id, call]) => ({
      id,
      kind: "estimate",
      source: `by_${id} = days ~ drug | x1, x2, x3 from data by ${call}`,
    })),
    ...Object.entries(others).map(([id, source]) => ({ id, kind: "estimate", source })),
    {
      id: "code",
      source: `import { fitCausalForest } from "dagbok/forest";
import { latentClassMethod } from "dagbok/neural";
import { nieWagerDesign, scoreAgainstTruth } from "dagbok/judge";
const design = nieWagerDesign("A", 400, createRng(3));
const grown = await fitCausalForest(design, { trees: 60, minimumLeaf: 5, tried: null }, createRng(1), {
  signal: new AbortController().signal,
  progress: () => {},
});
const found = scoreAgainstTruth(grown.effects.value, design.effect);
\`\${latentClassMethod.label}: \${found.rootPehe.toFixed(2)}\``,
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
    viewport: { width, height: 900 },
    colorScheme: dark ? "dark" : "light",
  });
  page = await app.open(context);
  page.on("pageerror", (error) => errors.push(String(error)));
  await goTo(page, "nets");
}, 60_000);
afterAll(async () => {
  await browser.close();
  await app.close();
  rmSync(home, { recursive: true, force: true });
});

test("every method gives its number in the page", { timeout: 300_000 }, async () => {
  await runAll(page);
  for (const id of [...methods, "code"]) {
    await cellOf(page, id).scrollIntoViewIfNeeded();
    await moodIs(page, id, ["done", "failed"], 200_000);
    const text = (await cellOf(page, id).locator(".outputs").textContent()) ?? "";
    expect([id, text]).toEqual([id, expect.stringMatching(/standard error|Latent/u)]);
    if (pictures === undefined) continue;
    if (process.env["DAGBOK_OPEN"] === "1") {
      await cellOf(page, id)
        .locator(".outputs details:not([open])")
        .evaluateAll((all) => all.forEach((one) => one.setAttribute("open", "")));
    }
    await page.waitForTimeout(700);
    await cellOf(page, id).screenshot({
      path: `${pictures}/${id}-${width}${dark ? "-dark" : ""}.png`,
    });
  }
});

test("the parts of a fit and the curve of a dose are shown", { timeout: 30_000 }, async () => {
  const shown = async (id: string): Promise<string> => {
    await cellOf(page, id).scrollIntoViewIfNeeded();
    return (await cellOf(page, id).locator(".outputs").textContent()) ?? "";
  };
  expect(await shown("dragonnet")).toMatch(/plug-in \(mean predicted effect\)/);
  expect(await shown("dragonnet")).toMatch(/targeted regularization/);
  expect(await shown("vcnet")).toMatch(/mean outcome at dose/);
  expect(await shown("deepiv")).toMatch(/two-stage least squares, for comparison/);
  await expect
    .poll(() => cellOf(page, "vcnet").locator("svg.marks, canvas").count(), { timeout: 20_000 })
    .toBeGreaterThan(0);
});

test("no error was thrown in the page", () => {
  expect(errors).toEqual([]);
});

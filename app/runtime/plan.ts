import type { RunTarget } from "../protocol/kernel.ts";
import type { Entry } from "./entry.ts";
import type { Page } from "./page.ts";

export interface Plan {
  /** To be run, in page order. */
  readonly run: readonly Entry[];
  /** To take part from now on: those, and the disabled cells they need. */
  readonly live: ReadonlySet<Entry>;
}

/**
 * A request runs the cells asked for, before them whatever they need that has not run or is out of date, and in
 * auto mode whatever below them has never run. (What below them has run follows by itself when values change.)
 */
export function planRun(chosen: readonly Entry[], page: Page): Plan {
  const run = new Set<Entry>();
  const live = new Set<Entry>();
  const queue = [...chosen];
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    if (live.has(entry)) continue;
    live.add(entry);
    if (!entry.disabled) {
      run.add(entry);
      for (const above of page.above(entry)) {
        if (!above.live || above.barred || above.stale !== undefined) queue.push(above);
      }
    }
    if (page.mode === "lazy") continue;
    for (const below of page.below(entry)) {
      if (!below.live && below.cell.lazy !== true) queue.push(below);
    }
  }
  return { run: page.cells.filter((entry) => run.has(entry)), live };
}

/** Cells that have not run and need nothing but what cannot be had because a cell was interrupted. */
export function planLost(page: Page): Set<Entry> {
  const lost = new Set<Entry>();
  const queue = page.cells.filter((entry) => entry.barred);
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    for (const below of page.below(entry)) {
      if (below.live || lost.has(below)) continue;
      if (!page.above(below).every((above) => above.live || lost.has(above))) continue;
      lost.add(below);
      queue.push(below);
    }
  }
  return lost;
}

export function resolveTarget(target: RunTarget, page: Page): Entry[] {
  if (target === "all") return [...page.cells];
  if (target === "stale") return page.cells.filter((entry) => needsRun(entry));
  const wanted = new Set(target);
  return page.cells.filter((entry) => wanted.has(entry.id));
}

function needsRun(entry: Entry): boolean {
  return (
    entry.accepted === undefined ||
    entry.edited ||
    entry.stale !== undefined ||
    entry.state.kind === "idle" ||
    entry.failure?.kind === "interrupted"
  );
}

/** What a cell goes on to find when its values are out: reasons, better claims. */
import { expect, it } from "vitest";
import type { CellClaims, CellContext, CellProgram } from "../../../app/cell/program.ts";
import type { Claim } from "../../../app/claim.ts";
import type { SessionCell, SessionEvent } from "../../../app/runtime/events.ts";
import { Session } from "../../../app/runtime/session.ts";
import { sleep } from "./harness.ts";

const claim = (text: string): Claim => ({
  rung: 2,
  query: "q",
  status: "identified",
  assumptions: [{ id: "a", text, source: "test" } as unknown as Claim["assumptions"][number]],
});

/** `a` gives its source as a number at once and then rests; `b` is twice `a`; `top` is above `a`. */
function notebook(rest: (context: CellContext) => Promise<CellClaims | undefined>) {
  const events: SessionEvent[] = [];
  const programs: Record<string, (source: string) => CellProgram> = {
    top: (source) => ({
      inputs: [],
      outputs: ["top"],
      diagnostics: [],
      run: () => ({ values: { top: Number(source) } }),
    }),
    a: () => ({
      inputs: ["top"],
      outputs: ["a"],
      diagnostics: [],
      run: ({ top }, context) => ({
        values: { a: Number(top) + 1 },
        claim: claim("first"),
        rest: () => rest(context),
      }),
    }),
    b: () => ({
      inputs: ["a"],
      outputs: ["b"],
      diagnostics: [],
      run: ({ a }) => ({ values: { b: 2 * Number(a) } }),
    }),
  };
  const session = new Session({
    compile: (cell: SessionCell) => programs[cell.id]!(cell.source),
    library: {},
    emit: (event) => events.push(event),
    now: () => performance.now(),
  });
  const cells = (top: string): SessionCell[] =>
    ["top", "a", "b"].map((id) => ({ id, kind: "test", source: id === "top" ? top : "" }));
  const outcomes = (): string[] =>
    events.flatMap((e) => (e.type === "run-ended" ? [`${e.cell} ${e.outcome}`] : []));
  return { session, events, cells, outcomes };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await sleep(5);
  expect(condition()).toBe(true);
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

it("gives values to dependents first, and claims anew when the rest has ended", async () => {
  const gate = Promise.withResolvers<void>();
  const { session, events, cells, outcomes } = notebook(async ({ progress, display }) => {
    progress({ message: "Looking" });
    await gate.promise;
    display("reason");
    return { claim: claim("better") };
  });
  await session.setCells(cells("1"));
  const run = session.run("all");
  await until(() => session.state("b")?.kind === "done");
  expect(session.value("b")).toBe(4);
  expect(session.state("a")).toMatchObject({ kind: "running", progress: { message: "Looking" } });
  expect(outcomes()).toEqual(["top done", "b done"]);
  gate.resolve();
  await run;
  expect(session.state("a")).toEqual({ kind: "done", ms: expect.any(Number) });
  expect(outcomes()).toEqual(["top done", "b done", "a done"]);
  const shown = events.findIndex((e) => e.type === "display" && e.value === "reason");
  expect(shown).toBeGreaterThan(0);
  expect(shown).toBeLessThan(events.findIndex((e) => e.type === "run-ended" && e.cell === "a"));
  const last = events.filter((e) => e.type === "claim" && e.cell === "b").at(-1);
  expect(JSON.stringify(last)).toContain("better");
  const ended = events.find((e) => e.type === "run-ended" && e.cell === "a");
  expect(JSON.stringify(ended)).toContain("better");
  expect(events.filter((e) => e.type === "run-started" && e.cell === "b")).toHaveLength(1);
  session.dispose();
});

it("stop ends the rest and leaves the values, which stay in step with what is above", async () => {
  let late = "";
  const { session, cells, outcomes } = notebook(async ({ signal, display }) => {
    try {
      return await aborted(signal);
    } finally {
      try {
        display("too late");
      } catch (error) {
        late = (error as { code: string }).code;
      }
    }
  });
  await session.setCells(cells("1"));
  const run = session.run("all");
  await until(() => session.state("b")?.kind === "done");
  session.stop(["a"]);
  expect(session.state("a")).toEqual({ kind: "done", ms: expect.any(Number), cut: true });
  await run;
  expect(late).toBe("stale-run");
  expect(session.value("b")).toBe(4);
  expect(session.state("b")?.kind).toBe("done");
  expect(outcomes()).toEqual(["top done", "b done", "a interrupted"]);

  await session.setCells(cells("5"));
  void session.run(["top"]);
  await until(() => session.value("b") === 12);
  expect(session.state("a")?.kind).toBe("running");
  session.stop("all");
  await session.settled();
  session.dispose();
});

it("a change above supersedes the rest", async () => {
  let begun = 0;
  let ended = 0;
  const { session, cells, outcomes } = notebook(async ({ signal }) => {
    begun++;
    try {
      if (begun === 1) return await aborted(signal);
      return undefined;
    } finally {
      ended++;
    }
  });
  await session.setCells(cells("1"));
  const first = session.run("all");
  await until(() => begun === 1);
  await session.setCells(cells("2"));
  await session.run(["top"]);
  await first;
  expect([begun, ended]).toEqual([2, 2]);
  expect(session.value("b")).toBe(6);
  expect(session.state("a")?.kind).toBe("done");
  expect(outcomes().filter((one) => one.startsWith("a"))).toEqual(["a superseded", "a done"]);
  session.dispose();
});

it("running the cell again, or removing it, ends the rest", async () => {
  const signals: AbortSignal[] = [];
  const { session, cells, outcomes } = notebook(async ({ signal }) => {
    signals.push(signal);
    return aborted(signal);
  });
  await session.setCells(cells("1"));
  void session.run("all");
  await until(() => signals.length === 1);
  void session.run(["a"]);
  await until(() => signals.length === 2);
  expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
  await session.setCells(cells("1").filter(({ id }) => id !== "a"));
  expect(signals[1]?.aborted).toBe(true);
  await session.settled();
  expect(outcomes().filter((one) => one.startsWith("a"))).toEqual(["a superseded", "a superseded"]);
  session.dispose();
});

it("an error of the rest is the cell's, and takes no value back", async () => {
  const { session, cells, outcomes } = notebook(async () => {
    await sleep(5);
    throw new Error("broken search");
  });
  await session.setCells(cells("1"));
  await session.run("all");
  expect(session.state("a")).toMatchObject({
    kind: "failed",
    failure: { kind: "runtime", error: { message: "broken search" } },
  });
  expect(session.state("b")?.kind).toBe("done");
  expect(session.value("b")).toBe(4);
  expect(outcomes()).toContain("a failed");
  session.dispose();
});

/** The two semantic cases with endless loops, and the cooperative kinds of stopping. */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import type { CellState } from "../../../app/protocol/kernel.ts";
import type { SessionEvent } from "../../../app/runtime/events.ts";
import { Harness, sleep } from "./harness.ts";
import { type Case, WORKER_CASES } from "./reactivity-case.ts";
import type { ToWorker } from "./session-worker.ts";

const { cases } = JSON.parse(
  readFileSync(new URL("../../fixtures/reactivity.json", import.meta.url), "utf8"),
) as { cases: Case[] };

/** What a shell does: keeps the text, ends a kernel that does not answer, and brings the rest back. */
class Supervisor {
  cells: [id: string, source: string][];
  readonly states = new Map<string, CellState>();
  readonly values = new Map<string, unknown>();
  runs: string[] = [];
  #worker: Worker;

  constructor(cells: readonly [string, string][]) {
    this.cells = [...cells];
    this.#worker = this.#start();
  }

  #start(): Worker {
    const worker = new Worker(new URL("session-worker.ts", import.meta.url));
    worker.on("message", (event: SessionEvent) => {
      if (event.type === "state") this.states.set(event.cell, event.state);
      if (event.type === "variable") this.values.set(event.name, event.value);
      if (event.type === "variable-gone") this.values.delete(event.name);
      if (event.type === "run-started") this.runs.push(event.cell);
    });
    this.#worker = worker;
    this.send({ type: "page", cells: this.cells });
    return worker;
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  async kill(): Promise<void> {
    const running = [...this.states].flatMap(([id, { kind }]) => (kind === "running" ? [id] : []));
    const done = [...this.states].flatMap(([id, { kind }]) => (kind === "done" ? [id] : []));
    await this.#worker.terminate();
    this.values.clear();
    this.#worker = this.#start();
    this.send({ type: "interrupted", ids: running });
    this.send({ type: "run", target: done });
  }

  edit(id: string, source: string): void {
    this.cells = this.cells.map((cell) => (cell[0] === id ? [id, source] : cell));
    this.send({ type: "page", cells: this.cells });
    this.send({ type: "run", target: [id] });
  }

  failure(id: string): string | undefined {
    const state = this.states.get(id);
    return state?.kind === "failed" ? state.failure.kind : undefined;
  }

  async dispose(): Promise<void> {
    await this.#worker.terminate();
  }
}

let supervisor: Supervisor | undefined;
afterEach(async () => {
  await supervisor?.dispose();
  supervisor = undefined;
});

async function until(condition: () => boolean, ms: number, what: string): Promise<number> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > ms) throw new Error(`${what} did not happen within ${ms} ms`);
    await sleep(5);
  }
  return performance.now() - start;
}

function sourcesOf(id: string): [string, string][] {
  const found = cases.find((test) => test.id === id);
  if (found === undefined || !WORKER_CASES.has(id)) throw new Error(`no case ${id}`);
  return found.cells.map((cell) => [cell.id, cell.code]);
}

it("interrupt-runaway-sync-loop", async () => {
  supervisor = new Supervisor(sourcesOf("interrupt-runaway-sync-loop"));
  const { values, states } = supervisor;
  supervisor.send({ type: "run", target: "all" });
  await until(() => states.get("loop")?.kind === "running", 2000, "running");
  await sleep(50);
  expect(Object.fromEntries(values)).toEqual({ a: 1, z: 2 });

  // The thread of the page is free all the while.
  let latest = performance.now();
  let longest = 0;
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - latest);
    latest = performance.now();
  }, 5);
  await supervisor.kill();
  await until(() => supervisor?.failure("loop") === "interrupted", 2000, "interruption");
  await until(() => values.get("z") === 2 && supervisor?.failure("u") !== undefined, 2000, "rest");
  clearInterval(beat);
  expect(longest).toBeLessThan(200);
  expect(["upstream", "interrupted"]).toContain(supervisor.failure("u"));
  expect(Object.fromEntries(values)).toEqual({ a: 1, z: 2 });

  supervisor.edit("loop", "const loop = 3;");
  await until(() => values.get("u") === 3, 2000, "recovery");
  expect(Object.fromEntries(values)).toEqual({ a: 1, z: 2, loop: 3, u: 3 });
  expect(supervisor.failure("loop") ?? supervisor.failure("u")).toBeUndefined();
});

it("interrupt-cancels-queue", async () => {
  supervisor = new Supervisor(sourcesOf("interrupt-cancels-queue"));
  supervisor.send({ type: "run", target: "all" });
  await until(() => supervisor?.runs.includes("a") === true, 2000, "start");
  await sleep(100);
  const start = performance.now();
  await supervisor.kill();
  await until(() => supervisor?.failure("a") === "interrupted", 2000, "interruption");
  expect(performance.now() - start).toBeLessThan(2000);
  await sleep(100);
  expect(supervisor.runs).not.toContain("b");
});

it("lets a stop message in between busy cells, without ending the worker", async () => {
  supervisor = new Supervisor([
    ["a", "const a = busy(60);"],
    ["b", "const b = (a, busy(60));"],
    ["c", "const c = (b, busy(60));"],
    ["d", "const d = (c, busy(60));"],
  ]);
  supervisor.send({ type: "run", target: "all" });
  await until(() => supervisor?.runs.includes("a") === true, 2000, "start");
  supervisor.send({ type: "stop", target: "all" });
  await until(() => supervisor?.failure("d") !== undefined, 2000, "stop");
  expect(supervisor.runs).not.toContain("c");
  expect(supervisor.values.get("a")).toBe(60);
});

it("aborts a cooperative cell and keeps everything else", async () => {
  const harness = new Harness();
  await harness.page(
    ["z", "const z = 7;"],
    [
      "a",
      "const a = await new Promise((_, no) => signal.addEventListener('abort', () => { mark('aborted'); no(signal.reason); }));",
    ],
    ["b", "const b = a + 1;"],
    ["y", "const y = z + 1;"],
  );
  await harness.runAll();
  expect(harness.state("a").kind).toBe("running");
  expect(harness.state("b")).toEqual({ kind: "waiting", on: ["a"] });
  harness.session.stop(["a"]);
  await harness.session.settled();
  expect(harness.marks).toEqual(["aborted"]);
  expect(harness.state("a")).toMatchObject({ kind: "failed", failure: { kind: "interrupted" } });
  expect(harness.state("b")).toMatchObject({
    kind: "failed",
    failure: { kind: "upstream", origin: "a" },
  });
  expect([harness.session.value("z"), harness.session.value("y")]).toEqual([7, 8]);
  await harness.edit("a", "const a = 1;");
  expect(harness.session.value("b")).toBe(2);
});

it("gives up on a cell that never ends and ignores what it brings later", async () => {
  const harness = new Harness();
  await harness.page(["a", "const a = await deferred('p');"], ["b", "const b = [a];"]);
  await harness.runAll();
  harness.session.stop("all");
  await harness.session.settled();
  harness.deferred("p").resolve("late");
  await harness.quiet();
  expect(harness.session.value("a")).toBeUndefined();
  expect(harness.seen("a")).toEqual([]);
  expect(harness.events.filter((event) => event.type === "run-ended")).toMatchObject([
    { cell: "a", outcome: "interrupted" },
  ]);
});

it("stops a run that was asked for but has not begun", async () => {
  const harness = new Harness();
  await harness.page(["a", "const a = mark('a');"]);
  const run = harness.session.run("all");
  harness.session.stop("all");
  await run;
  await harness.quiet();
  expect(harness.marks).toEqual([]);
});

it("ends the generators of a stopped cell where they stand, but not controls", async () => {
  const harness = new Harness();
  await harness.page(
    [
      "g",
      "const g = (function* () { let i = 0; try { while (true) yield ++i; } finally { mark('closed'); } })();",
    ],
    ["v", "const v = view({kind: 'input', widget: 'slider', initial: 1, options: {}});"],
  );
  void harness.session.run("all");
  await sleep(200);
  harness.session.stop("all");
  await sleep(20);
  const last = harness.session.value("g");
  await sleep(100);
  expect(harness.marks).toEqual(["closed"]);
  expect(harness.session.value("g")).toBe(last);
  expect(harness.state("g").kind).toBe("done");
  harness.session.setVariable("v", 5);
  await harness.quiet();
  expect(harness.session.value("v")).toBe(5);
});

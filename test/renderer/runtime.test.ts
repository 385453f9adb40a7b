import { expect, test } from "vitest";
import type { KernelEvent } from "../../app/protocol/kernel.ts";
import {
  afterRestart,
  type CellRuntime,
  fromSaved,
  idleRuntime,
  reduceRuntime,
} from "../../renderer/state/runtime.ts";

const bundle = (text: string) => ({ "text/plain": text });
const after = (runtime: CellRuntime, ...events: KernelEvent[]): CellRuntime =>
  events.reduce(reduceRuntime, runtime);
const started = (run: number): KernelEvent => ({ type: "run-started", cell: "a", run });
const output = (run: number, index: number, text: string): KernelEvent => ({
  type: "output",
  cell: "a",
  run,
  index,
  bundle: bundle(text),
});
const ended = (run: number): KernelEvent => ({
  type: "run-ended",
  cell: "a",
  run,
  ms: 5,
  ok: true,
});

test("outputs of a new run replace the old ones one by one, and the rest go when it ends", () => {
  const first = after(idleRuntime, started(1), output(1, 0, "x"), output(1, 1, "y"), ended(1));
  const during = after(first, started(2), output(2, 0, "z"));
  expect(during.outputs).toEqual([bundle("z"), bundle("y")]);
  expect(after(during, ended(2)).outputs).toEqual([bundle("z")]);
});

test("what a superseded run says is not shown", () => {
  const runtime = after(
    idleRuntime,
    started(1),
    started(2),
    output(1, 0, "old"),
    output(2, 0, "new"),
  );
  expect(runtime.outputs).toEqual([bundle("new")]);
});

test("an edited cell keeps its outputs, marked with the reason, until it has run", () => {
  const ran = after(idleRuntime, started(1), output(1, 0, "x"), ended(1));
  const edited = after(ran, { type: "state", cell: "a", state: { kind: "edited" } });
  expect(edited).toMatchObject({ stale: true, outputs: [bundle("x")] });
  expect(edited.staleReason).toMatch(/Edited/);
  expect(after(edited, started(2), output(2, 0, "x"), ended(2)).stale).toBe(false);
});

test("saved outputs reopen current or stale, and a kernel that opens does not change that", () => {
  const saved = { cell: "a", digest: "d", bundles: [bundle("x")], ms: 3, at: 0 };
  const idle: KernelEvent = { type: "state", cell: "a", state: { kind: "idle" } };
  expect(after(fromSaved(saved, true), idle)).toMatchObject({
    stale: false,
    outputs: [bundle("x")],
  });
  expect(after(fromSaved(saved, false), idle)).toMatchObject({ stale: true });
});

test("after a restart outputs stay to be read and say that their values are gone", () => {
  const ran = after(idleRuntime, started(1), output(1, 0, "x"), ended(1));
  expect(afterRestart(ran)).toMatchObject({ stale: true, finished: false, outputs: [bundle("x")] });
  expect(afterRestart(idleRuntime).stale).toBe(false);
});

test("points of a live chart are gathered over messages and stay bounded", () => {
  let runtime = after(idleRuntime, started(1));
  for (let i = 0; i < 20_000; i += 10) {
    const points = Array.from({ length: 10 }, (_, k) => [i + k, 1 / (i + k + 1)] as const);
    runtime = reduceRuntime(runtime, {
      type: "state",
      cell: "a",
      state: { kind: "running", since: 0, progress: { series: { loss: points } } },
    });
  }
  const loss = runtime.series["loss"] ?? [];
  expect(loss.length).toBeLessThanOrEqual(4000);
  expect(loss[0]?.[0]).toBe(0);
  expect(loss.at(-1)?.[0]).toBeGreaterThan(19_980);
});

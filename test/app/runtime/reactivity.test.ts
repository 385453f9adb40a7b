/** The semantic cases of `test/fixtures/reactivity.json`; the two that need a killed worker are in interrupt.test.ts. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CellState } from "../../../app/protocol/kernel.ts";
import { Harness, sleep } from "./harness.ts";
import { type Case, type Expectation, type Step, WORKER_CASES } from "./reactivity-case.ts";

const { cases } = JSON.parse(
  readFileSync(new URL("../../fixtures/reactivity.json", import.meta.url), "utf8"),
) as { cases: Case[] };

describe("reactivity", () => {
  it("covers all 51 cases", () => {
    expect(cases.length).toBe(51);
  });
  for (const test of cases) {
    if (WORKER_CASES.has(test.id)) continue;
    it(test.id, async () => {
      const harness = new Harness();
      await harness.page(...test.cells.map(({ id, code }) => [id, code] as [string, string]));
      expect(harness.runs()).toEqual([]);
      for (const step of test.steps) {
        const since = harness.events.length;
        const sources = JSON.stringify(harness.cells.map((cell) => cell.source));
        await perform(harness, step);
        await harness.rest();
        if (step.expect !== undefined) check(harness, step.expect, since, sources);
      }
      harness.session.dispose();
    });
  }
});

async function perform(harness: Harness, step: Step): Promise<void> {
  const { session } = harness;
  const cell = step.cell ?? "";
  switch (step.action) {
    case "run_all":
      void session.run("all");
      return;
    case "run_cell":
      void session.run([cell]);
      return;
    case "edit":
      await harness.change(cell, { source: step.code ?? "" });
      void session.run([cell]);
      return;
    case "burst_edit":
      for (let i = 0; i < (step.count ?? 0); i++) {
        void harness.change(cell, { source: (step.codes_from ?? "").replace("%d", String(i)) });
        void session.run([cell]);
      }
      return;
    case "add":
      await harness.page(...harness.cells, [cell, step.code ?? ""]);
      void session.run([cell]);
      return;
    case "delete":
      await harness.delete(cell);
      return;
    case "resolve":
      harness.deferred(step.key ?? "").resolve(step.value);
      return;
    case "set_input":
      harness.setInput(step.name ?? "", step.value);
      return;
    case "set_input_series":
      for (const value of step.values ?? []) {
        harness.setInput(step.name ?? "", value);
        await sleep(step.gap_ms ?? 0);
      }
      return;
    case "set_mode":
      session.setMode(step.mode ?? "auto");
      return;
    case "set_disabled":
      await harness.change(cell, { disabled: step.value === true });
      return;
    default:
      throw new Error(`unknown action ${step.action}`);
  }
}

function check(harness: Harness, expected: Expectation, since: number, sources: string): void {
  const { session } = harness;
  const checks: Readonly<Record<keyof Expectation, () => void>> = {
    values: () => {
      const names = Object.keys(expected.values ?? {});
      expect(Object.fromEntries(names.map((name) => [name, session.value(name)]))).toEqual(
        expected.values,
      );
    },
    undefined: () => {
      for (const name of expected.undefined ?? []) {
        expect(session.value(name)).toBeUndefined();
        expect(session.variables().map((variable) => variable.name)).not.toContain(name);
      }
    },
    errors: () => {
      for (const { id } of harness.cells) {
        const kind = failureOf(harness.state(id))?.kind;
        const kinds = expected.errors?.[id];
        if (kinds === undefined) expect([id, kind]).toEqual([id, undefined]);
        else expect(kinds, `${id} is ${kind}`).toContain(kind);
      }
    },
    error_mentions: () => {
      for (const [id, text] of Object.entries(expected.error_mentions ?? {})) {
        expect(failureOf(harness.state(id))?.error.message).toContain(text);
      }
    },
    runs: () => {
      const runs = harness.runs(since);
      for (const [id, count] of Object.entries(expected.runs ?? {})) {
        expect([id, runs.filter((run) => run === id).length]).toEqual([id, count]);
      }
    },
    max_runs: () => {
      const runs = harness.runs(since);
      for (const [id, most] of Object.entries(expected.max_runs ?? {})) {
        expect(runs.filter((run) => run === id).length).toBeLessThanOrEqual(most);
      }
    },
    order: () => {
      const runs = harness.runs(since);
      for (const [first, second] of expected.order ?? []) {
        expect(runs).toContain(first);
        expect(runs.indexOf(first)).toBeLessThan(runs.indexOf(second));
      }
    },
    never_seen: () => {
      for (const [name, values] of Object.entries(expected.never_seen ?? {})) {
        for (const value of values) expect(harness.seen(name)).not.toContainEqual(value);
      }
    },
    seen_in_order: () => {
      for (const [name, values] of Object.entries(expected.seen_in_order ?? {})) {
        const seen = harness.seen(name, since);
        let from = 0;
        for (const value of values) {
          const at = seen.indexOf(value, from);
          expect(at, `${name}: ${String(value)} in ${String(seen)}`).toBeGreaterThanOrEqual(from);
          from = at + 1;
        }
      }
    },
    pending: () => {
      for (const id of expected.pending ?? []) expect(harness.state(id).kind).toBe("waiting");
    },
    stale: () => {
      expect(session.staleCells().toSorted()).toEqual(expected.stale?.toSorted());
    },
    marks: () => {
      for (const [tag, count] of Object.entries(expected.marks ?? {})) {
        expect(harness.marks.filter((mark) => mark === tag).length).toBe(count);
      }
    },
    mark_order: () => {
      expect(harness.marks).toEqual(expected.mark_order);
    },
    max_concurrent: () => {
      for (const [tag, most] of Object.entries(expected.max_concurrent ?? {})) {
        expect(harness.concurrency.get(tag)).toBeLessThanOrEqual(most);
      }
    },
    upstream_of: () => {
      for (const [id, origin] of Object.entries(expected.upstream_of ?? {})) {
        expect(failureOf(harness.state(id))?.origin).toBe(origin);
      }
    },
    syntax_position: () => {
      for (const [id, at] of Object.entries(expected.syntax_position ?? {})) {
        // The fixture counts columns from 0, the project from 1.
        expect(failureOf(harness.state(id))?.error.place).toMatchObject({
          line: at.line,
          column: at.column + 1,
        });
      }
    },
    file_source_changed: () => {
      expect(JSON.stringify(harness.cells.map((cell) => cell.source)) !== sources).toBe(
        expected.file_source_changed,
      );
    },
  };
  for (const field of Object.keys(expected)) {
    const verify = checks[field as keyof Expectation];
    if (verify === undefined) throw new Error(`no check for ${field}`);
    verify();
  }
}

function failureOf(state: CellState) {
  return state.kind === "failed" ? state.failure : undefined;
}

/** Whatever is done to a notebook, in the end it stands as if it had been written that way and run once. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Harness } from "./harness.ts";

const CELLS = 7;
const runsPerProperty = process.env["DAGBOK_LONG"] === "1" ? 400 : 40;

interface Text {
  /** Cells it adds up. */
  readonly needs: readonly number[];
  readonly constant: number;
  readonly style: "sync" | "await" | "promise" | "throw";
}

type Operation =
  | { readonly kind: "edit"; readonly cell: number; readonly text: Text }
  | { readonly kind: "delete"; readonly cell: number }
  | { readonly kind: "disable"; readonly cell: number }
  | { readonly kind: "mode"; readonly mode: "auto" | "lazy" }
  | { readonly kind: "reorder"; readonly seed: number }
  | { readonly kind: "run"; readonly cell: number }
  | { readonly kind: "rest" };

const text: fc.Arbitrary<Text> = fc.record({
  needs: fc.uniqueArray(fc.nat(CELLS - 1), { maxLength: 3 }),
  constant: fc.nat(3),
  style: fc.oneof(
    { weight: 6, arbitrary: fc.constant("sync" as const) },
    { weight: 2, arbitrary: fc.constant("await" as const) },
    { weight: 2, arbitrary: fc.constant("promise" as const) },
    { weight: 1, arbitrary: fc.constant("throw" as const) },
  ),
});
const cell = fc.nat(CELLS - 1);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("edit" as const), cell, text }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), cell }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("disable" as const), cell }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("mode" as const),
      mode: fc.constantFrom("auto" as const, "lazy" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reorder" as const), seed: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("run" as const), cell }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("rest" as const) }) },
);

function sourceOf(id: number, { needs, constant, style }: Text): string {
  const sum = [...needs.filter((other) => other !== id).map((other) => `x${other}`), constant].join(
    " + ",
  );
  switch (style) {
    case "sync":
      return `const x${id} = ${sum};`;
    case "await":
      return `await sleep(1); const x${id} = ${sum};`;
    case "promise":
      return `const x${id} = tracked('${id}', async () => { await sleep(1); return ${sum}; });`;
    default:
      return `const x${id} = (() => { throw new Error('${sum}'); })();`;
  }
}

/** The value of every name that has one, straight from the texts. */
function oracle(texts: ReadonlyMap<number, Text>): Record<string, number> {
  const values: Record<string, number> = {};
  for (let news = true; news;) {
    news = false;
    for (const [id, { needs, constant, style }] of texts) {
      if (`x${id}` in values || style === "throw") continue;
      const above = needs.filter((other) => other !== id).map((other) => values[`x${other}`]);
      if (above.some((value) => value === undefined)) continue;
      values[`x${id}`] = above.reduce((sum: number, value) => sum + (value ?? 0), constant);
      news = true;
    }
  }
  return values;
}

it("ends in the state of a fresh run, with runs paired, never overlapping, never circular by mistake", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: CELLS, maxLength: CELLS }),
      fc.array(operation, { maxLength: 25 }),
      async (start, operations) => {
        const harness = new Harness();
        const { session } = harness;
        const texts = new Map(start.map((text, id) => [id, text]));
        await harness.page(
          ...start.map((text, id) => [`c${id}`, sourceOf(id, text)] as [string, string]),
        );
        await session.run("all");
        for (const step of operations) await apply(harness, texts, step);

        // Make everything current: enabled, auto, and what was edited while disabled run.
        harness.cells = harness.cells.map((cell) => ({ ...cell, disabled: false }));
        await session.setCells(harness.cells);
        session.setMode("auto");
        await session.settled();

        const values = Object.fromEntries(
          session.variables().map(({ name, value }) => [name, value]),
        );
        expect(values).toEqual(oracle(texts));
        expect(session.staleCells()).toEqual([]);
        for (const { id } of harness.cells) {
          expect(["done", "failed"]).toContain(harness.state(id).kind);
        }
        for (const most of harness.concurrency.values()) expect(most).toBeLessThanOrEqual(1);
        const open = new Set<number>();
        for (const event of harness.events) {
          if (event.type === "run-started") open.add(event.run);
          if (event.type === "run-ended") expect(open.delete(event.run)).toBe(true);
        }
        expect(open.size).toBe(0);
        session.dispose();
      },
    ),
    { numRuns: runsPerProperty },
  );
});

async function apply(
  harness: Harness,
  texts: Map<number, Text>,
  operation: Operation,
): Promise<void> {
  const { session } = harness;
  switch (operation.kind) {
    case "edit": {
      const { cell, text } = operation;
      const id = `c${cell}`;
      texts.set(cell, text);
      const source = sourceOf(cell, text);
      if (harness.cells.some((other) => other.id === id)) await harness.change(id, { source });
      else await harness.page(...harness.cells, [id, source]);
      void session.run([id]);
      return;
    }
    case "delete":
      texts.delete(operation.cell);
      await harness.delete(`c${operation.cell}`);
      return;
    case "disable": {
      const id = `c${operation.cell}`;
      const before = harness.cells.find((other) => other.id === id)?.disabled === true;
      await harness.change(id, { disabled: !before });
      return;
    }
    case "mode":
      session.setMode(operation.mode);
      return;
    case "reorder": {
      const { seed } = operation;
      const rank = (id: string): number => (Number(id.slice(1)) * 31 + seed * 17) % 101;
      harness.cells = harness.cells.toSorted((a, b) => rank(a.id) - rank(b.id));
      await session.setCells(harness.cells);
      return;
    }
    case "run":
      void session.run([`c${operation.cell}`]);
      return;
    case "rest":
      await session.settled();
      return;
  }
}

it("runs exactly what can be reached from an edited cell", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 12, maxLength: 12 }),
      fc.nat(11),
      async (needs, root) => {
        const harness = new Harness();
        const above = needs.map((ids, id) => [...new Set(ids.filter((other) => other < id))]);
        // Objects, so that equal values are never the reason for not running.
        const source = (id: number, salt: number): string =>
          `const x${id} = [${salt}, ${(above[id] ?? []).map((other) => `x${other}`).join(", ")}];`;
        await harness.page(...above.map((_, id) => [`c${id}`, source(id, 0)] as [string, string]));
        await harness.session.run("all");
        expect(harness.runs().toSorted()).toEqual(above.map((_, id) => `c${id}`).toSorted());

        const since = harness.events.length;
        await harness.change(`c${root}`, { source: source(root, 1) });
        await harness.session.run([`c${root}`]);
        const reached = new Set([root]);
        for (const [id, ids] of above.entries()) {
          if (ids.some((other) => reached.has(other))) reached.add(id);
        }
        expect(harness.runs(since).toSorted()).toEqual(
          [...reached].map((id) => `c${id}`).toSorted(),
        );
        harness.session.dispose();
      },
    ),
    { numRuns: runsPerProperty * 2 },
  );
});

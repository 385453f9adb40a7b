import { describe, expect, it } from "vitest";
import type { Claim } from "../../../app/claim.ts";
import type { CellContext, CellProgram } from "../../../app/cell/program.ts";
import { UserError } from "../../../app/errors.ts";
import type { SessionEvent } from "../../../app/runtime/events.ts";
import { Session } from "../../../app/runtime/session.ts";
import { Harness, sleep } from "./harness.ts";

const slider = "{kind: 'input', widget: 'slider', initial: 1, options: {min: 0, max: 9}}";

describe("what runs, and when", () => {
  it("runs nothing on opening, and then only what is asked for and what hangs on it", async () => {
    const harness = new Harness();
    await harness.page(
      ["a", "const a = 1;"],
      ["b", "const b = a + 1;"],
      ["c", "const c = b + other;"],
      ["d", "const other = 5;"],
      ["e", "const e = 9;"],
    );
    await harness.quiet();
    expect(
      harness.events.filter((event) => event.type !== "analysis" && event.type !== "state"),
    ).toEqual([]);
    await harness.session.run(["b"]);
    expect(harness.runs()).toEqual(["a", "b", "d", "c"]);
    expect(harness.session.value("c")).toBe(7);
    expect(harness.state("e")).toEqual({ kind: "idle" });
  });

  it("runs in lazy mode only what is asked for and what that needs", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = 1;"], ["b", "const b = a + 1;"], ["c", "const c = b;"]);
    harness.session.setMode("lazy");
    await harness.session.run(["b"]);
    expect(harness.runs()).toEqual(["a", "b"]);
    expect(harness.state("c").kind).toBe("idle");
  });

  it("leaves dependents alone while a text is being edited, until it is run", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = 1;"], ["b", "const b = a + 1;"]);
    await harness.session.run("all");
    const since = harness.events.length;
    await harness.change("a", { source: "const a = 2" });
    await harness.change("a", { source: "const a = 2 +" });
    await harness.quiet();
    expect(harness.runs(since)).toEqual([]);
    expect(harness.state("a")).toEqual({ kind: "edited" });
    expect(harness.state("b").kind).toBe("done");
    expect(harness.session.value("b")).toBe(2);
    await harness.change("a", { source: "const a = 1;" });
    expect(harness.state("a").kind).toBe("done");
  });

  it("does not run a new cell before it has been run once, and says so to who needs it", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = 1;"]);
    await harness.session.run("all");
    await harness.page(...harness.cells, ["b", "const b = a;"], ["c", "const c = b;"]);
    await harness.edit("a", "const a = 2;");
    expect(harness.state("b").kind).toBe("idle");
    await harness.session.run(["c"]);
    expect(harness.state("c")).toMatchObject({
      failure: {
        kind: "undefined_reference",
        cells: ["b"],
        error: { message: "b is not defined yet" },
      },
    });
    await harness.session.run(["b"]);
    expect(harness.session.value("c")).toBe(2);
  });

  it("runs what is stale, edited, new or interrupted, and nothing else, for the target `stale`", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = 1;"], ["b", "const b = a;"], ["z", "const z = 1;"]);
    await harness.session.run("all");
    harness.session.setMode("lazy");
    await harness.edit("a", "const a = 2;");
    await harness.page(...harness.cells, ["n", "const n = 1;"]);
    const since = harness.events.length;
    await harness.session.run("stale");
    expect(harness.runs(since)).toEqual(["b", "n"]);
  });

  it("treats a lazy cell as lazy in auto mode, and runs it when asked", async () => {
    const harness = new Harness();
    await harness.page(
      ["a", "const a = 1;"],
      { id: "b", kind: "typescript", source: "const b = a;", lazy: true },
      ["c", "const c = b + a;"],
    );
    await harness.session.run("all");
    await harness.edit("a", "const a = 2;");
    expect(harness.state("b")).toEqual({ kind: "stale", because: ["a"] });
    expect(harness.state("c")).toEqual({ kind: "stale", because: ["b"] });
    expect(harness.session.value("c")).toBe(2);
    await harness.session.run(["b"]);
    expect(harness.session.value("c")).toBe(4);
    expect(harness.session.staleCells()).toEqual([]);
  });

  it("makes up, on going back to auto mode, for what lazy mode held back", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = 1;"], ["b", "const b = a;"], ["c", "const c = b;"]);
    await harness.session.run("all");
    harness.session.setMode("lazy");
    await harness.edit("a", "const a = 2;");
    harness.session.setMode("auto");
    await harness.session.settled();
    expect(harness.session.value("c")).toBe(2);
    expect(harness.session.staleCells()).toEqual([]);
  });

  it("keeps cells below a disabled one that has never run stale, not failed", async () => {
    const harness = new Harness();
    await harness.page({ id: "a", kind: "typescript", source: "const a = 1;", disabled: true }, [
      "b",
      "const b = a;",
    ]);
    await harness.session.run("all");
    expect(harness.runs()).toEqual([]);
    expect(harness.state("b")).toEqual({ kind: "stale", because: ["a"] });
    await harness.change("a", { disabled: false });
    await harness.session.settled();
    expect(harness.session.value("b")).toBe(1);
  });

  it("cuts off at equal primitives, and never at objects", async () => {
    const harness = new Harness();
    await harness.page(
      ["a", "const a = 1;"],
      ["p", "const p = a > 0;"],
      ["o", "const o = {positive: a > 0};"],
      ["hp", "const hp = p;"],
      ["ho", "const ho = o.positive;"],
    );
    await harness.session.run("all");
    const since = harness.events.length;
    await harness.edit("a", "const a = 2;");
    expect(harness.runs(since)).toEqual(["a", "p", "o", "ho"]);
  });

  it("replaces a run that is in flight when the text is run again, and waits for it only briefly", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = await tracked('a', () => deferred('never'));"]);
    void harness.session.run("all");
    await harness.quiet(20);
    const start = performance.now();
    await harness.change("a", { source: "const a = 1;" });
    await harness.session.run(["a"]);
    expect(harness.session.value("a")).toBe(1);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(harness.events.filter((event) => event.type === "run-ended")).toMatchObject([
      { outcome: "superseded" },
      { outcome: "done" },
    ]);
  });

  it("does not overlap with a cooperative run that takes a moment to wind up", async () => {
    const harness = new Harness();
    const source = (value: number): string => `const a = await tracked('a', async () => {
      await new Promise((end) => signal.addEventListener('abort', end)); await sleep(20); return ${value}; });`;
    await harness.page(["a", source(1)]);
    void harness.session.run("all");
    await harness.quiet(20);
    await harness.change("a", { source: source(2) });
    void harness.session.run(["a"]);
    await harness.quiet(80);
    harness.session.stop("all");
    expect(harness.concurrency.get("a")).toBe(1);
    expect(harness.runs()).toEqual(["a", "a"]);
  });

  it("says when everything has come to rest", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = sleep(10).then(() => 1);"], ["b", "const b = a;"]);
    await harness.session.run("all");
    expect(harness.session.value("b")).toBe(1);
    await harness.quiet(10);
    expect(harness.events.filter((event) => event.type === "settled").length).toBe(1);
  });
});

describe("errors", () => {
  it("names the cells of a circle in order and the other definers of a name", async () => {
    const harness = new Harness();
    await harness.page(
      ["a", "const a = c;"],
      ["b", "const b = a;"],
      ["c", "const c = b;"],
      ["d", "const x = 1;"],
      ["e", "const x = 2;"],
    );
    await harness.session.run("all");
    expect(harness.state("a")).toMatchObject({
      failure: { kind: "circular", cells: ["a", "b", "c"] },
    });
    expect(harness.state("d")).toMatchObject({
      failure: { kind: "duplicate_definition", cells: ["e"] },
    });
    expect(harness.state("e")).toMatchObject({ failure: { cells: ["d"] } });
  });

  it("keeps class, code and hint of an error where it began, and shows its origin below", async () => {
    const harness = new Harness({
      broken: () => {
        throw new UserError({ code: "no-overlap", message: "no overlap", hint: "trim" });
      },
    });
    await harness.page(["a", "const a = broken();"], ["b", "const b = a;"], ["c", "const c = b;"]);
    await harness.session.run("all");
    expect(harness.state("a")).toMatchObject({
      failure: { kind: "runtime", error: { name: "UserError", code: "no-overlap", hint: "trim" } },
    });
    expect(harness.state("c")).toMatchObject({
      failure: {
        kind: "upstream",
        origin: "a",
        error: { message: "b has no value: no overlap", cause: { code: "no-overlap" } },
      },
    });
  });

  it("asks where an error was thrown", async () => {
    const events: SessionEvent[] = [];
    const session = new Session({
      compile: () => ({
        inputs: [],
        outputs: [],
        diagnostics: [],
        run: () => {
          throw new TypeError("x");
        },
      }),
      library: {},
      emit: (event) => events.push(event),
      now: () => performance.now(),
      locate: (cell) => ({ source: cell, line: 3 }),
    });
    await session.setCells([{ id: "a", kind: "typescript", source: "" }]);
    await session.run("all");
    expect(session.state("a")).toMatchObject({
      failure: { error: { name: "TypeError", place: { source: "a", line: 3 } } },
    });
  });

  it("analyses the other cells when the compiler breaks on one", async () => {
    const events: SessionEvent[] = [];
    const session = new Session({
      compile: (cell): CellProgram => {
        if (cell.id === "a") throw new Error("bug");
        return { inputs: [], outputs: ["b"], diagnostics: [], run: () => ({ values: { b: 1 } }) };
      },
      library: {},
      emit: (event) => events.push(event),
      now: () => performance.now(),
    });
    await session.setCells([
      { id: "a", kind: "typescript", source: "" },
      { id: "b", kind: "typescript", source: "" },
    ]);
    await session.run("all");
    expect(session.value("b")).toBe(1);
    expect(session.state("a")).toMatchObject({
      failure: { kind: "syntax", error: { message: "bug" } },
    });
  });

  it("says before anything runs who depends on whom and what is wrong, and only what changed", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = b;"], ["b", "const b = 1;"], ["c", "const b = nowhere;"]);
    const [first] = harness.events.filter((event) => event.type === "analysis");
    expect(
      first?.cells.map((cell) => [cell.cell, cell.upstream, cell.diagnostics.map((d) => d.code)]),
    ).toEqual([
      ["a", ["b", "c"], []],
      ["b", [], ["duplicate-definition"]],
      ["c", [], ["undefined-reference", "duplicate-definition"]],
    ]);
    const since = harness.events.length;
    await harness.change("a", { source: "const a = 1;" });
    const again = harness.events.slice(since).filter((event) => event.type === "analysis");
    expect(again.flatMap((event) => event.cells.map((cell) => cell.cell)).toSorted()).toEqual([
      "a",
      "b",
      "c",
    ]);
    const later = harness.events.length;
    await harness.change("a", { source: "const a = 2;" });
    expect(harness.events.slice(later).filter((event) => event.type === "analysis")).toEqual([]);
  });
});

describe("inputs", () => {
  it("streams a control's value by name, key and saved value, and shows it once per run", async () => {
    const harness = new Harness();
    await harness.page(
      {
        id: "s",
        kind: "typescript",
        source: `const s = view(${slider}); const t = view(${slider});`,
        inputs: { 1: 6 },
      },
      ["d", "const d = [s, t];"],
    );
    await harness.session.run("all");
    expect(harness.session.value("d")).toEqual([1, 6]);
    expect(harness.events.filter((event) => event.type === "input")).toMatchObject([
      { cell: "s", key: "0", index: 0, value: 1 },
      { cell: "s", key: "1", index: 1, value: 6 },
    ]);
    const since = harness.events.length;
    harness.session.setInput("s", "0", 3);
    harness.session.setVariable("t", 4);
    await harness.quiet();
    expect(harness.session.value("d")).toEqual([3, 4]);
    expect(new Set(harness.runs(since))).toEqual(new Set(["d"]));
  });

  it("keeps what the user set when the cell runs again, and starts afresh when the control is rewritten", async () => {
    const harness = new Harness();
    await harness.page(["k", "const k = 1;"], ["s", `const s = view(${slider}); k;`]);
    await harness.session.run("all");
    harness.session.setInput("s", "0", 8);
    await harness.quiet();
    await harness.edit("k", "const k = 2;");
    expect(harness.session.value("s")).toBe(8);
    await harness.edit("s", `const s = view(${slider.replace("initial: 1", "initial: 2")});`);
    expect(harness.session.value("s")).toBe(2);
  });

  it("ignores a saved value of another type, and follows one that is changed in the document", async () => {
    const harness = new Harness();
    await harness.page({
      id: "s",
      kind: "typescript",
      source: `const s = view(${slider});`,
      inputs: { 0: "six" },
    });
    await harness.session.run("all");
    expect(harness.session.value("s")).toBe(1);
    await harness.change("s", { inputs: { 0: 6 } });
    await harness.quiet();
    expect(harness.session.value("s")).toBe(6);
  });

  it("takes a value for a control that has not been shown yet", async () => {
    const harness = new Harness();
    await harness.page(["s", `const s = view(${slider});`], ["d", "const d = s;"]);
    harness.session.setVariable("s", 9);
    await harness.session.run("all");
    expect(harness.seen("d")).toEqual([9]);
    await harness.page(["p", "const p = 1;"]);
    await harness.session.run("all");
    expect(() => harness.session.setVariable("p", 2)).toThrow(/not an input/);
  });

  it("skips values of a fast drag but never the last, and never runs a cell twice at once", async () => {
    const harness = new Harness();
    await harness.page(
      ["s", `const s = view(${slider});`],
      ["d", "const d = await tracked('d', async () => { await sleep(15); return s; });"],
    );
    await harness.session.run("all");
    const since = harness.events.length;
    for (let i = 1; i <= 200; i++) {
      harness.session.setInput("s", "0", i);
      if (i % 4 === 0) await sleep(1);
    }
    await harness.session.settled();
    await harness.quiet(40);
    expect(harness.session.value("d")).toBe(200);
    expect(harness.runs(since).length).toBeLessThan(40);
    expect(harness.concurrency.get("d")).toBe(1);
  });
});

describe("display, claims, end", () => {
  it("numbers what a run shows and refuses to show for a run that is over", async () => {
    const harness = new Harness();
    const contexts: CellContext[] = [];
    const session = new Session({
      compile: () => ({
        inputs: [],
        outputs: [],
        diagnostics: [],
        run: (_, context) => {
          contexts.push(context);
          context.display("one");
          context.display("two");
          return { values: {} };
        },
      }),
      library: {},
      emit: (event) => harness.events.push(event),
      now: () => performance.now(),
    });
    await session.setCells([{ id: "a", kind: "typescript", source: "1" }]);
    await session.run("all");
    contexts[0]?.display("later");
    await session.run("all");
    const shown = harness.events.flatMap((event) =>
      event.type === "display" ? [[event.run, event.index, event.value]] : [],
    );
    expect(shown).toEqual([
      [1, 0, "one"],
      [1, 1, "two"],
      [1, 2, "later"],
      [2, 0, "one"],
      [2, 1, "two"],
    ]);
    expect(() => contexts[0]?.display("stale")).toThrow(/over/);
    expect(contexts[0]?.signal.aborted).toBe(true);
    await contexts[0]?.invalidation;
    session.dispose();
    expect(contexts[1]?.signal.aborted).toBe(true);
  });

  it("passes claims on through code, marked as derived", async () => {
    const claim: Claim = {
      rung: 2,
      query: "P(y | do(x))",
      status: "identified",
      assumptions: [{ id: "g", kind: "graph", text: "the graph is right", variables: ["x", "y"] }],
    };
    const seen: unknown[] = [];
    const programs: Record<string, CellProgram> = {
      e: {
        inputs: [],
        outputs: ["ate"],
        diagnostics: [],
        run: () => ({ values: { ate: 3 }, claim }),
      },
      c: {
        inputs: ["ate"],
        outputs: ["twice"],
        diagnostics: [],
        run: ({ ate }, { inputClaims }) => {
          seen.push(inputClaims);
          return { values: { twice: 2 * (ate as number) } };
        },
      },
    };
    const events: SessionEvent[] = [];
    const session = new Session({
      compile: (cell) => programs[cell.id] as CellProgram,
      library: {},
      emit: (event) => events.push(event),
      now: () => performance.now(),
    });
    await session.setCells(["e", "c"].map((id) => ({ id, kind: "estimate", source: id })));
    await session.run("all");
    expect(seen).toEqual([{ ate: claim }]);
    expect(events.filter((event) => event.type === "variable")).toMatchObject([
      { name: "ate", claim },
      { name: "twice", value: 6, claim: { ...claim, derivedByCode: true } },
    ]);
  });

  it("reports progress while a run lasts", async () => {
    const harness = new Harness();
    await harness.page(["a", "progress({fraction: 0.5}); await sleep(5); const a = 1;"]);
    await harness.session.run("all");
    const states = harness.events.flatMap((event) => (event.type === "state" ? [event.state] : []));
    expect(states).toContainEqual({
      kind: "running",
      since: expect.any(Number),
      progress: { fraction: 0.5 },
    });
    expect(states.map((state) => state.kind)).toEqual([
      "idle",
      "queued",
      "running",
      "running",
      "done",
    ]);
  });

  it("is silent after disposal and lets nobody wait for ever", async () => {
    const harness = new Harness();
    await harness.page(["a", "const a = await deferred('p'); mark('after');"]);
    const run = harness.session.run("all");
    await harness.quiet(20);
    harness.session.dispose();
    await run;
    const since = harness.events.length;
    harness.deferred("p").resolve(1);
    await sleep(20);
    expect(harness.events.slice(since)).toEqual([]);
  });
});

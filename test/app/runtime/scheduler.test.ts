/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
/** The scheduler under the stock interface: what it promises beyond upstream's own tests. */
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type {
  InnerVariable,
  RuntimeConstructor,
  Variable,
} from "../../../app/runtime/observable.ts";
import {
  abandon,
  cutOff,
  fail,
  force,
  InputError,
  occupy,
  Runtime,
  Stock,
} from "../../../app/runtime/scheduler.ts";
import { sleep } from "./harness.ts";

const runtimes: { dispose(): void }[] = [];
afterEach(() => {
  for (const runtime of runtimes.splice(0)) runtime.dispose();
});

function create(): Runtime {
  const runtime = new Runtime();
  runtimes.push(runtime);
  return runtime;
}

function valueOf(variable: Variable): Promise<unknown> {
  return (variable as InnerVariable)._promise;
}

describe("order and count", () => {
  it("starts independent variables in definition order and finishes what follows first", async () => {
    const runtime = create();
    const main = runtime.module();
    const log: string[] = [];
    const define = (name: string, ...inputs: string[]): Variable =>
      main.variable(true).define(name, inputs, () => log.push(name));
    const a = define("a");
    define("b");
    define("a1", "a");
    define("c");
    define("a2", "a");
    define("a11", "a1");
    await runtime._compute();
    expect(log).toEqual(["a", "a1", "a11", "a2", "b", "c"]);
    log.length = 0;
    a.define("a", [], () => log.push("a"));
    await runtime._compute();
    expect(log).toEqual(["a", "a1", "a11", "a2"]);
  });

  it("coalesces redefinitions of one turn", async () => {
    const runtime = create();
    const main = runtime.module();
    let runs = 0;
    const a = main.variable(true).define("a", [], () => 0);
    const b = main.variable(true).define("b", ["a"], (a: number) => (runs++, a + 1));
    await runtime._compute();
    for (let i = 0; i <= 100; i++) a.define("a", [], () => i);
    await runtime._compute();
    expect([await valueOf(b), runs]).toEqual([101, 2]);
  });

  it("gives what the stock scheduler gives on random graphs with promises, errors and edits", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            inputs: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
            style: fc.constantFrom("sync", "async", "throw", "sync", "sync"),
          }),
          { minLength: 10, maxLength: 10 },
        ),
        fc.array(
          fc.record({ at: fc.nat(9), inputs: fc.uniqueArray(fc.nat(9), { maxLength: 2 }) }),
          {
            maxLength: 5,
          },
        ),
        async (nodes, edits) => {
          const run = async (Make: RuntimeConstructor): Promise<unknown[]> => {
            const runtime = new Make();
            const main = runtime.module();
            const define = (
              variable: Variable,
              id: number,
              inputs: readonly number[],
              style: string,
            ): Variable =>
              variable.define(
                `v${id}`,
                inputs.map((input) => `v${input}`),
                (...values: number[]) => {
                  if (style === "throw") throw new Error(`broken ${id}`);
                  const sum = values.reduce((sum, value) => sum + value, id);
                  return style === "async" ? sleep(0).then(() => sum) : sum;
                },
              );
            const variables = nodes.map(({ inputs, style }, id) =>
              define(main.variable(true), id, inputs, style),
            );
            for (const { at, inputs } of edits) {
              await runtime._compute();
              define(variables[at] as Variable, at, inputs, "sync");
            }
            await runtime._compute();
            await sleep(5);
            const results = await Promise.allSettled(
              variables.map((variable) => valueOf(variable)),
            );
            runtime.dispose();
            return results.map((result) =>
              // Which of several failing inputs is named depends on timing in stock.
              result.status === "fulfilled" ? result.value : "failed",
            );
          };
          const [ours, stock] = await Promise.all([run(Runtime), run(Stock)]);
          expect(ours).toEqual(stock);
        },
      ),
      { numRuns: process.env["DAGBOK_LONG"] === "1" ? 1000 : 60 },
    );
  });
});

describe("waiting", () => {
  it("does not let a never-settling input that was replaced hold up its dependents (stock does)", async () => {
    const outcome = async (Make: RuntimeConstructor): Promise<unknown> => {
      const runtime = new Make();
      runtimes.push(runtime);
      const main = runtime.module();
      const a = main.variable(true).define("a", [], () => new Promise(() => {}));
      const b = main.variable(true).define("b", ["a"], (a: number) => a + 1);
      await runtime._compute();
      await sleep(5);
      a.delete();
      main.variable(true).define("a", [], () => 41);
      await runtime._compute();
      return Promise.race([valueOf(b), sleep(50).then(() => "hangs")]);
    };
    expect(await outcome(Runtime)).toBe(42);
    expect(await outcome(Stock)).toBe("hangs");
  });

  it("computes once after all of several slow inputs, with one consistent set of values", async () => {
    const runtime = create();
    const main = runtime.module();
    const seen: unknown[] = [];
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const slow = (name: string): void => {
      main.variable(true).define(name, ["a"], async (a: number) => {
        const gate = Promise.withResolvers<void>();
        gates.set(`${name}${a}`, gate);
        await gate.promise;
        return a;
      });
    };
    const open = async (name: string): Promise<void> => {
      gates.get(name)?.resolve();
      await sleep(0);
    };
    const a = main.variable(true).define("a", [], () => 1);
    slow("l");
    slow("r");
    main.variable(true).define("d", ["l", "r"], (l: number, r: number) => seen.push([l, r]));
    const change = async (value: number): Promise<void> => {
      a.define("a", [], () => value);
      await runtime._compute();
    };
    await runtime._compute();
    await open("l1");
    await open("r1");
    await change(2);
    await open("l2");
    await change(3); // while r still works on 2
    await open("r2");
    await open("r3");
    expect(seen).toEqual([[1, 1]]);
    await open("l3");
    expect(seen).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect([...gates.keys()]).toEqual(["l1", "r1", "l2", "r2", "l3", "r3"]);
  });

  it("publishes no result that lands while an input is being computed anew", async () => {
    const runtime = create();
    const main = runtime.module();
    const seen: unknown[] = [];
    const gates: PromiseWithResolvers<void>[] = [];
    let same = false;
    const a = main.variable(true).define("a", [], () => 1);
    const u = main.variable(true).define("u", ["a"], async (a: number) => {
      if (a > 1) await sleep(5);
      return same ? 1 : a;
    });
    cutOff(u, Object.is);
    main.variable(true).define("v", ["u"], async (u: number) => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      return u;
    });
    main.variable(true).define("d", ["u", "v"], (u: number, v: number) => seen.push([u, v]));
    await runtime._compute();
    await sleep(0);
    a.define("a", [], () => 2);
    await runtime._compute();
    gates[0]?.resolve();
    await sleep(0);
    expect(seen).toEqual([]); // u is under way to 2, v has landed with 1
    await sleep(20);
    gates[1]?.resolve();
    await sleep(0);
    expect(seen).toEqual([[2, 2]]);

    // What has landed is used after all if the input turns out to be as before.
    same = true;
    a.define("a", [], () => 3);
    await sleep(20);
    a.define("a", [], () => 4);
    await runtime._compute();
    gates[2]?.resolve();
    await sleep(0);
    expect(seen.length).toBe(1);
    await sleep(20);
    expect([seen, gates.length]).toEqual([
      [
        [2, 2],
        [1, 1],
      ],
      3,
    ]);
  });

  it("finds circles of any size and recovers from them", async () => {
    const runtime = create();
    const main = runtime.module();
    const size = 2000;
    const variables = Array.from({ length: size }, (_, i) =>
      main.variable(true).define(`v${i}`, [`v${(i + 1) % size}`], (next: number) => next + 1),
    );
    const below = main.variable(true).define("below", ["v0"], (v: number) => v);
    const start = performance.now();
    await runtime._compute();
    expect(performance.now() - start).toBeLessThan(1000);
    await expect(valueOf(variables[7] as Variable)).rejects.toThrow("circular definition");
    await expect(valueOf(below)).rejects.toThrow("circular definition");
    variables[size - 1]?.define(`v${size - 1}`, [], () => 0);
    await runtime._compute();
    expect(await valueOf(below)).toBe(size - 1);
  });

  it("does not mistake what waits for a slow input for a circle", async () => {
    const runtime = create();
    const main = runtime.module();
    main.variable(true).define("slow", [], () => sleep(20).then(() => 1));
    const b = main.variable(true).define("b", ["slow"], (slow: number) => slow + 1);
    const x = main.variable(true).define("x", ["y", "b"], () => 0);
    main.variable(true).define("y", ["x"], () => 0);
    await runtime._compute();
    await expect(valueOf(x)).rejects.toThrow("circular");
    expect(await valueOf(b)).toBe(2);
  });

  it("finds out what is needed in linear time (stock does in quadratic)", async () => {
    const size = 3000;
    const time = async (Make: RuntimeConstructor): Promise<number> => {
      const runtime = new Make();
      runtimes.push(runtime);
      const main = runtime.module();
      main.variable().define("v0", [], () => 0);
      for (let i = 1; i < size; i++) {
        const variable = main.variable(i === size - 1 ? true : null);
        variable.define(`v${i}`, [`v${i - 1}`], (v: number) => v + 1);
      }
      const start = performance.now();
      await runtime._compute();
      expect(await main.value(`v${size - 1}`)).toBe(size - 1);
      return performance.now() - start;
    };
    expect(await time(Runtime)).toBeLessThan((await time(Stock)) / 2);
  });
});

describe("generators", () => {
  it("asks an endless generator about 60 times a second and lets timers and messages in", async () => {
    const runtime = create();
    const main = runtime.module();
    let pulls = 0;
    let runs = 0;
    main.variable(true).define("g", [], function* () {
      while (true) yield ++pulls;
    });
    main.variable(true).define("d", ["g"], () => runs++);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const start = performance.now();
    await sleep(1000);
    clearInterval(timer);
    const most = 2 + (60 * (performance.now() - start)) / 1000;
    expect(pulls).toBeGreaterThan(10);
    expect(pulls).toBeLessThanOrEqual(most);
    expect(runs).toBeLessThanOrEqual(most);
    expect(ticks).toBeGreaterThan(20);
  });

  it("paces an async generator that never waits, too", async () => {
    const runtime = create();
    let pulls = 0;
    runtime
      .module()
      .variable(true)
      .define("g", [], async function* () {
        while (true) yield ++pulls;
      });
    const start = performance.now();
    await sleep(500);
    expect(pulls).toBeGreaterThan(5);
    expect(pulls).toBeLessThanOrEqual(2 + (60 * (performance.now() - start)) / 1000);
  });

  it("works without animation frames", async () => {
    expect("requestAnimationFrame" in globalThis).toBe(false);
    let asked = 0;
    Object.assign(globalThis, { requestAnimationFrame: () => asked++ });
    try {
      const runtime = create();
      const a = runtime
        .module()
        .variable(true)
        .define("a", [], () => 1);
      await runtime._compute();
      expect([await valueOf(a), asked]).toEqual([1, 0]);
    } finally {
      Reflect.deleteProperty(globalThis, "requestAnimationFrame");
    }
  });

  it("closes a generator when an input changes, before the next one is made", async () => {
    const runtime = create();
    const main = runtime.module();
    const log: string[] = [];
    const a = main.variable(true).define("a", [], () => 1);
    main.variable(true).define("g", ["a"], function* (a: number) {
      log.push(`open ${a}`);
      try {
        while (true) yield a;
      } finally {
        log.push(`close ${a}`);
      }
    });
    await runtime._compute();
    a.define("a", [], () => 2);
    await runtime._compute();
    await sleep(5);
    expect(log).toEqual(["open 1", "close 1", "open 2"]);
  });
});

describe("beyond the stock interface", () => {
  it("keeps the error where it began as the cause, however far down", async () => {
    const runtime = create();
    const main = runtime.module();
    const root = new RangeError("too large");
    main.variable(true).define("a", [], () => {
      throw root;
    });
    main.variable(true).define("b", ["a"], () => 0);
    const c = main.variable(true).define("c", ["b"], () => 0);
    await runtime._compute();
    const error: unknown = await valueOf(c).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ input: "b", message: "too large", cause: root });
  });

  it("cuts off where asked to, forces, abandons, occupies and fails", async () => {
    const runtime = create();
    const main = runtime.module();
    let runs = 0;
    let value = 1;
    const a = main.variable(true).define("a", [], () => value);
    cutOff(a, Object.is);
    const b = main.variable(true).define("b", ["a"], () => ++runs);
    await runtime._compute();
    force(runtime, a);
    await runtime._compute();
    expect(runs).toBe(1);
    value = 2;
    force(runtime, a);
    await runtime._compute();
    expect(runs).toBe(2);
    force(runtime, b);
    await runtime._compute();
    expect(runs).toBe(3);

    const gate = Promise.withResolvers<void>();
    occupy(runtime, b, gate.promise);
    force(runtime, b);
    await runtime._compute();
    expect(runs).toBe(3);
    gate.resolve();
    expect(await valueOf(b)).toBe(4);

    fail(runtime, a, new Error("given up"));
    await runtime._compute();
    await expect(valueOf(b)).rejects.toThrow("given up");

    const first = Promise.withResolvers<string>();
    let promise: Promise<string> = first.promise;
    const slow = main.variable(true).define("slow", [], () => promise);
    await runtime._compute();
    promise = Promise.resolve("second");
    abandon(runtime, slow);
    await runtime._compute();
    expect(await valueOf(slow)).toBe("second");
    first.resolve("first");
    await sleep(5);
    expect(await valueOf(slow)).toBe("second");
  });

  it("asks `ready` before it disturbs anything, and can be told to keep the old result or to wait", async () => {
    const runtime = create();
    const main = runtime.module();
    const log: string[] = [];
    let answer: "keep" | Promise<unknown> | undefined;
    const a = main.variable(true).define("a", [], () => 1);
    const observer = {
      ready: () => {
        const now = answer;
        if (now !== "keep") answer = undefined;
        return now;
      },
      fulfilled: (value: unknown) => log.push(`b ${String(value)}`),
      kept: () => log.push("kept"),
    };
    main.variable(observer).define("b", ["a"], (a: number) => a);
    main.variable({ fulfilled: () => log.push("c") }).define("c", ["b"], () => 0);
    await runtime._compute();
    answer = "keep";
    a.define("a", [], () => 2);
    await runtime._compute();
    answer = sleep(5);
    a.define("a", [], () => 3);
    await runtime._compute();
    await sleep(10);
    expect(log).toEqual(["b 1", "c", "kept", "b 3", "c"]);
  });
});

it("survives observers and definitions that redefine variables while a pass is under way", async () => {
  const runtime = create();
  const main = runtime.module();
  let rounds = 0;
  const a = main.variable(true).define("a", [], () => 1);
  const c = main.variable(true);
  main
    .variable({
      fulfilled: () => {
        if (rounds++ < 3) c.define("c", ["a", "b"], (a: number, b: number) => a + b + rounds);
      },
    })
    .define("b", ["a"], (a: number) => a * 10);
  main.variable(true).define("d", ["c"], (c: number) => c);
  await runtime._compute();
  for (const value of [2, 3]) {
    a.define("a", [], () => value);
    await runtime._compute();
    await runtime._compute();
  }
  expect(await main.value("d")).toBe(36);
});

/**
 * The scheduler against stock @observablehq/runtime 6.0.1 in the same run: redefine the root of a chain, a
 * fan-out and a two-input graph, and wait until every variable has its new value. The two take turns, so that
 * a busy machine is busy for both; run counts are checked exactly. Time until all are fulfilled, in ms.
 */
import { Runtime, Stock } from "../../app/runtime/scheduler.ts";
import type { Module, RuntimeConstructor } from "../../app/runtime/observable.ts";

type Shape = "chain" | "fan-out" | "graph";

interface Subject {
  readonly name: string;
  readonly redefineRoot: (value: number) => Promise<number>;
  readonly check: (rounds: number) => void;
  readonly dispose: () => void;
}

const sizes = [250, 1_000, 10_000];
const rounds = new Map([
  [250, 400],
  [1_000, 300],
  [10_000, 40],
]);

console.log("shape     variables  stock ms  ours ms  ratio (median of interleaved rounds)");
let worst = new Map<number, number>();
for (const shape of ["chain", "fan-out", "graph"] as const) {
  for (const size of sizes) {
    const count = rounds.get(size) ?? 20;
    const [stock, ours] = await compare(shape, size, count);
    const ratio = stock / ours;
    worst = worst.set(size, Math.min(worst.get(size) ?? Infinity, ratio));
    console.log(
      `${shape.padEnd(9)} ${String(size).padStart(9)} ${stock.toFixed(3).padStart(9)} ${ours
        .toFixed(3)
        .padStart(8)} ${ratio.toFixed(1).padStart(6)}x  run counts exact`,
    );
  }
}
console.log(
  `worst ratio: ${[...worst].map(([size, ratio]) => `${ratio.toFixed(1)}x at ${size}`).join(", ")}`,
);

async function compare(shape: Shape, size: number, count: number): Promise<[number, number]> {
  const subjects = [subject("stock", Stock, shape, size), subject("ours", Runtime, shape, size)];
  const times: [number[], number[]] = [[], []];
  const warmUp = 20;
  for (let round = 0; round < count + warmUp; round++) {
    for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const elapsed = await (subjects[i] as Subject).redefineRoot(round + 1);
      if (round >= warmUp) (times[i] as number[]).push(elapsed);
    }
  }
  for (const subject of subjects) {
    subject.check(count + warmUp);
    subject.dispose();
  }
  return [median(times[0]), median(times[1])];
}

function subject(name: string, Make: RuntimeConstructor, shape: Shape, size: number): Subject {
  const runtime = new Make();
  const module = runtime.module();
  let runs = 0;
  let outstanding = 0;
  let settled: () => void = () => {};
  const observer = {
    fulfilled: () => {
      if (--outstanding === 0) settled();
    },
  };
  const root = module.variable(observer).define("v0", [], () => 0);
  build(module, shape, size, observer, () => runs++);
  // Stock has a first run of its own; wait for it inside the first timed round's predecessor.
  outstanding = size;
  const first = new Promise<void>((resolve) => (settled = resolve));
  let ready = first.then(() => {
    runs = 0;
  });
  return {
    name,
    redefineRoot: async (value) => {
      await ready;
      ready = Promise.resolve();
      const done = new Promise<void>((resolve) => (settled = resolve));
      outstanding = size;
      const start = performance.now();
      root.define("v0", [], () => value);
      await done;
      return performance.now() - start;
    },
    check: (rounds) => {
      const expected = rounds * (size - 1);
      if (runs !== expected) throw new Error(`${name}: ${runs} runs, expected ${expected}`);
    },
    dispose: () => {
      runtime.dispose();
    },
  };
}

function build(
  module: Module,
  shape: Shape,
  size: number,
  observer: { fulfilled: () => void },
  count: () => void,
): void {
  const one = (a: number): number => (count(), a + 1);
  const two = (a: number, b: number): number => (count(), a + b + 1);
  for (let i = 1; i < size; i++) {
    const variable = module.variable(observer);
    if (shape === "fan-out") variable.define(`v${i}`, ["v0"], one);
    else if (shape === "chain" || i === 1) variable.define(`v${i}`, [`v${i - 1}`], one);
    else variable.define(`v${i}`, [`v${i - 1}`, `v${i >> 1}`], two);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

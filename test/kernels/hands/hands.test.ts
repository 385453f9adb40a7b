import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { type HandTask, quietWork, share, type Work } from "../../../app/work.ts";
import { binCovariates } from "../../../kernels/estimate/forest/bins.ts";
import { growForest } from "../../../kernels/estimate/forest/forest.ts";
import { serve } from "../../../kernels/hands/hand.ts";
import type { FromHand, HandPort, Line, ToHand } from "../../../kernels/hands/messages.ts";
import { HandPool } from "../../../kernels/hands/pool.ts";
import { findTask, taskNames } from "../../../kernels/hands/tasks.ts";
import { createRng } from "../../../kernels/math/rng.ts";

/** Squares, slowly; fails at what it is told to fail at, wherever it runs. */
const squares: HandTask<{ readonly fail?: number }, number, number> = {
  name: "squares",
  prepare:
    ({ fail }) =>
    async (item) => {
      await sleep(1);
      if (item === fail) throw new RangeError(`no square of ${item}`);
      return item * item;
    },
};

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** A hand behind a real message channel, so that everything is cloned as between threads. */
function hand(find: (name: string) => Promise<never>, mute = false): HandPort {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const line: Line<FromHand, ToHand> = port2;
  if (mute) line.postMessage = () => {};
  serve(line, () => port2.close(), find);
  return port1;
}

const known = async (): Promise<never> => squares as never;
const items = Array.from({ length: 200 }, (_, i) => i);
const expected = items.map((i) => i * i);

function poolOf(count: number): { pool: HandPool; work: Work; asked: () => number } {
  let asked = 0;
  const pool: HandPool = new HandPool(() => {
    asked++;
    pool.join(Array.from({ length: count }, () => hand(known)));
  }, 50);
  return { pool, work: { ...quietWork, hands: pool }, asked: () => asked };
}

describe("work shared with other threads", { timeout: 5000 }, () => {
  test.each([0, 1, 3])("gives the same results in order with %i hands", async (count) => {
    const { work } = poolOf(count);
    const heard: number[] = [];
    expect(await share(squares, {}, items, work, (n) => heard.push(n))).toEqual(expected);
    expect(heard.at(-1)).toBe(items.length);
    expect(await share(squares, {}, [], work)).toEqual([]);
  });

  test("hands do most of it when there are three", async () => {
    const { pool, work } = poolOf(3);
    let here = 0;
    const counted: typeof squares = {
      ...squares,
      prepare: (shared) => {
        const perform = squares.prepare(shared);
        return (item) => {
          here++;
          return perform(item);
        };
      },
    };
    expect(await share(counted, {}, items, work)).toEqual(expected);
    expect(here).toBeGreaterThan(0);
    expect(here).toBeLessThan(items.length / 2);
    pool.lose();
  });

  test("throws what the task throws, as it was thrown", async () => {
    const { work } = poolOf(2);
    await expect(share(squares, { fail: 150 }, items, work)).rejects.toThrow(RangeError);
    // and the pool is of use afterwards
    expect(await share(squares, {}, items, work)).toEqual(expected);
  });

  test("a task that hands do not know is done here", async () => {
    const pool: HandPool = new HandPool(() => pool.join([hand(findTask as never)]), 50);
    expect(await share(squares, {}, items, { ...quietWork, hands: pool })).toEqual(expected);
  });

  test("what cannot be cloned is done here", async () => {
    const { work } = poolOf(2);
    const task: HandTask<{ readonly f: (x: number) => number }, number, number> = {
      name: "squares",
      prepare: ({ f }) => f,
    };
    expect(await share(task, { f: (x) => x + 1 }, items, work)).toEqual(items.map((i) => i + 1));
  });

  test("hands that never answer and are lost leave nothing undone", async () => {
    const pool: HandPool = new HandPool(() => pool.join([hand(known, true), hand(known)]), 50);
    const result = share(squares, {}, items, { ...quietWork, hands: pool });
    await sleep(60);
    pool.lose();
    expect(await result).toEqual(expected);
  });

  test("Stop ends it at once, also while it waits for hands", async () => {
    const pool: HandPool = new HandPool(() => pool.join([hand(known, true)]), 50);
    const controller = new AbortController();
    const result = share(squares, {}, items.slice(0, 4), {
      signal: controller.signal,
      progress: () => {},
      hands: pool,
    });
    setTimeout(() => controller.abort(new Error("stopped")), 40);
    await expect(result).rejects.toThrow("stopped");
  });

  test("idle hands are let go and asked for again", async () => {
    const { work, asked } = poolOf(1);
    await share(squares, {}, items.slice(0, 5), work);
    await share(squares, {}, items.slice(0, 5), work);
    expect(asked()).toBe(1);
    await sleep(120);
    await share(squares, {}, items.slice(0, 5), work);
    expect(asked()).toBe(2);
  });

  test("two computations at once do not mix", async () => {
    const { work } = poolOf(2);
    const [a, b] = await Promise.all([
      share(squares, {}, items, work),
      share(squares, {}, items.toReversed(), work),
    ]);
    expect(a).toEqual(expected);
    expect(b).toEqual(expected.toReversed());
  });

  test("every task of the list is found under its own name", async () => {
    expect(taskNames.length).toBeGreaterThan(0);
    for (const name of taskNames) expect((await findTask(name)).name).toBe(name);
    await expect(findTask("constructor")).rejects.toThrow("no task");
  });
});

test("a forest is the same forest on one thread and on three", async () => {
  const n = 400;
  const d = 3;
  const rng = createRng(5);
  const x = Float64Array.from({ length: n * d }, () => rng.normal());
  const y = Float64Array.from({ length: n }, (_, i) => x[i * d]! + rng.normal());
  const covariates = binCovariates(x, n, d);
  const options = { trees: 40, tried: 3, minimumLeaf: 5, balance: 0.05 };
  const alone = await growForest(covariates, { y }, options, createRng(7), quietWork);
  const pool: HandPool = new HandPool(
    () => pool.join([hand(findTask as never), hand(findTask as never)]),
    50,
  );
  const together = await growForest(covariates, { y }, options, createRng(7), {
    ...quietWork,
    hands: pool,
  });
  expect(together.trees).toEqual(alone.trees);
  expect(together.seen).toEqual(alone.seen);
  expect(alone.trees.some((tree) => tree.feature.length > 1)).toBe(true);
});

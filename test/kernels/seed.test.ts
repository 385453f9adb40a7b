import { expect, test } from "vitest";
import type { Channel } from "../../kernels/channel.ts";
import type { Table } from "../../kernels/data/table.ts";
import { Kernel } from "../../kernels/kernel.ts";

test("cells that draw from the notebook's seed follow it, and no others", async () => {
  const runs: string[] = [];
  let settled = (): void => {};
  const channel: Channel = {
    post: (event) => {
      if (event.type === "run-started") runs.push(event.cell);
      if (event.type === "settled") settled();
    },
    onRequest: undefined,
  };
  const kernel = new Kernel(channel, {
    evaluate: () => {
      throw new Error("no code here");
    },
  });
  const after = async (
    request: Parameters<NonNullable<Channel["onRequest"]>>[0],
  ): Promise<void> => {
    const done = new Promise<void>((resolve) => (settled = resolve));
    channel.onRequest?.(request);
    await done;
  };
  const cells = [
    { id: "world", kind: "model", source: "x ~ normal(0, 1)", name: "world" },
    { id: "free", kind: "simulate", source: "free = 20 from world" },
    { id: "fixed", kind: "simulate", source: "fixed = 20 from world seed 5" },
    { id: "below", kind: "data", source: "below = free" },
  ];
  channel.onRequest?.({ type: "open", cells, mode: "auto", attachments: [], seed: 3 });
  await after({ type: "run", target: "all" });
  const first = (name: string): number => {
    const column = (kernel.value(name) as Table).columns[0]!;
    return "values" in column ? column.values[0]! : Number.NaN;
  };
  const before = [first("free"), first("fixed"), first("below")];
  expect(runs.toSorted()).toEqual(["below", "fixed", "free", "world"]);
  runs.length = 0;
  await after({ type: "seed", seed: 4 });
  expect(runs).toEqual(["free", "below"]);
  expect([first("fixed"), first("below")]).toEqual([before[1], first("free")]);
  expect(first("free")).not.toBe(before[0]);
  await after({ type: "seed", seed: 3 });
  expect(first("free")).toBe(before[0]);
});

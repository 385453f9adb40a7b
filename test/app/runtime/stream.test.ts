import { expect, it } from "vitest";
import { LatestStream } from "../../../app/runtime/stream.ts";

it("gives the value at hand first, then only what is new, skipping what nobody asked for", async () => {
  const stream = new LatestStream(1);
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  const next = stream.next();
  stream.push(1);
  stream.push(2);
  expect(await next).toEqual({ done: false, value: 2 });
  stream.push(3);
  stream.value = 4;
  expect(await stream.next()).toEqual({ done: false, value: 4 });
  expect(stream.value).toBe(4);
});

it("ends at once for who is waiting, and takes nothing after", async () => {
  const stream = new LatestStream("a");
  await stream.next();
  const waiting = stream.next();
  await stream.return();
  stream.push("b");
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(stream.value).toBe("a");
});

it("can be iterated", async () => {
  const stream = new LatestStream(0);
  const seen: number[] = [];
  for await (const value of stream) {
    seen.push(value);
    if (value === 2) break;
    stream.push(value + 1);
  }
  expect(seen).toEqual([0, 1, 2]);
});

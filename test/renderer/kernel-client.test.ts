import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  type FromFrame,
  KernelClient,
  type KernelConnection,
  type KernelStatus,
  timing,
  type ToFrame,
} from "../../renderer/kernel/client.ts";

type Answer = (message: ToFrame, say: (message: FromFrame) => void) => void;

/** A frame that does what the test tells it to, and remembers what it was told. */
class Frame implements KernelConnection {
  receiver: ((message: FromFrame) => void) | undefined;
  readonly sent: ToFrame[] = [];
  disposed = false;
  beating = true;
  readonly answer: Answer;
  constructor(answer: Answer) {
    this.answer = answer;
  }
  post(message: ToFrame): void {
    this.sent.push(message);
    this.answer(message, (reply) => this.receiver?.(reply));
  }
  say(message: FromFrame): void {
    this.receiver?.(message);
  }
  dispose(): void {
    this.disposed = true;
  }
  types(): string[] {
    return this.sent.map(({ type }) => type);
  }
}

function setUp(answer: Answer) {
  const frames: Frame[] = [];
  const statuses: KernelStatus[] = [];
  let restarts = 0;
  const client = new KernelClient({
    connect: () => {
      const frame = new Frame(answer);
      frames.push(frame);
      return Promise.resolve(frame);
    },
    open: () => ({ type: "open", cells: [], mode: "auto", attachments: [] }),
    onEvent: () => {},
    onStatus: (status) => statuses.push(status),
    onRestart: () => restarts++,
  });
  return { client, frames, statuses, restarts: () => restarts };
}

const polite = (message: ToFrame, say: (message: FromFrame) => void): void => {
  if (message.type === "open") say({ type: "ready", version: "1" });
};
const running: FromFrame = { type: "state", cell: "aaaa", state: { kind: "running", since: 0 } };

/** Lets time pass with a supervisor that beats. */
async function pass(frame: Frame | undefined, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 100) {
    await vi.advanceTimersByTimeAsync(Math.min(100, left));
    if (frame?.beating === true) frame.say({ type: "beat", at: 0 });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("nothing starts before it is needed, and what is sent early arrives after the opening", async () => {
  const { client, frames } = setUp(polite);
  expect(frames).toHaveLength(0);
  client.send({ type: "run", target: "all" });
  await pass(undefined, 10);
  expect(frames[0]?.types()).toEqual(["open", "run"]);
});

test("a cell that ends when asked keeps its worker", async () => {
  const { client, frames } = setUp((message, say) => {
    polite(message, say);
    if (message.type === "stop") {
      say({ type: "run-ended", cell: "aaaa", run: 1, ms: 1, ok: false });
    }
  });
  await client.start();
  frames[0]?.say(running);
  client.stop("all");
  await pass(frames[0], 2000);
  expect(frames[0]?.types()).toEqual(["open", "stop"]);
  expect(client.status.kind).toBe("ready");
});

test("a cell that goes on after 250 ms loses its worker, and the notebook is opened in the new one", async () => {
  const { client, frames, restarts } = setUp((message, say) => {
    polite(message, say);
    if (message.type === "restart-worker") say({ type: "worker-started" });
  });
  await client.start();
  frames[0]?.say(running);
  client.stop("all");
  await pass(frames[0], timing.stop - 10);
  expect(frames[0]?.types()).toEqual(["open", "stop"]);
  await pass(frames[0], 20);
  expect(frames[0]?.types()).toEqual(["open", "stop", "restart-worker", "open"]);
  expect(client.status.kind).toBe("ready");
  expect(restarts()).toBe(1);
  expect(client.running.size).toBe(0);
});

test("a frame that does not answer is removed and replaced within a second", async () => {
  const { client, frames, restarts } = setUp(polite);
  await client.start();
  frames[0]?.say(running);
  client.stop("all");
  await pass(frames[0], timing.stop + timing.restart + 20);
  expect(frames).toHaveLength(2);
  expect(frames[0]?.disposed).toBe(true);
  expect(client.status.kind).toBe("ready");
  expect(restarts()).toBe(1);
  // What the old frame says now is nobody's business.
  frames[0]?.say(running);
  expect(client.running.size).toBe(0);
});

test("2.5 s of silence mean the kernel is lost; a restart brings a new frame", async () => {
  const { client, frames } = setUp(polite);
  await client.start();
  await pass(frames[0], 5000);
  expect(client.status.kind).toBe("ready");
  if (frames[0]) frames[0].beating = false;
  await pass(frames[0], timing.silence + timing.check);
  expect(client.status.kind).toBe("lost");
  client.restart();
  await pass(frames[1], 100);
  expect(client.status.kind).toBe("ready");
  expect(frames[0]?.disposed).toBe(true);
});

test("a page that slept does not take its own sleep for the kernel's silence", async () => {
  const { client, frames } = setUp(polite);
  await client.start();
  if (frames[0]) frames[0].beating = false;
  await pass(frames[0], 1000);
  vi.setSystemTime(Date.now() + 60_000);
  await pass(frames[0], timing.check);
  expect(client.status.kind).toBe("ready");
});

test("a lost worker is told with its reason", async () => {
  const { client, frames } = setUp(polite);
  await client.start();
  frames[0]?.say({ type: "worker-lost", reason: "out of memory" });
  expect(client.status).toEqual({ kind: "lost", reason: "out of memory" });
});

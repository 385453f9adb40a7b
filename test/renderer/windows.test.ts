/** Two windows on one notebook: each hears what the other has saved. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createNotebook } from "../../app/notebook/document.ts";
import { doubtsOf } from "../../app/notebook/doubts.ts";
import { DocumentStore } from "../../renderer/state/document-store.ts";
import { type Channel, followOtherWindows } from "../../renderer/state/windows.ts";
import { FakeApi } from "./fakes/fake-api.ts";

const ID = "note00000000";
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Channels of one origin: a message reaches all but its sender. */
class Air {
  readonly #all = new Map<Channel, ((event: MessageEvent) => void)[]>();
  said = 0;

  channel(): Channel {
    const heard: ((event: MessageEvent) => void)[] = [];
    const own: Channel = {
      addEventListener: (_, listener) => void heard.push(listener),
      postMessage: (data) => {
        this.said++;
        for (const [other, listeners] of this.#all)
          if (other !== own)
            for (const listener of listeners) listener(new MessageEvent("message", { data }));
      },
      close: () => void this.#all.delete(own),
    };
    this.#all.set(own, heard);
    return own;
  }
}

async function windows() {
  const api = new FakeApi();
  api.add(createNotebook({ id: ID, cells: [{ id: "aaaa", source: "one" }] }));
  const air = new Air();
  const open = async () => {
    const store = new DocumentStore({ stored: await api.call("openNotebook", { id: ID }), api });
    const page = new EventTarget();
    const stop = followOtherWindows(store, api, air.channel(), page);
    return { store, page, stop };
  };
  return { api, air, here: await open(), there: await open() };
}
const settle = () => vi.advanceTimersByTimeAsync(500);

test("a switched assumption, its undo and an edit reach the other window, and no echo comes back", async () => {
  const { air, here, there } = await windows();
  here.store.apply([{ kind: "set-doubt", assumption: "positivity:x", value: true }]);
  await settle();
  expect([...doubtsOf(there.store.notebook)]).toEqual(["positivity:x"]);
  expect(there.store.rev).toBe(here.store.rev);
  there.store.apply([{ kind: "splice", cell: "aaaa", at: 0, remove: 0, insert: "x" }]);
  await settle();
  expect(here.store.notebook.cells[0]?.source).toBe("xone");
  await there.store.undo();
  await settle();
  expect(here.store.notebook.cells[0]?.source).toBe("one");
  expect(air.said).toBe(3);
});

test("edits that are on their way are not touched: their own answer brings the other's", async () => {
  const { here, there } = await windows();
  here.store.apply([{ kind: "set-doubt", assumption: "positivity:x", value: true }]);
  there.store.apply([{ kind: "splice", cell: "aaaa", at: 0, remove: 0, insert: "y" }]);
  await settle();
  for (const { store } of [here, there]) {
    expect(store.notebook.cells[0]?.source).toBe("yone");
    expect([...doubtsOf(store.notebook)]).toEqual(["positivity:x"]);
  }
});

test("a closed window hears nothing; one of another browser asks when it comes to the front", async () => {
  const { api, here, there } = await windows();
  const elsewhere = new DocumentStore({ stored: await api.call("openNotebook", { id: ID }), api });
  const page = new EventTarget();
  followOtherWindows(elsewhere, api, new Air().channel(), page);
  there.stop();
  here.store.apply([{ kind: "set-doubt", assumption: "positivity:x", value: true }]);
  await settle();
  expect([there.store.rev, elsewhere.rev]).toEqual([0, 0]);
  const call = api.call.bind(api);
  const asked: string[] = [];
  vi.spyOn(api, "call").mockImplementation((async (route: "health", input: undefined) => {
    asked.push(route);
    const last = { rev: 1, at: 0, group: "g", kinds: [], cells: [] };
    return (route as string) === "history" ? [last] : call(route, input);
  }) as typeof api.call);
  page.dispatchEvent(new Event("focus"));
  await settle();
  expect([...doubtsOf(elsewhere.notebook)]).toEqual(["positivity:x"]);
  page.dispatchEvent(new Event("focus"));
  await settle();
  expect(asked).toEqual(["history", "openNotebook", "history"]);
});

test("a store that is away leaves the window as it was", async () => {
  const { api, here, there } = await windows();
  const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
  here.store.apply([{ kind: "set-doubt", assumption: "positivity:x", value: true }]);
  await vi.advanceTimersByTimeAsync(110);
  const call = api.call.bind(api);
  vi.spyOn(api, "call").mockImplementation(((route: "health", input: undefined) => {
    if ((route as string) === "openNotebook") throw new Error("away");
    return call(route, input);
  }) as typeof api.call);
  await settle();
  expect(there.store.rev).toBe(0);
  expect(warned).toHaveBeenCalled();
  warned.mockRestore();
});

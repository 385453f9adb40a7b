import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createNotebook } from "../../app/notebook/document.ts";
import { DocumentStore } from "../../renderer/state/document-store.ts";
import { createJournal } from "../../renderer/state/journal.ts";
import { FakeApi } from "./fakes/fake-api.ts";
import { MemoryStorage } from "./fakes/memory-storage.ts";

const ID = "note00000000";

async function openStore(api: FakeApi, storage = new MemoryStorage(), window = "w1") {
  const stored = await api.call("openNotebook", { id: ID });
  return new DocumentStore({ stored, api, journal: createJournal(ID, window, storage) });
}

function newApi(): FakeApi {
  const api = new FakeApi();
  api.add(
    createNotebook({
      id: ID,
      cells: [
        { id: "aaaa", source: "one" },
        { id: "bbbb", source: "two" },
      ],
    }),
  );
  return api;
}

const type = (store: DocumentStore, cell: string, at: number, insert: string): void =>
  store.apply([{ kind: "splice", cell, at, remove: 0, insert }]);
const batchesOf = (api: FakeApi) =>
  api.calls
    .filter(({ route }) => route === "editNotebook")
    .map(({ input }) => input as { batch: string; edits: unknown[]; group: string });
const stored = (api: FakeApi) => api.entries.get(ID);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("an edit is seen at once and sent within 250 ms, even while typing goes on", async () => {
  const api = newApi();
  const store = await openStore(api);
  for (let i = 0; i < 20; i++) {
    type(store, "aaaa", i, "x");
    expect(store.notebook.cells[0]?.source.startsWith("x".repeat(i + 1))).toBe(true);
    await vi.advanceTimersByTimeAsync(50);
    // Nothing that is older than 250 ms is missing from the store.
    const there = stored(api)?.notebook.cells[0]?.source.length ?? 0;
    expect(there).toBeGreaterThanOrEqual(3 + i - 4);
  }
  await vi.advanceTimersByTimeAsync(250);
  expect(stored(api)?.notebook.cells[0]?.source).toBe(`${"x".repeat(20)}one`);
  expect(store.saveState.kind).toBe("saved");
});

test("keystrokes in one place travel as one splice and undo together; a pause begins a new step", async () => {
  const api = newApi();
  const store = await openStore(api);
  for (const [i, letter] of ["a", "b", "c"].entries()) type(store, "aaaa", i, letter);
  await vi.advanceTimersByTimeAsync(300);
  expect(batchesOf(api)).toHaveLength(1);
  expect(batchesOf(api)[0]?.edits).toEqual([
    { kind: "splice", cell: "aaaa", at: 0, remove: 0, insert: "abc" },
  ]);
  await vi.advanceTimersByTimeAsync(2000);
  type(store, "aaaa", 3, "d");
  await vi.advanceTimersByTimeAsync(300);
  await store.undo();
  expect(store.notebook.cells[0]?.source).toBe("abcone");
  await store.undo();
  expect(store.notebook.cells[0]?.source).toBe("one");
  await store.redo();
  expect(store.notebook.cells[0]?.source).toBe("abcone");
});

test("undo reaches what has not been sent yet", async () => {
  const api = newApi();
  const store = await openStore(api);
  store.apply([{ kind: "delete-cell", cell: "bbbb" }]);
  await store.undo();
  expect(store.notebook.cells.map(({ id }) => id)).toEqual(["aaaa", "bbbb"]);
  expect(stored(api)?.notebook.cells).toHaveLength(2);
});

test("while the store is away the reason is shown, edits are kept, and all arrives in the end", async () => {
  const api = newApi();
  const store = await openStore(api);
  api.away = true;
  type(store, "aaaa", 3, "!");
  await vi.advanceTimersByTimeAsync(300);
  expect(store.saveState).toMatchObject({ kind: "unsaved", reason: "Dagbok does not answer." });
  type(store, "bbbb", 3, "?");
  await vi.advanceTimersByTimeAsync(3000);
  expect(stored(api)?.rev).toBe(0);
  api.away = false;
  await vi.advanceTimersByTimeAsync(5000);
  expect(stored(api)?.notebook.cells.map(({ source }) => source)).toEqual(["one!", "two?"]);
  expect(store.saveState.kind).toBe("saved");
});

test("a batch whose answer was lost is applied once, and later typing is not lost in it", async () => {
  const api = newApi();
  const store = await openStore(api);
  api.loseAnswer = true;
  type(store, "aaaa", 3, "!");
  await vi.advanceTimersByTimeAsync(150);
  expect(store.saveState.kind).toBe("unsaved");
  type(store, "aaaa", 4, "!");
  await vi.advanceTimersByTimeAsync(3000);
  expect(stored(api)?.notebook.cells[0]?.source).toBe("one!!");
  const ids = batchesOf(api).map(({ batch }) => batch);
  expect(ids[0]).toBe(ids[1]);
});

test("edits of another window elsewhere are taken in; the same cell is a question to the user", async () => {
  const api = newApi();
  const mine = await openStore(api);
  const other = await openStore(api, new MemoryStorage(), "w2");
  type(other, "aaaa", 0, "other ");
  await vi.advanceTimersByTimeAsync(200);
  type(mine, "bbbb", 0, "mine ");
  await vi.advanceTimersByTimeAsync(400);
  expect(mine.notebook.cells.map(({ source }) => source)).toEqual(["other one", "mine two"]);
  expect(stored(api)?.notebook).toEqual(mine.notebook);

  type(other, "bbbb", 0, "again ");
  await vi.advanceTimersByTimeAsync(400);
  expect(other.saveState).toMatchObject({ kind: "conflict", cells: ["bbbb"] });
  expect(other.notebook.cells[1]?.source).toBe("again two");
  other.resolveConflict("mine");
  await vi.advanceTimersByTimeAsync(400);
  expect(stored(api)?.notebook.cells[1]?.source).toBe("again two");
  expect(other.saveState.kind).toBe("saved");
});

test("theirs gives this window's version up", async () => {
  const api = newApi();
  const mine = await openStore(api);
  const other = await openStore(api, new MemoryStorage(), "w2");
  type(other, "aaaa", 0, "other ");
  await vi.advanceTimersByTimeAsync(200);
  type(mine, "aaaa", 0, "mine ");
  await vi.advanceTimersByTimeAsync(400);
  mine.resolveConflict("theirs");
  expect(mine.notebook.cells[0]?.source).toBe("other one");
  expect(mine.pending).toBe(0);
});

test("what a crashed page left in the journal is sent when the notebook is opened again", async () => {
  const api = newApi();
  const storage = new MemoryStorage();
  const crashed = await openStore(api, storage, "w1");
  api.away = true;
  type(crashed, "aaaa", 3, " kept");
  await vi.advanceTimersByTimeAsync(200);
  crashed.dispose();
  api.away = false;
  const store = await openStore(api, storage, "w2");
  expect(await store.recover()).toBe(1);
  expect(store.notebook.cells[0]?.source).toBe("one kept");
  await vi.advanceTimersByTimeAsync(300);
  expect(stored(api)?.notebook.cells[0]?.source).toBe("one kept");
  // Nothing is sent a second time.
  const third = await openStore(api, storage, "w3");
  expect(await third.recover()).toBe(0);
});

test("a journal whose batch had arrived changes nothing", async () => {
  const api = newApi();
  const storage = new MemoryStorage();
  const crashed = await openStore(api, storage, "w1");
  api.loseAnswer = true;
  type(crashed, "aaaa", 3, " once");
  await vi.advanceTimersByTimeAsync(150);
  crashed.dispose();
  const store = await openStore(api, storage, "w2");
  await store.recover();
  await vi.advanceTimersByTimeAsync(300);
  expect(stored(api)?.notebook.cells[0]?.source).toBe("one once");
  expect(store.notebook.cells[0]?.source).toBe("one once");
});

test("an edit that does not fit is refused and changes nothing", async () => {
  const store = await openStore(newApi());
  expect(() => type(store, "zzzz", 0, "x")).toThrow(/no cell/);
  expect(store.pending).toBe(0);
  expect(store.saveState.kind).toBe("saved");
});

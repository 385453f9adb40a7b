// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createNotebook } from "../../app/notebook/document.ts";
import { DocumentStore } from "../../renderer/state/document-store.ts";
import { NotebookSession } from "../../renderer/state/session.ts";
import { FakeApi } from "./fakes/fake-api.ts";
import { fakeKernel } from "./fakes/fake-kernel.ts";

const ID = "note00000000";

async function openNotebook(api: FakeApi) {
  const stored = await api.call("openNotebook", { id: ID });
  const document = new DocumentStore({ stored, api });
  const session = new NotebookSession({
    document,
    saved: stored.outputs,
    api,
    connect: fakeKernel(({ id }) => ({ bundles: [{ "text/plain": id }] })),
  });
  return { document, session };
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
const wait = (ms = 20) =>
  vi.waitFor(() => undefined).then(() => new Promise((r) => setTimeout(r, ms)));

beforeEach(() => {
  Object.defineProperty(document, "visibilityState", { value: "visible", configurable: true });
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("opening runs nothing, even when the kernel has come up", async () => {
  const { session } = await openNotebook(newApi());
  await session.start();
  await wait();
  expect(session.status.kind).toBe("ready");
  expect(session.cell("aaaa")).toMatchObject({ run: 0, outputs: [] });
  await session.dispose();
});

test("what ran is saved and reopens as current; after an edit it reopens as stale", async () => {
  const api = newApi();
  const first = await openNotebook(api);
  first.session.run("all");
  await vi.waitFor(() => expect(first.session.cell("bbbb").finished).toBe(true));
  await first.session.dispose();

  const second = await openNotebook(api);
  expect(second.session.cell("aaaa")).toMatchObject({
    outputs: [{ "text/plain": "aaaa" }],
    stale: false,
  });
  await second.session.start();
  await wait(60);
  expect(second.session.cell("aaaa").stale).toBe(false);
  second.document.apply([{ kind: "splice", cell: "aaaa", at: 0, remove: 0, insert: "x" }]);
  await second.document.flush();
  await second.session.dispose();

  const third = await openNotebook(api);
  await third.session.start();
  await vi.waitFor(() => expect(third.session.cell("aaaa").stale).toBe(true));
  expect(third.session.cell("bbbb").stale).toBe(false);
  await third.session.dispose();
});

test("an edit made just after a run does not make its output look current", async () => {
  const api = newApi();
  const first = await openNotebook(api);
  first.session.run("all");
  await vi.waitFor(() => expect(first.session.cell("bbbb").finished).toBe(true));
  first.document.apply([{ kind: "splice", cell: "bbbb", at: 0, remove: 0, insert: "later " }]);
  await first.document.flush();
  await first.session.dispose();
  const second = await openNotebook(api);
  await second.session.start();
  await vi.waitFor(() => expect(second.session.cell("bbbb").stale).toBe(true));
  await second.session.dispose();
});

test("a control's value is kept with the notebook under a name that it can hold", async () => {
  const api = newApi();
  const { session, document: store } = await openNotebook(api);
  session.run(["aaaa"]);
  await vi.waitFor(() => expect(session.cell("aaaa").finished).toBe(true));
  for (const value of [1, 2, 3]) session.setInput("aaaa", "0", value);
  await vi.waitFor(() => expect(store.notebook.cells[0]?.inputs).toEqual({ 0: 3 }));
  await session.dispose();
});

test("a control touched before its cell has run makes the cell run", async () => {
  const { session } = await openNotebook(newApi());
  session.setInput("aaaa", "0", 5);
  await vi.waitFor(() => expect(session.cell("aaaa").finished).toBe(true));
  expect(session.cell("bbbb").finished).toBe(false);
  await session.dispose();
});

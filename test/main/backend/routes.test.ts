import { describe, expect, it } from "vitest";
import { parseNotebook } from "../../../app/notebook/format.ts";
import { smallNotebook } from "../storage/support.ts";
import { makeBackend } from "./support.ts";

describe("routes", () => {
  it("walk a notebook from its making to its deletion", async () => {
    const { call } = makeBackend();
    const made = await call("createNotebook", { title: "Coffee" });
    const { id, cells } = made.notebook;
    const cell = cells[0]?.id ?? "";
    const batch = {
      baseRev: 0,
      group: "g",
      batch: "b",
      edits: [{ kind: "splice", cell, at: 0, remove: 0, insert: "1 + 1" }] as const,
    };
    expect(await call("editNotebook", { id, ...batch })).toEqual({
      rev: 1,
      canUndo: true,
      canRedo: false,
    });
    expect(await call("editNotebook", { id, ...batch })).toMatchObject({ rev: 1 });
    await call("saveOutputs", {
      id,
      outputs: [{ cell, digest: "d", bundles: [{ "text/plain": "2" }], ms: 1, at: 2 }],
    });
    expect(await call("openNotebook", { id })).toMatchObject({ rev: 1, outputs: [{ cell }] });
    expect(await call("listNotebooks", { search: "coffee" })).toMatchObject([{ id }]);
    expect(await call("undo", { id, baseRev: 1 })).toMatchObject({ rev: 2, canRedo: true });
    expect(await call("redo", { id, baseRev: 2 })).toMatchObject({ rev: 3 });
    await call("nameVersion", { id, rev: 1, name: "First" });
    // three batches, and the beginning before them
    expect(await call("history", { id, limit: 9 })).toHaveLength(4);
    expect((await call("version", { id, rev: 0 })).cells[0]?.source).toBe("");
    const copy = await call("duplicateNotebook", { id });
    expect(copy.notebook.title).toBe("Coffee (copy)");
    await call("deleteNotebook", { id });
    expect(await call("listNotebooks", { deleted: true })).toMatchObject([{ id }]);
    await call("restoreNotebook", { id });
    await call("putSetting", { key: "theme", value: "dark" });
    expect(await call("getSetting", { key: "theme" })).toEqual({ value: "dark" });
    expect(await call("health", undefined)).toMatchObject({
      store: { kind: "ok" },
      desktop: false,
    });
  });

  it("take and give bytes", async () => {
    const { call } = makeBackend();
    const bytes = new TextEncoder().encode("<script>alert(1)</script>");
    const { sha256 } = await call("putBlob", { mime: "text/html", bytes });
    expect(await call("getBlob", { sha256 })).toEqual(bytes);
    const { ask } = makeBackend();
    expect((await ask("getBlob", { sha256: "0".repeat(64) })).status).toBe(404);
  });

  it("never serve stored bytes as something a browser would show", async () => {
    const { ask, call } = makeBackend();
    const { sha256 } = await call("putBlob", { mime: "text/html", bytes: new Uint8Array([60]) });
    const { headers } = await ask("getBlob", { sha256 });
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(headers.get("content-disposition")).toBe("attachment");
  });

  it("export and import the shared file, under a new id where it is there already", async () => {
    const { call, library } = makeBackend();
    const notebook = smallNotebook();
    library.create({ notebook, origin: "here" });
    const { fileName, text } = await call("exportNotebook", { id: notebook.id, to: "ts" });
    expect(fileName).toBe("kidney-stones.dagbok.ts");
    expect(parseNotebook(text)).toEqual(notebook);
    const again = await call("importNotebook", { fileName, text });
    expect(again.notebook.id).not.toBe(notebook.id);
    expect(again.notebook.cells).toEqual(notebook.cells);
    expect(again.summary.origin).toBe("imported");
  });

  it("list what ships, and open it once", async () => {
    const { call } = makeBackend();
    const shipped = await call("shipped", undefined);
    const [first] = shipped;
    if (first === undefined) return;
    const opened = await call("openShipped", { path: first.path });
    expect(opened.summary.origin).toBe("shipped");
    expect((await call("openShipped", { path: first.path })).notebook.id).toBe(opened.notebook.id);
    await call("deleteNotebook", { id: opened.notebook.id });
    expect((await call("openShipped", { path: first.path })).notebook.id).not.toBe(
      opened.notebook.id,
    );
  });

  it("answer mistakes with a typed error and a fitting status", async () => {
    const { ask, library } = makeBackend();
    const notebook = smallNotebook();
    library.create({ notebook, origin: "here" });
    const { id } = notebook;
    const refused = async (route: Parameters<typeof ask>[0], input: Record<string, unknown>) => {
      const response = await ask(route, input);
      const { error } = (await response.json()) as { error: { code?: string } };
      return [response.status, error.code];
    };
    const batch = { id, group: "g", batch: "b" };
    const edits = [{ kind: "delete-cell", cell: "graph1" }];
    expect(await refused("openNotebook", { id: "abcd" })).toEqual([404, "not-found"]);
    expect(await refused("openNotebook", { id: "../x" })).toEqual([400, "payload"]);
    expect(await refused("editNotebook", { ...batch, baseRev: 7, edits })).toEqual([
      409,
      "conflict",
    ]);
    expect(await refused("editNotebook", { ...batch, baseRev: 0, edits: [] })).toEqual([
      422,
      "invalid",
    ]);
    expect(
      await refused("editNotebook", {
        ...batch,
        baseRev: 0,
        edits: [{ kind: "delete-cell", cell: "none" }],
      }),
    ).toEqual([422, "invalid"]);
    expect(
      await refused("editNotebook", { ...batch, baseRev: 0, edits: [{ kind: "explode" }] }),
    ).toEqual([400, "payload"]);
    expect(
      await refused("editNotebook", { ...batch, baseRev: 0, edits: [{ ...edits[0], more: 1 }] }),
    ).toEqual([400, "payload"]);
    expect(await refused("editNotebook", { ...batch, baseRev: "0", edits })).toEqual([
      400,
      "payload",
    ]);
    expect(await refused("undo", { id, baseRev: 0 })).toEqual([409, "nothing-to-undo"]);
    expect(
      await refused("importNotebook", { fileName: "x.dagbok.ts", text: "<<<<<<< mine\n" }),
    ).toEqual([422, expect.any(String)]);
    expect(await refused("importNotebook", { fileName: "x.exe", text: "" })).toEqual([
      422,
      "import-format",
    ]);
    expect(await refused("openShipped", { path: "../../package" })).toEqual([404, "not-found"]);
    expect(await refused("openShipped", { path: "guide/none" })).toEqual([404, "not-found"]);
    expect(library.list()).toHaveLength(1);
  });

  it("take a body that is no JSON object as a mistake", async () => {
    const { send, token } = makeBackend();
    const post = async (body: string | Uint8Array<ArrayBuffer>) =>
      (
        await send("/api/notebooks", {
          method: "POST",
          headers: {
            origin: "http://127.0.0.1:4321",
            "x-dagbok-token": token,
            "content-type": "application/json",
          },
          body,
        })
      ).status;
    expect(await post("{")).toBe(400);
    expect(await post("[]")).toBe(400);
    expect(await post('"x"')).toBe(400);
    expect(await post(new Uint8Array([0x7b, 0xff, 0x7d]))).toBe(400);
    expect(await post('{"__proto__": {"title": "x"}}')).toBe(400);
    expect(await post('{"title": "x"}')).toBe(200);
  });
});

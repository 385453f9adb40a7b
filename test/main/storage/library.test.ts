import { describe, expect, it } from "vitest";
import { applyEdits, type Edit } from "../../../app/notebook/edits.ts";
import { MAX_HITS, type SavedOutput } from "../../../app/protocol/store.ts";
import {
  openTestLibrary,
  randomEdit,
  seeded,
  send,
  smallNotebook,
  temporaryFolder,
} from "./support.ts";
import { Library } from "../../../main/storage/library.ts";

const splice = (insert: string, at = 0): Edit => ({
  kind: "splice",
  cell: "code1",
  at,
  remove: 0,
  insert,
});

describe("documents", () => {
  it("gives back what was put in, also after a restart", () => {
    const folder = temporaryFolder();
    const notebook = smallNotebook({ meta: { author: "Åsa" } });
    const first = new Library({ folder });
    expect(first.create({ notebook, origin: "here" })).toMatchObject({
      rev: 0,
      canUndo: false,
      notebook,
    });
    first.close();
    const stored = openTestLibrary(folder).open(notebook.id);
    expect(stored.notebook).toEqual(notebook);
    expect(stored.summary).toMatchObject({ title: "Kidney stones", cells: 2, origin: "here" });
  });

  it("runs with WAL and synchronous=FULL and its other settings, also after a reopening", () => {
    const folder = temporaryFolder();
    new Library({ folder }).close();
    const { db } = openTestLibrary(folder);
    const read = (name: string): unknown => db.pragma(name, { simple: true });
    expect({
      journal: read("journal_mode"),
      synchronous: read("synchronous"),
      foreignKeys: read("foreign_keys"),
      trusted: read("trusted_schema"),
      id: read("application_id"),
      version: read("user_version"),
    }).toEqual({
      journal: "wal",
      synchronous: 2,
      foreignKeys: 1,
      trusted: 0,
      id: 0x44616762,
      version: 2,
    });
  });

  it("has only strict tables", () => {
    const { db } = openTestLibrary();
    const tables = db.pragma("table_list") as { name: string; type: string; strict: number }[];
    const loose = tables.filter(
      ({ name, type, strict }) => type === "table" && strict === 0 && !name.startsWith("sqlite_"),
    );
    expect(loose).toEqual([]);
  });

  it("keeps a deleted notebook apart until it is restored", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    library.remove(id);
    expect(library.list()).toEqual([]);
    expect(library.list({ deleted: true })).toMatchObject([{ id }]);
    expect(() => library.open(id)).toThrow(expect.objectContaining({ code: "not-found" }));
    library.restore(id);
    expect(library.list()).toMatchObject([{ id }]);
  });

  it("duplicates with the outputs, under a new id and a title that says so", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    library.saveOutputs(id, [output("graph1")]);
    const copy = library.duplicate(id);
    expect(copy.notebook.title).toBe("Kidney stones (copy)");
    expect(copy.outputs).toEqual([output("graph1")]);
    expect(library.duplicate(copy.notebook.id).notebook.title).toBe("Kidney stones (copy 2)");
    send(library, copy.notebook.id, 0, [splice("// mine\n")]);
    expect(library.open(id).notebook.cells[1]?.source).not.toContain("mine");
    expect(library.check()).toEqual([]);
  });

  it("refuses an id that is taken", () => {
    const library = openTestLibrary();
    const notebook = smallNotebook();
    library.create({ notebook, origin: "here" });
    expect(() => library.create({ notebook, origin: "here" })).toThrow(
      expect.objectContaining({ code: "conflict" }),
    );
  });
});

describe("edits", () => {
  it("raises the revision by one for each batch and says conflict for an old one", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    expect(send(library, id, 0, [splice("a"), splice("b")])).toEqual({
      rev: 1,
      canUndo: true,
      canRedo: false,
    });
    expect(() => send(library, id, 0, [splice("c")])).toThrow(
      expect.objectContaining({ code: "conflict" }),
    );
    expect(library.open(id).notebook.cells[1]?.source).toMatch(/^baconst/);
  });

  it("applies a batch that is sent twice once", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    const batch = { baseRev: 0, edits: [splice("x")], group: "g", batch: "same" };
    expect(library.edit(id, batch).rev).toBe(1);
    expect(library.edit(id, batch).rev).toBe(1);
    expect(library.open(id).notebook.cells[1]?.source).toMatch(/^xconst/);
  });

  it("takes a batch whole or not at all", () => {
    const library = openTestLibrary();
    const notebook = smallNotebook();
    library.create({ notebook, origin: "here" });
    const bad: Edit = { kind: "delete-cell", cell: "nowhere" };
    expect(() => send(library, notebook.id, 0, [splice("x"), bad])).toThrow(
      expect.objectContaining({
        code: "invalid",
        cause: expect.objectContaining({ code: "edit-no-cell" }),
      }),
    );
    expect(library.open(notebook.id)).toMatchObject({ rev: 0, notebook });
    expect(library.check()).toEqual([]);
  });

  it("undoes group by group and redoes, over a restart", () => {
    const folder = temporaryFolder();
    const first = new Library({ folder });
    const notebook = smallNotebook();
    first.create({ notebook, origin: "here" });
    send(first, notebook.id, 0, [splice("a")], "word");
    send(first, notebook.id, 1, [splice("b")], "word");
    send(first, notebook.id, 2, [{ kind: "delete-cell", cell: "graph1" }], "cut");
    first.close();

    const library = openTestLibrary(folder);
    const undone = library.undo(notebook.id, 3);
    expect(undone).toMatchObject({ rev: 4, canUndo: true, canRedo: true });
    expect(undone.edits).toMatchObject([{ kind: "insert-cell", at: 0 }]);
    expect(library.undo(notebook.id, 4)).toMatchObject({ rev: 5, canUndo: false, canRedo: true });
    expect(library.open(notebook.id).notebook).toEqual(notebook);
    expect(() => library.undo(notebook.id, 5)).toThrow(
      expect.objectContaining({ code: "nothing-to-undo" }),
    );
    library.redo(notebook.id, 5);
    expect(library.open(notebook.id).notebook.cells[1]?.source).toMatch(/^baconst/);
    expect(library.redo(notebook.id, 6)).toMatchObject({ rev: 7, canUndo: true, canRedo: false });
    expect(library.open(notebook.id).notebook.cells).toHaveLength(1);
  });

  it("drops the redo stack at a new edit", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    send(library, id, 0, [splice("a")]);
    library.undo(id, 1);
    expect(send(library, id, 2, [splice("b")])).toMatchObject({ canUndo: true, canRedo: false });
    expect(() => library.redo(id, 3)).toThrow(expect.objectContaining({ code: "nothing-to-undo" }));
  });

  it.each([1, 2, 3, 4])(
    "keeps log and state one through random edits, undos and redos (seed %i)",
    (seed) => {
      const library = openTestLibrary();
      const random = seeded(seed);
      let { notebook } = library.create({ notebook: smallNotebook(), origin: "here" });
      const states = [notebook];
      for (let rev = 0; rev < 130; rev++) {
        const { canUndo, canRedo } = library.open(notebook.id);
        const chance = random();
        if (chance < 0.2 && canUndo) {
          ({ notebook } = applyEdits(notebook, library.undo(notebook.id, rev).edits));
        } else if (chance < 0.35 && canRedo) {
          ({ notebook } = applyEdits(notebook, library.redo(notebook.id, rev).edits));
        } else {
          const edits: Edit[] = [];
          for (let n = 0; n < 1 + random() * 3; n++) {
            const edit = randomEdit(notebook, random);
            ({ notebook } = applyEdits(notebook, [edit]));
            edits.push(edit);
          }
          send(library, notebook.id, rev, edits, `g${Math.floor(rev / 3)}`);
        }
        states.push(notebook);
      }
      expect(library.open(notebook.id).notebook).toEqual(notebook);
      expect(library.check()).toEqual([]);
      for (const rev of [0, 17, 99, 100, 101, 130])
        expect(library.version(notebook.id, rev)).toEqual(states[rev]);
    },
  );

  it("finds a log that does not lead to the state", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    send(library, id, 0, [splice("a")]);
    library.db.exec(`UPDATE edit SET edits = replace(edits, '"a"', '"z"')`);
    expect(library.check()).toEqual([expect.stringContaining("does not lead to its state")]);
  });
});

describe("history", () => {
  it("lists groups newest first, apart at named versions, and pages", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    for (let rev = 0; rev < 3; rev++) send(library, id, rev, [splice("a")], "word");
    send(library, id, 3, [{ kind: "set-title", value: "New" }], "title");
    library.nameVersion(id, 2, "Draft");
    expect(library.history(id)).toMatchObject([
      { rev: 4, kinds: ["set-title"], cells: [] },
      { rev: 3, kinds: ["splice"], cells: ["code1"] },
      { rev: 2, from: 1, name: "Draft" },
      { rev: 0, kinds: [] },
    ]);
    expect(library.history(id, { limit: 1 })).toHaveLength(1);
    expect(library.history(id, { limit: 3 })).toHaveLength(3);
    library.nameVersion(id, 0, "Start");
    expect(library.history(id, { before: 3 })).toMatchObject([
      { rev: 2 },
      { rev: 0, name: "Start" },
    ]);
    expect(library.history(id, { before: 1 })).toMatchObject([{ rev: 0 }]);
    expect(library.history(id, { before: 0 })).toEqual([]);
    expect(() => library.version(id, 9)).toThrow(expect.objectContaining({ code: "not-found" }));
  });
});

describe("outputs, blobs, settings", () => {
  it("keeps a cell's last outputs, and those of a cell whose deletion is undone", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    library.saveOutputs(id, [output("graph1"), output("code1")]);
    library.saveOutputs(id, [{ ...output("code1"), digest: "newer" }]);
    send(library, id, 0, [{ kind: "delete-cell", cell: "graph1" }]);
    expect(library.open(id).outputs.map(({ digest }) => digest)).toEqual(["newer"]);
    library.undo(id, 1);
    expect(library.open(id).outputs).toHaveLength(2);
  });

  it("stores bytes once, under their hash", () => {
    const library = openTestLibrary();
    const bytes = new TextEncoder().encode("t,y\n1,2\n");
    const { sha256 } = library.putBlob(bytes, "text/csv");
    expect(library.putBlob(bytes, "text/csv").sha256).toBe(sha256);
    expect(Buffer.from(library.getBlob(sha256)?.bytes ?? [])).toEqual(Buffer.from(bytes));
    expect(library.getBlob("0".repeat(64))).toBeUndefined();
  });

  it("keeps settings", () => {
    const library = openTestLibrary();
    expect(library.getSetting("theme")).toBeUndefined();
    library.putSetting("theme", { kind: "dark" });
    expect(library.getSetting("theme")).toEqual({ kind: "dark" });
  });
});

describe("search", () => {
  const found = (library: Library, search: string): readonly string[] =>
    library.list({ search }).map(({ title }) => title);

  it("finds words, beginnings of words, parts of camelCase names, and titles, in any cell", () => {
    const library = openTestLibrary();
    library.create({ notebook: smallNotebook(), origin: "here" });
    library.create({
      notebook: smallNotebook({ title: "Café", cells: [{ source: "let smoke_rate = $x;" }] }),
      origin: "here",
    });
    expect(found(library, "adjustmentSet")).toEqual(["Kidney stones"]);
    expect(found(library, "adjust")).toEqual(["Kidney stones"]);
    expect(found(library, "set")).toEqual(["Kidney stones"]);
    expect(found(library, "door")).toEqual(["Kidney stones"]);
    expect(found(library, "treatment backDoor")).toEqual(["Kidney stones"]);
    expect(found(library, "rate")).toEqual(["Café"]);
    expect(found(library, "smoke_rate")).toEqual(["Café"]);
    expect(found(library, "$x")).toEqual(["Café"]);
    expect(found(library, "cafe")).toEqual(["Café"]);
    expect(found(library, "nothing")).toEqual([]);
    expect(found(library, '" OR * NEAR( -')).toEqual([]);
    const [hit] = library.list({ search: "backdoor" })[0]?.hits ?? [];
    expect(hit?.snippet).toContain("backDoor(stones)");
    expect(
      smallNotebook()
        .cells.find(({ id }) => id === hit?.cell)
        ?.source.slice(hit?.at),
    ).toMatch(/^backDoor/);
  });

  it("keeps what the cells showed with a version that is named while it is the newest", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    library.saveOutputs(id, [output("code1"), output("gone1")]);
    library.nameVersion(id, 0, "First");
    expect(library.versionOutputs(id, 0)).toEqual([output("code1")]);
    send(library, id, 0, [splice("x")]);
    library.saveOutputs(id, [{ ...output("code1"), digest: "later" }]);
    // named anew when it is no longer the newest: what was kept stays
    library.nameVersion(id, 0, "The first");
    expect(library.versionOutputs(id, 0)).toEqual([output("code1")]);
    expect(library.versionOutputs(id, 1)).toEqual([]);
    library.nameVersion(id, 0, "");
    expect(library.versionOutputs(id, 0)).toEqual([]);
    expect(library.check()).toEqual([]);
  });

  it("names the cells that hold the words, those with all of them first, and counts the rest", () => {
    const library = openTestLibrary();
    const cells = [
      { id: "some", source: "const frontdoor = 1;" },
      { id: "both", name: "frontdoor", source: "x;\n\n".repeat(60) + "napkin(frontdoor)" },
      ...[1, 2, 3, 4, 5].map((i) => ({ id: `more${i}`, source: `napkin + ${i}` })),
      { id: "none", source: "door" },
    ];
    library.create({ notebook: smallNotebook({ cells }), origin: "here" });
    const [found] = library.list({ search: "frontdoor napkin" });
    expect(found?.hitCount).toBe(7);
    expect(found?.hits).toHaveLength(MAX_HITS);
    const [first] = found?.hits ?? [];
    expect(first).toMatchObject({ cell: "both", kind: "ts", name: "frontdoor" });
    expect(first?.snippet).toMatch(/^….*napkin\(frontdoor\)$/);
    expect(cells[1]?.source.slice(first?.at)).toBe("frontdoor)");
    // only in its title: a notebook without cells to go to
    const [titled] = library.list({ search: "kidney" });
    expect(titled).toMatchObject({ hits: [], hitCount: 0 });
    expect(library.list({})[0]?.hits).toBeUndefined();
  });

  it("follows edits and deletions", () => {
    const library = openTestLibrary();
    const { id } = library.create({ notebook: smallNotebook(), origin: "here" }).notebook;
    send(library, id, 0, [splice("dragonnet ")]);
    expect(found(library, "dragonnet")).toEqual(["Kidney stones"]);
    send(library, id, 1, [{ kind: "delete-cell", cell: "code1" }]);
    expect(found(library, "dragonnet")).toEqual([]);
    expect(library.check()).toEqual([]);
  });
});

function output(cell: string): SavedOutput {
  return { cell, digest: "d", bundles: [{ "text/plain": "1" }], ms: 3, at: 5 };
}

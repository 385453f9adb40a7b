import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Assumption, Claim, ClaimStatus } from "../../../app/claim.ts";
import { createNotebook } from "../../../app/notebook/document.ts";
import { doubtsOf } from "../../../app/notebook/doubts.ts";
import { formatNotebook, parseNotebook } from "../../../app/notebook/format.ts";
import type { SavedOutput, StoredNotebook } from "../../../app/protocol/store.ts";
import { type ExportFormat, exportNotebook } from "../../../main/backend/export.ts";
import { importNotebook } from "../../../main/backend/import.ts";
import { makeBackend } from "./support.ts";

const words = fc.string({ minLength: 1, maxLength: 24 });
const assumption: fc.Arbitrary<Assumption> = fc.record({
  id: fc.oneof(words, fc.constantFrom("no-confounder:x,y", "positivity:x", "</script>", "a|b")),
  kind: words,
  text: words,
  variables: fc.array(words, { maxLength: 2 }),
});
const claim: fc.Arbitrary<Claim> = fc
  .record({
    rung: fc.constantFrom(1 as const, 2 as const, 3 as const),
    query: words,
    status: fc.constantFrom<ClaimStatus>("identified", "bounded", "not-identified"),
    assumptions: fc.array(assumption, { maxLength: 3 }),
    byCode: fc.boolean(),
    without: fc.option(fc.array(assumption, { minLength: 1, maxLength: 2 })),
  })
  .map(({ byCode, without, ...rest }) => ({
    ...rest,
    ...(byCode ? { derivedByCode: true as const } : {}),
    ...(without === null ? {} : { without }),
  }));

const kinds = ["ts", "identify", "graph", "markdown", "simulate"] as const;

function stored(claims: readonly Claim[], doubts: readonly string[]): StoredNotebook {
  const notebook = createNotebook({
    id: "claimbook",
    cells: claims.map((_, i) => ({
      id: `cell${i}`,
      kind: kinds[i % kinds.length] ?? "ts",
      source: "1",
    })),
    meta: doubts.length === 0 ? {} : { doubts: JSON.stringify([...new Set(doubts)].sort()) },
  });
  const outputs = claims.map((one, i): SavedOutput => ({
    cell: `cell${i}`,
    digest: `d${i}`,
    // some have shown something and some only define names
    bundles: i % 2 === 0 ? [{ "text/plain": `shown ${i}` }] : [],
    ms: 1,
    at: 2,
    claim: one,
  }));
  const summary = {
    id: notebook.id,
    title: notebook.title,
    cells: claims.length,
    createdAt: 0,
    updatedAt: 0,
    origin: "here" as const,
  };
  return { notebook, outputs, rev: 0, canUndo: false, canRedo: false, summary };
}

const make = async (of: StoredNotebook, to: ExportFormat): Promise<string> =>
  (await exportNotebook(of, to, { getBlob: () => Promise.resolve(undefined) })).text;

/** What a reader of the page reads, without the notebook it carries. */
const readable = (html: string): string =>
  html
    .slice(0, html.lastIndexOf("<script type"))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

describe("claims leave with the notebook and come back", () => {
  for (const [to, name] of [
    ["html", "a.html"],
    ["ipynb", "a.ipynb"],
  ] as const) {
    test(`as ${to}: every cell's claim, with and without outputs, and what is switched off`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(claim, { minLength: 1, maxLength: 6 }),
          fc.array(words, { maxLength: 2 }),
          async (claims, doubts) => {
            const before = stored(claims, doubts);
            const text = await make(before, to);
            const after = await importNotebook(name, text);
            for (const [i, { cell, claim: one, bundles }] of before.outputs.entries()) {
              const back = after.outputs.find((output) => output.cell === cell);
              expect(back?.claim).toEqual(one);
              // Jupyter has no outputs of text cells
              if (to === "html" || before.notebook.cells[i]?.kind !== "markdown")
                expect(back?.bundles).toEqual(bundles);
            }
            expect([...doubtsOf(after.notebook)]).toEqual([...doubtsOf(before.notebook)]);
            const shown = to === "html" ? readable(text) : JSON.stringify(text);
            for (const [i, one] of claims.entries()) {
              if (to === "html" && before.notebook.cells[i]?.kind !== "markdown")
                expect(shown).toContain(one.query);
            }
          },
        ),
        { numRuns: 60, seed: 5 },
      );
    });
  }

  test("the control: without its output's claim a cell comes back with none", async () => {
    const before = stored([await one()], []);
    const bare = before.outputs.map(({ cell, digest, bundles, ms, at }) => ({
      cell,
      digest,
      bundles,
      ms,
      at,
    }));
    const after = await importNotebook("a.html", await make({ ...before, outputs: bare }, "html"));
    expect(after.outputs[0]?.claim).toBeUndefined();
  });

  test("through the store: saved, opened, duplicated, exported and imported", async () => {
    const { call } = makeBackend();
    const { notebook, outputs } = stored(fc.sample(claim, { numRuns: 5, seed: 3 }), [
      "positivity:x",
    ]);
    const { notebook: made } = await call("importNotebook", {
      fileName: "a.dagbok.ts",
      text: formatNotebook(notebook),
    });
    await call("saveOutputs", { id: made.id, outputs });
    const claims = (of: StoredNotebook): unknown => of.outputs.map((output) => output.claim);
    const opened = await call("openNotebook", { id: made.id });
    expect(claims(opened)).toEqual(outputs.map((output) => output.claim));
    expect(claims(await call("duplicateNotebook", { id: made.id }))).toEqual(claims(opened));
    const file = await call("exportNotebook", { id: made.id, to: "html" });
    const again = await call("importNotebook", { fileName: "b.html", text: file.text });
    expect(claims(again)).toEqual(claims(opened));
    expect([...doubtsOf(again.notebook)]).toEqual(["positivity:x"]);
  });

  test("a doubt is an edit: logged, undone, redone, and merged one by one", async () => {
    const { call } = makeBackend();
    const { id } = (await call("createNotebook", {})).notebook;
    const edit = (baseRev: number, assumption: string, value: boolean) =>
      call("editNotebook", {
        id,
        baseRev,
        edits: [{ kind: "set-doubt", assumption, value }],
        group: `g${baseRev}`,
        batch: `b${baseRev}`,
      });
    const off = async () => [...doubtsOf((await call("openNotebook", { id })).notebook)];
    const { rev } = await call("openNotebook", { id });
    await edit(rev, "positivity:x", true);
    await edit(rev + 1, "no-arrow:a,b", true);
    expect(await off()).toEqual(["no-arrow:a,b", "positivity:x"]);
    const undone = await call("undo", { id, baseRev: rev + 2 });
    expect(undone.edits).toEqual([{ kind: "set-doubt", assumption: "no-arrow:a,b", value: false }]);
    expect(await off()).toEqual(["positivity:x"]);
    await call("redo", { id, baseRev: undone.rev });
    expect(await off()).toEqual(["no-arrow:a,b", "positivity:x"]);
  });

  test("the text file keeps what is switched off", () => {
    const { notebook } = stored([], ["no-confounder:x,y", 'odd "id" : é']);
    expect([...doubtsOf(parseNotebook(formatNotebook(notebook)))]).toEqual([...doubtsOf(notebook)]);
  });

  test("readers of HTML and Jupyter are told what is greyed out, and why", async () => {
    const text = "Parallel trends hold.";
    const trends = { id: "parallel-trends:y", kind: "parallel-trends", text, variables: ["y"] };
    const arrow = {
      id: "no-arrow:w,y",
      kind: "no-arrow",
      text: "w does not affect y.",
      variables: [],
    };
    const made: Claim = {
      rung: 2,
      query: "P(y | do(x))",
      status: "identified",
      assumptions: [trends],
      without: [arrow],
      derivedByCode: true,
    };
    const before = stored([made], [trends.id, arrow.id]);
    const html = readable(await make(before, "html"));
    expect(html).toContain("Greyed out: it rests on “Parallel trends hold”, switched off.");
    expect(html).toContain("Derived without “w does not affect y”, switched off.");
    expect(html).toContain("derived by code");
    expect(html).toMatch(/class="cell rung-2 doubted"/);
    expect(html).toMatch(/Assumptions \(2, 2 switched off\)/);
    const ipynb = await make(before, "ipynb");
    expect(ipynb).toContain("II P(y | do(x)), identified, rests on 1 assumption, derived by code");
    expect(ipynb).toContain("Greyed out: it rests on");
  });
});

async function one(): Promise<Claim> {
  return fc.sample(claim, { numRuns: 1, seed: 1 })[0] as Claim;
}

import { describe, expect, test } from "vitest";
import { type Assumption, checkClaim, type Claim } from "../../app/claim.ts";
import { createNotebook } from "../../app/notebook/document.ts";
import { cellDigests } from "../../app/notebook/digests.ts";
import { buildLedger, kindName, ledgerSummary } from "../../renderer/state/ledger.ts";
import { mergeRemote } from "../../renderer/state/merge.ts";
import { fromSaved, idleRuntime, reduceRuntime } from "../../renderer/state/runtime.ts";

const assumption = (id: string, bears?: Assumption["bears"]): Assumption => ({
  id,
  kind: id.split(":")[0] ?? id,
  text: `${id} holds.`,
  variables: (id.split(":")[1] ?? "").split(","),
  ...(bears === undefined ? {} : { bears }),
});
const claim = (ids: readonly string[], more: Partial<Claim> = {}): Claim => ({
  rung: 2,
  query: "P(y | do(x))",
  status: "identified",
  assumptions: ids.map((id) => assumption(id)),
  ...more,
});
const none: ReadonlySet<string> = new Set();

describe("the ledger", () => {
  const cells = [
    { id: "iden", claim: claim(["no-confounder:x,y", "positivity:x"]), upstream: ["grap"] },
    { id: "esti", claim: claim(["no-confounder:x,y", "positivity:x"]), upstream: ["iden", "data"] },
    { id: "code", claim: claim(["positivity:x"], { derivedByCode: true }), upstream: ["esti"] },
    { id: "grap", upstream: [] },
  ];

  test("lists each assumption once, with where it enters and who rests on it", () => {
    const { entries, off, greyed } = buildLedger(cells, none);
    expect(entries.map((entry) => entry.assumption.id)).toEqual([
      "no-confounder:x,y",
      "positivity:x",
    ]);
    expect(entries[1]).toMatchObject({
      from: ["iden"],
      rests: ["iden", "esti", "code"],
      off: false,
    });
    expect({ off, greyed }).toEqual({ off: 0, greyed: [] });
    expect(ledgerSummary(buildLedger(cells, none))).toBe("2 assumptions");
  });

  test("says what a switch greys out, and what was derived again", () => {
    const ledger = buildLedger(cells, new Set(["positivity:x"]));
    expect(ledger.greyed).toEqual(["iden", "esti", "code"]);
    expect(ledgerSummary(ledger)).toBe("2 assumptions; 1 switched off; 3 results greyed out");
    const again = cells.map((cell) =>
      cell.claim === undefined
        ? cell
        : {
            ...cell,
            claim: claim(["positivity:x"], { without: [assumption("no-confounder:x,y")] }),
          },
    );
    const without = buildLedger(again, new Set(["no-confounder:x,y"]));
    expect(without.greyed).toEqual([]);
    expect(without.entries[0]).toMatchObject({
      off: true,
      rests: [],
      without: ["iden", "esti", "code"],
    });
  });

  test("entries keep their places when they are switched", () => {
    const order = (doubts: readonly string[]) =>
      buildLedger(cells, new Set(doubts)).entries.map((entry) => entry.assumption.id);
    expect(order(["positivity:x"])).toEqual(order([]));
  });

  test("keeps what is switched off when nothing speaks of it any more, so that it can come back", () => {
    const { entries, off } = buildLedger([], new Set(["no-arrow:z,y", "parallel-trends:y", "??"]));
    expect(off).toBe(3);
    expect(entries.map((entry) => entry.assumption.text)).toEqual(
      expect.arrayContaining(["z does not affect y directly.", "parallel-trends:y", "??"]),
    );
    expect(entries.every((entry) => entry.off && entry.rests.length === 0)).toBe(true);
  });

  test("is empty for a notebook that claims nothing", () => {
    expect(buildLedger([{ id: "a" }], none)).toEqual({ entries: [], off: 0, greyed: [] });
  });

  test("takes what was found of an assumption from whoever has looked", () => {
    const looked = claim([], { assumptions: [assumption("no-arrow:a,b", "breaks")] });
    const { entries } = buildLedger(
      [
        { id: "one", claim: claim(["no-arrow:a,b"]) },
        { id: "two", claim: looked },
      ],
      none,
    );
    expect(entries[0]?.assumption.bears).toBe("breaks");
  });

  test("names kinds in words", () => {
    expect(kindName(assumption("parallel-trends:y"))).toBe("parallel trends");
    expect(kindName(assumption("mechanism-monotone:y"))).toBe("monotone mechanism");
    expect(kindName(assumption("no-confounder:x,y"))).toBe("no hidden common cause");
  });
});

describe("digests", () => {
  const notebook = (doubts: readonly string[]) =>
    createNotebook({
      id: "digests",
      cells: [
        { id: "aaaa", kind: "graph", name: "g", source: "z -> x, y; x -> y" },
        { id: "bbbb", kind: "identify", source: "q = P(y | do(x)) in g" },
        { id: "cccc", kind: "graph", name: "other", source: "p -> q" },
        { id: "dddd", source: "const x = 1, y = 2, z = 3" },
      ],
      meta: doubts.length === 0 ? {} : { doubts: JSON.stringify(doubts) },
    });
  const upstream = (cell: string): readonly string[] => (cell === "bbbb" ? ["aaaa"] : []);
  const changed = async (doubts: readonly string[]) => {
    const before = await cellDigests(notebook([]), upstream);
    const after = await cellDigests(notebook(doubts), upstream);
    return [...before.keys()].filter((id) => before.get(id) !== after.get(id));
  };

  test("change with a doubt for the graph that does without it and what rests on it, no other", async () => {
    expect(await changed(["no-confounder:x,y"])).toEqual(["aaaa", "bbbb"]);
    expect(await changed(["no-arrow:p,q"])).toEqual(["cccc"]);
  });

  test("do not change with what only greys out", async () => {
    expect(await changed(["positivity:x", "parallel-trends:y"])).toEqual([]);
  });
});

describe("claims that came from outside", () => {
  test("are taken for claims only if they are", () => {
    const good = claim(["a"]);
    expect(checkClaim(good)).toBe(good);
    for (const bad of [
      null,
      "claim",
      {},
      { ...good, rung: 4 },
      { ...good, assumptions: [{ id: 1 }] },
      { ...good, assumptions: "all" },
      { ...good, status: "proven" },
      { ...good, without: {} },
      { ...good, assumptions: [{ ...assumption("a"), variables: [3] }] },
    ])
      expect(checkClaim(bad)).toBeUndefined();
  });

  test("a saved output with a broken claim is shown without one", () => {
    const saved = { cell: "a", digest: "d", bundles: [], ms: 1, at: 1 };
    const broken = { rung: 9 } as unknown as Claim;
    expect(fromSaved({ ...saved, claim: broken }, true).claim).toBeUndefined();
    expect(fromSaved({ ...saved, claim: claim(["a"]) }, true).claim).toEqual(claim(["a"]));
  });

  test("a claim that changes without a run is that of the run it is of", () => {
    const ran = { ...idleRuntime, run: 3, claim: claim(["a"]) };
    const event = { type: "claim", cell: "a", run: 3, claim: claim(["b"]) } as const;
    expect(reduceRuntime(ran, event).claim).toEqual(claim(["b"]));
    expect(reduceRuntime(ran, { ...event, run: 2 }).claim).toEqual(claim(["a"]));
  });
});

test("two windows that switch different assumptions both get their way", () => {
  const base = createNotebook({ id: "merging", cells: [{ id: "aaaa", source: "" }] });
  const theirs = { ...base, meta: { doubts: '["positivity:x"]' } };
  const ours = [{ kind: "set-doubt", assumption: "no-arrow:a,b", value: true } as const];
  expect(mergeRemote(base, theirs, ours)).toMatchObject({
    kind: "merged",
    notebook: { meta: { doubts: '["no-arrow:a,b","positivity:x"]' } },
  });
});

import { describe, expect, test } from "vitest";
import type { CellContext } from "../../../app/cell/program.ts";
import { mime, type MimeBundle } from "../../../app/protocol/mime.ts";
import type { Block, Report, TableBlock } from "../../../app/protocol/report.ts";
import { packRows, unpackRows } from "../../../app/benchmark.ts";
import { cellKinds } from "../../../kernels/cells/index.ts";
import { reportOf } from "../../../kernels/cells/reports.ts";
import type { BenchmarkResult } from "../../../kernels/estimate/benchmark/index.ts";
import { reportToHtml } from "../../../main/backend/html/report.ts";
import { programOf } from "./run-cell.ts";

const source =
  'board = regression(byArm: true), t-learner(outcomeModel: "linear"), 2sls\n  on nie-wager-a(n: 200), kang-schafer(n: 200)\n  replications 2  # small';

interface Ran {
  readonly values: Readonly<Record<string, unknown>>;
  readonly reports: readonly Report[];
  readonly kept: readonly unknown[];
}

/** Runs the cell with what the document keeps, and collects what it shows in one place and asks to have kept. */
async function run(
  text: string,
  more: {
    readonly saved?: unknown;
    readonly stopAt?: number;
    readonly inputs?: Record<string, unknown>;
  } = {},
): Promise<Ran> {
  const control = new AbortController();
  const reports: Report[] = [];
  const kept: unknown[] = [];
  let steps = 0;
  const show = (value: unknown): void => {
    reports.push((value as { bundle: MimeBundle }).bundle[mime.report] as Report);
  };
  const context: CellContext = {
    cell: "test",
    signal: control.signal,
    invalidation: new Promise(() => {}),
    display: show,
    redraw: show,
    view: () => {
      throw new Error("no inputs here");
    },
    progress: () => {
      if (++steps === more.stopAt) control.abort(new Error("stopped"));
    },
    saved: (key) => (key === "results" ? more.saved : undefined),
    keep: (key, value) => {
      expect(key).toBe("results");
      // It travels as JSON.
      kept.push(JSON.parse(JSON.stringify(value)));
    },
    inputClaims: {},
  };
  const program = programOf("benchmark", text);
  if (program.run === undefined) throw new Error(JSON.stringify(program.diagnostics));
  const { values } = await Promise.resolve(
    program.run({ notebookSeed: 7, ...more.inputs }, context),
  ).catch((error: unknown) => {
    if (more.stopAt === undefined) throw error;
    return { values: {} };
  });
  return { values, reports, kept };
}

const flat = (blocks: readonly Block[]): readonly Block[] =>
  blocks.flatMap((block) => [
    block,
    ...(block.kind === "details" ? flat(block.blocks) : []),
    ...(block.kind === "columns" ? block.columns.flatMap(flat) : []),
  ]);
const tables = (report: Report | undefined): readonly TableBlock[] =>
  flat(report?.blocks ?? []).filter((block) => block.kind === "table");
const actions = (report: Report | undefined) =>
  flat(report?.blocks ?? []).flatMap((block) => (block.kind === "actions" ? block.actions : []));
const board = (ran: Ran): BenchmarkResult => ran.values["board"] as BenchmarkResult;
const plain = (result: BenchmarkResult) => result.rows.map((row) => ({ ...row, seconds: 0 }));

describe("the whole cell", () => {
  test("gives a table of every method on every set, charts with words, failures with reasons", async () => {
    const ran = await run(source);
    expect(board(ran).rows).toHaveLength(12);
    const report = ran.reports.at(-1)!;
    const [overview, ...perSet] = tables(report);
    expect(overview?.rows.map((row) => row[0])).toEqual(
      expect.arrayContaining(["regression(byArm: true)", "2sls"]),
    );
    expect(perSet.length).toBeGreaterThanOrEqual(3);
    expect(perSet.at(-1)?.rows[0]).toEqual([
      "2sls",
      "nie-wager-a(n: 200)",
      "2",
      expect.stringMatching(/\S/u),
    ]);
    for (const block of flat(report.blocks))
      if (block.kind === "chart") expect(block.summary).toMatch(/median .*, mean /u);
    expect(report.summary).toMatch(/3 methods on 2 sets: 12 runs; 4 gave no number/u);
    expect(report.summary).toMatch(/ATE error median/u);
    const html = await reportToHtml(report);
    expect(html).toContain("root-PEHE, median");
    // Shown from code it looks the same, without what only a cell can offer.
    const code = reportOf(board(ran))!;
    expect(tables(code)).toEqual(tables(report));
    expect(actions(code)).toEqual([]);
  });

  test("what was kept is not computed again, in a cell that was opened anew as well", async () => {
    const first = await run(source);
    const saved = first.kept.at(-1);
    const again = await run(source, { saved });
    expect(again.kept).toEqual([]);
    expect(board(again).known).toBe(12);
    expect(plain(board(again))).toEqual(plain(board(first)));
    expect(again.reports.at(-1)?.summary).toMatch(/all kept from before/u);
    const other = await run(source, { saved, inputs: { notebookSeed: 8 } });
    expect(board(other).known).toBe(0);
    const more = await run(source.replace("replications 2", "replications 1, 3"), { saved });
    expect(board(more).known).toBe(6);
  });

  test("a stop keeps what is done; the next run does the rest and comes to the same", async () => {
    const whole = await run(source);
    const stopped = await run(source, { stopAt: 12 });
    expect(stopped.values).toEqual({});
    const saved = stopped.kept.at(-1);
    const done = unpackRows(saved).length;
    expect(done).toBeGreaterThan(1);
    expect(done).toBeLessThan(12);
    const rest = await run(source, { saved });
    expect(board(rest).known).toBe(done);
    expect(plain(board(rest))).toEqual(plain(board(whole)));
  });

  test("a set that is not here is said to be missing, with the way to it", async () => {
    const ran = await run("board = regression on ihdp, kang-schafer(n: 200) replications 1");
    const notice = flat(ran.reports.at(-1)!.blocks).find((block) => block.kind === "notice");
    expect(notice).toMatchObject({
      title: "IHDP is not here: ihdp_1.csv.",
      hint: expect.stringMatching(/dagbok data add ihdp/u),
    });
    expect(board(ran).rows).toHaveLength(1);
  });

  test("numbers of other cells may stand in options", async () => {
    const text = "board = matching(neighbours: k) on kang-schafer(n: rows) replications 1";
    const options = programOf("benchmark", text).inputs;
    expect(options).toEqual(["k", "rows", "notebookSeed"]);
  });
});

describe("the form", () => {
  test("a press takes a method or a set in or out, or changes the replications; the rest of the text stays", async () => {
    const { reports } = await run(source);
    const to = (label: string): string => {
      const does = actions(reports.at(-1)).find((action) => action.label === label)?.does;
      return does?.kind === "rewrite" ? does.to : "";
    };
    expect(to("aipw")).toBe(source.replace("2sls\n", "2sls, aipw\n"));
    expect(to("t-learner")).toBe(source.replace('t-learner(outcomeModel: "linear"), ', ""));
    expect(to("kang-schafer")).toBe(source.replace(", kang-schafer(n: 200)", ""));
    expect(to("nie-wager-b")).toBe(
      source.replace("(n: 200)\n  rep", "(n: 200), nie-wager-b\n  rep"),
    );
    expect(to("10 replications")).toBe(source.replace("replications 2", "replications 10"));
    const pressed = actions(reports.at(-1)).filter((action) => action.pressed === true);
    expect(pressed.map((action) => action.label)).toEqual([
      "regression",
      "t-learner",
      "nie-wager-a",
      "kang-schafer",
    ]);
    for (const action of actions(reports.at(-1))) {
      if (action.does.kind === "rewrite")
        expect([action.label, programOf("benchmark", action.does.to).diagnostics]).toEqual([
          action.label,
          [],
        ]);
    }
  });

  test("the last method and the last set cannot be taken out", async () => {
    const { reports } = await run("board = regression on kang-schafer(n: 200) replications 1");
    const labels = actions(reports.at(-1)).map((action) => action.label);
    expect(labels).not.toContain("regression");
    expect(labels).not.toContain("kang-schafer");
    expect(labels).toContain("forest");
  });
});

describe("mistakes are told where they stand", () => {
  const problem = (text: string) => programOf("benchmark", text).diagnostics[0];
  const at = (text: string): string => {
    const { start, end } = problem(text)?.place ?? { start: 0, end: 0 };
    return text.slice(start, end);
  };

  test.each([
    ["", "benchmark-empty"],
    ["board = aipw", "benchmark-sets"],
    ["board = on ihdp", "benchmark-methods"],
    ["board = aipw on ihdp replications none", "benchmark-replications"],
    ["board = aipw on ihdp replications 5-2", "benchmark-replications"],
    ["board = aipw on ihdp replications 0", "benchmark-replications"],
    ["board = aipw on ihdp replications 1-99999", "benchmark-replications"],
    ["board = aipw on ihdp seed 0", "benchmark-seed"],
    ["board = aipw on ihdp shard 3/2", "benchmark-shard"],
    ["board = aipw on ihdp\nother = aipw on ihdp", "benchmark-one"],
  ])("%j: %s", (text, code) => {
    expect(problem(text)?.code).toBe(code);
  });

  test("the place is that of the clause", () => {
    expect(at("board = aipw on ihdp replications none")).toBe("none");
    expect(at("board = aipw on ihdp shard 3/2 seed 1")).toBe("3/2");
  });

  test.each([
    ["board = aipww on kang-schafer", "unknown-method", "aipww"],
    ["board = aipw on kang-shafer", "unknown-set", "kang-shafer"],
    ["board = aipw(fold: 2) on kang-schafer", "unknown-option", "fold"],
    ["board = aipw(folds: 0.5) on kang-schafer", "bad-option", "folds"],
    ["board = aipw on kang-schafer(n: 2)", "bad-option", "n"],
    ["board = aipw on ihdp(n: 200)", "unknown-option", "n"],
  ])("%j: %s", async (text, code, place) => {
    const error = (await run(text).catch((one: unknown) => one)) as {
      code: string;
      place: { start: number; end: number };
    };
    expect(error.code).toBe(code);
    expect(text.slice(error.place.start, error.place.end)).toBe(place);
  });

  test("a misspelt set is guessed", async () => {
    await expect(run("b = aipw on acic2061")).rejects.toThrow(
      expect.objectContaining({ hint: "Did you mean acic2016?" }),
    );
  });

  test("replications: how many, from and to, or which", async () => {
    const of = async (text: string) =>
      board(await run(`board = regression on kang-schafer(n: 100) ${text}`)).replications;
    expect(await of("")).toEqual([1, 2, 3]);
    expect(await of("replications 2")).toEqual([1, 2]);
    expect(await of("replications 4-6")).toEqual([4, 5, 6]);
    expect(await of("replications 9, 2-3, 2")).toEqual([2, 3, 9]);
  });
});

describe("what is kept", () => {
  test("comes back as it went", async () => {
    const { kept, values } = await run(source);
    const rows = (values["board"] as BenchmarkResult).rows;
    const back = unpackRows(kept.at(-1));
    const byKey = (all: typeof rows) => all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    expect(byKey(back)).toEqual(byKey(rows));
  });

  test.each([undefined, null, 4, [], {}, { version: 2, rows: [] }, { version: 1, rows: 3 }])(
    "%j is nothing",
    (value) => expect(unpackRows(value)).toEqual([]),
  );

  test("rows that somebody has broken are left out, the others stay", () => {
    const good = { key: "k", set: "s", replication: 1, method: "m", seconds: 1 };
    const packed = packRows([
      { ...good, result: { kind: "scored", n: 5, truth: 1, estimate: 2 } },
      { ...good, key: "f", result: { kind: "failed", code: "x", message: "why" } },
    ]);
    const rows = [
      ...packed.rows,
      "no",
      [],
      ["k", "s", "1", "m", 1, null, 5, 1, 2],
      ["k", "s", 1, "m", 1, null, 5, Number.NaN, 2],
      ["k", "s", 1, "m", 1, "code"],
    ];
    expect(unpackRows({ version: 1, rows })).toHaveLength(2);
  });
});

test("it is one of the kinds", () => {
  expect(cellKinds.has("benchmark")).toBe(true);
});

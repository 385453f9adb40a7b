import { describe, expect, test } from "vitest";
import type { CellContext, CellProgram } from "../../../app/cell/program.ts";
import { mime, type MimeBundle } from "../../../app/protocol/mime.ts";
import { cellKinds, type KernelHost } from "../../../kernels/cells/index.ts";
import { kinds } from "../../../kernels/cells/catalogue.ts";
import { clausesOf, parseCalls, statementsOf } from "../../../kernels/cells/language.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { tableOf, type Table } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import type { EstimateResult } from "../../../kernels/estimate/effect.ts";
import type { Identification } from "../../../kernels/identify/result.ts";

const files: Record<string, string> = { "a.csv": "x,g,y\n1,a,2\n2,b,NA\n3,a,4\n" };
const host: KernelHost = {
  attachment: async (name) =>
    files[name] === undefined ? undefined : new TextEncoder().encode(files[name]),
  attachmentNames: () => Object.keys(files),
};

function program(kind: string, source: string, name?: string): CellProgram {
  const found = cellKinds.get(kind);
  if (found === undefined) throw new Error(kind);
  return found.parse({ id: "test", kind, source, ...(name === undefined ? {} : { name }) }, host);
}

async function run(one: CellProgram, inputs: Record<string, unknown> = {}) {
  const shown: MimeBundle[] = [];
  const context: CellContext = {
    cell: "test",
    signal: new AbortController().signal,
    invalidation: new Promise(() => {}),
    display: (value) => shown.push((value as { bundle: MimeBundle }).bundle),
    view: () => {
      throw new Error("no inputs here");
    },
    progress: () => {},
    inputClaims: {},
  };
  if (one.run === undefined) throw new Error(JSON.stringify(one.diagnostics));
  const result = await one.run(inputs, context);
  return { ...result, text: shown.map((bundle) => bundle[mime.text]).join("\n"), shown };
}

describe("the small language", () => {
  test("statements: one a line, indented lines and open brackets go on, comments are blanked in place", () => {
    const source = "a = P(y |\n do(x)) in g # why\n  more\n// nothing\nb = 2";
    const statements = statementsOf(source);
    expect(statements.map((s) => s.name)).toEqual(["a", "b"]);
    for (const s of statements) expect(source.slice(s.start, s.start + 1)).toBe(s.body[0]);
  });
  test("== and => do not name a statement", () => {
    expect(statementsOf("x == 2")[0]?.name).toBeUndefined();
  });
  test("clauses are split at whole words outside brackets and quotes, with offsets", () => {
    const [s] = statementsOf('e from t by m(from: "by x") for ATT');
    const clauses = clausesOf(s!, ["from", "by", "for"]);
    expect([clauses[""]?.text, clauses.from?.text, clauses.by?.text, clauses.for?.text]).toEqual([
      "e",
      "t",
      'm(from: "by x")',
      "ATT",
    ]);
    expect(() => clausesOf(s!, ["from", "by", "for"])).not.toThrow();
    expect(() => clausesOf(statementsOf("a by x by y")[0]!, ["by"])).toThrow(/twice/);
  });
  test("calls take literals, lists and other cells' names; mistakes have a place", () => {
    const [call] = parseCalls({
      text: "net(epochs: 3e2, on: true, list: [1, 'a'], n: rows)",
      start: 10,
    });
    expect(call?.options.map((o) => o.value.kind)).toEqual([
      "literal",
      "literal",
      "list",
      "variable",
    ]);
    for (const bad of ["net(", "net(a)", "net(a: )", "net(a: 1", "1", "net a"]) {
      expect(() => parseCalls({ text: bad, start: 0 })).toThrow(
        expect.objectContaining({ code: "cell-syntax" }),
      );
    }
  });
  test("100,000 random texts in each kind: a program or a diagnostic with a place, never a crash", () => {
    const rng = createRng(3);
    const words = [
      "a",
      "=",
      "P(",
      "y",
      "|",
      "do(x)",
      ")",
      "in",
      "g",
      "from",
      "by",
      "aipw",
      "(",
      ":",
      "1",
      '"a.csv"',
      "\n",
      "  ",
      "where",
      "is",
      "not",
      "missing",
      "~",
      "->",
      "[",
      "]",
      ",",
      "#",
      "table:",
      "seed",
      "E[",
      "_{",
      "}",
      "\u0000",
      "é",
      "${",
      "bernoulli(0.5)",
    ];
    const each = process.env["DAGBOK_LONG"] === "1" ? 100_000 : 3000;
    for (const { kind } of kinds.filter((k) => cellKinds.has(k.kind))) {
      for (let i = 0; i < each; i++) {
        const source = Array.from(
          { length: 1 + rng.int(14) },
          () => words[rng.int(words.length)],
        ).join(rng.int(2) === 0 ? " " : "");
        const one = program(kind, source);
        if (one.run === undefined) {
          expect(one.diagnostics.length).toBeGreaterThan(0);
          for (const d of one.diagnostics) {
            expect(d.message).not.toBe("");
            expect(d.place?.line, `${kind}: ${JSON.stringify(source)} ${d.code}`).toBeGreaterThan(
              0,
            );
          }
        }
      }
    }
  });
});

describe("data cells", () => {
  test("read an attachment with conditions, types and kept columns", async () => {
    const one = program("data", 'd = "a.csv"\n  where y is not missing and x >= 2\n  drop (g)');
    const { values, text } = await run(one);
    const table = values["d"] as Table;
    expect(table.n).toBe(1);
    expect(table.columns.map((c) => c.name)).toEqual(["x", "y"]);
    expect(text).toContain("2 rows left out");
  });
  test("a typed-in table of counts becomes its rows", async () => {
    const { values } = await run(program("data", "d = table repeat n:\na, b, n\n1, 0, 3\n0, 1, 2"));
    expect((values["d"] as Table).n).toBe(5);
  });
  test("falls back on another table, and says so", async () => {
    const one = program("data", 'd = "gone.csv" else other');
    expect(one.inputs).toEqual(["other"]);
    const { text, shown } = await run(one, { other: tableOf({ x: [1] }) });
    expect(text).toContain("1 row");
    expect(JSON.stringify(shown)).toContain("not attached");
  });
  test("names what is there when a file is not", async () => {
    await expect(run(program("data", 'd = "gone.csv"'))).rejects.toMatchObject({
      code: "no-such-attachment",
      expected: "one of a.csv",
    });
    await expect(run(program("data", 'd = "a.csv" where z > 1'))).rejects.toMatchObject({
      code: "unknown-column",
    });
    await expect(run(program("data", 'd = "a.csv" where g > 1'))).rejects.toMatchObject({
      code: "data-condition-on-text",
    });
  });
});

describe("graph, identify, estimate", () => {
  const graph = parseGraph("z -> x, y; x -> y");
  test("a cycle is named at parse time", () => {
    const one = program("graph", "a -> b -> a");
    expect(one.run).toBeUndefined();
    expect(one.diagnostics[0]?.message).toMatch(/a -> b -> a|b -> a -> b/);
  });
  test("identify gives a claim and the marked graph; separation gives the open path", async () => {
    const one = program("identify", "e = P(y | do(x)) in g\nx _||_ y | z in g");
    expect(one.inputs).toEqual(["g"]);
    const { values, claim, text } = await run(one, { g: graph });
    expect((values["e"] as Identification).kind).toBe("identified");
    expect(claim).toMatchObject({ rung: 2, status: "identified" });
    expect(text).toContain("connected given z");
  });
  test("an effect that is not identified gives no number, and says why", async () => {
    const bow = parseGraph("x -> y; x <-> y");
    const { values } = await run(program("identify", "e = P(y | do(x)) in g"), { g: bow });
    const { values: result, claim } = await run(program("estimate", "a = e from d"), {
      e: values["e"],
      d: tableOf({ x: [0, 1], y: [0, 1] }),
    });
    expect(result["a"]).toMatchObject({ kind: "not-estimable", code: "not-identified" });
    expect(claim).toMatchObject({ status: "not-identified" });
  });
  test("without identification the number is called an association", async () => {
    const rng = createRng(1);
    const x = Array.from({ length: 200 }, () => Number(rng.next() < 0.5));
    const data = tableOf({ x, y: x.map((t) => 2 * t + rng.normal()) });
    const { values, shown, claim } = await run(
      program("estimate", "a = y ~ x from d by regression"),
      { d: data },
    );
    expect(claim).toMatchObject({ rung: 1, status: "association" });
    expect(JSON.stringify(shown)).toContain("An association, not an effect");
    const effect = values["a"] as EstimateResult;
    expect(effect.kind === "effect" && effect.estimate).toBeCloseTo(2, 0);
  });
  test("an unknown method names those there are", async () => {
    const { values } = await run(program("identify", "e = P(y | do(x)) in g"), { g: graph });
    await expect(
      run(program("estimate", "a = e from d by magic"), {
        e: values["e"],
        d: tableOf({ x: [0, 1] }),
      }),
    ).rejects.toMatchObject({ code: "unknown-method" });
  });
});

describe("models and counterfactuals", () => {
  test("${} holes are inputs, and a hole that is no number is a mistake", async () => {
    const one = program("model", "x ~ bernoulli(${p})");
    expect(one.inputs).toEqual(["p"]);
    await expect(run(one, { p: 0.3 })).resolves.toBeDefined();
    await expect(run(one, { p: "high" })).rejects.toMatchObject({ code: "model-hole" });
  });
  test("three rungs in one cell, and the seeded draws repeat", async () => {
    const { values } = await run(
      program("model", "x ~ bernoulli(0.5)\ny ~ bernoulli(0.2 + 0.6*x)", "m"),
    );
    const ladder = await run(
      program(
        "counterfactual",
        "s = P(y=1 | x=1) in m\nP(y=1 | do(x=1)) in m\nP(y_{x=0} = 1 | x=1, y=1) in m",
      ),
      values,
    );
    expect(ladder.claim?.rung).toBe(3);
    expect(ladder.text).toContain("0.8");
    const draw = program("simulate", "d = 50 from m seed 4");
    const first = await run(draw, values);
    const second = await run(draw, values);
    expect(first.values["d"]).toEqual(second.values["d"]);
    const done = await run(program("simulate", "d = 50 from m seed 4 do (x: 1)"), values);
    expect(done.claim?.rung).toBe(2);
  });
});

test("every kind with a parser is described, and its template parses", () => {
  for (const [kind] of cellKinds) {
    const info = kinds.find((k) => k.kind === kind);
    expect(info?.about, kind).toBeDefined();
    expect(program(kind, info?.template ?? "").diagnostics, kind).toEqual([]);
  }
});

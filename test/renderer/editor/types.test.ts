import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parseNotebook } from "../../../app/notebook/format.ts";
import { libraryNames } from "../../../main/cell-types.ts";
import type { TypeCell } from "../../../renderer/editor/types/cells.ts";
import type { TypeService } from "../../../renderer/editor/types/service.ts";
import { cellsOf, createService } from "./fixture.ts";

type Texts = Readonly<Record<string, string | Partial<TypeCell>>>;

let service: TypeService | undefined;

/** `cell: text underlined: message`, for all cells in page order. One service for all tests: cells come and go. */
function check(texts: Texts): readonly string[] {
  service ??= createService();
  const cells = cellsOf(texts);
  service.setCells(cells);
  return cells.flatMap((cell) =>
    (service as TypeService)
      .diagnostics(cell.id)
      .map(({ start, end, message }) => `${cell.id}: ${cell.source.slice(start, end)}: ${message}`),
  );
}

beforeEach(() => service?.setCells([]));

const table = {
  source: 'survey = "survey.csv"',
  columns: [
    { name: "age", type: "integer" },
    { name: "sex", type: "category" },
    { name: "wt 71", type: "number" },
  ],
};

describe("values of other cells", () => {
  test("are seen as they are", () => {
    expect(check({ a: "const a = 1", b: "const b: string = a;" })).toEqual([
      "b: b: Type 'number' is not assignable to type 'string'.",
    ]);
  });
  test("come in any order on the page", () => {
    expect(check({ b: "a.toFixed(); a.length", a: "const a = 1" })).toEqual([
      "b: length: Property 'length' does not exist on type '1'.",
    ]);
  });
  test("a promise is its value", () => {
    expect(check({ a: "const a = Promise.resolve({ n: 1 })", b: "a.n.toFixed(); a.then" })).toEqual(
      ["b: then: Property 'then' does not exist on type '{ n: number; }'."],
    );
  });
  test("in its own cell a promise stays one", () => {
    expect(check({ a: "const a = Promise.resolve({ n: 1 });\na.then(String); a.n" })).toEqual([
      "a: n: Property 'n' does not exist on type 'Promise<{ n: number; }>'.",
    ]);
  });
  test("a promise of a promise is its value", () => {
    const a = "async function load() { return Promise.resolve(2) }\nconst a = load();";
    expect(check({ a, b: "const b: string = a;" })).toEqual([
      "b: b: Type 'number' is not assignable to type 'string'.",
    ]);
  });
  test("await at the top of a cell", () => {
    expect(check({ a: "const a = await Promise.resolve(3);", b: "const b: boolean = a;" })).toEqual(
      ["b: b: Type 'number' is not assignable to type 'boolean'."],
    );
  });
  test("a generator is what it yields", () => {
    const a = "function* count() { let i = 0; while (true) yield i++; }\nconst a = count();";
    expect(check({ a, b: "a.toFixed(); a.next()" })).toEqual([
      "b: next: Property 'next' does not exist on type 'number'.",
    ]);
  });
  test("an async generator is what it yields", () => {
    const a = 'const a = (async function* () { yield "x"; await sleep(1); yield "y"; })();';
    expect(check({ a, b: "const b: number = a;" })).toEqual([
      "b: b: Type 'string' is not assignable to type 'number'.",
    ]);
  });
  test("a generator of promises is what they resolve to", () => {
    const a = "const a = (function* () { yield Promise.resolve({ k: 1 }); })();";
    expect(check({ a, b: "a.k; a.j" })).toEqual([
      "b: j: Property 'j' does not exist on type '{ k: number; }'.",
    ]);
  });
  test("a function that makes generators stays a function", () => {
    expect(check({ a: "function* a() { yield 1 }", b: "a().next(); a.next()" })).toEqual([
      "b: next: Property 'next' does not exist on type '() => Generator<number, void, unknown>'.",
    ]);
  });
  test("an input is its value, and the stream in its own cell", () => {
    const a = 'const a = view(Inputs.range([0, 10], { label: "dose" }));\na.toFixed()';
    expect(check({ a, b: "a.toFixed(); a.trim()" })).toEqual([
      "a: toFixed: Property 'toFixed' does not exist on type 'AsyncGenerator<number, void, void>'.",
      "b: trim: Property 'trim' does not exist on type 'number'.",
    ]);
  });
  test("a text input is text, a toggle yes or no", () => {
    const a = "const name = view(Inputs.text());\nconst on = view(Inputs.toggle());";
    expect(check({ a, b: "name.trim(); const n: number = on;" })).toEqual([
      "b: n: Type 'boolean' is not assignable to type 'number'.",
    ]);
  });
  test("a choice is one of what was offered, several are a list of them", () => {
    const a =
      'const one = view(Inputs.select(["a", "b"]));\nconst many = view(Inputs.select([1], { multiple: true }));\nconst kept = view(Inputs.radio(new Map([["x", 1]])));';
    expect(
      check({ a, b: 'one === "c"; many.length; kept.toFixed(); const n: number = many;' }),
    ).toEqual([
      'b: one === "c": This comparison appears to be unintentional because the types \'"a" | "b"\' and \'"c"\' have no overlap.',
      "b: n: Type 'readonly 1[]' is not assignable to type 'number'.",
    ]);
  });
  test("a shared value is what it holds, and can be set where it is made", () => {
    const a = 'const a = Mutable(1);\na.value = 2;\na.value = "two";';
    expect(check({ a, b: "a.toFixed(); a.value" })).toEqual([
      "a: a.value: Type 'string' is not assignable to type 'number'.",
      "b: value: Property 'value' does not exist on type 'number'. Did you mean 'valueOf'?",
    ]);
  });
  test("what may be a promise or not is either way its value", () => {
    const a = 'const a: number | Promise<string> = Math.random() > 2 ? 1 : Promise.resolve("x");';
    expect(check({ a, b: "const b: boolean = a;" })).toEqual([
      "b: b: Type 'string | number' is not assignable to type 'boolean'.\n  Type 'string' is not assignable to type 'boolean'.",
    ]);
  });
});

describe("declarations", () => {
  test("destructuring gives each its own type", () => {
    const a = 'const { x, y: [first, ...rest], ...others } = { x: 1, y: ["a", "b"], z: true };';
    expect(
      check({
        a,
        b: "const p: string = x; const q: number = first; rest.length; others.z; others.x",
      }),
    ).toEqual([
      "b: p: Type 'number' is not assignable to type 'string'.",
      "b: q: Type 'string' is not assignable to type 'number'.",
      "b: x: Property 'x' does not exist on type '{ z: boolean; }'.",
    ]);
  });
  test("a class is a value and a type", () => {
    const a =
      "class Arm { #n = 0; constructor(readonly_: string) { void readonly_ } add(k: number) { this.#n += k; return this; } get n() { return this.#n } }";
    expect(check({ a, b: 'const arm: Arm = new Arm("x").add(1);\narm.add("2");\narm.m;' })).toEqual(
      [
        "b: \"2\": Argument of type 'string' is not assignable to parameter of type 'number'.",
        "b: m: Property 'm' does not exist on type 'Arm'.",
      ],
    );
  });
  test("a class can be extended in another cell", () => {
    expect(
      check({
        a: "class Base { size() { return 1 } }",
        b: "class Wide extends Base { size() { return 2 } area() { return super.size() } }",
        c: "new Wide().area().trim()",
      }),
    ).toEqual(["c: trim: Property 'trim' does not exist on type 'number'."]);
  });
  test("generic functions keep their type parameters", () => {
    const a = "function pick<T, K extends keyof T>(of: T, key: K): T[K] { return of[key] }";
    expect(check({ a, b: 'pick({ x: 1 }, "x").toFixed(); pick({ x: 1 }, "y")' })).toEqual([
      'b: "y": "y" is none of "x".',
    ]);
  });
  test("generic classes and types too", () => {
    const a =
      "class Box<T> { constructor(public_: T) { this.value = public_ } value: T }\ntype Pair<A, B = A> = readonly [A, B];";
    expect(
      check({
        a,
        b: "const box = new Box(1);\nconst pair: Pair<number, string> = [box.value, 2];",
      }),
    ).toEqual(["b: 2: Type 'number' is not assignable to type 'string'."]);
  });
  test("interfaces and types cross cells without a value", () => {
    expect(
      check({
        a: "interface Person { name: string; age?: number }\ntype Role = 'treated' | 'control';",
        b: "const p: Person = { name: 1 };\nconst r: Role = 'treatd';",
      }),
    ).toEqual([
      "b: name: Type 'number' is not assignable to type 'string'.",
      "b: r: Type '\"treatd\"' is not assignable to type 'Role'. Did you mean '\"treated\"'?",
    ]);
  });
  test("a type made of another cell's value", () => {
    expect(
      check({ a: "const a = { x: 1 };", b: "type A = typeof a;\nconst b: A = { x: true };" }),
    ).toEqual(["b: x: Type 'boolean' is not assignable to type 'number'."]);
  });
  test("types imported for others to use", () => {
    expect(
      check({
        a: 'import type { Graph } from "dagbok/graph";\nimport { parseGraph as read } from "dagbok/graph";\nconst g: Graph = read("x -> y");',
        b: "const h: Graph = g;\nh.nodez",
      }),
    ).toEqual(["b: nodez: Property 'nodez' does not exist on type 'Graph'. Did you mean 'nodes'?"]);
  });
  test("packages of others, with their own types", () => {
    expect(
      check({
        a: 'import { bin, mean } from "d3-array";\nconst m = mean([1, 2]);\nmean("x", 3);',
        b: "const s: string = m;",
        c: 'import { table } from "arquero";\nconst t = table({ x: [1, 2] });\nt.fliter();',
        d: 'import { linearRegression } from "simple-statistics";\nconst l: string = linearRegression([[0, 1]]).m;',
        e: 'import { Matrix } from "ml-matrix";\nMatrix.eye(2).det2();',
        f: 'import { format } from "d3-format";\nformat(3);',
        g: 'import { markBar } from "vega-lite-api";\nmarkBar().anything();',
        h: 'import { utcDay } from "d3-time";\nimport { timeParse } from "d3-time-format";\nconst day: string = utcDay.floor(timeParse("%Y")("2020") ?? new Date());',
      }).map((line) => line.split(".")[0]),
    ).toEqual([
      "a: 3: Argument of type 'number' is not assignable to parameter of type '(datum: string, index: number, array: Iterable<string>) => number | null | undefined'",
      "b: s: Type 'number | undefined' is not assignable to type 'string'",
      "c: fliter: Property 'fliter' does not exist on type 'ColumnTable'",
      "d: l: Type 'number' is not assignable to type 'string'",
      "e: det2: Property 'det2' does not exist on type 'Matrix'",
      "f: 3: Argument of type 'number' is not assignable to parameter of type 'string'",
      "h: day: Type 'Date' is not assignable to type 'string'",
    ]);
  });
  test("a whole cell in braces is a value", () => {
    expect(check({ a: "const k = 1", b: "{ x: k, y: k.z }" })).toEqual([
      "b: z: Property 'z' does not exist on type '1'.",
    ]);
  });
  test("a plain script needs no types at all", () => {
    expect(check({ a: "function add(a, b) { return a + b }", b: "add(1, 2).anything" })).toEqual(
      [],
    );
  });
  test("what a cell keeps in a block is its own", () => {
    expect(
      check({ a: "{ const inner = 1; void inner }\nconst outer = 2;", b: "outer; inner" }),
    ).toEqual(["b: inner: No cell defines inner."]);
  });
});

describe("mistakes of names", () => {
  test("a name nobody defines, with the nearest there is", () => {
    expect(check({ a: "const survey = 1", b: "survy + 1" })).toEqual([
      "b: survy: No cell defines survy. Did you mean survey?",
    ]);
  });
  test("defined twice: told where it stands, and nothing is held against users of it", () => {
    expect(check({ a: "const x = 1", b: 'const x = "1"', c: "x.whatever.y" })).toEqual([
      "a: x: x is also defined in cell 2.",
      "b: x: x is also defined in cell 1.",
    ]);
  });
  test("types may be called alike, each cell has its own; a third is free to do as it likes", () => {
    const a = "interface Row { x: number }\nconst r: Row = { x: 1 };";
    const b = "interface Row { y: string }\nconst s: Row = { y: 1 };";
    expect(check({ a, b, c: "const t: Row = { z: 1 };" })).toEqual([
      "b: y: Type 'number' is not assignable to type 'string'.",
    ]);
  });
  test("a type does not stand in the way of a value of the same name", () => {
    expect(
      check({ a: "const Row = 1;", b: "interface Row { y: 1 }", c: "Row.toFixed(); Row.no" }),
    ).toEqual(["c: no: Property 'no' does not exist on type '1'."]);
  });
  test("one of two removed: the other counts again", () => {
    check({ a: "const x = 1", b: 'const x = "1"', c: "x.toFixed()" });
    expect(check({ b: 'const x = "1"', c: "x.toFixed()" })).toEqual([
      "c: toFixed: Property 'toFixed' does not exist on type '\"1\"'. Did you mean 'fixed'?",
    ]);
  });
  test("a circle of cells makes no errors of types besides", () => {
    expect(check({ a: "const x = y + 1", b: "const y = x.nope" })).toEqual([]);
  });
  test("an import cannot be assigned to: the compiler of cells tells it", () => {
    expect(check({ a: "let x = 1", b: "x = 2" })).toEqual([]);
  });
  test("the page and the network are not there", () => {
    expect(check({ a: 'document.title; fetch("x")' })).toEqual([
      "a: document: No cell defines document. Cells have no page to draw on: show values with display(…), and inputs with view(…).",
      "a: fetch: No cell defines fetch. Cells have no network: attach the file to the notebook and read it with a data cell.",
    ]);
  });
  test("a name of the library may be taken by a cell", () => {
    expect(check({ a: "const sample = 3", b: "sample.toFixed(); sample()" })).toEqual([
      "b: sample: This expression is not callable.\n  Type 'Number' has no call signatures.",
    ]);
  });
});

describe("mistakes of grammar", () => {
  test("in the types alone, which stripping would not notice", () => {
    expect(check({ a: "const x: = 1" })).toEqual(["a: =: Type expected."]);
  });
  test("others are the compiler's to tell, and dependents stay quiet", () => {
    expect(check({ a: "const x = (1 + ", b: "x.y.z" })).toEqual([]);
  });
  test("half-written text still knows its names", () => {
    expect(check({ a: "const k = { deep: 1 }", b: "const m = k.\n" })).toEqual([]);
    expect((service as TypeService).entries.get("b")?.module?.text).toContain("import {k}");
  });
});

describe("an upstream change of shape", () => {
  test("shows in the dependent cell, and goes again", () => {
    const b = "const total = row.weight * 2;";
    expect(check({ a: "const row = { weight: 1 }", b })).toEqual([]);
    expect(check({ a: "const row = { mass: 1 }", b })).toEqual([
      "b: weight: Property 'weight' does not exist on type '{ mass: number; }'.",
    ]);
    expect(check({ a: "const row = { weight: 2 }", b })).toEqual([]);
  });
  test("travels through cells between", () => {
    const b = "const wide = { ...row, extra: 1 };";
    const c = "wide.weight.toFixed()";
    expect(check({ a: "const row = { weight: 1 }", b, c })).toEqual([]);
    expect(check({ a: 'const row = { weight: "1" }', b, c })).toEqual([
      "c: toFixed: Property 'toFixed' does not exist on type 'string'. Did you mean 'fixed'?",
    ]);
  });
  test("a change of a body alone has dependents checked no further", () => {
    check({ a: "const f = (n: number) => n + 1;", b: "const g = f(1)", c: "g.toFixed()" });
    const live = service as TypeService;
    live.setCells(
      cellsOf({ a: "const f = (n: number) => n + 2;", b: "const g = f(1)", c: "g.toFixed()" }),
    );
    expect(live.entries.get("b")?.state).toBe("maybe");
    live.diagnostics("a");
    live.diagnostics("b");
    expect(live.entries.get("b")?.state).toBe("clean");
    expect(live.findings("c")).toEqual([]);
  });
  test("a cell that is removed takes its names along", () => {
    check({ a: "const x = 1", b: "x" });
    expect(check({ b: "x" })).toEqual(["b: x: No cell defines x."]);
  });
});

describe("causal cells", () => {
  test("a graph cell's name is a graph", () => {
    expect(
      check({
        "graph:g": { source: "x -> y", name: "assumed" },
        b: "assumed.nodes; assumed.arrows",
      }),
    ).toEqual(["b: arrows: Property 'arrows' does not exist on type 'Graph'."]);
  });
  test("an identify cell's is an answer: fields of any of them can be read", () => {
    const texts = { "graph:g": "x -> y", "identify:i": "effect = P(y | do(x)) in graph" };
    const b = "effect.queryText; effect.estimand; effect.reason.trim(); effect.reasn";
    expect(check({ ...texts, b })).toEqual([
      "b: reasn: Property 'reasn' does not exist on type 'Identified'. Did you mean 'reason'?",
    ]);
  });
  test("asking for the kind of an estimate tells its answers apart", () => {
    const texts = {
      "data:d": 'data = "f.csv"',
      "estimate:e": "ate = y ~ x from data by aipw(seed: 1)",
    };
    const b =
      'ate.estimate.toFixed();\nif (ate.kind === "no-overlap") { ate.trimTo.low; ate.interval.low; }\nconst kind: "effekt" = ate.kind;';
    expect(check({ ...texts, b })).toEqual([
      "b: low: Property 'low' does not exist on type 'never'.",
      'b: kind: Type \'"effect" | "bad-data" | "no-overlap" | "not-applicable" | "not-estimable"\' is not assignable to type \'"effekt"\'.\n  Type \'"effect"\' is not assignable to type \'"effekt"\'.',
    ]);
  });
  test("several methods give a list", () => {
    const e = "ate = y ~ x from data by aipw, tmle(folds: 2)";
    expect(
      check({
        "data:d": 'data = "f.csv"',
        "estimate:e": e,
        b: "ate.map((one) => one.method); ate.method",
      }),
    ).toEqual(["b: method: Property 'method' does not exist on type 'readonly Estimated[]'."]);
  });
  test("a model cell's name is a model", () => {
    expect(check({ "model:m": "x ~ bernoulli(0.5)", b: "const n: number = model;" })).toEqual([
      "b: n: Type 'StructuralModel' is not assignable to type 'number'.",
    ]);
  });
  test("a name of the wrong kind is underlined in the causal cell", () => {
    const texts = { a: "const graf = 3;", "identify:i": "effect = P(y | do(x)) in graf" };
    expect(check(texts)).toEqual(["i: graf: graf is not a graph: it is number."]);
  });
  test("so is one that is not there", () => {
    const texts = { "data:d": 'survey = "f.csv"', "estimate:e": "ate = y ~ x from survy by aipw" };
    expect(check(texts)).toEqual(["e: survy: No cell defines survy. Did you mean survey?"]);
  });
  test("only estimates can be refuted, however they were made", () => {
    const refute = "checks = refute ate by placebo";
    expect(check({ a: "const ate = 3;", "refute:r": refute })).toEqual([
      "r: ate: ate is not the answer of an estimate cell: it is number.",
    ]);
    const b = 'const ate = await estimate({ treatment: "sex", outcome: "age" }, survey);';
    for (const made of [b, b.replace("await estimate", "[await estimate").replace(");", ")];")]) {
      expect(check({ "data:d": table, b: made, "refute:r": refute })).toEqual([]);
    }
    const e = "ate = age ~ sex from survey by aipw, ipw";
    expect(check({ "data:d": table, "estimate:e": e, "refute:r": refute })).toEqual([]);
  });
  test("numbers in a model's holes must be numbers", () => {
    const texts = { a: "const p = view(Inputs.text());", "model:m": "x ~ bernoulli(${p})" };
    expect(check(texts)).toEqual(["m: p: p is not a number: it is string."]);
  });
  test("live values in text are checked too", () => {
    expect(
      check({ a: "const n = { k: 1 };", "markdown:t": "There are ${n.q} of `${n.z}`." }),
    ).toEqual(["t: q: Property 'q' does not exist on type '{ k: number; }'."]);
  });
  test("a kind from the future is anything", () => {
    expect(check({ "oracle:o": { source: "?", outputs: ["it"] }, b: "it.whatever" })).toEqual([]);
  });
});

describe("columns", () => {
  test("a misspelt column is underlined, with the nearest", () => {
    expect(check({ "data:d": table, b: 'numbersOf(survey, "agee")' })).toEqual([
      'b: "agee": "agee" is none of "age", "wt 71". Did you mean "age"?',
    ]);
  });
  test("numbers are asked only of columns that hold some", () => {
    expect(check({ "data:d": table, b: 'numbersOf(survey, "sex")' })).toEqual([
      'b: "sex": "sex" is none of "age", "wt 71".',
    ]);
  });
  test("rows have a field for each column", () => {
    const b = 'rowsOf(survey).map((row) => row.age! + row["wt 71"]!);\nrowsOf(survey)[0].agee';
    expect(check({ "data:d": table, b })).toEqual([
      "b: agee: Property 'agee' does not exist on type '{ readonly age: number | null; readonly sex: string | null; readonly \"wt 71\": number | null; }'. Did you mean 'age'?",
    ]);
  });
  test("a column has the values of its type", () => {
    expect(
      check({
        "data:d": table,
        b: 'columnOf(survey, "sex").levels; columnOf(survey, "age").levels',
      }),
    ).toEqual(["b: levels: Property 'levels' does not exist on type 'NumericColumn'."]);
  });
  test("chosen columns are the only ones left", () => {
    const b =
      'import { selectColumns } from "dagbok/data";\nconst some = selectColumns(survey, ["age"]);';
    expect(check({ "data:d": table, b, c: 'columnOf(some, "sex")' })).toEqual([
      'c: "sex": "sex" is none of "age".',
    ]);
  });
  test("a table made in code knows its columns", () => {
    const a = "const t = tableOf({ dose: [1, 2], arm: ['a', 'b'] });";
    expect(check({ a, b: 'numbersOf(t, "dose"); columnOf(t, "dos")' })).toEqual([
      'b: "dos": "dos" is none of "arm", "dose". Did you mean "dose"?',
    ]);
  });
  test("a table typed in knows them before it has run", () => {
    const d = "stones = table repeat count:\nopen, small, recovered, count\n1, 1, 1, 81";
    expect(
      check({ "data:d": d, b: 'numbersOf(stones, "small"); numbersOf(stones, "count")' }),
    ).toEqual(['b: "count": "count" is none of "open", "recovered", "small".']);
  });
  test("an estimate in code names columns of its table", () => {
    const b = 'await estimate({ treatment: "sx", outcome: "age", adjustment: ["wt 71"] }, survey);';
    expect(check({ "data:d": table, b })).toEqual([
      'b: "sx": "sx" is none of "age", "sex", "wt 71". Did you mean "sex"?',
    ]);
  });
  test("columns that were seen of another text hold nothing against anyone", () => {
    const d = { ...table, columnsOld: true };
    expect(check({ "data:d": d, b: 'numbersOf(survey, "new")' })).toEqual([]);
  });
});

describe("shipped notebooks", () => {
  const folder = join(import.meta.dirname, "../../../notebooks");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".dagbok.ts"),
  );
  test.each(files)("%s has nothing to mend", (file) => {
    const { cells } = parseNotebook(readFileSync(join(folder, file), "utf8"));
    expect(
      check(Object.fromEntries(cells.map((cell) => [`${cell.kind}:${cell.id}`, cell]))),
    ).toEqual([]);
  });
});

test("every name of the library has a type", () => {
  service ??= createService();
  expect(libraryNames().filter((name) => !service?.library.has(name))).toEqual([]);
  expect(service.host.text("/overlay/library.d.ts")).not.toContain(": any;");
});

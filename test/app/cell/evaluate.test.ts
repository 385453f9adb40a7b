import { expect, test } from "vitest";
import { placeOfError, toProgram } from "../../../app/cell/evaluate.ts";
import { compiled, contextFor, evaluate, runCell } from "./support.ts";

test.each([
  ["const a: number = 1, b = a + x;", { x: 2 }, { a: 1, b: 3 }],
  ["let w = 0; for (const i of [5, 6]) w += i;", {}, { w: 11 }],
  [
    "const {p, q: [q0, ...qs], ...rest} = {p: 1, q: [2, 3], k: 5};",
    {},
    { p: 1, q0: 2, qs: [3], rest: { k: 5 } },
  ],
  [
    "const a = await x; const b = await Promise.all([a, 2])",
    { x: Promise.resolve(1) },
    { a: 1, b: [1, 2] },
  ],
  ["const a = b\ntype T = number\n;(c)()", { b: 1, c: () => 2 }, { a: 1 }],
  ["const a = 1 // open", {}, { a: 1 }],
  ["{ const hidden = 1 }", {}, {}],
  ["const a = (x as number)!;\ninterface B {}\n", { x: 4 }, { a: 4 }],
  [
    "class A<T> { private x: T; constructor(x: T) { this.x = x; } get() { return this.x; } }\nconst v = new A<number>(n).get(); void A;",
    { n: 3 },
    { v: 3 },
  ],
])("%j with %j gives %j", async (source, inputs, values) => {
  expect((await runCell(source, inputs)).values).toMatchObject(values);
});

test.each([
  ["x + 1", [3]],
  ["{x, y: x as number}", [{ x: 2, y: 2 }]],
  ["Promise.resolve(x)", [2]],
  ["await Promise.resolve(x)", [2]],
  ["x as number // comment", [2]],
  ["undefined", []],
  ["display(x)", [2]],
  ["(display(1), display(2), 3)", [1, 2]],
  ["x;", []],
  ["display(x); display(3)", [2, 3]],
  ["/* c */ x\n// c", [2]],
])("%j shows %j", async (source, shown) => {
  expect((await runCell(source, { x: 2 })).shown).toEqual(shown);
});

test("nothing runs before the first run, and the second is synchronous", async () => {
  let evaluated = 0;
  const program = toProgram(compiled("const a = x;"), async (text) => {
    evaluated++;
    return await evaluate(text);
  });
  expect(evaluated).toBe(0);
  const first = program.run?.({ x: 1 }, contextFor([]));
  const second = program.run?.({ x: 2 }, contextFor([]));
  expect([await first, await second]).toEqual([{ values: { a: 1 } }, { values: { a: 2 } }]);
  expect(evaluated).toBe(1);
  expect(program.run?.({ x: 3 }, contextFor([]))).toEqual({ values: { a: 3 } });
});

test("a failed evaluation can be tried again", async () => {
  let calls = 0;
  const program = toProgram(compiled("const a = 1;"), async (text) => {
    if (calls++ === 0) throw new Error("out of memory");
    return await evaluate(text);
  });
  await expect(program.run?.({}, contextFor([]))).rejects.toThrow("out of memory");
  expect(await program.run?.({}, contextFor([]))).toEqual({ values: { a: 1 } });
});

test("a cell with errors has no run and keeps its names", () => {
  const program = toProgram(compiled("const a = b; c = 1;"), evaluate);
  expect(program).toMatchObject({ inputs: ["b"], outputs: ["a"] });
  expect(program.run).toBeUndefined();
});

test("a stopped cell shows nothing more", async () => {
  const controller = new AbortController();
  const shown: unknown[] = [];
  const program = toProgram(compiled("await x"), evaluate);
  const run = program.run?.({ x: Promise.resolve(1) }, contextFor(shown, controller.signal));
  controller.abort();
  await run;
  expect(shown).toEqual([]);
});

test.each([
  ["const a: number = 1;\nconst b = (x as any).y.z;", 2, 24],
  ["  const b: string = x.y.z", 1, 25],
  ["x.y.z", 1, 5],
  ["const f = () => {\n  throw new Error('a');\n};\nf();", 2, 9],
  ["await 0;\nthrow new Error('late')", 2, 7],
])("an error in %j is at %i:%i", async (source, line, column) => {
  const cell = compiled(source);
  const error = await withOwnStack(() => runCell(source, { x: {} }));
  expect(placeOfError(error, cell)).toEqual({ source: "test", line, column });
});

test("errors from elsewhere have no place in the cell", () => {
  expect(placeOfError(new Error("x"), compiled("1"))).toBeUndefined();
  expect(placeOfError("text", compiled("1"))).toBeUndefined();
});

const modules = ["dagbok/graph"];
const load = async () => ({ parse: (text: string) => `graph ${text}`, default: 7 });

test.each([
  ["import { parse } from 'dagbok/graph'; const g = parse('a');", { g: "graph a" }],
  ["import { parse as p } from 'dagbok/graph'\nconst g = p('b')", { g: "graph b" }],
  [
    "import seven, * as all from 'dagbok/graph'; const g = all.parse(seven);",
    { g: "graph 7", seven: 7 },
  ],
  ["const b = f\nimport { parse } from 'dagbok/graph'\n;(parse)('x')", {}],
  ["import type { Graph } from 'nowhere'; const g: Graph = 1;", { g: 1 }],
])("%j", async (source, values) => {
  const program = toProgram(compiled(source, modules), evaluate, load);
  expect(program.diagnostics).toEqual([]);
  expect((await program.run?.({ f: 1 }, contextFor([])))?.values).toMatchObject(values);
});

test("a name that a package does not have is an error that says so", async () => {
  const program = toProgram(
    compiled("import { nope } from 'dagbok/graph';", modules),
    evaluate,
    load,
  );
  await expect(program.run?.({}, contextFor([]))).rejects.toMatchObject({
    name: "UserError",
    code: "import-no-such-export",
    expected: "default, parse",
  });
});

/** What `run` throws, with the engine's own stack: vitest's leaves out the name a module gives itself. */
async function withOwnStack(run: () => Promise<unknown>): Promise<unknown> {
  const formatter = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  Reflect.deleteProperty(Error, "prepareStackTrace");
  try {
    await run();
    return undefined;
  } catch (error) {
    void (error as Error).stack;
    return error;
  } finally {
    if (formatter !== undefined) Object.defineProperty(Error, "prepareStackTrace", formatter);
  }
}

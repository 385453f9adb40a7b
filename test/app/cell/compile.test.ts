import { expect, test } from "vitest";
import { compiled, firstError } from "./support.ts";

test.each([
  ["const a = 1;", [], ["a"]],
  ["const {p, q: [q0, ...qs], ...rest} = f(x)", ["f", "x"], ["p", "q0", "qs", "rest"]],
  ["let {a = b, [c]: d} = e;", ["b", "c", "e"], ["a", "d"]],
  ["function f() { return g; }\nclass C extends D {}", ["g", "D"], ["f", "C"]],
  ["async function* f() {}", [], ["f"]],
  ["{ const hidden = 1; var inner = 2; }\nconst x = inner;", [], ["x"]],
  ["for (var i = 0; i < n; i++) {}", ["n"], []],
  ["for (const x of [5, 6]) w(x);", ["w"], []],
  ["var a; var a = 1;", [], ["a"]],
  ["let w = 0; w += 1;", [], ["w"]],
  ["const y: Foo = x as Bar;", ["x"], ["y"]],
  ["const f = <T,>(x: T): T => x;", [], ["f"]],
  ["import type { Graph } from 'nowhere'; const g: Graph = h;", ["h"], ["g"]],
  ["declare const given: number; const x = given;", ["given"], ["x"]],
  ["const x = Math.max(a, Number.NaN, undefined);", ["a"], ["x"]],
  ["display(a); view(b); invalidation.then(c);", ["a", "b", "c"], []],
  ["const f = (display) => display;", [], ["f"]],
  ["const __dirname = 1;", [], ["__dirname"]],
  ["using r = open(); const x = r.value;", ["open"], ["x"]],
  ["", [], []],
  ["// only a comment", [], []],
  ["const x = x0, y = x;", ["x0"], ["x", "y"]],
  ["const größe = 数;", ["数"], ["größe"]],
])("%j needs %j and defines %j", (source, inputs, outputs) => {
  const cell = compiled(source);
  expect(cell.diagnostics).toEqual([]);
  expect(cell.inputs).toEqual(inputs);
  expect(cell.outputs).toEqual(outputs);
});

test.each([
  ["x + 1", true],
  ["x + 1;", false],
  ["(x) // shown", true],
  ["x as number", true],
  ["await x", true],
  ["{a: 1, b: x as number, f(y: number) { return y; }}", true],
  ["{}", true],
  ["{ const a = 1; }", false],
  ["{ a: 1 }; 2", false],
  ["/* { */ { x }", true],
  ["function (x: number) { return x; }", true],
  ["function f() {}", false],
  ["async function () {}", true],
  ["class { x = 1 }", true],
  ["class A {}", false],
  ["async (x: number): Promise<number> => x", true],
  ["'use strict'", true],
  ["`a${x}`", true],
  ["a; b", false],
  ["if (a) b", false],
])("%j is one expression: %j", (source, isExpression) => {
  expect(compiled(source)).toMatchObject({ isExpression, diagnostics: [] });
});

test.each([
  ["await x", true],
  ["const f = async () => await x;", false],
  ["for await (const x of y) {}", true],
  ["class A { static { (async () => { await x; })(); } }", false],
  ["const x = [await y];", true],
  ["await using r = x;", true],
  ["if (a) { await b; }", true],
])("%j awaits: %j", (source, isAsync) => {
  expect(compiled(source)).toMatchObject({ isAsync, diagnostics: [] });
});

test.each([
  ["assign-foreign", "a", "a = 2;"],
  ["assign-foreign", "a", "const f = () => { a += 1; };"],
  ["assign-foreign", "a", "a++"],
  ["assign-foreign", "b", "[c.d, { x: b = 1 }] = e;"],
  ["assign-foreign", "a", "for (a of b) {}"],
  ["assign-foreign", "Math", "Math = 3;"],
  ["assign-foreign", "display", "display = 3;"],
  ["reserved-name", "display", "const display = 1;"],
  ["reserved-name", "view", "function view() {}"],
  ["reserved-name", "invalidation", "const { invalidation } = x;"],
  ["reserved-name", "Map", "class Map {}"],
  ["reserved-name", "__proto__", "const __proto__ = 1;"],
  ["reserved-name", "__proto__", "f(__proto__)"],
  ["export", "export", "const a = 1;\nexport { a };"],
  ["export", "export", "export const a = 1;"],
  ["export", "export", "export default 1;"],
  ["ts-enum", "enum E { A }", "const a = 1;\n  // c\nenum E { A }"],
  ["ts-enum", "const enum E {", "const enum E {\n A }"],
  ["ts-namespace", "namespace N { export const a = 1; }", "namespace N { export const a = 1; }"],
  ["ts-parameter-property", "private", "class A { constructor(private x: number) {} }"],
  ["ts-angle-assertion", "<number>x", "const y = <number>x;"],
  ["ts-import-equals", "import a = require('b');", "import a = require('b');"],
  ["ts-not-erasable", "b as T", "const x = a ?? b as T && c;"],
  ["ts-decorator", "@", "@d class A {}"],
  ["ts-accessor", "x", "class A { accessor x = 1; }"],
  ["import-unknown", "'lodash'", "import _ from 'lodash';"],
  ["import-unknown", "'https://example.org/x.js'", "import 'https://example.org/x.js';"],
  ["import-unknown", "'npm:d3'", "import * as d3 from 'npm:d3'"],
  ["import-dynamic", "import(x)", "const y = () => import(x);"],
  ["import-dynamic", "import('node:fs')", "import('node:fs')"],
  ["syntax", ";", "const a = ;"],
  ["syntax", "", "f(1,"],
  ["syntax", "a", "const a = 1; let a = 2;"],
  ["syntax", "return", "return 1;"],
  ["syntax", "b", "a b"],
  ["syntax", "open", "const a = `open"],
])("%s at %j in %j", (code, text, source) => {
  expect(firstError(source)).toEqual([code, text]);
  expect(compiled(source).body).toBe("");
});

test("an error has line, column, message and hint", () => {
  expect(compiled("const a = 1;\n\tconst b = ;").diagnostics).toEqual([
    {
      code: "syntax",
      severity: "error",
      message: 'Unexpected ";".',
      place: { source: "test", line: 2, column: 12, start: 24, end: 25 },
    },
  ]);
  const [first] = compiled("import _ from 'lodash';", ["dagbok/graph"]).diagnostics;
  expect(first?.hint).toBe("Packages: dagbok/graph.");
});

test("a cell that cannot be read still names what it would define", () => {
  const { outputs } = compiled("const a = ;\nfunction f() {}\n  const inner = 1;\nlet Map = 1");
  expect(outputs).toEqual(["a", "f"]);
});

test("all errors of a cell are reported, in order", () => {
  const { diagnostics } = compiled("a = 1;\nconst display = 2;\nexport const b = 3;\nimport('x');");
  expect(diagnostics.map(({ code, place }) => [code, place?.line])).toEqual([
    ["assign-foreign", 1],
    ["reserved-name", 2],
    ["export", 3],
    ["import-dynamic", 4],
  ]);
});

test.each([
  [
    "interface A { type: B }\nconst x = 1;\ntype C<T> = { d: T }\ntype D = 'type E'",
    ["A", "C", "D"],
  ],
  ["function f() { type Inner = 1; }\ntype Outer = 2;", ["Outer"]],
  ["// type No = 1\n/* interface No {} */ const s = 'type No';", []],
  ["import type { A, B as C } from 'x';\nimport type D from 'y';", ["A", "C", "D"]],
  ["import { type E, f, type G as H } from 'dagbok/graph';", ["E", "H"]],
  ["import type * as N from 'x'", ["N"]],
  ["type A = /* interface B */ 1", ["A"]],
  ["declare const x: number; const type = 1; type;", []],
])("the types declared by %j are %j", (source, types) => {
  expect(compiled(source, ["dagbok/graph"])).toMatchObject({ diagnostics: [], typeOutputs: types });
});

test("the body has every character of the user's at its place", () => {
  const source = "const a: number = x;\n\nconst f = (y: string) => y as any;\n// end";
  const { body, firstLineOffset } = compiled(source);
  const lines = body.split("\n");
  expect(lines[0]?.slice(firstLineOffset)).toBe("const a         = x;");
  expect(lines[2]).toBe("const f = (y        ) => y       ;");
  expect(lines[3]).toBe("// end");
  expect(lines.slice(4)).toEqual([";return{a,f}}", "//# sourceURL=cell-test.ts", ""]);
});

test("hostile text never crashes the compiler", () => {
  const pieces = [
    "{",
    "}",
    "`",
    "${",
    "(",
    "/*",
    "//",
    "'",
    "\\",
    "\u2028",
    "enum",
    "=>",
    "<",
    "@",
    "async",
  ];
  let seed = 7;
  for (let i = 0; i < 3000; i++) {
    let source = "";
    for (let j = 0; j < 8; j++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      source += `${pieces[(seed >>> 8) % pieces.length]}${seed & 1 ? " x " : ""}`;
    }
    const cell = compiled(source);
    for (const { place } of cell.diagnostics) {
      expect(place?.line).toBeGreaterThanOrEqual(1);
      expect(place?.end).toBeLessThanOrEqual(source.length);
    }
  }
});

test("code nested beyond the parser's stack is an error of the cell", () => {
  for (const source of [
    "(".repeat(50_000),
    `a${"+a".repeat(50_000)}`,
    "[".repeat(50_000),
    "{".repeat(50_000),
  ]) {
    expect(compiled(source).diagnostics[0]?.code).toMatch(/^(?:too-deep|syntax)$/);
  }
});

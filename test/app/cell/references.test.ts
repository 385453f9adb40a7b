import { createRequire } from "node:module";
import { parse } from "acorn";
import { expect, test } from "vitest";
import { findDeclarations } from "../../../app/cell/declarations.ts";
import { PARSE_OPTIONS } from "../../../app/cell/parse.ts";
import { findReferences } from "../../../app/cell/references.ts";

/** The part of TypeScript's own API that the oracle needs (the project's `typescript` 7 has none). */
interface Checker {
  createProgram(options: {
    rootNames: readonly string[];
    options: Readonly<Record<string, unknown>>;
    host: Readonly<Record<string, unknown>>;
  }): {
    getSemanticDiagnostics(): readonly {
      code: number;
      start: number;
      length: number;
      file: { fileName: string };
    }[];
  };
  createSourceFile(name: string, text: string, target: number): unknown;
}

const require = createRequire(createRequire(import.meta.url).resolve("ts-blank-space"));
const ts = require("typescript") as Checker;

const snippets = [
  "a; const b = c;",
  "let a; a = b; c.d = e;",
  "const f = (x, {y, z: [w]}, ...rest) => x + y + w + rest + u;",
  "function f(a = b, c = a) { var b; return b + c + d; }",
  "function f(x = y) { var y = 1; return x + y; }",
  "const f = function g() { return g(h); }; g2;",
  "const C = class D extends E { [k] = v; static m() { return D + n; } #p = q; get r() { return this.#p; } };",
  "class A { static { var s = t; let u = s; use(u); } m() { return s2; } }",
  "class A extends A2 {} new A(b);",
  "for (let i = a; i < b; i++) { const c = i; d(c); } e;",
  "for (const k in o) use(k); for (const [p, q] of list) use(p, q, r);",
  "for (k in o) {}",
  "for (var i of list) { var j = i; } i + j;",
  "try { a(); } catch ({ message, code = d }) { b(message, code); } finally { c(); }",
  "try { a(); } catch { b(); }",
  "switch (a) { case b: let c = 1; break; default: c; d; }",
  "label: for (;;) { break label; }",
  "const o = { a, b: c, [d]: e, f() { return g; }, get h() { return i; }, ...j };",
  "const { a = b, [c]: d, ...e } = f;",
  "[a.b, c[d]] = e;",
  "({ a: b.c, d: e = f } = g);",
  "`x${a}${`y${b}`}`; tag`${c}`;",
  "a?.b?.[c]?.(d);",
  "typeof a; void b; delete c.d;",
  "const f = async () => { for await (const x of y) { await x; } };",
  "function* g() { yield a; yield* b; }",
  "{ function inner() {} inner(); } let x = outer;",
  "{ let a = 1; { let b = a; c(b); } b2; }",
  "if (a) { var v = 1; } v;",
  "const x = (() => { const y = z; return y; })();",
  "const a = () => b, b = () => a;",
  "const even = (n) => n === 0 || odd(n - 1);",
  "import.meta; (function () { new.target; })();",
  "let a = 1; { a = 2; let b = a; b++; }",
  "x = y => { let x; x = y; return z; };",
  "const { length } = arr; (({ length }) => length)(arr2);",
  "const f = ({ a, b: { c } = d }) => a + c + e;",
  "with_ = 1; async_ => async_; of(get, set);",
  "(a, b) => { { var a; let b; } c; };",
  "do { let x = a; } while (x2); while (b) c;",
  "const re = /a/g, big = 1n; re.b;",
  "a ??= b; c ||= d; e **= f; g++; --h;",
  "class A { constructor() { super2(); } 'quoted' = a; 3 = b; async *[Symbol.it]() { yield c; } }",
  "export const e1 = a; export function e2() { return b; } export { e1 as e3 };",
  "export default class extends K {}",
  "import d, { n as m } from 'x'; import * as s from 'y'; d(m, s, n);",
];

test("free names are those that TypeScript's checker cannot find", () => {
  const files = new Map(snippets.map((text, i) => [`/s${i}.ts`, `${text}\nexport {};`]));
  const sources = new Map(
    [...files].map(([name, text]) => [name, ts.createSourceFile(name, text, 99)]),
  );
  const program = ts.createProgram({
    rootNames: [...files.keys()],
    options: { noLib: true, target: 99, module: 99, types: [] },
    host: {
      getSourceFile: (name: string) => sources.get(name),
      fileExists: (name: string) => sources.has(name),
      readFile: (name: string) => files.get(name),
      getDefaultLibFileName: () => "lib.d.ts",
      getCurrentDirectory: () => "/",
      getCanonicalFileName: (name: string) => name,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => "\n",
      writeFile: () => undefined,
    },
  });
  const expected = snippets.map(() => new Set<string>());
  for (const { code, start, length, file } of program.getSemanticDiagnostics()) {
    // "Cannot find name", with its variants: did you mean, shorthand property, needs another library
    if (![2304, 2552, 18004, 2580, 2581, 2582, 2583, 2584, 2592].includes(code)) continue;
    const i = Number(/\d+/.exec(file.fileName)?.[0]);
    expected[i]?.add(snippets[i]?.slice(start, start + length) ?? "");
  }
  expect(expected.map(({ size }) => size).reduce((a, b) => a + b)).toBeGreaterThan(80);
  snippets.forEach((text, i) => {
    const tree = parse(text, PARSE_OPTIONS);
    const { free, assigned } = findReferences(tree, findDeclarations(tree).names);
    const found = new Set(free.keys());
    const own = findDeclarations(tree).names;
    for (const { name } of assigned) if (!own.has(name)) found.add(name);
    expect([text, [...found].sort()]).toEqual([text, [...(expected[i] ?? [])].sort()]);
  });
});

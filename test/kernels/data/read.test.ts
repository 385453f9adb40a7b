import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { UserError } from "../../../app/errors.ts";
import { type ReadOptions, readTable } from "../../../kernels/data/read.ts";
import { columnOf, lengthOf, numbersOf } from "../../../kernels/data/table.ts";

function failure(data: string | Uint8Array, options?: ReadOptions): UserError {
  try {
    readTable(data, options);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("infers the type of each column and marks what is missing", () => {
  const table = readTable(
    "age,score,smokes,city,seen,x\n30,1.5,yes,Oslo,2024-02-29,1\n.,2e1,no,Rome,2024-03-01T12:00Z,0\n41,NA,,Oslo,,\n",
    { name: "people.csv" },
  );
  expect(table.columns.map((c) => c.type)).toEqual([
    "integer",
    "number",
    "boolean",
    "category",
    "date",
    "boolean",
  ]);
  expect([...numbersOf(table, "age")]).toEqual([30, Number.NaN, 41]);
  expect([...(columnOf(table, "age").missing ?? [])]).toEqual([0, 1, 0]);
  expect(columnOf(table, "city")).toMatchObject({ levels: ["Oslo", "Rome"] });
  expect(columnOf(table, "city").missing).toBeUndefined();
  expect([...numbersOf(table, "seen")]).toEqual([
    Date.UTC(2024, 1, 29),
    Date.UTC(2024, 2, 1, 12),
    Number.NaN,
  ]);
  expect(table.source?.name).toBe("people.csv");
});

test("the digest in the provenance is SHA-256 of the bytes", () => {
  const table = readTable("abc\n1\n");
  // printf 'abc\n1\n' | sha256sum
  expect(table.source?.sha256).toBe(
    "5cb310b6f87a23bce211e77652daf4e4931a010ffbca35148659961a9207e0fb",
  );
});

test("reads semicolons, tabs, quotes, quoted line breaks and a byte order mark", () => {
  expect(numbersOf(readTable("a;b\n1;2\n3;4\n"), "b")).toEqual(Float64Array.of(2, 4));
  expect(numbersOf(readTable("a\tb\n1\t2\n", { name: "x.tsv" }), "b")).toEqual(Float64Array.of(2));
  const quoted = readTable('\uFEFFname,v\n"a, ""b""\nc",5\n');
  expect(columnOf(quoted, "name")).toMatchObject({ levels: ['a, "b"\nc'] });
});

test("declarations override inference", () => {
  const table = readTable("id,grade,score\n007,B,-9\n008,A,3\n", {
    declare: {
      id: { type: "category" },
      grade: { levels: ["A", "B"] },
      score: { missing: [-9], type: "number", unit: "points" },
    },
  });
  expect(columnOf(table, "id")).toMatchObject({ levels: ["007", "008"] });
  expect(columnOf(table, "grade")).toMatchObject({ codes: Int32Array.of(1, 0) });
  expect(columnOf(table, "score")).toMatchObject({ type: "number", unit: "points" });
  expect([...numbersOf(table, "score")]).toEqual([Number.NaN, 3]);
});

test("a few texts among numbers are an error that names file, line, column and value", () => {
  const rows = Array.from({ length: 20 }, (_, i) => `"x\ny",${i}`);
  rows[12] = '"x\ny",1O';
  const error = failure(`name,age\n${rows.join("\n")}\n`, { name: "survey.csv" });
  expect(error).toMatchObject({ code: "mixed-column", value: "1O" });
  // header, then 12 records of two lines each
  expect(error.place).toEqual({ source: "survey.csv, column age", line: 26, column: 2 });
  expect(error.message).toContain('"age"');
  expect(error.hint).toContain("missing");
});

test.each([
  ["a,b\n1,2\n3\n", "csv-ragged-row", 3],
  ["a,b\n1,2\n\n3,4,5\n", "csv-ragged-row", 4],
  ["", "csv-empty", 1],
  ['a,b\n1,"2\n', "csv-quote", 2],
  ["a,a\n1,2\n", "duplicate-column", 1],
])("refuses %j", (text, code, line) => {
  const error = failure(text);
  expect(error.code).toBe(code);
  expect(error.place?.line).toBe(line);
  expect(error.hint).toBeTruthy();
});

test.each([
  ["a\n1\nx\n", { declare: { a: { type: "number" } } }, "not-a-number"],
  ["a\n1\n2.5\n", { declare: { a: { type: "integer" } } }, "not-a-number"],
  ["a\n2023-02-31\n", { declare: { a: { type: "date" } } }, "not-a-date"],
  ["a\n2\n", { declare: { a: { type: "boolean" } } }, "not-a-boolean"],
  ["a\nC\n", { declare: { a: { levels: ["A"] } } }, "unknown-level"],
  ["a\nC\n", { declare: { b: { type: "text" } } }, "unknown-column"],
  ["[1]", { format: "json" }, "json-shape"],
  ["3", { format: "json" }, "json-shape"],
  ['[{"a":1},]', { format: "json" }, "json-syntax"],
  ['[{"a":[1]}]', { format: "json" }, "json-nested"],
  ['{"a":[1],"b":[]}', { format: "json" }, "json-ragged"],
] as const)("refuses %j with %j", (text, options, code) => {
  expect(failure(text, options as ReadOptions).code).toBe(code);
});

test("refuses compressed files and bytes that are not UTF-8", () => {
  expect(failure(Uint8Array.of(0x1f, 0x8b, 8, 0)).code).toBe("compressed-file");
  expect(failure(Uint8Array.of(0x61, 0xff, 0x0a)).code).toBe("not-utf8");
});

test("reads JSON rows and columns alike; texts stay texts", () => {
  const rows = readTable('[{"x":1,"c":"1"},{"x":2.5},{"c":"2","x":null}]');
  const columns = readTable('{"x":[1,2.5,null],"c":["1",null,"2"]}');
  expect(rows.columns).toEqual(columns.columns);
  expect(rows.columns.map((c) => c.type)).toEqual(["number", "category"]);
});

test("reads Arrow with dictionaries, dates, booleans and nulls", () => {
  const bytes = tableToIPC(
    tableFromArrays({
      x: [1.5, null, 3],
      on: [true, false, true],
      group: ["a", "b", "a"],
      when: [new Date(0), new Date(86_400_000), new Date(0)],
    }),
    {},
  );
  if (bytes === null) throw new Error("nothing was written");
  const table = readTable(bytes);
  expect(table.columns.map((c) => [c.name, c.type])).toEqual([
    ["x", "number"],
    ["on", "boolean"],
    ["group", "category"],
    ["when", "date"],
  ]);
  expect([...numbersOf(table, "x")]).toEqual([1.5, Number.NaN, 3]);
  expect([...numbersOf(table, "when")]).toEqual([0, 86_400_000, 0]);
});

const cell = fc.oneof(
  fc.constantFrom("", "NA", "__proto__", '"', ",", "\n", "\r", "NaN", "1e309", "-", "'", "\0"),
  fc.double().map(String),
  fc.string({ maxLength: 8 }),
);

test("any text either becomes a table of equal columns or a UserError with a hint", () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 40 }), (cells) => {
      const text = cells.join(",").replaceAll("\0,", "\n");
      for (const format of ["csv", "json", "tsv"] as const) soundOrUserError(text, format);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("quoted values come back as written", () => {
  const values = fc.array(fc.string({ minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(values, (texts) => {
      const quoted = texts.map((text) => `"${text.replaceAll('"', '""')}",k\n`);
      const table = readTable(`"v",w\n${quoted.join("")}`, {
        delimiter: ",",
        declare: { v: { type: "text" } },
      });
      const column = columnOf(table, "v");
      const kept = texts.map((t) =>
        ["NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "."].includes(t.trim()) ? "" : t.trim(),
      );
      expect(column.type === "text" && column.texts).toEqual(kept);
    }),
    { numRuns: 200, seed: 2 },
  );
});

test("a damaged Arrow file is refused, never half-read", () => {
  const whole = tableToIPC(tableFromArrays({ x: [1, 2, 3], s: ["a", "b", "c"] }), {});
  if (whole === null) throw new Error("nothing was written");
  fc.assert(
    fc.property(
      fc.nat(whole.length - 1),
      fc.integer({ min: 0, max: 255 }),
      fc.nat(whole.length),
      (at, byte, length) => {
        const bytes = whole.slice(0, Math.max(1, length));
        if (at < bytes.length) bytes[at] = byte;
        soundOrUserError(bytes, "arrow");
      },
    ),
    { numRuns: 400, seed: 3 },
  );
});

function soundOrUserError(
  data: string | Uint8Array,
  format: "csv" | "tsv" | "json" | "arrow",
): void {
  try {
    const table = readTable(data, { format });
    for (const column of table.columns) expect(lengthOf(column)).toBe(table.n);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.hint).toBeTruthy();
  }
}

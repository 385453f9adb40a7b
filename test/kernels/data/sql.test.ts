import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { quietWork } from "../../../app/work.ts";
import { rowsOf } from "../../../kernels/data/rows.ts";
import { runSql, type SqlValue } from "../../../kernels/data/sql/run.ts";
import { tablesOf } from "../../../kernels/data/sql/statement.ts";
import { type Table, tableOf } from "../../../kernels/data/table.ts";
import { createRng } from "../../../kernels/math/rng.ts";

const names = (sql: string): readonly string[] => tablesOf(sql).map(({ name }) => name);

describe("the tables a query reads", () => {
  test.each<readonly [string, readonly string[]]>([
    ["select 1", []],
    ["select * from a", ["a"]],
    ["SELECT * FROM a, b AS c, d e WHERE x IN (1, 2)", ["a", "b", "d"]],
    ["select * from a join b on a.x = b.x left join c using (x), d", ["a", "b", "c"]],
    ["select x, y from (select x from a) t, b", ["a", "b"]],
    ["select * from (a join b on 1)", ["a", "b"]],
    ["select * from (values (1), (2))", []],
    ["with m as (select * from a), n(x) as (select x from m) select * from n, b", ["a", "b"]],
    ["with recursive r(i) as (values (1) union all select i+1 from r) select * from r", []],
    ["create table t as select * from a; select * from t", ["a"]],
    ["select * from \"my file.csv\" where x = 'from b' -- from c\n/* join d */", ["my file.csv"]],
    ["select * from [a b] join `c`", ["a b", "c"]],
    ["select j.value from a, json_each(a.list) j", ["a"]],
    ["select * from a where x is distinct from y", ["a"]],
    ["select * from a where x > (select max(y), 3 from b) order by x, z", ["a", "b"]],
    ["select * from a union select * from b", ["a", "b"]],
    ["select (select count(*) from été), x from ölçüm", ["été", "ölçüm"]],
  ])("%s", (sql, expected) => {
    expect(names(sql)).toEqual(expected);
  });

  test("stand where they are said to stand, whatever the text", () => {
    const words = constantFrom(
      "from ",
      "join ",
      "a",
      '"b c"',
      ",",
      "(",
      ")",
      "with ",
      " as ",
      "'",
      "--",
      "\n",
      "[",
      ";",
    );
    assert(
      property(string({ unit: words, maxLength: 40 }), (sql) => {
        for (const { name, start, end } of tablesOf(sql)) {
          expect(sql.slice(start, end).replaceAll('""', '"')).toContain(name);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const people: Table = tableOf({
  age: [31, 47, 25, 62, 47],
  wage: [10.5, 20, Number.NaN, 40, 30],
  sex: ["f", "m", "f", "m", "f"],
  treated: [0, 1, 0, 1, 1],
});

async function ask(
  sql: string,
  parameters: Readonly<Record<string, SqlValue>> = {},
): Promise<Table> {
  return runSql(sql, new Map([["people", people]]), parameters, quietWork);
}

const rows = async (sql: string, parameters?: Readonly<Record<string, SqlValue>>) =>
  rowsOf(await ask(sql, parameters));

describe("a query over tables", () => {
  test("groups, joins and sorts", async () => {
    expect(
      await rows("select sex, count(*) as n, avg(wage) as w from people group by sex order by sex"),
    ).toEqual([
      { sex: "f", n: 3, w: 20.25 },
      { sex: "m", n: 2, w: 30 },
    ]);
    expect(
      await rows(
        "select a.age, b.age as other from people a join people b on a.age = b.age and a.wage < b.wage",
      ),
    ).toEqual([{ age: 47, other: 47 }]);
  });

  test("keeps what is missing missing, and types what comes out", async () => {
    const table = await ask(
      "select wage, sex, treated, age > 40 as old, null as none, date('2020-02-30') as d from people",
    );
    expect(table.columns.map(({ type }) => type)).toEqual([
      "number",
      "category",
      "boolean",
      "boolean",
      "boolean",
      "category",
    ]);
    expect(table.columns[0]?.missing).toEqual(Uint8Array.of(0, 0, 1, 0, 0));
    expect(table.columns[4]?.missing).toEqual(Uint8Array.of(1, 1, 1, 1, 1));
  });

  test("binds values and never pastes them", async () => {
    expect(await rows("select count(*) as n from people where age > :p", { ":p": 40 })).toEqual([
      { n: 3 },
    ]);
    const attack = "x'; drop table people; --";
    expect(
      await rows("select :p as p, (select count(*) from people) as n", { ":p": attack }),
    ).toEqual([{ p: attack, n: 5 }]);
    expect(
      await rows(
        "select count(*) as n from people where age in (select value from json_each(:p))",
        {
          ":p": "[25,62]",
        },
      ),
    ).toEqual([{ n: 2 }]);
  });

  test("runs several statements and gives the last result", async () => {
    expect(
      await rows(
        "create table t as select age from people where age < 40; select max(age) as m from t; create table u(x)",
      ),
    ).toEqual([{ m: 31 }]);
  });

  test("has the statistics that SQLite lacks", async () => {
    const rng = createRng(7);
    const x = Float64Array.from({ length: 501 }, () => rng.normal());
    const y = Float64Array.from(x, (value) => value / 2 + rng.normal());
    const mean = (v: Float64Array): number => v.reduce((a, b) => a + b, 0) / v.length;
    const moment = (a: Float64Array, b: Float64Array): number =>
      a.reduce((sum, value, i) => sum + (value - mean(a)) * ((b[i] ?? 0) - mean(b)), 0);
    const sorted = x.toSorted();
    const [row] = rowsOf(
      await runSql(
        "select median(x) m, quantile(x, 0.1) q, stddev(x) s, stddev_pop(x) sp, variance(x) v, var_pop(x) vp, corr(x, y) r, exp(1) e, ln(2) l from t",
        new Map([["t", tableOf({ x, y })]]),
        {},
        quietWork,
      ),
    );
    const expected = {
      m: sorted[250],
      q: sorted[50],
      v: moment(x, x) / 500,
      vp: moment(x, x) / 501,
      s: Math.sqrt(moment(x, x) / 500),
      sp: Math.sqrt(moment(x, x) / 501),
      r: moment(x, y) / Math.sqrt(moment(x, x) * moment(y, y)),
      e: Math.E,
      l: Math.LN2,
    };
    for (const [name, value] of Object.entries(expected)) {
      expect([name, row?.[name]]).toEqual([name, expect.closeTo(value ?? Number.NaN, 10)]);
    }
    expect(
      await rows("select median(x) m, stddev(x) s, corr(x, x) r from (select 1 as x where 0)"),
    ).toEqual([{ m: null, s: null, r: null }]);
  });

  test("gives columns of one name names of their own", async () => {
    expect(
      (await ask("select 1 as x, 2 as x, 3 as x_2, 4 as x")).columns.map(({ name }) => name),
    ).toEqual(["x", "x_3", "x_2", "x_4"]);
  });

  test.each([
    ["select nope from people", "no such column: nope", { start: 7, end: 11 }],
    ["select * from nobody", "no such table: nobody", { start: 14, end: 20 }],
    ["select a,, b", 'near ",": syntax error', { start: 8, end: 9 }],
    ["selec 1", 'near "selec": syntax error', { start: 0, end: 5 }],
    ["create table t(x)", "no query that gives rows", undefined],
    ["select load_extension('x')", "no such function: load_extension", { start: 7, end: 21 }],
  ])("refuses %s in words, with the place", async (sql, message, place) => {
    await expect(ask(sql)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining(message) as string,
      ...(place === undefined ? {} : { place }),
    });
  });

  test("reaches no file", async () => {
    const attach = "attach '/etc/passwd' as p; select count(*) as n from p.sqlite_master";
    await expect(ask(attach)).rejects.toThrow("unable to open database");
  });

  test("stops while rows are put in", async () => {
    const big = tableOf({ x: new Float64Array(100_000) });
    const stop = new AbortController();
    const asked = runSql(
      "select count(*) from t",
      new Map([["t", big]]),
      {},
      {
        signal: stop.signal,
        progress: () => stop.abort(new Error("stopped")),
      },
    );
    await expect(asked).rejects.toThrow("stopped");
  });
});

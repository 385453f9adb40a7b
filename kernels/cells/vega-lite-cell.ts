import type { CellInputs } from "../../app/cell/program.ts";
import { type Place, UserError } from "../../app/errors.ts";
import { rowsOf } from "../data/rows.ts";
import { isTable } from "../data/table.ts";
import { checkSpec } from "../output/display.ts";
import { type CellKind, parsing, uniqueNames } from "./kind.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const NAME = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
const HOLE = /^\$\{\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*\}$/u;
const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

/** More rows than a chart can show, and than the page should be sent. */
const MOST_ROWS = 100_000;

/**
 * A Vega-Lite specification as JSON. `"data": {"name": "survey"}` is the notebook's table of that name, and a text that
 * is `"${name}"` and nothing else is that cell's value. With a name of its own, the cell gives the chart as a value.
 */
export const vegaLiteCell: CellKind = {
  kind: "vega-lite",
  parse: (cell) =>
    parsing(cell.source, () => {
      const spec = readSpec(cell.source);
      const tables = uniqueNames(tableNames(spec));
      const inputs = uniqueNames([...tables, ...holeNames(spec)]);
      return {
        inputs,
        outputs: cell.name === undefined ? [] : [cell.name],
        diagnostics: [],
        run: (values, context) => {
          const filled = fill(spec, values) as { readonly [key: string]: Json };
          const datasets = Object.fromEntries(
            tables.map((name) => [name, dataOf(name, values[name])]),
          );
          const chart = checkSpec({
            $schema: SCHEMA,
            ...filled,
            ...(tables.length === 0 ? {} : { datasets: { ...own(filled), ...datasets } }),
          });
          context.display(chart);
          return { values: cell.name === undefined ? {} : { [cell.name]: chart } };
        },
      };
    }),
};

function readSpec(source: string): { readonly [key: string]: Json } {
  if (source.trim() === "") throw notSpec("There is no chart yet.", { start: 0, end: 1 });
  let spec: Json;
  try {
    spec = JSON.parse(source) as Json;
  } catch (error) {
    const { message } = error as Error;
    const at = Number(/at position (\d+)/.exec(message)?.[1] ?? source.length - 1);
    const place = { start: at, end: Math.min(source.length, at + 1) };
    throw notSpec(`This is no JSON: ${message.replace(/ \(line.*| in JSON at.*/, "")}.`, place);
  }
  if (typeof spec === "object" && spec !== null && !Array.isArray(spec)) {
    return spec as { readonly [key: string]: Json };
  }
  throw notSpec("A chart is a JSON object.", { start: 0, end: source.length });
}

function notSpec(message: string, place: Place): UserError {
  return new UserError({
    code: "vega-lite-json",
    message,
    expected:
      'e.g. {"data": {"name": "survey"}, "mark": "point", "encoding": {"x": {"field": "age", "type": "quantitative"}}}',
    place,
  });
}

function* nodesOf(json: Json): Generator<Json> {
  const todo: Json[] = [json];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    yield next;
    if (typeof next === "object" && next !== null) todo.push(...Object.values(next).reverse());
  }
}

/** Names of data that the chart does not bring along. */
function tableNames(spec: { readonly [key: string]: Json }): readonly string[] {
  const there = Object.keys(own(spec));
  return [...nodesOf(spec)].flatMap((node) => {
    const data = (node as { readonly data?: { readonly name?: Json; readonly values?: Json } })
      ?.data;
    const name = data?.name;
    if (typeof name !== "string" || data?.values !== undefined || there.includes(name)) return [];
    return NAME.test(name) ? [name] : [];
  });
}

function own(spec: { readonly [key: string]: Json }): Readonly<Record<string, Json>> {
  const { datasets } = spec;
  return typeof datasets === "object" && datasets !== null && !Array.isArray(datasets)
    ? (datasets as Readonly<Record<string, Json>>)
    : {};
}

function holeNames(spec: Json): readonly string[] {
  return [...nodesOf(spec)].flatMap((node) =>
    typeof node === "string" ? (HOLE.exec(node)?.[1] ?? []) : [],
  );
}

function fill(json: Json, values: CellInputs): unknown {
  if (typeof json === "string") {
    const name = HOLE.exec(json)?.[1];
    return name === undefined ? json : values[name];
  }
  if (Array.isArray(json)) return (json as readonly Json[]).map((item) => fill(item, values));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, fill(value, values)]));
}

/** A table as Vega takes it, or a list of rows as it is. */
function dataOf(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (!isTable(value)) {
    throw new UserError({
      code: "vega-lite-data",
      message: `${name} cannot be drawn.`,
      value: typeof value,
      expected: "a table, or a list of rows",
    });
  }
  if (value.n > MOST_ROWS) {
    throw new UserError({
      code: "vega-lite-rows",
      message: `${name} has ${value.n} rows; a chart takes ${MOST_ROWS}.`,
      value: value.n,
      expected: `at most ${MOST_ROWS} rows`,
      hint: "Aggregate or sample first, e.g. in a SQL cell.",
    });
  }
  return rowsOf(value);
}

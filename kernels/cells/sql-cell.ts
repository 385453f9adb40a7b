import type { CellInputs } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import type { Report } from "../../app/protocol/report.ts";
import type { SqlValue } from "../data/sql/run.ts";
import { tablesOf } from "../data/sql/statement.ts";
import { isTable, type Table } from "../data/table.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { dataReport } from "./data-report.ts";
import { holesOf } from "./holes.ts";
import { type CellKind, type KernelHost, parsing, uniqueNames } from "./kind.ts";

const HEAD =
  /^\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*=\s*(?=(?:select|with|values|create)\b|\/\*|--|\()/iu;
const HOLE = /\$\{\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*\}/gu;

/**
 * `rows = select t, avg(y) as mean from data where age > ${limit} group by t`: SQL over the notebook's tables and
 * attached files (`from "file.csv"`). `${name}` binds another cell's value. Without a name the rows are only shown.
 */
export const sqlCell: CellKind = {
  kind: "sql",
  parse: (cell, host) =>
    parsing(cell.source, () => {
      const head = HEAD.exec(cell.source);
      const name = head?.[1] ?? cell.name;
      // blanks in its place, so that places in the text stay
      const sql = cell.source.replace(HEAD, (found) => " ".repeat(found.length));
      if (sql.trim() === "") {
        throw new UserError({
          code: "sql-empty",
          message: "There is no query yet.",
          expected: "e.g. select t, avg(y) as mean from data group by t",
          place: { start: 0, end: 1 },
        });
      }
      const holes = holesOf(sql);
      const names = uniqueNames(tablesOf(sql).map((table) => table.name));
      const variables = names.filter((each) => /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(each));
      return {
        inputs: uniqueNames([...variables, ...holes]),
        outputs: name === undefined ? [] : [name],
        diagnostics: [],
        run: async (values, context) => {
          const { runSql } = await import("../data/sql/run.ts");
          const tables = new Map<string, Table>();
          for (const each of names) {
            tables.set(
              each,
              variables.includes(each) ? tableIn(values, each) : await fileTable(host, each),
            );
          }
          const parameters = Object.fromEntries(
            holes.map((hole) => [`:${hole}`, parameterOf(hole, values)]),
          );
          const text = sql.replaceAll(HOLE, (_, hole: string) => `:${hole}`);
          const table = await runSql(text, tables, parameters, context);
          context.display(table);
          context.display(displayable(reportBundle(columnsReport(table))));
          return { values: name === undefined ? {} : { [name]: table } };
        },
      };
    }),
};

/** The columns told as a data cell tells them, folded: the rows come first. */
function columnsReport(table: Table): Report {
  const { blocks, ...rest } = dataReport(table, 0);
  return { ...rest, blocks: [{ kind: "details", title: "Columns", blocks }] };
}

function tableIn(values: CellInputs, name: string): Table {
  const value = values[name];
  if (isTable(value)) return value;
  throw new UserError({
    code: "sql-table",
    message: `${name} is no table.`,
    value: typeof value,
    expected: "a table, such as a data cell's or another query's",
  });
}

async function fileTable(host: KernelHost, name: string): Promise<Table> {
  const bytes = await host.attachment(name);
  if (bytes !== undefined) {
    const { readTable } = await import("../data/read.ts");
    return readTable(bytes, { name });
  }
  const names = host.attachmentNames();
  throw new UserError({
    code: "no-such-attachment",
    message: `No file "${name}" is attached to this notebook.`,
    value: name,
    expected:
      names.length === 0 ? "an attached file; there is none yet" : `one of ${names.join(", ")}`,
    hint: "A text stands in single quotes; double quotes are for names.",
  });
}

function parameterOf(name: string, values: CellInputs): SqlValue {
  const value = values[name];
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return JSON.stringify(value);
  throw new UserError({
    code: "sql-parameter",
    message: `\${${name}} cannot stand in a query.`,
    value: typeof value,
    expected: "a number, a text, a yes or no, a date, or a list for json_each(${…})",
  });
}

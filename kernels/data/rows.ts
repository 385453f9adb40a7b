import type { Table } from "./table.ts";

/** A table as row objects, for charts and small loops; missing cells are null, dates milliseconds, yes and no 1 and 0. */
export function rowsOf(table: Table): readonly Readonly<Record<string, number | string | null>>[] {
  return Array.from({ length: table.n }, (_, i) =>
    Object.fromEntries(
      table.columns.map((column) => {
        if (column.missing?.[i] === 1) return [column.name, null];
        if (column.type === "category") {
          return [column.name, column.levels[column.codes[i] ?? -1] ?? null];
        }
        return [
          column.name,
          column.type === "text" ? (column.texts[i] ?? null) : (column.values[i] ?? null),
        ];
      }),
    ),
  );
}

import { type Table, tableOf } from "../../../kernels/data/table.ts";

/** A plain comma-separated file without quotes, every column as text levels. */
export function parseDelimited(text: string): Table {
  const [head = "", ...lines] = text.trim().split(/\r?\n/u);
  const names = head.split(",");
  const cells = lines.map((line) => line.split(","));
  return tableOf(
    Object.fromEntries(names.map((name, k) => [name, cells.map((row) => row[k] ?? "")])),
  );
}

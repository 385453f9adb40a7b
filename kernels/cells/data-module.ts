/** What `import … from "dagbok/data"` gives. */
export { fromArquero } from "../data/arquero.ts";
export { readTable } from "../data/read.ts";
export { completeCases, selectColumns, selectRows, takeRows, withColumns } from "../data/select.ts";
export { summariseColumn, summariseTable } from "../data/summary.ts";
export { columnOf, numbersOf, tableOf } from "../data/table.ts";

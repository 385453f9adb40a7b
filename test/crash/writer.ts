// Writes edits to a library and says on the standard output when each is acknowledged; run under strace.
//   node test/crash/writer.ts HOME COMMITS SYNCHRONOUS
import { writeSync } from "node:fs";
import { createNotebook } from "../../app/notebook/document.ts";
import { Library } from "../../main/storage/library.ts";

const [, , folder = "", commits = "0", synchronous = ""] = process.argv;
const library = new Library({ folder });
// The controls undo what the library sets on opening.
if (synchronous !== "FULL") library.db.pragma(`synchronous = ${synchronous}`);
// Often enough for checkpoints to be among what is cut.
library.db.pragma("wal_autocheckpoint = 120");
const notebook = createNotebook({ id: "powerloss", title: "Power", cells: [{ id: "lines" }] });
library.create({ notebook, origin: "here" });
writeSync(1, "ack 0\n");
let length = 0;
for (let seq = 1; seq <= Number(commits); seq++) {
  const insert = `${seq} ${"·".repeat(200)}\n`;
  library.edit("powerloss", {
    baseRev: seq - 1,
    group: `${seq}`,
    batch: `${seq}`,
    edits: [{ kind: "splice", cell: "lines", at: length, remove: 0, insert }],
  });
  length += insert.length;
  writeSync(1, `ack ${seq}\n`);
}
process.kill(process.pid, "SIGKILL");

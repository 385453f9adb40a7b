import { diffLines } from "diff";
import type { Cell } from "../../app/notebook/document.ts";
import {
  type CellChange,
  type Detail,
  diffNotebooks,
  type NotebookDiff,
} from "../../app/notebook/diff.ts";
import { type Command, parse, UsageError } from "./command.ts";
import { findNotebook } from "./library.ts";

export const diff: Command = {
  help: `dagbok diff A B [--json]

What differs between two notebooks, files of any format or ids of the library: cells added,
removed, moved and changed line by line, names, flags and inputs, seed, settings and data
files. Exit code 1 if anything differs. Saved outputs are compared by dagbok verify.
`,
  async run(args) {
    const { values, positionals } = parse(args, { json: { type: "boolean" } });
    const [a, b, ...more] = positionals;
    if (a === undefined || b === undefined || more.length > 0) {
      throw new UsageError("Which two notebooks?");
    }
    const [before, after] = [await findNotebook(a), await findNotebook(b)];
    const found = diffNotebooks(before.notebook, after.notebook);
    if (values.json === true) console.log(JSON.stringify(found, null, 2));
    else process.stdout.write(diffText(found));
    return found.cells.length + found.details.length === 0 ? 0 : 1;
  },
};

function diffText({ cells, details }: NotebookDiff): string {
  if (cells.length + details.length === 0) return "The notebooks are the same.\n";
  return [...details.map((detail) => `${detailLine(detail)}\n`), ...cells.map(changeText)].join("");
}

function changeText(change: CellChange): string {
  switch (change.kind) {
    case "added":
      return `\n+ ${titleOf(change.after)} added\n${marked("+", change.after.source)}`;
    case "removed":
      return `\n- ${titleOf(change.before)} removed\n${marked("-", change.before.source)}`;
    case "changed": {
      const what = [
        ...(change.moved ? [`moved to place ${change.index + 1}`] : []),
        ...(change.text || change.details.length > 0 ? ["changed"] : []),
      ];
      return [
        `\n~ ${titleOf(change.after)} ${what.join(", ")}\n`,
        ...change.details.map((detail) => `    ${detailLine(detail)}\n`),
        change.text ? linesText(change.before.source, change.after.source) : "",
      ].join("");
    }
  }
}

function titleOf({ id, kind, name }: Cell): string {
  return name === undefined ? `${id} [${kind}]` : `${id} ${name} [${kind}]`;
}

function detailLine({ what, before, after }: Detail): string {
  return `${what}: ${before === "" ? "none" : before} → ${after === "" ? "none" : after}`;
}

/** The changed lines, each with two unchanged ones around it. */
function linesText(before: string, after: string): string {
  const parts = diffLines(`${before}\n`, `${after}\n`);
  return parts
    .map(({ added, removed, value }, i) => {
      if (added || removed) return marked(added ? "+" : "-", value);
      const lines = value.replace(/\n$/, "").split("\n");
      const [head, tail] = [i === 0 ? 0 : 2, i === parts.length - 1 ? 0 : 2];
      const shown =
        lines.length <= head + tail
          ? lines
          : [...lines.slice(0, head), "…", ...lines.slice(lines.length - tail)];
      return marked(" ", shown.join("\n"));
    })
    .join("");
}

function marked(mark: string, text: string): string {
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `    ${mark} ${line}`.trimEnd() + "\n")
    .join("");
}

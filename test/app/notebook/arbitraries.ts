import * as fc from "fast-check";
import {
  type Cell,
  createNotebook,
  FLAGS,
  MARKER_KEYS,
  type Notebook,
} from "../../../app/notebook/document.ts";
import type { Edit } from "../../../app/notebook/edits.ts";

/** Lines that look like the file's own syntax, so that escaping is exercised and not only ordinary text. */
const trickyLine = fc.constantFrom(
  "",
  " ",
  "// %%",
  "// %% [graph] id=k3f9",
  "//%% x",
  "//\\ %% escaped already",
  "//\\\\%% twice",
  "%% text",
  "\\%% text",
  "\t%%",
  "// %% [$notebook]",
  "<<<<<<< HEAD",
  "\\<<<<<<< HEAD",
  "=======",
  ">>>>>>> theirs",
  "*/",
  "/*",
  "// text",
  "//",
  "// ---",
  "// dagbok notebook format=1",
  "const a = `${b}`; // 数 \u2028 😀",
  "# Title",
  "\uFEFF",
  "__proto__",
);

export const source = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: trickyLine },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
    ),
    { maxLength: 6 },
  )
  .map((lines) => lines.join("\n").replaceAll("\r", ""));

const kind = fc.oneof(
  { weight: 3, arbitrary: fc.constant("ts") },
  { weight: 3, arbitrary: fc.constantFrom("markdown", "graph", "identify", "html") },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/) },
);

const key = fc
  .oneof(
    fc.stringMatching(/^[a-zA-Z_$@][\w$@/.-]{0,8}$/),
    fc.constantFrom("constructor", "toString", "title", "tags", "überschrift"),
  )
  .filter((key) => !MARKER_KEYS.has(key) && key !== "__proto__");

const value = fc.oneof(
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom("", "true", "3", '"quoted"', '["a", "b"]', '{"a":1}', "[", "{a}", "a b", "x=1"),
);

const meta = fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true });
const words = fc
  .string({ unit: "binary", minLength: 1, maxLength: 12 })
  .map((text) => text.replace(/\s+/g, " ").trim())
  .filter((text) => text !== "");
const flags = fc.record(
  Object.fromEntries(FLAGS.map((flag) => [flag, fc.boolean()])) as Record<
    (typeof FLAGS)[number],
    fc.Arbitrary<boolean>
  >,
);
const json = fc
  .jsonValue({ maxDepth: 2 })
  .filter((value) => !JSON.stringify(value).includes("__proto__"));

export const cellSpec = fc.record(
  {
    kind,
    name: words,
    source,
    flags,
    inputs: fc.dictionary(key, json, { maxKeys: 2, noNullPrototype: true }),
    meta,
  },
  { requiredKeys: ["kind", "source"] },
);

export const attachment = fc.record({
  name: fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 10 })
    // oxlint-disable-next-line no-control-regex -- what a file name cannot hold
    .filter((name) => !/[/\\\u0000-\u001f\u007f]/.test(name)),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  bytes: fc.nat(),
  mime: fc.constantFrom("text/csv", "application/vnd.apache.arrow.file"),
});

export const notebook: fc.Arbitrary<Notebook> = fc
  .record({
    seed: fc.integer({ min: 1 }),
    title: words,
    cells: fc.array(cellSpec, { maxLength: 5 }),
    attachments: fc.uniqueArray(attachment, { selector: ({ name }) => name, maxLength: 2 }),
    settings: fc.record({
      run: fc.constantFrom("auto", "lazy"),
      seed: fc.integer({ min: 1 }),
      versions: meta,
    }),
    meta,
  })
  .map(({ seed, ...spec }) => createNotebook(spec, randomOf(seed)));

export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** An edit that fits the notebook, chosen by numbers so that fast-check can shrink it. */
export interface EditSeed {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly text: string;
  readonly cells: readonly Cell[];
}

export const editSeed: fc.Arbitrary<EditSeed> = fc.record({
  kind: fc.nat({ max: 15 }),
  a: fc.nat({ max: 1000 }),
  b: fc.nat({ max: 1000 }),
  text: source,
  cells: notebook.map(({ cells }) => cells),
});

export function editFor(notebook: Notebook, { kind, a, b, text, cells }: EditSeed): Edit {
  const count = notebook.cells.length;
  const target = notebook.cells[a % Math.max(1, count)];
  const fresh = cells.find(({ id }) => notebook.cells.every((cell) => cell.id !== id));
  const word = `w${b}`;
  if (target === undefined || kind === 0) {
    return fresh === undefined
      ? { kind: "set-title", value: word }
      : { kind: "insert-cell", at: a % (count + 1), cell: fresh };
  }
  const cell = target.id;
  const at = a % (target.source.length + 1);
  const attached = notebook.attachments[a % Math.max(1, notebook.attachments.length)];
  switch (kind) {
    case 1:
      return { kind: "delete-cell", cell };
    case 2:
      return { kind: "move-cell", cell, to: b % count };
    case 3:
      return { kind: "set-kind", cell, value: b % 2 ? "graph" : "ts" };
    case 4:
      return { kind: "set-name", cell, ...(b % 2 ? { value: word } : {}) };
    case 5:
      return { kind: "set-flag", cell, flag: FLAGS[b % 5] ?? "lazy", value: a % 2 === 0 };
    case 6:
      return { kind: "set-meta", cell, key: `k${b % 3}`, ...(a % 2 ? { value: text } : {}) };
    case 7:
      return { kind: "set-input", cell, name: `k${b % 3}`, ...(a % 2 ? { value: [b] } : {}) };
    case 8:
      return { kind: "set-title", value: word };
    case 9:
      return { kind: "set-setting", name: "seed", value: b + 1 };
    case 10:
      return { kind: "set-setting", name: "versions", value: { dagbok: word } };
    case 11:
      if (a % 4 === 3)
        return { kind: "set-doubt", assumption: `no-arrow:v${b % 3},y`, value: b % 2 === 0 };
      if (a % 8 === 5) return { kind: "set-notebook-meta", key: "doubts", value: text };
      return { kind: "set-notebook-meta", key: `k${b % 3}`, ...(a % 2 ? { value: text } : {}) };
    case 12: {
      const name = b % 2 && attached ? attached.name : `${word}.csv`;
      const sha256 = (b % 16).toString(16).repeat(64);
      return { kind: "attach", attachment: { name, sha256, bytes: a, mime: "text/csv" } };
    }
    case 13:
      return attached === undefined
        ? { kind: "set-setting", name: "run", value: b % 2 ? "lazy" : "auto" }
        : { kind: "detach", name: attached.name };
    case 14:
      return { kind: "replace-cells", cells };
    default:
      return {
        kind: "splice",
        cell,
        at,
        remove: b % (target.source.length - at + 1),
        insert: text,
      };
  }
}

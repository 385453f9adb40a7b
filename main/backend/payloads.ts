import * as v from "valibot";
import { FLAGS } from "../../app/notebook/document.ts";
import type { RouteName, Routes } from "../../app/protocol/routes.ts";

// What comes in must have the shape of the contracts; whether an edit fits its notebook is the store's question.

const id = v.pipe(v.string(), v.regex(/^[a-z0-9]{4,32}$/, "an id of 4 to 32 of a–z and 0–9"));
const text = v.pipe(v.string(), v.maxLength(20_000_000));
const short = v.pipe(v.string(), v.maxLength(2000));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "64 hex digits"));
const fromQuery = v.pipe(v.string(), v.regex(/^\d{1,15}$/, "a whole number"), v.transform(Number));
const flagFromQuery = v.pipe(
  v.picklist(["true", "false"]),
  v.transform((value) => value === "true"),
);
const words = v.record(short, text);
// JSON by the way it came; how deep it may be is checked where it is kept.
const json = v.unknown();

const flag = v.picklist(FLAGS);
const cell = v.strictObject({
  id,
  kind: short,
  name: v.optional(short),
  source: text,
  flags: v.record(flag, v.boolean()),
  inputs: v.record(short, json),
  meta: words,
});
const attachment = v.strictObject({ name: short, sha256, bytes: whole, mime: short });

const edit = v.variant("kind", [
  v.strictObject({ kind: v.literal("insert-cell"), at: whole, cell }),
  v.strictObject({ kind: v.literal("delete-cell"), cell: id }),
  v.strictObject({ kind: v.literal("move-cell"), cell: id, to: whole }),
  v.strictObject({ kind: v.literal("splice"), cell: id, at: whole, remove: whole, insert: text }),
  v.strictObject({ kind: v.literal("set-kind"), cell: id, value: short }),
  v.strictObject({ kind: v.literal("set-name"), cell: id, value: v.optional(short) }),
  v.strictObject({ kind: v.literal("set-flag"), cell: id, flag, value: v.boolean() }),
  v.strictObject({ kind: v.literal("set-meta"), cell: id, key: short, value: v.optional(text) }),
  v.strictObject({
    kind: v.literal("set-input"),
    cell: id,
    name: short,
    value: v.optional(json),
  }),
  v.strictObject({ kind: v.literal("set-title"), value: short }),
  v.strictObject({
    kind: v.literal("set-setting"),
    name: v.picklist(["run", "seed", "versions"]),
    value: json,
  }),
  v.strictObject({ kind: v.literal("set-notebook-meta"), key: short, value: v.optional(text) }),
  v.strictObject({ kind: v.literal("set-doubt"), assumption: short, value: v.boolean() }),
  v.strictObject({ kind: v.literal("attach"), attachment }),
  v.strictObject({ kind: v.literal("detach"), name: short }),
  v.strictObject({ kind: v.literal("replace-cells"), cells: v.array(cell) }),
]);

const output = v.object({
  cell: id,
  digest: short,
  bundles: v.array(v.record(short, json)),
  ms: v.pipe(v.number(), v.minValue(0)),
  at: v.number(),
  claim: v.optional(v.looseObject({})),
  failure: v.optional(v.looseObject({ kind: short })),
  provenance: v.optional(v.looseObject({})),
});

const nothing = v.strictObject({});
const notebook = v.strictObject({ id });
const settingKey = v.pipe(v.string(), v.regex(/^[\w.:/-]{1,200}$/, "a word of letters and .:/-"));

const schemas = {
  health: nothing,
  listNotebooks: v.strictObject({ search: v.optional(short), deleted: v.optional(flagFromQuery) }),
  createNotebook: v.strictObject({ title: v.optional(short) }),
  importNotebook: v.strictObject({
    fileName: v.pipe(short, v.minLength(1)),
    text: v.pipe(v.string(), v.maxLength(100_000_000)),
  }),
  openNotebook: notebook,
  editNotebook: v.strictObject({
    id,
    baseRev: whole,
    edits: v.pipe(v.array(edit), v.maxLength(10_000)),
    group: v.pipe(short, v.minLength(1)),
    batch: v.pipe(short, v.minLength(1)),
  }),
  undo: v.strictObject({ id, baseRev: whole }),
  redo: v.strictObject({ id, baseRev: whole }),
  history: v.strictObject({ id, before: v.optional(fromQuery), limit: v.optional(fromQuery) }),
  version: v.strictObject({ id, rev: fromQuery }),
  nameVersion: v.strictObject({ id, rev: fromQuery, name: short }),
  versionOutputs: v.strictObject({ id, rev: fromQuery }),
  saveOutputs: v.strictObject({ id, outputs: v.array(output) }),
  duplicateNotebook: notebook,
  deleteNotebook: notebook,
  restoreNotebook: notebook,
  exportNotebook: v.strictObject({ id, to: v.picklist(["ts", "ipynb", "html", "kit"]) }),
  putBlob: v.strictObject({
    mime: v.pipe(short, v.regex(/^[\w.+-]+\/[\w.+-]+$/, "a MIME type")),
    bytes: v.instance(Uint8Array),
  }),
  getBlob: v.strictObject({ sha256 }),
  shipped: nothing,
  openShipped: v.strictObject({ path: short }),
  catalogue: nothing,
  getSetting: v.strictObject({ key: settingKey }),
  putSetting: v.strictObject({ key: settingKey, value: v.optional(json) }),
} satisfies Record<RouteName, v.GenericSchema>;

export type Payload =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly at: string; readonly message: string };

/** What a route takes, checked; or where it is wrong. */
export function checkPayload(route: RouteName, value: unknown): Payload {
  const result = v.safeParse(schemas[route], value, { abortEarly: true });
  if (result.success) return { ok: true, value: result.output };
  const [issue] = result.issues;
  return { ok: false, at: v.getDotPath(issue) ?? "", message: issue.message };
}

export type Input<R extends RouteName> = Routes[R]["in"];

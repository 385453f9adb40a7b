import { UserError } from "../errors.ts";
import { type Json, type JsonRecord, toJson } from "./json.ts";

/** A notebook as it is written: what the user made, in page order. Outputs live elsewhere. */
export interface Notebook {
  readonly id: string;
  readonly title: string;
  readonly cells: readonly Cell[];
  /** Sorted by name. */
  readonly attachments: readonly Attachment[];
  readonly settings: Settings;
  /** Keys this version does not know, kept. */
  readonly meta: Readonly<Record<string, string>>;
}

export interface Cell {
  /** Short and stable over edits, moves and saves: history and outputs hang on it. `[a-z0-9]{4,32}`. */
  readonly id: string;
  /** `ts`, `markdown`, `graph`, `identify`, … A kind this version does not know is kept as it is. */
  readonly kind: string;
  readonly name?: string;
  /** Lines end in `\n` only, so that offsets mean the same everywhere. */
  readonly source: string;
  readonly flags: Flags;
  /** Values the user gave to the cell's inputs (sliders, …), by input name. */
  readonly inputs: JsonRecord;
  /** Marker keys this version does not know, kept. */
  readonly meta: Readonly<Record<string, string>>;
}

export const FLAGS = ["disabled", "lazy", "pinned", "codeHidden", "locked"] as const;
export type Flag = (typeof FLAGS)[number];
export type Flags = Readonly<Record<Flag, boolean>>;

export interface Attachment {
  readonly name: string;
  /** Lower-case hex; the bytes are in the store under it. */
  readonly sha256: string;
  /** Size of the content. */
  readonly bytes: number;
  readonly mime: string;
}

export type RunMode = "auto" | "lazy";

export interface Settings {
  /** `auto` runs what depends on an edited cell at once; `lazy` marks it stale. */
  readonly run: RunMode;
  /** What cells derive their random streams from; at least 1. */
  readonly seed: number;
  /** Versions the notebook was last run with, by package. */
  readonly versions: Readonly<Record<string, string>>;
}

export type Random = () => number;

/** What a notebook may be made from: everything may be left out. */
export interface NotebookSpec {
  readonly id?: string;
  readonly title?: string;
  readonly cells?: readonly CellSpec[];
  readonly attachments?: readonly Attachment[];
  readonly settings?: Partial<Settings>;
  readonly meta?: Readonly<Record<string, string>>;
}

export interface CellSpec {
  readonly id?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly source?: string;
  readonly flags?: Partial<Flags>;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly meta?: Readonly<Record<string, string>>;
}

const NO_FLAGS: Flags = {
  disabled: false,
  lazy: false,
  pinned: false,
  codeHidden: false,
  locked: false,
};

/** The strict record for a loose description. Throws `UserError` for values that no notebook can hold. */
export function createNotebook(spec: NotebookSpec = {}, random: Random = Math.random): Notebook {
  const taken = new Set<string>();
  for (const { id } of spec.cells ?? []) if (id !== undefined) taken.add(id);
  const used = new Set<string>();
  const cells = (spec.cells ?? []).map((cell) => {
    const made = createCell(cell, taken, random);
    if (used.has(made.id)) throw badDocument("cell-id-twice", `Two cells have the id ${made.id}.`);
    used.add(made.id);
    taken.add(made.id);
    return made;
  });
  return {
    id: checkId(spec.id ?? newId(12, new Set(), random)),
    title: checkTitle(spec.title ?? "Untitled"),
    cells,
    attachments: sortAttachments(spec.attachments ?? []),
    settings: createSettings(spec.settings ?? {}),
    meta: checkMeta(spec.meta ?? {}),
  };
}

export function createCell(
  spec: CellSpec = {},
  taken: ReadonlySet<string> = new Set(),
  random: Random = Math.random,
): Cell {
  return {
    id: checkId(spec.id ?? newCellId(taken, random)),
    kind: checkKind(spec.kind ?? "ts"),
    ...(spec.name === undefined ? {} : { name: checkName(spec.name) }),
    source: normalizeLines(spec.source ?? ""),
    flags: checkFlags(spec.flags ?? {}),
    inputs: checkInputs(spec.inputs ?? {}),
    meta: checkCellMeta(spec.meta ?? {}),
  };
}

/** A short id that is not among `taken`: easy to read out, no vowels (no words), no look-alikes. */
export function newCellId(taken: ReadonlySet<string>, random: Random = Math.random): string {
  return newId(4, taken, random);
}

export function newNotebookId(random: Random = Math.random): string {
  return newId(12, new Set(), random);
}

const ALPHABET = "bcdfghjkmnpqrstvwxyz23456789";

function newId(length: number, taken: ReadonlySet<string>, random: Random): string {
  // Longer after a few collisions, so that a full house of short ids still ends.
  for (let attempt = 0; ; attempt++) {
    let id = "";
    for (let i = 0; i < length + Math.floor(attempt / 4); i++) {
      id += ALPHABET[Math.floor(random() * ALPHABET.length)] ?? "b";
    }
    if (!taken.has(id)) return id;
  }
}

/** `\r\n` and `\r` as `\n`. */
export function normalizeLines(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

export function createSettings(spec: Partial<Settings>): Settings {
  return {
    run: checkRunMode(spec.run ?? "auto"),
    seed: checkSeed(spec.seed ?? 1),
    versions: checkMeta(spec.versions ?? {}),
  };
}

export function sortAttachments(list: readonly Attachment[]): readonly Attachment[] {
  const sorted = list.map(checkAttachment).sort((a, b) => compareText(a.name, b.name));
  sorted.forEach((attachment, i) => {
    if (sorted[i + 1]?.name === attachment.name) {
      throw badDocument("attachment-twice", `Two attachments are named ${attachment.name}.`);
    }
  });
  return sorted;
}

/** By code unit: the same order on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function checkId(id: string): string {
  if (/^[a-z0-9]{4,32}$/.test(id)) return id;
  throw badDocument("bad-id", "An id is not one.", id, "4 to 32 of a–z and 0–9");
}

/** Another tool's id in our alphabet, so that a cell keeps its history over the border; `undefined` if too little is left. */
export function adoptId(id: string): string | undefined {
  const adopted = id
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .slice(0, 32);
  return adopted.length < 4 ? undefined : adopted;
}

export function checkKind(kind: string): string {
  if (/^[a-z][a-z0-9-]{0,31}$/.test(kind)) return kind;
  throw badDocument("bad-kind", "A cell kind is not one.", kind, "a–z, 0–9 and -, at most 32");
}

export function checkTitle(title: string): string {
  return oneLine(title, "title");
}

export function checkName(name: string): string {
  return oneLine(name, "name");
}

/** Keys of `meta` and `versions`: words that a marker line can carry. */
export function checkKey(key: string): string {
  if (/^[\p{L}_$@][\p{L}\p{N}_$@/.-]{0,99}$/u.test(key) && key !== "__proto__") return key;
  throw badDocument("bad-key", "A key is not one.", key, "a word of letters, digits, _ $ @ / . -");
}

export function checkMeta(meta: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(meta).map(([key, value]) => {
      if (typeof value !== "string") {
        throw badDocument("bad-meta", `The value of ${key} is not text.`, value, "a string");
      }
      return [checkKey(key), value];
    }),
  );
}

/** Keys of a marker line that mean something to this version; a cell's `meta` has the others. */
export const MARKER_KEYS: ReadonlySet<string> = new Set(["id", "name", "inputs", ...FLAGS]);

export function checkCellMetaKey(key: string): string {
  if (!MARKER_KEYS.has(key)) return checkKey(key);
  throw badDocument("bad-key", "A key has a meaning of its own.", key, "a key that is not in use");
}

function checkCellMeta(meta: Readonly<Record<string, string>>): Record<string, string> {
  Object.keys(meta).forEach(checkCellMetaKey);
  return checkMeta(meta);
}

function checkInputs(inputs: Readonly<Record<string, unknown>>): JsonRecord {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]): [string, Json] => [
      checkInputKey(key),
      toJson(value),
    ]),
  );
}

/** A control's key is its position in the cell, or a name. */
export function checkInputKey(key: string): string {
  return /^\d{1,6}$/.test(key) ? key : checkKey(key);
}

export function checkFlags(flags: Partial<Flags>): Flags {
  const all: Record<Flag, boolean> = { ...NO_FLAGS };
  for (const flag of FLAGS) if (flags[flag] === true) all[flag] = true;
  return all;
}

export function checkRunMode(run: string): RunMode {
  if (run === "auto" || run === "lazy") return run;
  throw badDocument("bad-setting", "The run mode is not one.", run, "auto or lazy");
}

export function checkSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 1) return seed;
  throw badDocument("bad-setting", "The seed is not one.", seed, "a whole number of at least 1");
}

export function checkAttachment(attachment: Attachment): Attachment {
  const { name, sha256, bytes, mime } = attachment;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (name === "" || name.length > 255 || /[/\\\u0000-\u001f\u007f]/.test(name)) {
    throw badDocument("bad-attachment", "An attachment's name is not one.", name, "a file name");
  }
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw badDocument("bad-attachment", `${name} has no valid hash.`, sha256, "64 hex digits");
  }
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw badDocument("bad-attachment", `${name} has no valid size.`, bytes, "a number of bytes");
  }
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(mime)) {
    throw badDocument("bad-attachment", `${name} has no valid type.`, mime, "a MIME type");
  }
  return { name, sha256, bytes, mime };
}

function oneLine(text: string, what: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line !== "" && line.length <= 500) return line;
  throw badDocument(`bad-${what}`, `The ${what} is empty or too long.`, text, "1–500 characters");
}

function badDocument(code: string, message: string, value?: unknown, expected?: string): UserError {
  return new UserError({
    code,
    message,
    ...(value === undefined ? {} : { value }),
    ...(expected === undefined ? {} : { expected }),
  });
}

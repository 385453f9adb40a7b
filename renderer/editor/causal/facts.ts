import { tablesOf } from "../../../kernels/data/sql/statement.ts";
import { blankComments, type Statement, statementsOf } from "../../../kernels/cells/language.ts";

/** What a name in a causal cell must hold. */
export type Want = "graph" | "table" | "identification" | "model" | "estimate" | "number";

/** A name of another cell's, used at a place of the text. */
export interface CausalUse {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly want: Want;
}

/** A name the cell defines; without a place when it is the cell's own name or a default. */
export interface CausalOutput {
  readonly name: string;
  /** In terms of `kernels/cells/types/values.ts`, or `table`. */
  readonly type: string;
  readonly place?: { readonly start: number; readonly end: number };
}

/** A word that stands for a variable of a graph or model, or a column of a table. */
export interface CausalWord {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly of: { readonly kind: "graph" | "model" | "table"; readonly name: string };
}

export interface CausalFacts {
  readonly outputs: readonly CausalOutput[];
  readonly uses: readonly CausalUse[];
  readonly words: readonly CausalWord[];
  /** Names of methods in `by …`, each with its options. */
  readonly calls: readonly CausalCall[];
  /** Columns of a table that is typed in, when the text tells them. */
  readonly columns?: readonly string[];
}

export interface CausalCall {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly options: readonly {
    readonly name: string;
    readonly start: number;
    readonly end: number;
  }[];
}

interface Part {
  readonly text: string;
  readonly start: number;
}

const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/u;
/** Columns and variables may have dots inside: `first.treat`. */
const NAMES = /[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}\p{N}_$]+)*/gu;

/**
 * What a causal cell defines and uses, read leniently: half-written text gives what can be read off it. The kernel
 * alone says what is a mistake of grammar. `undefined` for kinds that are not known here.
 */
export function readCausal(
  kind: string,
  source: string,
  name: string | undefined,
): CausalFacts | undefined {
  switch (kind) {
    case "graph":
      return { ...nothing, outputs: [{ name: name ?? "graph", type: "Graph" }] };
    case "model":
      return readModel(source, name);
    case "identify":
      return readQuestions(source, name, "graph", (head) =>
        /_\|\|_|⊥⊥|⫫/u.test(head) ? "Separation" : isQuery(head) ? "Identified" : "any",
      );
    case "counterfactual":
      return readImagined(source, name);
    case "estimate":
      return readEstimate(source, name);
    case "refute":
      return readChecks(source, name);
    case "benchmark":
      return readBoard(source, name);
    case "discover":
      return readDiscover(source, name);
    case "simulate":
      return readSimulate(source, name);
    case "data":
      return readData(source, name);
    case "sql":
      return readSql(source, name);
    default:
      return undefined;
  }
}

/** A question in the field's notation, as against one of the cells' other sentences. */
function isQuery(head: string): boolean {
  return /^[PE]\s*[([]/u.test(head);
}

const nothing: CausalFacts = { outputs: [], uses: [], words: [], calls: [] };

function holes(source: string): readonly CausalUse[] {
  return [...source.matchAll(/\$\{\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*\}/gu)].map((match) => {
    const word = match[1] ?? "";
    const start = match.index + match[0].indexOf(word);
    return { name: word, start, end: start + word.length, want: "number" };
  });
}

/** A model's own text, or `name = fit graph to data by …`. */
function readModel(source: string, cellName: string | undefined): CausalFacts {
  const [statement] = statementsOf(source);
  const type = "StructuralModel";
  if (statement === undefined || !/^fit\s+[\p{L}_$]/u.test(statement.body)) {
    return { ...nothing, outputs: [{ name: cellName ?? "model", type }], uses: holes(source) };
  }
  const skip = statement.body.length - statement.body.replace(/^fit\s+/u, "").length;
  const inner = { body: statement.body.slice(skip), start: statement.start + skip };
  const parts = split(inner, ["to", "by", "seed", "levels", "weights"]);
  const graph = firstName(parts.get(""));
  const table = firstName(parts.get("to"));
  const output = outputOf(statement, source, cellName) ?? { name: "model" };
  return {
    ...nothing,
    outputs: [{ ...output, type }],
    uses: [
      ...(graph === undefined ? [] : [{ ...graph, want: "graph" as const }]),
      ...(table === undefined ? [] : [{ ...table, want: "table" as const }]),
    ],
  };
}

/** What each kind of question of a counterfactual cell is answered with, and the words that part it. */
const imagined: Readonly<
  Record<string, { readonly type: string; readonly keys: readonly string[] }>
> = {
  query: { type: "Imagined", keys: ["in", "knowing", "draws", "seed"] },
  spread: { type: "MechanismSpread", keys: ["in", "seed"] },
  fairness: { type: "FairnessReport", keys: ["to", "given", "in"] },
  change: { type: "Attribution", keys: ["from", "to", "seed"] },
  anomaly: { type: "Attribution", keys: ["at", "in", "seed"] },
};

/** Statement by statement: a query, or `spread | fairness | change | anomaly of …`. */
function readImagined(source: string, cellName: string | undefined): CausalFacts {
  const statements = statementsOf(source);
  const outputs: CausalOutput[] = [];
  const uses: CausalUse[] = [...holes(source)];
  const words: CausalWord[] = [];
  for (const statement of statements) {
    const special = /^(spread|fairness|change|anomaly)\s+of\s+/u.exec(statement.body);
    const kind = special?.[1] ?? "query";
    const { type = "Imagined", keys = [] } = imagined[kind] ?? {};
    const skip = special?.[0].length ?? 0;
    const inner = { body: statement.body.slice(skip), start: statement.start + skip };
    const parts = split(inner, keys);
    const models = (kind === "change" ? ["from", "to"] : ["in"]).flatMap((key) => {
      const part = parts.get(key);
      return part === undefined ? [] : namesIn(part);
    });
    uses.push(...models.map((word) => ({ ...word, want: "model" as const })));
    const of = { kind: "model", name: models[0]?.name ?? "model" } as const;
    const told = kind === "fairness" ? ["", "to", "given"] : kind === "anomaly" ? ["", "at"] : [""];
    for (const key of told) {
      const part = parts.get(key);
      if (part !== undefined) words.push(...variablesOf(part).map((word) => ({ ...word, of })));
    }
    const output = outputOf(statement, source, statements.length === 1 ? cellName : undefined);
    if (output !== undefined) outputs.push({ ...output, type });
  }
  return { ...nothing, outputs, uses, words };
}

/** Statement by statement: `name = head in place`. */
function readQuestions(
  source: string,
  cellName: string | undefined,
  want: "graph",
  typeOf: (head: string) => string,
): CausalFacts {
  const statements = statementsOf(source);
  const outputs: CausalOutput[] = [];
  const uses: CausalUse[] = [];
  const words: CausalWord[] = [];
  for (const statement of statements) {
    const parts = split(statement, ["in"]);
    const head = parts.get("") ?? { text: "", start: statement.start };
    const place = firstName(parts.get("in"));
    if (place !== undefined) uses.push({ ...place, want });
    const of = { kind: want, name: place?.name ?? want } as const;
    if (/^[PE]\s*[([][^]*[)\]]$|_\|\|_|⊥⊥|⫫/u.test(head.text)) {
      words.push(...variablesOf(head).map((word) => ({ ...word, of })));
    }
    const output = outputOf(statement, source, statements.length === 1 ? cellName : undefined);
    if (output !== undefined) outputs.push({ ...output, type: typeOf(head.text) });
  }
  return { ...nothing, outputs, uses, words };
}

/** Variables in `P(y | do(x), z)`, `E[y | do(x=1)]`, `y_{x=0} = 1` and `x _||_ y | z`; values and functions are not. */
function variablesOf(head: Part): readonly Word[] {
  const text = head.text
    .replace(/_\|\|_/gu, "    ")
    .replace(/"[^"]*"/gu, (quoted) => " ".repeat(quoted.length));
  const words: Word[] = [];
  for (const match of text.matchAll(/[\p{L}][\p{L}\p{N}]*(?:(?:_(?!\{)|\.)[\p{L}\p{N}]+)*|_\{/gu)) {
    const word = match[0];
    if (word === "_{") continue;
    const after = text.slice(match.index + word.length);
    const before = text.slice(0, match.index);
    // A value: what stands right of "=" or "in".
    if (/[=<>]\s*$/u.test(before) || /\bin\s*\{[^}]*$/u.test(before)) continue;
    if (/^\s*[([]/u.test(after) || reserved.has(word)) continue;
    words.push({
      name: word,
      start: head.start + match.index,
      end: head.start + match.index + word.length,
    });
  }
  return words;
}

const reserved = new Set(
  "do P E and or not given on in via vs ATE ETT ATT ATC ATU TE CDE NDE NIE PSE PN PS PNS".split(
    " ",
  ),
);

const estimateKeys = "from by for terms missing comparing trim at over using through with".split(
  " ",
);

function readEstimate(source: string, cellName: string | undefined): CausalFacts {
  const [statement] = statementsOf(source);
  if (statement === undefined) return nothing;
  const parts = split(statement, estimateKeys);
  const head = parts.get("") ?? { text: "", start: statement.start };
  const uses: CausalUse[] = [];
  const table = firstName(parts.get("from"));
  if (table !== undefined) uses.push({ ...table, want: "table" });
  const words: CausalWord[] = [];
  const of = { kind: "table", name: table?.name ?? "data" } as const;
  // With a design named, what stands before it is an outcome, with or without its treatment.
  const designed = ["at", "over", "using", "through"].some((key) => parts.has(key));
  if (designed || head.text.includes("~")) {
    for (const part of [head, parts.get("over"), parts.get("using"), parts.get("through")]) {
      if (part !== undefined) words.push(...namesIn(part).map((word) => ({ ...word, of })));
    }
    const at = firstName(parts.get("at"));
    if (at !== undefined) words.push({ ...at, of });
  } else {
    const identified = firstName(head);
    if (identified !== undefined) uses.push({ ...identified, want: "identification" });
  }
  const terms = parts.get("terms");
  if (terms !== undefined) words.push(...namesIn(terms).map((word) => ({ ...word, of })));
  const calls = callsIn(parts.get("by"));
  const output = outputOf(statement, source, cellName);
  const type = calls.length > 1 ? "readonly Estimated[]" : "Estimated";
  return { outputs: output === undefined ? [] : [{ ...output, type }], uses, words, calls };
}

/** What checks are made of is told by the kernel; other cells may use their results. */
function readChecks(source: string, cellName: string | undefined): CausalFacts {
  const statements = statementsOf(source);
  const outputs = statements.flatMap((statement): readonly CausalOutput[] => {
    const output = outputOf(statement, source, statements.length === 1 ? cellName : undefined);
    return output === undefined ? [] : [{ ...output, type: "any" }];
  });
  const uses = statements.flatMap(({ body, start }): readonly CausalUse[] => {
    const asked = /^(?:refute|sensitivity\s+of)\s+/u.exec(body)?.[0].length;
    if (asked === undefined) return [];
    const parts = split({ body: body.slice(asked), start: start + asked }, ["from", "by"]);
    const estimate = firstName(parts.get(""));
    const table = firstName(parts.get("from"));
    return [
      ...(estimate === undefined ? [] : [{ ...estimate, want: "estimate" as const }]),
      ...(table === undefined ? [] : [{ ...table, want: "table" as const }]),
    ];
  });
  return { ...nothing, outputs, uses };
}

function readBoard(source: string, cellName: string | undefined): CausalFacts {
  const [statement] = statementsOf(source);
  if (statement === undefined) return nothing;
  const parts = split(statement, ["on", "replications", "seed", "shard"]);
  const output = outputOf(statement, source, cellName);
  return {
    ...nothing,
    outputs: output === undefined ? [] : [{ ...output, type: "Board" }],
    calls: callsIn(parts.get("")),
  };
}

function readDiscover(source: string, cellName: string | undefined): CausalFacts {
  const [statement] = statementsOf(source);
  if (statement === undefined) return nothing;
  const parts = split(statement, [
    "from",
    "columns",
    "tiers",
    "require",
    "forbid",
    "missing",
    "bootstrap",
    "seed",
  ]);
  const table = firstName(parts.get("from"));
  const of = { kind: "table", name: table?.name ?? "data" } as const;
  const words = ["columns", "tiers", "require", "forbid"].flatMap((key) => {
    const part = parts.get(key);
    return part === undefined ? [] : namesIn(part).map((word) => ({ ...word, of }));
  });
  const output = outputOf(statement, source, cellName) ?? { name: "found" };
  // Several searches give a list of graphs.
  const several = /,(?![^(]*\))/u.test(parts.get("")?.text ?? "");
  return {
    ...nothing,
    outputs: [{ ...output, type: several ? "readonly Graph[]" : "Graph" }],
    uses: table === undefined ? [] : [{ ...table, want: "table" }],
    words,
  };
}

function readSimulate(source: string, cellName: string | undefined): CausalFacts {
  const [statement] = statementsOf(source);
  if (statement === undefined) return nothing;
  const parts = split(statement, ["from", "seed", "do"]);
  const uses: CausalUse[] = [];
  const model = firstName(parts.get("from"));
  if (model !== undefined) uses.push({ ...model, want: "model" });
  for (const part of [parts.get(""), parts.get("seed")]) {
    const number = firstName(part);
    if (number !== undefined && /^[^\d]/u.test(part?.text ?? ""))
      uses.push({ ...number, want: "number" });
  }
  const of = { kind: "model", name: model?.name ?? "model" } as const;
  const doing = parts.get("do");
  const words =
    doing === undefined
      ? []
      : namesIn(doing)
          .filter(({ start, end }) => {
            const before = source.slice(0, start);
            return /[(,]\s*$/u.test(before) && /^\s*[:=~]/u.test(source.slice(end));
          })
          .map((word) => ({ ...word, of }));
  const output = outputOf(statement, source, cellName) ?? { name: "draws" };
  uses.push(...holes(source));
  return { ...nothing, outputs: [{ ...output, type: "table" }], uses, words };
}

function readSql(source: string, cellName: string | undefined): CausalFacts {
  const head = /^\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*=/u.exec(source);
  const name = head?.[1];
  const start = head === null ? 0 : head[0].indexOf(name ?? "");
  const outputs: readonly CausalOutput[] =
    name === undefined
      ? cellName === undefined
        ? []
        : [{ name: cellName, type: "table" }]
      : [{ name, type: "table", place: { start, end: start + name.length } }];
  const uses = tablesOf(source)
    .filter((table) => NAME.exec(table.name)?.[0] === table.name)
    .map((table): CausalUse => ({ ...table, want: "table" }));
  return { ...nothing, outputs, uses };
}

const dataKeys = ["else", "where", "types", "missing", "keep", "drop", "repeat"];

function readData(source: string, cellName: string | undefined): CausalFacts {
  const inline = /^[^\n]*?(?:=\s*)?\btable\b([^\n]*?):[ \t]*(?:\n|$)/u.exec(source);
  const isInline = inline !== null && !/["']/u.test(inline[0]);
  const text = isInline ? inline[0].replace(/:[ \t]*\n?$/u, "") : source;
  const [statement] = statementsOf(text);
  if (statement === undefined) return nothing;
  const parts = split(statement, dataKeys);
  const head = parts.get("");
  const output = outputOf(statement, source, cellName) ?? { name: "data" };
  const uses: CausalUse[] = [];
  const from =
    /^[\p{L}_$]/u.test(head?.text ?? "") && head?.text !== "table" ? firstName(head) : undefined;
  if (from !== undefined && !isInline) uses.push({ ...from, want: "table" });
  const other = firstName(parts.get("else"));
  if (other !== undefined) uses.push({ ...other, want: "table" });
  const outputs = [{ ...output, type: "table" }];
  if (!isInline) {
    const table = from?.name;
    const words: CausalWord[] = [];
    if (table !== undefined) {
      for (const key of ["keep", "drop", "repeat"]) {
        const part = parts.get(key);
        if (part !== undefined)
          words.push(
            ...namesIn(part).map((word) => ({
              ...word,
              of: { kind: "table" as const, name: table },
            })),
          );
      }
    }
    return { ...nothing, outputs, uses, words };
  }
  const header = source.slice(inline[0].length).split("\n")[0] ?? "";
  const all = header.split(",").map((name) => name.trim().replace(/^"(.*)"$/u, "$1"));
  const listed = (key: string): readonly string[] =>
    (parts.get(key)?.text ?? "")
      .replace(/^\(|\)$/gu, "")
      .split(",")
      .map((name) => name.trim().replace(/^"(.*)"$/u, "$1"));
  const kept = parts.has("keep") ? listed("keep") : all;
  const gone = new Set([...listed("drop"), ...listed("repeat")]);
  const columns = kept.filter((name) => name !== "" && !gone.has(name));
  return { ...nothing, outputs, uses, columns };
}

function outputOf(
  statement: Statement,
  source: string,
  cellName: string | undefined,
): Omit<CausalOutput, "type"> | undefined {
  if (statement.name === undefined) return cellName === undefined ? undefined : { name: cellName };
  // The name stands before the "=" that the statement's body follows.
  const start = blankComments(source).lastIndexOf(statement.name, statement.start - 1);
  return start < 0
    ? { name: statement.name }
    : { name: statement.name, place: { start, end: start + statement.name.length } };
}

/** Splits at words of the language outside brackets and quotes; of one that comes twice the last counts. */
function split(statement: Statement, keys: readonly string[]): Map<string, Part> {
  const { body } = statement;
  const parts = new Map<string, Part>();
  let key = "";
  let from = 0;
  let depth = 0;
  const close = (to: number): void => {
    const raw = body.slice(from, to);
    const lead = raw.length - raw.trimStart().length;
    parts.set(key, { text: raw.trim(), start: statement.start + from + lead });
  };
  for (const token of body.matchAll(
    /"[^"\n]*"?|'[^'\n]*'?|[([{]|[)\]}]|[\p{L}_$][\p{L}\p{N}_$]*/gu,
  )) {
    const [word] = token;
    if (/^[([{]$/u.test(word)) depth++;
    else if (/^[)\]}]$/u.test(word)) depth = Math.max(0, depth - 1);
    else if (depth === 0 && keys.includes(word)) {
      const before = body[token.index - 1] ?? " ";
      const next = body[token.index + word.length] ?? " ";
      if (!/\s/u.test(before) || !/[\s(]/u.test(next)) continue;
      if (word === "missing" && /\bis\s+(?:not\s+)?$/u.test(body.slice(0, token.index))) continue;
      close(token.index);
      key = word;
      from = token.index + word.length;
    }
  }
  close(body.length);
  return parts;
}

interface Word {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

function firstName(part: Part | undefined): Word | undefined {
  const match = NAME.exec(part?.text ?? "");
  if (part === undefined || match === null || match.index !== 0) return undefined;
  return { name: match[0], start: part.start, end: part.start + match[0].length };
}

function namesIn(part: Part): readonly Word[] {
  const words = [...part.text.matchAll(NAMES)].map((match) => ({
    name: match[0],
    start: part.start + match.index,
    end: part.start + match.index + match[0].length,
  }));
  // Function-like terms and texts in quotes are not variables.
  return words.filter(
    ({ start, end }) =>
      !/^\s*\(/u.test(part.text.slice(end - part.start)) &&
      !/["'\d.]$/u.test(part.text.slice(0, start - part.start)),
  );
}

function callsIn(part: Part | undefined): readonly CausalCall[] {
  if (part === undefined) return [];
  const calls: { name: string; start: number; end: number; options: Word[] }[] = [];
  let depth = 0;
  for (const token of part.text.matchAll(
    /"[^"\n]*"?|[([]|[)\]]|[\p{L}\p{N}_$][\p{L}\p{N}_$-]*/gu,
  )) {
    const [word] = token;
    const start = part.start + token.index;
    const end = start + word.length;
    if (/^[([]$/u.test(word)) depth++;
    else if (/^[)\]]$/u.test(word)) depth--;
    else if (depth === 0) calls.push({ name: word, start, end, options: [] });
    else if (depth === 1 && /^\s*:/u.test(part.text.slice(token.index + word.length))) {
      calls.at(-1)?.options.push({ name: word, start, end });
    }
  }
  return calls;
}

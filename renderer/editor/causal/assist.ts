import type { TypeCompletion, TypeFinding, TypeHover } from "../types/cells.ts";
import { listing, nearest } from "../types/findings.ts";
import type { MethodInfo, OptionInfo } from "../types/methods.ts";
import type { TypeService } from "../types/service.ts";
import { type CausalContext, contextAt } from "./context.ts";
import { readCausal } from "./facts.ts";
import { isCertain, namesOf, type Variable, variablesOf } from "./variables.ts";
import { clauseWords, generalOptions, type HelpWord, targets } from "./words.ts";

const tables = ["data", "simulate", "sql"];

/** What could stand at the offset of a causal cell; undefined for other kinds. */
export function causalCompletions(
  service: TypeService,
  methods: readonly MethodInfo[],
  id: string,
  offset: number,
): readonly TypeCompletion[] | undefined {
  const cell = service.entries.get(id)?.cell;
  if (cell === undefined || !Object.hasOwn(clauseWords, cell.kind)) return undefined;
  const words = clauseWords[cell.kind] ?? [];
  const context = contextAt(
    cell.source,
    offset,
    words.map(({ word }) => (word.startsWith("given ") ? "given" : word)),
  );
  if (/(?:#|\/\/)[^\n]*$/.test(context.before)) return [];
  const list = new Map<string, TypeCompletion>();
  const add = (label: string, more: Partial<TypeCompletion> & { readonly kind: string }): void => {
    if (!list.has(label)) list.set(label, { label, sort: "5", replace: context.word, ...more });
  };
  const addVariables = (variables: readonly Variable[] | undefined, kind: string): void => {
    for (const { name, note } of variables ?? []) {
      const plain = /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(name);
      const insert = plain ? {} : { insert: `"${name}"` };
      add(name, { kind, sort: "1", detail: note, ...insert });
    }
  };
  const addNames = (names: readonly string[], detail: string): void => {
    for (const name of names) add(name, { kind: "variable", sort: "2", detail });
  };
  const addWords = (help: readonly HelpWord[], sort: string): void => {
    for (const { word, doc, insert } of help) {
      add(word, { kind: "keyword", sort, doc, ...(insert === undefined ? {} : { insert }) });
    }
  };
  const inBrackets = context.depth > 0;
  const facts = readCausal(cell.kind, cell.source, cell.name);
  switch (cell.kind) {
    case "estimate": {
      const table = facts?.uses.find(({ want }) => want === "table")?.name ?? "data";
      const columns = (): void => addVariables(variablesOf(service, "table", table), "column");
      if (context.clause === "from") addNames(namesOf(service, tables), "table");
      else if (context.clause === "by") addMethods(context, methods, add, columns);
      else if (context.clause === "for") addWords(targets, "2");
      else if (context.clause === "missing") {
        add("drop", { kind: "keyword", doc: "Use complete rows.", sort: "2" });
        add("refuse", { kind: "keyword", doc: "Say what is missing (the default).", sort: "2" });
      } else if (context.clause !== "" || /~/.test(context.before)) columns();
      else addNames(namesOf(service, ["identify"]), "answer of an identify cell");
      break;
    }
    case "benchmark":
      if (context.clause === "") addMethods(context, methods, add, () => {});
      break;
    case "discover":
      if (context.clause === "from") addNames(namesOf(service, tables), "table");
      else if (/^(?:columns|tiers|require|forbid)$/.test(context.clause)) {
        const name = facts?.uses.find(({ want }) => want === "table")?.name ?? "data";
        addVariables(variablesOf(service, "table", name), "column");
      } else if (context.clause === "missing") {
        for (const word of ["refuse", "drop", "testwise"])
          add(word, { kind: "keyword", sort: "2" });
      }
      break;
    case "identify":
    case "counterfactual": {
      const of = cell.kind === "identify" ? "graph" : "model";
      const makers = of === "graph" ? ["graph", "discover"] : [of];
      if (context.clause === "in") addNames(namesOf(service, makers), of);
      else if (context.clause === "from") addNames(namesOf(service, tables), "table");
      else if (context.clause !== "to") {
        const named = placeOfStatement(cell.source, offset);
        const name = named ?? namesOf(service, [of])[0] ?? of;
        addVariables(variablesOf(service, of, name), "variable");
      }
      break;
    }
    case "simulate":
      if (context.clause === "from") addNames(namesOf(service, ["model"]), "model");
      else if (context.clause === "do" && context.option === "") {
        const name = facts?.uses.find(({ want }) => want === "model")?.name ?? "model";
        addVariables(variablesOf(service, "model", name), "variable");
      }
      break;
    case "data":
      if (context.clause === "else" || /=\s*$/.test(context.before)) {
        addNames(
          namesOf(service, tables).filter((name) => !facts?.outputs.some((o) => o.name === name)),
          "table",
        );
      } else if (context.option === "type") {
        for (const type of ["number", "integer", "boolean", "category", "text", "date"]) {
          add(`"${type}"`, { kind: "value", sort: "1" });
        }
      } else if (context.clause !== "") addVariables(cell.columns?.map(columnNote), "column");
      break;
    case "graph":
      addVariables(graphOf(cell.source), "variable");
      for (const name of namesOf(service, tables)) {
        addVariables(variablesOf(service, "table", name), "column");
      }
      break;
    case "model":
      if (/\$\{[^}\n]*$/.test(context.before)) {
        addNames([...service.links.definers.keys()], "number of another cell");
        return [...list.values()];
      }
      addVariables(modelOf(cell.source), "variable");
      if (/\bfit\b/.test(context.before)) {
        addNames(namesOf(service, ["graph", "discover"]), "graph");
        addNames(namesOf(service, tables), "table");
      }
      break;
    default:
  }
  if (
    !inBrackets ||
    cell.kind === "identify" ||
    cell.kind === "counterfactual" ||
    cell.kind === "graph"
  ) {
    const clauses = inBrackets && cell.kind === "identify";
    addWords(clauses ? words.filter(({ word }) => word === "do") : words, "8");
  }
  return [...list.values()];
}

function columnNote({ name, type }: { readonly name: string; readonly type: string }): Variable {
  return { name, note: `${type} column` };
}

type Add = (label: string, more: Partial<TypeCompletion> & { readonly kind: string }) => void;

function addMethods(
  context: CausalContext,
  methods: readonly MethodInfo[],
  add: Add,
  columns: () => void,
): void {
  if (context.depth === 0) {
    for (const method of methods) {
      add(method.name, {
        kind: "method",
        sort: "1",
        detail: method.label,
        doc: docOfMethod(method),
      });
    }
    return;
  }
  const options = optionsOf(methods, context.call);
  const option = options.find(({ name }) => name === context.option);
  if (option === undefined) {
    for (const each of options) {
      add(each.name, {
        kind: "option",
        // The method's own before those that all have.
        sort: each.default === "" ? "3" : "1",
        insert: `${each.name}: `,
        detail: each.default === "" ? each.accepts : `${each.accepts}; ${each.default} unless said`,
        doc: each.doc,
      });
    }
    return;
  }
  if (option.accepts === "names of columns") columns();
  if (option.accepts === "true or false")
    for (const value of ["true", "false"]) add(value, { kind: "value" });
  for (const choice of option.choices ?? []) {
    add(`"${choice}"`, { kind: "value", sort: "1", doc: option.doc });
  }
}

function optionsOf(methods: readonly MethodInfo[], call: string): readonly OptionInfo[] {
  const own = methods.find(({ name }) => name === call)?.options ?? [];
  const general = generalOptions.map(({ word, doc, accepts }) => ({
    name: word,
    doc,
    accepts,
    default: "",
  }));
  return [...own, ...general.filter(({ name }) => !own.some((each) => each.name === name))];
}

function docOfMethod({ summary, source }: MethodInfo): string {
  return `${summary}\n\n*${source}*`;
}

/** The graph or model that the statement around the offset is about, when it says so. */
function placeOfStatement(source: string, offset: number): string | undefined {
  const start = source.lastIndexOf("\n", offset - 1) + 1;
  const end = source.indexOf("\n", offset);
  const line = source.slice(start, end < 0 ? source.length : end);
  return /\bin\s+([\p{L}_$][\p{L}\p{N}_$]*)\s*$/u.exec(line)?.[1];
}

function graphOf(source: string): readonly Variable[] {
  const names = source.match(/[\p{L}_][\p{L}\p{N}_.]*/gu) ?? [];
  return [...new Set(names)].map((name) => ({ name, note: "variable" }));
}

function modelOf(source: string): readonly Variable[] {
  const names = [...source.matchAll(/([\p{L}_][\p{L}\p{N}_]*)\s*(?:~|=(?!=))/gu)].map(
    (m) => m[1] ?? "",
  );
  return [...new Set(names)].map((name) => ({ name, note: "variable" }));
}

/** Words that mean nothing where they stand: variables, columns, methods and options that do not exist. */
export function causalFindings(
  service: TypeService,
  methods: readonly MethodInfo[],
  id: string,
): readonly TypeFinding[] {
  const code = service.entries.get(id)?.facts.code;
  if (code?.kind !== "uses") return [];
  const { causal } = code;
  const found: TypeFinding[] = [];
  const tell = (
    code: string,
    word: { readonly name: string; readonly start: number; readonly end: number },
    message: string,
    choices: readonly string[],
    list = false,
  ): void => {
    const near = nearest(word.name, choices);
    const help =
      near !== undefined
        ? ` Did you mean ${near}?`
        : list && choices.length > 0
          ? ` There are ${listing(choices).replaceAll('"', "")}.`
          : "";
    found.push({
      code,
      severity: "error",
      message: `${message}${help}`,
      start: word.start,
      end: word.end,
    });
  };
  for (const word of causal.words) {
    const known = variablesOf(service, word.of.kind, word.of.name)?.map(({ name }) => name);
    if (known === undefined || known.includes(word.name)) continue;
    if (word.of.kind === "model" || !isCertain(service, word.of.name)) continue;
    const what = word.of.kind === "graph" ? "variable" : "column";
    tell(`unknown-${what}`, word, `${word.of.name} has no ${what} ${word.name}.`, known, true);
  }
  for (const call of causal.calls) {
    const method = methods.find(({ name }) => name === call.name);
    if (method === undefined) {
      if (methods.length > 0) {
        const names = methods.map(({ name }) => name);
        tell("unknown-method", call, `There is no method ${call.name}.`, names);
      }
      continue;
    }
    const names = optionsOf(methods, call.name).map(({ name }) => name);
    for (const option of call.options) {
      // `terms` and `trim` are general options too; they are seldom written here.
      if (names.includes(option.name) || ["trim", "terms", "missing"].includes(option.name))
        continue;
      tell("unknown-option", option, `${call.name} has no option ${option.name}.`, names, true);
    }
  }
  return found;
}

/** What a method, an option or a word of the grammar means. Names of other cells' are the checker's to explain. */
export function causalHover(
  service: TypeService,
  methods: readonly MethodInfo[],
  id: string,
  offset: number,
): TypeHover | undefined {
  const entry = service.entries.get(id);
  if (entry?.facts.code.kind !== "uses") return undefined;
  const { causal } = entry.facts.code;
  const has = (word: { readonly start: number; readonly end: number }): boolean =>
    word.start <= offset && word.end >= offset;
  if (causal.uses.some(has)) return undefined;
  for (const call of causal.calls) {
    const method = methods.find(({ name }) => name === call.name);
    if (method === undefined) continue;
    if (has(call)) {
      return {
        signature: `${method.name}: ${method.label}`,
        doc: docOfMethod(method),
        start: call.start,
        end: call.end,
      };
    }
    const option = call.options.find(has);
    const info = optionsOf(methods, call.name).find(({ name }) => name === option?.name);
    if (option !== undefined && info !== undefined) {
      const usual = info.default === "" ? "" : ` = ${info.default}`;
      return {
        signature: `${info.name}: ${info.accepts}${usual}`,
        doc: info.doc,
        start: option.start,
        end: option.end,
      };
    }
  }
  const word = causal.words.find(has);
  if (word !== undefined) {
    const known = variablesOf(service, word.of.kind, word.of.name);
    const variable = known?.find(({ name }) => name === word.name);
    if (variable !== undefined) {
      return {
        signature: `${word.name}: ${variable.note} of ${word.of.name}`,
        doc: "",
        start: word.start,
        end: word.end,
      };
    }
    return undefined;
  }
  const text = /[\p{L}_]+$/u.exec(entry.cell.source.slice(0, offset))?.[0] ?? "";
  const rest = /^[\p{L}_]*/u.exec(entry.cell.source.slice(offset))?.[0] ?? "";
  const help = clauseWords[entry.cell.kind]?.find((each) => each.word === text + rest);
  return help === undefined
    ? undefined
    : {
        signature: help.word,
        doc: help.doc,
        start: offset - text.length,
        end: offset + rest.length,
      };
}

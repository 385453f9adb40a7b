import type { CellContext, CellInputs } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import type { MechanismChoice } from "../counterfactual/fit-choice.ts";
import type { MechanismQuality } from "../counterfactual/fit-quality.ts";
import type { StructuralModel } from "../counterfactual/model.ts";
import type { Table } from "../data/table.ts";
import type { Graph } from "../graph/graph.ts";
import { createRng } from "../math/rng.ts";
import {
  type Argument,
  type Call,
  type Clause,
  clausesOf,
  evaluateArgument,
  parseCalls,
  parseName,
  splitAtCommas,
  type Statement,
  statementsOf,
  variablesOf,
  wholeNumber,
} from "./language.ts";

/** `fit graph to data by linear-gaussian, y by flow(epochs: 100) seed 1`. */
export interface FitStatement {
  readonly name?: string;
  readonly graph: string;
  readonly table: string;
  readonly choices: readonly { readonly node: string; readonly call: Call }[];
  /** The notebook's when absent. */
  readonly seed?: number;
  readonly levels?: number;
  readonly weights?: string;
}

/** One epoch of one variable's training. */
export interface TrainingPoint {
  readonly variable: string;
  readonly epoch: number;
  readonly loss: number;
  readonly rows: "training" | "held out";
}

export interface Fitted {
  readonly model: StructuralModel;
  readonly quality: readonly MechanismQuality[];
  readonly training: readonly TrainingPoint[];
}

const FIT = /^fit\s+(?=[\p{L}_$])/u;

/**
 * The fit that a model cell asks for, or undefined when its text is a model. `fit` is a name like any other in a
 * model, so it counts as the word only before another name.
 */
export function fitStatement(source: string): FitStatement | undefined {
  const [statement] = statementsOf(source);
  const word = statement === undefined ? null : FIT.exec(statement.body);
  if (statement === undefined || word === null) return undefined;
  const inner: Statement = {
    body: statement.body.slice(word[0].length),
    start: statement.start + word[0].length,
  };
  const clauses = clausesOf(inner, ["to", "seed", "levels", "weights"]);
  const example = "e.g. fit graph to data by linear-gaussian";
  const graph = parseName(clauses[""] ?? { text: "", start: inner.start }, "a graph's name");
  const to = clauses.to ?? { text: "", start: inner.start + inner.body.length };
  const parts = /^(\S+?)(?:\s+by\s+([\s\S]*))?$/u.exec(to.text);
  const table = parseName(
    { text: parts?.[1] ?? to.text, start: to.start },
    `a table's name after "to", ${example}`,
  );
  const written = parts?.[2];
  const by: Clause | undefined =
    written === undefined
      ? undefined
      : { text: written, start: to.start + to.text.length - written.length };
  return {
    ...(statement.name === undefined ? {} : { name: statement.name }),
    graph,
    table,
    choices: by === undefined ? [] : splitAtCommas(by).map(choiceOf),
    ...(clauses.seed === undefined ? {} : { seed: wholeNumber(clauses.seed, "a seed", 1) }),
    ...(clauses.levels === undefined
      ? {}
      : { levels: wholeNumber(clauses.levels, "a number of levels", 2) }),
    ...(clauses.weights === undefined
      ? {}
      : { weights: parseName(clauses.weights, "a column of weights") }),
  };
}

function choiceOf(part: Clause): FitStatement["choices"][number] {
  const own = /^([\p{L}_$][\p{L}\p{N}_$]*)\s+by\s+/u.exec(part.text);
  const node = own?.[1] ?? "*";
  const skip = own?.[0].length ?? 0;
  const clause = { text: part.text.slice(skip), start: part.start + skip };
  const [call] = parseCalls(clause, true);
  if (call === undefined) throw new Error("parseCalls read no call.");
  kindOf(call);
  return { node, call };
}

const methods: Readonly<Record<MechanismChoice["kind"], readonly string[]>> = {
  table: ["smoothing", "coupling"],
  "linear-gaussian": [],
  "additive-noise": ["degree", "noise"],
  flow: ["components", "width", "epochs"],
};

const synonyms: Readonly<Record<string, MechanismChoice["kind"]>> = {
  linear: "linear-gaussian",
  gaussian: "linear-gaussian",
  additive: "additive-noise",
  anm: "additive-noise",
  tables: "table",
  flows: "flow",
};

/** Which mechanism a call names, with its options checked by name. */
function kindOf(call: Call): MechanismChoice["kind"] {
  const plain = call.name.replaceAll(" ", "-").toLowerCase();
  const kind = (Object.keys(methods) as MechanismChoice["kind"][]).find((one) => one === plain);
  const found = kind ?? (Object.hasOwn(synonyms, plain) ? synonyms[plain] : undefined);
  if (found === undefined) {
    throw new UserError({
      code: "model-fit-method",
      message: `Mechanisms cannot be fitted by "${call.name}".`,
      value: call.name,
      expected: "linear-gaussian, additive noise, table or flow",
      place: { start: call.start, end: call.start + call.name.length },
    });
  }
  const known = methods[found];
  const odd = call.options.find(({ name }) => !known.includes(name));
  if (odd !== undefined) {
    throw new UserError({
      code: "model-fit-option",
      message: `${found} has no option "${odd.name}".`,
      value: odd.name,
      expected: known.length === 0 ? "no options" : `one of ${known.join(", ")}`,
      ...(odd.name === "seed"
        ? { hint: "The seed stands at the end: fit graph to data by flow seed 1" }
        : {}),
      place: { start: odd.start, end: odd.start + odd.name.length },
    });
  }
  return found;
}

export function fitInputs(fit: FitStatement): readonly string[] {
  const named = variablesOf(fit.choices.map(({ call }) => call));
  return [...new Set([fit.graph, fit.table, ...named.filter((name) => !ownWords.has(name))])];
}

/** Fits the mechanisms; only a flow loads the tensor library. */
export async function runFit(
  fit: FitStatement,
  inputs: CellInputs,
  context: CellContext,
): Promise<Fitted> {
  const { fitFlowModel, fitModel, fitQuality } = await import("../counterfactual/index.ts");
  const graph = graphIn(inputs, fit.graph);
  const table = tableIn(inputs, fit.table);
  const mechanisms = Object.fromEntries(
    fit.choices.map(({ node, call }) => [node, choiceFrom(call, inputs)] as const),
  );
  const reading = {
    ...(fit.levels === undefined ? {} : { maxLevels: fit.levels }),
    ...(fit.weights === undefined ? {} : { weights: fit.weights }),
  };
  const options = { ...reading, mechanisms };
  const training: TrainingPoint[] = [];
  const learns = Object.values(mechanisms).some(({ kind }) => kind === "flow");
  const model = learns
    ? await fitFlowModel(
        graph,
        table,
        createRng(fit.seed ?? (inputs["notebookSeed"] as number | undefined) ?? 1),
        {
          ...options,
          onTrained: (variable, { history }) => {
            for (const { epoch, loss, validation } of history) {
              training.push({ variable, epoch, loss, rows: "training" });
              if (validation !== undefined) {
                training.push({ variable, epoch, loss: validation, rows: "held out" });
              }
            }
          },
        },
        context,
      )
    : fitModel(graph, table, options);
  context.signal.throwIfAborted();
  return { model, quality: fitQuality(model, table, reading), training };
}

function choiceFrom(call: Call, inputs: CellInputs): MechanismChoice {
  const kind = kindOf(call);
  const options = Object.fromEntries(
    call.options.map(({ name, value, start }) => [
      name,
      checkedOption(name, value, evaluateWord(value, inputs), start),
    ]),
  );
  return { kind, ...options };
}

const words: Readonly<Record<string, readonly string[]>> = {
  coupling: ["monotone", "gumbel", "unspecified"],
  noise: ["best", "normal", "logistic", "laplace"],
};

const ownWords: ReadonlySet<string> = new Set(Object.values(words).flat());

/** `noise: laplace` reads like a name; where a word is one of the option's own, it is that word. */
function evaluateWord(argument: Argument, inputs: CellInputs): unknown {
  if (argument.kind === "variable" && ownWords.has(argument.name)) {
    return argument.name;
  }
  return evaluateArgument(argument, inputs);
}

function checkedOption(name: string, argument: Argument, value: unknown, start: number): unknown {
  const allowed = words[name];
  const good =
    allowed === undefined
      ? typeof value === "number" &&
        value >= (name === "smoothing" ? 0 : 1) &&
        (name === "smoothing" || Number.isInteger(value))
      : typeof value === "string" && allowed.includes(value);
  if (good) return value;
  throw new UserError({
    code: "model-fit-option",
    message: `${name} cannot be ${argument.kind === "variable" ? argument.name : JSON.stringify(value)}.`,
    value,
    expected:
      allowed?.join(", ") ??
      (name === "smoothing" ? "a number of at least 0" : "a whole number of at least 1"),
    place: { start, end: start + name.length },
  });
}

function graphIn(inputs: CellInputs, name: string): Graph {
  const value = inputs[name];
  if (typeof value === "object" && value !== null && (value as Graph).kind === "graph") {
    return value as Graph;
  }
  throw new UserError({
    code: "not-a-graph",
    message: `${name} is not a graph.`,
    value,
    expected: "the name of a graph cell",
  });
}

function tableIn(inputs: CellInputs, name: string): Table {
  const value = inputs[name];
  if (typeof value === "object" && value !== null && (value as Table).kind === "table") {
    return value as Table;
  }
  throw new UserError({
    code: "not-a-table",
    message: `${name} is not a table.`,
    value,
    expected: "a table from a data or simulate cell, or from tableOf(…)",
  });
}

import type { Table } from "../data/table.ts";
import type { Graph } from "../graph/index.ts";
import { latentProjection, parents as parentsOf, topologicalNames } from "../graph/index.ts";
import { multiplyVector } from "../math/dense.ts";
import { fitLogit } from "../math/glm.ts";
import { leastSquares } from "../math/least-squares.ts";
import { buildModel } from "./build-model.ts";
import type { MechanismSpec, TableRow, VariableSpec } from "./build-model.ts";
import { checkChoices, choiceFor, fitNoise } from "./fit-choice.ts";
import type { MechanismChoice, MechanismChoices, SymmetricNoise } from "./fit-choice.ts";
import { fitComponents } from "./fit-components.ts";
import { readData } from "./fit-data.ts";
import type { FitColumn, FitData, ReadOptions } from "./fit-data.ts";
import { numberExpression } from "./expression.ts";
import type { Expression } from "./expression.ts";
import { unfitData } from "./messages.ts";
import type { Coupling, StructuralModel } from "./model.ts";

export interface FitModelOptions extends ReadOptions {
  /** Added to every count of a table; 0 (maximum likelihood) unless said. */
  readonly smoothing?: number;
  /** How units respond, for discrete variables by name or for all (`"*"`). A fit cannot tell this from data. */
  readonly coupling?: Readonly<Record<string, Coupling>>;
  /** Highest power of each continuous parent in a continuous variable's mean; 1 unless said. */
  readonly degree?: number;
  /** How each variable's mechanism is fitted; tables and linear-Gaussian unless said. Flows need `fitFlowModel`. */
  readonly mechanisms?: MechanismChoices;
}

/**
 * A structural model of a graph with mechanisms fitted to data: shares for discrete variables with discrete parents,
 * logits for discrete variables with continuous parents (one per level, given that it is not a lower one), least
 * squares with normal or other noise for continuous ones. Rows with a
 * missing value in any variable of the graph are left out. Configurations of parents that never occur get the
 * variable's overall shares.
 *
 * Unmeasured common causes (`<->`, latent nodes) are kept as what they are: the variables they tie get a joint table and
 * no mechanism, and answers that rest on more come out `bounded`.
 *
 * Assumes the graph has no arc missing. Throws `UserError` for columns that are absent or text, undirected edges,
 * continuous variables with unmeasured common causes, choices that do not fit, and variables without variation. O(n · parents²) per variable.
 */
export function fitModel(
  graph: Graph,
  table: Table,
  options: FitModelOptions = {},
): StructuralModel {
  const measured = latentProjection(graph);
  const odd = measured.edges.find(({ mark }) => mark !== "->" && mark !== "<->");
  if (odd !== undefined) {
    throw unfitData(
      `The graph has ${odd.from} ${odd.mark} ${odd.to}, and mechanisms are fitted along arrows only`,
      `${odd.from} ${odd.mark} ${odd.to}`,
      "a graph of arrows and unmeasured common causes",
      "Choose a direction for every edge first.",
    );
  }
  const names = topologicalNames(measured);
  checkChoices(options.mechanisms, names);
  const data = readData(table, names, options);
  const { components, specs } = fitComponents(measured, data.byName, data.weights);
  const variables = names.map((name): VariableSpec => {
    const confounded = specs.get(name);
    if (confounded !== undefined) return confounded;
    const parents = parentsOf(measured, name).map((parent) => data.byName.get(parent)!);
    const own = data.byName.get(name)!;
    return {
      name,
      ...(own.kind === "levels" ? { levels: own.levels } : {}),
      mechanism: fitMechanism(own, parents, data, options),
    };
  });
  const source = table.source === undefined ? {} : { source: table.source.name };
  return buildModel({ variables, components, origin: { kind: "fitted", n: data.n, ...source } });
}

function fitMechanism(
  own: FitColumn,
  parents: readonly FitColumn[],
  data: FitData,
  options: FitModelOptions,
): MechanismSpec {
  const choice = choiceFor(own, options.mechanisms);
  if (own.kind === "real") return fitMean(own, parents, data, meanChoice(choice, options.degree));
  const table = choice?.kind === "table" ? choice : undefined;
  const coupling =
    table?.coupling ?? options.coupling?.[own.name] ?? options.coupling?.["*"] ?? "unspecified";
  const discrete = parents.filter((parent) => parent.kind === "levels");
  if (discrete.length === parents.length) {
    const smoothing = table?.smoothing ?? options.smoothing ?? 0;
    return { ...fitShares(own, discrete, data, smoothing), coupling };
  }
  return { ...fitLogits(own, parents, data, options.degree ?? 1), coupling };
}

interface MeanChoice {
  readonly degree: number;
  readonly noise: SymmetricNoise | "best" | "unbiased-normal";
}

/** A flow starts from the linear fit; it replaces it later. */
function meanChoice(choice: MechanismChoice | undefined, degree = 1): MeanChoice {
  return choice?.kind === "additive-noise"
    ? { degree: choice.degree ?? 3, noise: choice.noise ?? "best" }
    : {
        degree: choice?.kind === "linear-gaussian" ? 1 : degree,
        noise: "unbiased-normal",
      };
}

type Levels = Extract<FitColumn, { kind: "levels" }>;

function fitShares(
  own: Levels,
  parents: readonly Levels[],
  { n, weights }: FitData,
  smoothing: number,
): Extract<MechanismSpec, { kind: "table" }> {
  const k = own.levels.length;
  const count = parents.reduce((product, { levels }) => product * levels.length, 1);
  const counts = new Float64Array(count * k).fill(smoothing);
  const overall = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (const { levels, values } of parents) row = row * levels.length + values[i]!;
    counts[row * k + own.values[i]!]! += weights[i]!;
    overall[own.values[i]!]! += weights[i]!;
  }
  const total = overall.reduce((a, b) => a + b, 0);
  const rows = Array.from({ length: count }, (_, row): TableRow => {
    const own = counts.subarray(row * k, (row + 1) * k);
    const seen = own.reduce((a, b) => a + b, 0);
    const shares = seen > 0 ? own.map((c) => c / seen) : overall.map((c) => c / total);
    return { when: levelsAt(parents, row), probabilities: [...shares] };
  });
  return { kind: "table", parents: parents.map(({ name }) => name), rows };
}

function levelsAt(parents: readonly Levels[], row: number): readonly string[] {
  const when: string[] = [];
  let rest = row;
  for (const { levels } of parents.toReversed()) {
    when.unshift(levels[rest % levels.length]!);
    rest = Math.floor(rest / levels.length);
  }
  return when;
}

/** One regression column with the expression it stands for. */
interface Regressor {
  readonly expression: Expression;
  readonly values: Float64Array;
}

function regressors(
  parents: readonly FitColumn[],
  n: number,
  degree: number,
): readonly Regressor[] {
  const found: Regressor[] = [
    { expression: numberExpression(1), values: new Float64Array(n).fill(1) },
  ];
  for (const parent of parents) {
    const variable: Expression = { kind: "variable", name: parent.name };
    if (parent.kind === "real") {
      for (let power = 1; power <= degree; power++) {
        const right = numberExpression(power);
        found.push({
          expression:
            power === 1 ? variable : { kind: "binary", operator: "^", left: variable, right },
          values: parent.values.map((value) => value ** power),
        });
      }
      continue;
    }
    const zeroOne = parent.levels.join() === "0,1";
    parent.levels.slice(1).forEach((level, i) => {
      const right: Expression = { kind: "text", text: level };
      found.push({
        expression: zeroOne ? variable : { kind: "binary", operator: "==", left: variable, right },
        values: parent.values.map((value) => Number(value === i + 1)),
      });
    });
  }
  return found;
}

function designOf(columns: readonly Regressor[], n: number): Float64Array {
  const d = columns.length;
  const x = new Float64Array(n * d);
  columns.forEach(({ values }, j) => {
    for (let i = 0; i < n; i++) x[i * d + j] = values[i]!;
  });
  return x;
}

function sumOf(columns: readonly Regressor[], coefficients: Float64Array): Expression {
  let sum: Expression | undefined;
  columns.forEach(({ expression }, j) => {
    const coefficient = numberExpression(coefficients[j]!);
    if (j > 0 && coefficients[j] === 0) return;
    const right: Expression =
      j === 0
        ? coefficient
        : { kind: "binary", operator: "*", left: coefficient, right: expression };
    sum = sum === undefined ? right : { kind: "binary", operator: "+", left: sum, right };
  });
  return sum!;
}

function fitMean(
  own: FitColumn,
  parents: readonly FitColumn[],
  { n, weights }: FitData,
  { degree, noise }: MeanChoice,
): MechanismSpec {
  const columns = regressors(parents, n, degree);
  const d = columns.length;
  const x = designOf(columns, n);
  const fit = leastSquares(x, n, d, own.values, weights);
  const deviation = Math.sqrt(fit.rss / Math.max(1, weights.reduce((a, b) => a + b, 0) - fit.rank));
  const spread = own.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(deviation > 1e-12 * (1 + spread))) {
    throw unfitData(
      `"${own.name}" has no variation left once its causes are known`,
      deviation,
      "noise in every continuous variable",
      "Write it as a function in a model cell instead.",
    );
  }
  const location = sumOf(columns, fit.coefficients);
  if (noise === "unbiased-normal") {
    return { kind: "additive", noise: "normal", location, scale: numberExpression(deviation) };
  }
  const predicted = multiplyVector(x, fit.coefficients, n, d);
  const residuals = own.values.map((value, i) => value - predicted[i]!);
  const families: readonly SymmetricNoise[] =
    noise === "best" ? ["normal", "logistic", "laplace"] : [noise];
  const [best] = families
    .map((family) => ({ family, ...fitNoise(family, residuals, weights) }))
    .toSorted((a, b) => b.logLikelihood - a.logLikelihood);
  const { family, scale } = best!;
  return { kind: "additive", noise: family, location, scale: numberExpression(scale) };
}

/**
 * One logit per level but the last: its chance given that no earlier level came. With two levels the ordinary logit;
 * the probabilities always add up to 1.
 */
function fitLogits(
  own: Levels,
  parents: readonly FitColumn[],
  { n, weights }: FitData,
  degree: number,
): Extract<MechanismSpec, { kind: "levels" }> {
  const columns = regressors(parents, n, degree);
  const d = columns.length;
  const x = designOf(columns, n);
  const binary = own.levels.length === 2;
  const fitLevel = (level: number): Expression => {
    const rows = Array.from(own.values.keys()).filter((i) => own.values[i]! >= level);
    const design = new Float64Array(rows.length * d);
    rows.forEach((row, i) => design.set(x.subarray(row * d, (row + 1) * d), i * d));
    // A 0/1 variable is told by its chance of 1, any other by the chance of the level itself.
    const hit = Float64Array.from(rows, (row) => Number(own.values[row]! > level === binary));
    const fit = fitLogit(design, rows.length, d, hit, {
      weights: Float64Array.from(rows, (row) => weights[row]!),
    });
    if (!fit.converged) {
      throw unfitData(
        `"${own.name}" is told perfectly by its causes${binary ? "" : ` at level ${own.levels[level]}`}, so no logit fits`,
        own.name,
        "overlapping values",
        "Fewer causes or levels, or a mechanism written in a model cell.",
      );
    }
    return { kind: "call", name: "sigmoid", operands: [sumOf(columns, fit.coefficients)] };
  };
  if (binary) return { kind: "levels", probabilities: [fitLevel(0)] };
  const one = numberExpression(1);
  let rest: Expression | undefined;
  const probabilities = own.levels.map((_, level): Expression => {
    if (level === own.levels.length - 1) return rest ?? one;
    const hit = fitLevel(level);
    const probability: Expression =
      rest === undefined ? hit : { kind: "binary", operator: "*", left: rest, right: hit };
    const miss: Expression = { kind: "binary", operator: "-", left: one, right: hit };
    rest = rest === undefined ? miss : { kind: "binary", operator: "*", left: rest, right: miss };
    return probability;
  });
  return { kind: "levels", probabilities };
}

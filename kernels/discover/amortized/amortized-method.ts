import { UserError } from "../../../app/errors.ts";
import { createGraph } from "../../graph/graph.ts";
import { pdagGraph } from "../core/pdag.ts";
import { type DiscoveryData, standardise, valuesOf } from "../data.ts";
import type { Method } from "../method.ts";
import type { Diagnostic, EdgeProbability } from "../result.ts";
import { chooseGraph, holdKnowledge } from "./choose-graph.ts";
import { predictArrows, type Prediction, shippedNetwork } from "./predict.ts";
import { family } from "./simulate.ts";

/** Below so many rows the network is not asked. */
const LEAST_ROWS = 50;
const MOST_COLUMNS = 20;

export const amortizedMethod: Method<{ readonly threshold: number; readonly direction: number }> = {
  name: "amortized",
  label: "Amortized network",
  family: "attention",
  summary:
    "A small transformer that has seen thousands of simulated tables with their graphs says at once how probable each arrow is. As good as its family of simulations is like your data.",
  assumes: [
    `The data come from something like the family the network was trained on: ${family.text}.`,
    "Rows are independent draws from one population.",
    "No unmeasured variable causes two of the columns.",
    "No column causes itself through others.",
  ],
  source: "after Lorch, Sussex, Rothfuss, Krause & Schölkopf 2022 (AVICI); weights of our own",
  takes: {
    columns: "numeric",
    moreRowsThanColumns: true,
    knowledge: ["tiers", "required", "forbidden"],
    mostColumns: MOST_COLUMNS,
  },
  gives: "mpdag",
  stochastic: false,
  options: {
    threshold: {
      default: 0.5,
      type: "number",
      minimum: 0.01,
      maximum: 0.99,
      doc: "Pairs are joined when an arrow between them, either way, is at least this probable.",
    },
    direction: {
      default: 0.75,
      type: "number",
      minimum: 0.5,
      maximum: 1,
      doc: "An edge is directed when one direction holds at least this share of its probability.",
    },
  },
  run: async (data, options, context) => {
    const { d, names } = data;
    if (data.n < LEAST_ROWS) {
      throw new UserError({
        code: "amortized-few-rows",
        message: `${data.n} rows are too few for the network, which has learned from tables of about 200.`,
        value: data.n,
        expected: `at least ${LEAST_ROWS} rows`,
        hint: "Use a method that can say how little it knows: pc, or boss with a bootstrap.",
      });
    }
    const network = await shippedNetwork();
    const prediction = await predictArrows(network, standardise(data), context.work);
    const arrows = holdKnowledge(prediction.arrows, context.knowledge);
    const { pdag, turned } = chooseGraph(arrows, d, options.threshold, options.direction);
    const found = pdagGraph(pdag, names);
    const undecided = found.edges.some((edge) => edge.mark === "--");
    const graph = undecided
      ? found
      : createGraph({ type: "admg", nodes: names, edges: found.edges });
    const notes: Diagnostic[] = [
      { kind: "fact", label: "Trained on", value: `${family.text} (simulated)` },
      {
        kind: "fact",
        label: "Calibration",
        value: `on simulated tables of that family, probabilities are off by ${(100 * network.calibrationError).toFixed(1)} points on average; outside it nothing is known`,
      },
      ...outside(data, prediction),
    ];
    if (turned > 0) {
      notes.push({
        kind: "warning",
        code: "amortized-turned",
        message: `${turned === 1 ? "One arrow was" : `${turned} arrows were`} turned because the likelier direction would have closed a circle.`,
        hint: "The probabilities contradict one another there: do not build on those directions.",
      });
    }
    return {
      kind: undecided ? "mpdag" : "dag",
      graph,
      edgeProbability: edgeProbabilities(arrows, names),
      diagnostics: notes,
    };
  },
};

/** What sets the data apart from anything the network has seen. */
function outside(data: DiscoveryData, { parts, used }: Prediction): Diagnostic[] {
  const { n, d } = data;
  const { fewestColumns, mostColumns, fewestRows, mostRows } = family;
  const notes: Diagnostic[] = [];
  const warn = (code: string, message: string, hint: string): void => {
    notes.push({ kind: "warning", code, message, hint });
  };
  if (d > mostColumns || d < fewestColumns) {
    warn(
      "amortized-columns",
      `The network was trained on ${fewestColumns} to ${mostColumns} columns, not ${d}.`,
      "Its probabilities are not calibrated here. Compare with boss or pc.",
    );
  }
  if (n < fewestRows) {
    warn(
      "amortized-rows",
      `The network was trained on ${fewestRows} to ${mostRows} rows, not ${n}.`,
      "Its probabilities are not calibrated here.",
    );
  }
  if (parts > 1) {
    warn(
      "amortized-parts",
      `${n} rows were read in ${parts} parts of ${used / parts}, whose log odds were averaged: the network was trained on ${fewestRows} to ${mostRows} rows.`,
      `With so many rows it is less sure than it could be${used < 0.9 * n ? `, and ${n - used} rows were not read` : ""}. Methods that grow with the rows (boss) say more.`,
    );
  }
  const coarse = data.names.filter(
    (_, v) => new Set(valuesOf(data, v)).size <= Math.min(20, n / 5),
  );
  if (coarse.length > 0) {
    warn(
      "amortized-discrete",
      `${coarse.join(", ")} ${coarse.length === 1 ? "takes" : "take"} few different values; the network has only seen continuous columns.`,
      "Its probabilities are not calibrated here. Use a test or score for levels (pc with g2, boss with BDeu).",
    );
  }
  const wild = data.names.filter((_, v) => kurtosis(valuesOf(data, v)) > 20);
  if (wild.length > 0) {
    warn(
      "amortized-tails",
      `${wild.join(", ")} ${wild.length === 1 ? "has" : "have"} values much further out than any the network was trained on.`,
      "Look for outliers, or take logarithms.",
    );
  }
  return notes;
}

function kurtosis(values: Float64Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  let [second, fourth] = [0, 0];
  for (const x of values) {
    second += (x - mean) ** 2 / values.length;
    fourth += (x - mean) ** 4 / values.length;
  }
  return fourth / (second * second);
}

/** Pairs whose probability shows at all, from the name that comes first. */
function edgeProbabilities(arrows: Float64Array, names: readonly string[]): EdgeProbability[] {
  const d = names.length;
  const list: EdgeProbability[] = [];
  for (let i = 0; i < d; i++) {
    for (let j = i + 1; j < d; j++) {
      const [forward, backward] = [arrows[i * d + j]!, arrows[j * d + i]!];
      if (forward + backward < 0.001) continue;
      const [from, to] = [names[i]!, names[j]!];
      list.push({ from, to, forward, backward, undecided: 0, bidirected: 0 });
    }
  }
  return list;
}

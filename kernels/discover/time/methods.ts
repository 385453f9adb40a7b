import { UserError } from "../../../app/errors.ts";
import { directed } from "../core/pdag.ts";
import { type DiscoveryData, valuesOf } from "../data.ts";
import type { Constraints } from "../knowledge.ts";
import type { Method } from "../method.ts";
import { type Pace, paceOf } from "../pace.ts";
import type { Diagnostic, Finding, LaggedEdge } from "../result.ts";
import { timeGraph, timeTables } from "./finding.ts";
import { type LaggedTest, partialCorrelationTest } from "./lagged-test.ts";
import { falseDiscovery, type Pair, pcmci } from "./pcmci.ts";
import { pcmciPlus } from "./pcmci-plus.ts";

const assumes = [
  "Rows are equally spaced in time, in order, and the way causes work does not change over time.",
  "Nothing unmeasured causes two of the columns, at any lag.",
  "No cause acts later than the largest lag searched.",
  "Effects are linear, and no two of them cancel out (faithfulness).",
];

const options = {
  lags: {
    default: 3,
    type: "integer",
    minimum: 1,
    maximum: 60,
    doc: "Steps of the past in which causes are looked for.",
  },
  alpha: {
    default: 0.01,
    type: "number",
    minimum: 0,
    maximum: 1,
    doc: "Level of the tests that decide on links.",
  },
} as const;

const takes = {
  columns: "numeric",
  allowCollinear: true,
  timeOrdered: true,
  knowledge: ["tiers", "forbidden"],
  mostColumns: 100,
} as const;

export const pcmciMethod: Method<{
  readonly lags: number;
  readonly alpha: number;
  readonly selection: number;
  readonly correction: string;
}> = {
  name: "pcmci",
  label: "PCMCI",
  family: "time-series",
  summary:
    "Links from the past of many autocorrelated columns, by tests given the past of both ends. What happens within one time step is left undecided: use pcmci-plus for that.",
  assumes: [...assumes, "No column causes another within one time step."],
  source: "Runge, Nowack, Kretschmer, Flaxman & Sejdinovic 2019",
  takes,
  gives: "time-series",
  stochastic: false,
  options: {
    ...options,
    selection: {
      default: 0.2,
      type: "number",
      minimum: 0,
      maximum: 1,
      doc: "Level of the tests that select what to condition on; it does not set the rate of false links.",
    },
    correction: {
      default: "none",
      type: "choice",
      choices: ["none", "fdr"],
      doc: "`fdr` bounds the expected share of false links by alpha (Benjamini-Hochberg over all pairs and lags).",
    },
  },
  run: async (data, { lags, alpha, selection, correction }, context): Promise<Finding> => {
    const pace = paceOf(context.work);
    const test = await testOf(data, lags, pace);
    const { knowledge } = context;
    const found = await pcmci(test, { lags, alpha: selection, knowledge }, pace);
    const level =
      correction === "fdr"
        ? falseDiscovery(found.pairs.map((pair) => pair.p))
        : found.pairs.map((pair) => pair.p);
    const kept = found.pairs.filter((_, k) => level[k]! <= alpha);
    const edges = kept.map((pair) => edgeOf(pair, data.names, openUnless(knowledge, pair)));
    return finding(data, lags, edges, found.pairs, [
      testsFact(test, found.tests),
      ...(edges.some(({ mark }) => mark === "--") ? [openAtZero] : []),
    ]);
  },
};

export const pcmciPlusMethod: Method<{
  readonly lags: number;
  readonly alpha: number;
  readonly colliders: string;
}> = {
  name: "pcmci-plus",
  label: "PCMCI+",
  family: "time-series",
  summary:
    "Links from the past and within one time step, directed by time, colliders and Meek's rules. The choice for autocorrelated columns when a step is longer than some causes take.",
  assumes: [...assumes, "There is no circle of causes within one time step."],
  source: "Runge 2020",
  takes,
  gives: "time-series",
  stochastic: false,
  options: {
    ...options,
    colliders: {
      default: "majority",
      type: "choice",
      choices: ["standard", "conservative", "majority"],
      doc: "How colliders within a step are told: by the first separating set, or by all, or by most of them.",
    },
  },
  run: async (data, { lags, alpha, colliders }, context): Promise<Finding> => {
    const pace = paceOf(context.work);
    const test = await testOf(data, lags, pace);
    const settings = {
      lags,
      alpha,
      knowledge: context.knowledge,
      colliders: colliders as "standard" | "conservative" | "majority",
    };
    const found = await pcmciPlus(test, settings, data.names, pace);
    const edges = found.links.map((pair) => {
      if (pair.lag > 0) return edgeOf(pair, data.names, "->");
      const { from, to } = pair;
      if (directed(found.now, from, to)) return edgeOf(pair, data.names, "->");
      if (directed(found.now, to, from)) {
        return edgeOf({ ...pair, from: to, to: from }, data.names, "->");
      }
      return edgeOf(pair, data.names, "--");
    });
    return finding(data, lags, edges, found.links, [
      testsFact(test, found.tests),
      ...found.diagnostics,
    ]);
  },
};

export const timeMethods: readonly Method[] = [pcmciMethod, pcmciPlusMethod];

const openAtZero: Diagnostic = {
  kind: "warning",
  code: "pcmci-within-step",
  message:
    "Some columns depend on each other within a time step beyond what the past explains; PCMCI leaves those links undecided.",
  hint: "Links from the past may be misplaced then, too. Use pcmci-plus, which looks for causes within a step.",
};

const testsFact = (test: LaggedTest, tests: number): Diagnostic => ({
  kind: "fact",
  label: "Tests",
  value: `${tests} (${test.name})`,
});

/** Columns times lags whose correlations are kept: 128 MB of them. */
const MOST_SERIES = 4000;

/** The test over all lags needed: those of a pair and of what its earlier end is conditioned on. */
async function testOf(data: DiscoveryData, lags: number, pace: Pace): Promise<LaggedTest> {
  const least = 2 * lags + 30;
  if (data.n < least) {
    throw new UserError({
      code: "time-short",
      message: `${data.n} rows are too few to look ${lags} steps back.`,
      value: data.n,
      expected: `at least ${least} rows`,
      hint: "Use fewer lags, or a longer series.",
    });
  }
  const size = data.d * (2 * lags + 1);
  if (size > MOST_SERIES) {
    throw new UserError({
      code: "time-large",
      message: `${data.d} columns at ${2 * lags + 1} times are ${size} series, whose correlations do not fit.`,
      value: size,
      expected: `columns × (2 × lags + 1) of at most ${MOST_SERIES}`,
      hint: "Use fewer lags or fewer columns.",
    });
  }
  return partialCorrelationTest(
    data.names.map((_, v) => valuesOf(data, v)),
    2 * lags,
    pace,
  );
}

/** A link at lag 0 has an open direction unless the knowledge rules one out. */
function openUnless({ d, forbidden }: Constraints, { from, to, lag }: Pair): "->" | "<-" | "--" {
  if (lag > 0) return "->";
  if (forbidden[to * d + from] === 1) return "->";
  return forbidden[from * d + to] === 1 ? "<-" : "--";
}

function edgeOf(pair: Pair, names: readonly string[], mark: "->" | "<-" | "--"): LaggedEdge {
  const [from, to] = mark === "<-" ? [pair.to, pair.from] : [pair.from, pair.to];
  return {
    from: names[from]!,
    to: names[to]!,
    lag: pair.lag,
    mark: mark === "--" ? "--" : "->",
    strength: pair.value,
    p: pair.p,
  };
}

function finding(
  data: DiscoveryData,
  lags: number,
  lagged: readonly LaggedEdge[],
  pairs: readonly Pair[],
  diagnostics: readonly Diagnostic[],
): Finding {
  return {
    kind: "time-series",
    graph: timeGraph(data.names, lagged),
    lagged,
    diagnostics: [...diagnostics, ...timeTables(data.names, lags, pairs, lagged)],
  };
}

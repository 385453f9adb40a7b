import { applyKnowledge } from "../core/mpdag.ts";
import { cpdagOf, pdagGraph } from "../core/pdag.ts";
import type { DiscoveryData } from "../data.ts";
import type { Method, MethodContext } from "../method.ts";
import type { Diagnostic, Finding } from "../result.ts";
import { readingForScore, type ScoreOptions, scoreOptions, scoreFor } from "../scores/choose.ts";
import { emptyScore, type LocalScore, remembered, scoreOf } from "../scores/local-score.ts";
import { bossSearch, type BossResult } from "./boss.ts";
import { exactSearch } from "./exact.ts";
import { gesSearch } from "./ges.ts";

const faithful =
  "Of graphs that fit as well, the sparsest is the true one (a weaker form of faithfulness).";
const sufficient = "No unmeasured variable causes two of the columns.";
const acyclic = "No column causes itself through others.";
const rows = "Rows are independent draws from one population.";
const right =
  "The score fits the data: linear relations for BIC on numbers, any table of shares for BDeu.";
const common = [sufficient, acyclic, faithful, rows, right];
const knowledge = ["tiers", "required", "forbidden"] as const;

/** The class of a DAG found by score, with the score beside the empty graph's. */
export function classFinding(
  score: LocalScore,
  data: DiscoveryData,
  parents: readonly ArrayLike<number>[],
  context: MethodContext,
  diagnostics: readonly Diagnostic[],
): Finding {
  const pdag = cpdagOf(parents);
  applyKnowledge(pdag, context.knowledge);
  return {
    kind: context.knowledge.any ? "mpdag" : "cpdag",
    graph: pdagGraph(pdag, data.names),
    score: { name: score.name, value: scoreOf(score, parents), empty: emptyScore(score) },
    diagnostics,
  };
}

/** Starts when not said: several where they cost little, for a small search sticks as easily as a large one. */
export function startsFor(d: number): number {
  return d <= 30 ? 10 : d <= 60 ? 4 : d <= 120 ? 2 : 1;
}

export type BossOptions = ScoreOptions & {
  readonly starts: number | null;
  readonly bes: boolean;
};

export const bossOptionSpecs = {
  ...scoreOptions,
  starts: {
    default: null,
    type: "integer",
    minimum: 1,
    maximum: 1000,
    doc: "Random orders to start from, the best result kept; null for 10 with up to 30 columns, fewer with more.",
  },
  bes: {
    default: false,
    type: "boolean",
    doc: "Prune the result by the backward phase of GES; seldom changes it.",
  },
} as const satisfies Method<BossOptions>["options"];

/** Runs BOSS as its options say; shared with the hybrids. */
export async function runBoss(
  score: LocalScore,
  options: BossOptions,
  context: MethodContext,
): Promise<BossResult> {
  return bossSearch(
    score,
    { starts: options.starts ?? startsFor(score.d), knowledge: context.knowledge },
    context.rng,
    context.work,
  );
}

export const bossMethod: Method<BossOptions> = {
  name: "boss",
  label: "BOSS",
  family: "score",
  summary:
    "Searches orders of the columns with grow-shrink trees for the graph that scores best. The first choice: accurate and quick from a few to a thousand columns.",
  assumes: common,
  source: "Andrews, Ramsey, Sanchez-Romero, Camchong & Kummerfeld 2023",
  takes: { columns: "auto", knowledge },
  gives: "cpdag",
  stochastic: true,
  options: bossOptionSpecs,
  reading: (options) => readingForScore(options.score),
  run: async (data, options, context) => {
    const score = scoreFor(data, options);
    const found = await runBoss(score, options, context);
    let parents: readonly ArrayLike<number>[] = found.parents;
    if (options.bes) {
      const settings = { knowledge: context.knowledge, from: parents, backwardOnly: true };
      parents = (await gesSearch(score, settings, context.work)).parents;
    }
    const finding = classFinding(score, data, parents, context, [
      { kind: "fact", label: "Search", value: `${found.starts} starts, ${found.sweeps} sweeps` },
    ]);
    return { ...finding, order: Array.from(found.order, (v) => data.names[v]!) };
  },
};

export const gesMethod: Method<ScoreOptions> = {
  name: "ges",
  label: "GES",
  family: "score",
  summary:
    "Adds and removes edges between equivalence classes as long as the score rises. The classic; boss finds better graphs where edges are many or strong.",
  assumes: common,
  source: "Chickering 2002",
  takes: { columns: "auto", knowledge, mostColumns: 400 },
  gives: "cpdag",
  stochastic: false,
  options: scoreOptions,
  reading: (options) => readingForScore(options.score),
  run: async (data, options, context) => {
    const score = scoreFor(data, options);
    const found = await gesSearch(score, { knowledge: context.knowledge }, context.work);
    return classFinding(score, data, found.parents, context, [
      { kind: "fact", label: "Search", value: `${found.steps} steps` },
    ]);
  },
};

type ExactOptions = ScoreOptions & { readonly mostParents: number | null };

export const exactMethod: Method<ExactOptions> = {
  name: "exact",
  label: "Exact search",
  family: "score",
  summary:
    "The graph with the highest score of all, by dynamic programming. Up to 20 columns; says what a score can do at best.",
  assumes: common,
  source: "Silander & Myllymäki 2006",
  takes: { columns: "auto", knowledge, mostColumns: 20 },
  gives: "cpdag",
  stochastic: false,
  options: {
    ...scoreOptions,
    mostParents: {
      default: null,
      type: "integer",
      minimum: 1,
      maximum: 19,
      doc: "Most direct causes of one column; null for no limit up to 12 columns and 4 beyond.",
    },
  },
  reading: (options) => readingForScore(options.score),
  run: async (data, options, context) => {
    const score = remembered(scoreFor(data, options));
    const mostParents = options.mostParents ?? (data.d <= 12 ? data.d : 4);
    const found = await exactSearch(
      score,
      { mostParents, knowledge: context.knowledge },
      context.work,
    );
    return classFinding(score, data, found.parents, context, [
      {
        kind: "fact",
        label: "Search",
        value:
          mostParents >= data.d - 1
            ? "all graphs"
            : `all graphs with up to ${mostParents} parents a column`,
      },
    ]);
  },
};

export const scoreMethods: readonly Method[] = [bossMethod, gesMethod, exactMethod];

import type { DiscoveryData } from "../data.ts";
import type { Method, MethodContext } from "../method.ts";
import type { Finding } from "../result.ts";
import { readingForScore, scoreFor, type ScoreOptions, scoreOptions } from "../scores/choose.ts";
import { emptyScore, scoreOf } from "../scores/local-score.ts";
import { type BossOptions, bossOptionSpecs, runBoss } from "../score/methods.ts";
import { gesSearch } from "../score/ges.ts";
import { alphaOption, testFor } from "../tests/choose.ts";
import { gfciSearch } from "./gfci.ts";

export type Hybrid = {
  readonly alpha: number;
  readonly depth: number;
  readonly selection: boolean;
};

const hybridOptions = {
  alpha: alphaOption,
  depth: {
    default: -1,
    type: "integer",
    minimum: -1,
    maximum: 50,
    doc: "Largest set conditioned on when edges are tested again; -1 for no limit.",
  },
  selection: {
    default: false,
    type: "boolean",
    doc: "Allow for rows having been selected by what is in the graph.",
  },
} as const satisfies Method<Hybrid>["options"];

const assumes = [
  "No column causes itself through others.",
  "Columns are independent exactly where the graph says so: no two paths cancel out (faithfulness).",
  "Rows are independent draws from one population.",
  "Score and test fit the form of the relations.",
];

async function finish(
  data: DiscoveryData,
  options: ScoreOptions & Hybrid,
  context: MethodContext,
  parents: readonly ArrayLike<number>[],
  order: ArrayLike<number>,
): Promise<Finding> {
  const { alpha, depth, selection } = options;
  const score = scoreFor(data, options);
  const finding = await gfciSearch(
    data.names,
    parents,
    order,
    testFor(data, "auto", alpha, context.rng),
    { depth, selection, knowledge: context.knowledge },
    context.work,
  );
  return {
    ...finding,
    score: {
      name: `${score.name}, of the DAG it began with`,
      value: scoreOf(score, parents),
      empty: emptyScore(score),
    },
  };
}

export const bossFciMethod: Method<BossOptions & Hybrid> = {
  name: "boss-fci",
  label: "BOSS-FCI",
  family: "hybrid",
  summary:
    "Starts from BOSS, tests its edges again and applies FCI's rules: hidden common causes allowed, fewer wrong colliders than FCI.",
  assumes,
  source: "Andrews et al. 2023; Ogarrio, Spirtes & Ramsey 2016",
  takes: { columns: "auto", knowledge: ["tiers", "required", "forbidden"] },
  gives: "pag",
  stochastic: true,
  options: { ...bossOptionSpecs, ...hybridOptions },
  reading: (options) => readingForScore(options.score),
  run: async (data, options, context) => {
    const found = await runBoss(scoreFor(data, options), options, context);
    return finish(data, options, context, found.parents, found.order);
  },
};

export const gfciMethod: Method<ScoreOptions & Hybrid> = {
  name: "gfci",
  label: "GFCI",
  family: "hybrid",
  summary: "As boss-fci, but starts from GES.",
  assumes,
  source: "Ogarrio, Spirtes & Ramsey 2016",
  takes: { columns: "auto", knowledge: ["tiers", "required", "forbidden"], mostColumns: 400 },
  gives: "pag",
  stochastic: false,
  options: { ...scoreOptions, ...hybridOptions },
  reading: (options) => readingForScore(options.score),
  run: async (data, options, context) => {
    const score = scoreFor(data, options);
    const { parents } = await gesSearch(score, { knowledge: context.knowledge }, context.work);
    return finish(data, options, context, parents, orderOf(parents));
  },
};

function orderOf(parents: readonly (readonly number[])[]): number[] {
  const order: number[] = [];
  const placed = new Set<number>();
  while (order.length < parents.length) {
    parents.forEach((list, v) => {
      if (placed.has(v) || list.some((p) => !placed.has(p))) return;
      placed.add(v);
      order.push(v);
    });
  }
  return order;
}

export const hybridMethods: readonly Method[] = [bossFciMethod, gfciMethod];

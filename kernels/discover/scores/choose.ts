import { UserError } from "../../../app/errors.ts";
import type { DiscoveryData, Reading } from "../data.ts";
import type { OptionSpec } from "../options.ts";
import { bdeuScore, discreteBic } from "./discrete.ts";
import { gaussianScore, momentsOf } from "./gaussian.ts";
import type { LocalScore } from "./local-score.ts";
import { mixedScore } from "./mixed.ts";

export type ScoreName = "auto" | "bic" | "ebic" | "bdeu";

/** Options of every score-based method. */
export type ScoreOptions = {
  readonly score: ScoreName;
  readonly penalty: number;
  readonly gamma: number;
  readonly sampleSize: number;
};

export const scoreOptions: { readonly [K in keyof ScoreOptions]: OptionSpec<ScoreOptions[K]> } = {
  score: {
    default: "auto",
    type: "choice",
    choices: ["auto", "bic", "ebic", "bdeu"],
    doc: "What graphs are ranked by: bic for numbers, levels or both, ebic for many columns of numbers, bdeu for levels. auto is bdeu when every column has levels, else bic.",
  },
  penalty: {
    default: 2,
    type: "number",
    minimum: 0.01,
    maximum: 100,
    doc: "Factor on the penalty of BIC for each parameter: 1 keeps weak edges and many false ones, 4 only strong edges. Try several.",
  },
  gamma: {
    default: 0.5,
    type: "number",
    minimum: 0,
    maximum: 5,
    doc: "Of ebic: how much more each edge costs when there are many columns.",
  },
  sampleSize: {
    default: 10,
    type: "number",
    minimum: 0.01,
    maximum: 10_000,
    doc: "Of bdeu: how many rows the prior is worth; larger finds more edges.",
  },
};

/** How columns are read for a score. */
export function readingForScore(score: ScoreName): Partial<Reading> {
  if (score === "bdeu") return { as: "discrete" };
  return score === "ebic" ? { as: "numeric" } : { as: "auto" };
}

/** The score on the data. */
export function scoreFor(data: DiscoveryData, options: ScoreOptions): LocalScore {
  const { score, penalty, gamma, sampleSize } = options;
  const discrete = data.variables.every((variable) => variable.kind === "discrete");
  const numeric = data.variables.every((variable) => variable.kind === "numeric");
  if (data.missing) {
    throw new UserError({
      code: "score-missing",
      message: "Scores need complete rows.",
      expected: 'missing: "drop"',
      hint: "pc and fci can use incomplete rows, with testwise deletion.",
    });
  }
  if (score === "bdeu" || (score === "auto" && discrete)) return bdeuScore(data, sampleSize);
  if (numeric) {
    const moments = momentsOf(data);
    return gaussianScore(
      data.d,
      () => moments,
      score === "ebic" ? { penalty, gamma } : { penalty },
    );
  }
  return discrete ? discreteBic(data, penalty) : mixedScore(data, penalty);
}

import { UserError } from "../../../app/errors.ts";
import { type DiscoveryData, standardise } from "../data.ts";
import type { Method } from "../method.ts";
import type { Diagnostic, LaggedEdge } from "../result.ts";
import { timeGraph } from "../time/finding.ts";
import { type AttentionResult, attentionSearch } from "./search.ts";

type Options = {
  readonly lags: number;
  readonly alpha: number;
  readonly attention: number;
  readonly holdout: number;
  readonly shuffles: number;
  readonly channels: number;
  readonly epochs: number;
  readonly penalty: number;
};

export const attentionMethod: Method<Options> = {
  name: "attention",
  label: "Attention over time",
  family: "attention",
  summary:
    "Trains for each column a small net that predicts it from the past of all, and reads causes and delays off its attention; each is then validated on later rows by shuffling. Finds bent effects that linear tests miss; needs longer series than they do.",
  assumes: [
    "Nothing unmeasured causes two of the columns.",
    "No column causes another within one time step, and no delay is longer than the lags given.",
    "The relations are the same at all times, and rows are equally spaced in time, in order.",
    "Every cause improves the prediction of its effect by a net of this size.",
  ],
  source: "after Nauta, Bucur & Seifert 2019 (TCDF); validated as in Tansey et al. 2022",
  takes: {
    columns: "numeric",
    moreRowsThanColumns: true,
    timeOrdered: true,
    knowledge: [],
    mostColumns: 30,
  },
  gives: "time-series",
  stochastic: true,
  options: {
    lags: {
      default: 5,
      type: "integer",
      minimum: 1,
      maximum: 40,
      doc: "Longest delay looked at, in rows.",
    },
    alpha: {
      default: 0.05,
      type: "number",
      minimum: 0,
      maximum: 1,
      doc: "Bounds the expected share of false links (Benjamini-Hochberg over all candidates).",
    },
    attention: {
      default: 0.5,
      type: "number",
      minimum: 0,
      maximum: 10,
      doc: "A candidate draws at least this many times an even share of its target's attention.",
    },
    holdout: {
      default: 0.35,
      type: "number",
      minimum: 0.1,
      maximum: 0.6,
      doc: "Share of the rows, the last ones, that are kept from training and used for validation.",
    },
    shuffles: {
      default: 100,
      type: "integer",
      minimum: 20,
      maximum: 10_000,
      doc: "Shuffles of each candidate.",
    },
    channels: {
      default: 6,
      type: "integer",
      minimum: 0,
      maximum: 64,
      doc: "Bent filters beside the linear one; 0 for a linear net.",
    },
    epochs: {
      default: 400,
      type: "integer",
      minimum: 20,
      maximum: 20_000,
      doc: "Steps of training; the best on rows held back for that is kept.",
    },
    penalty: {
      default: 0.1,
      type: "number",
      minimum: 0,
      maximum: 10,
      doc: "On the squares of the filters: the higher, the scarcer attention is.",
    },
  },
  run: async (data, options, context) => {
    refuseShort(data, options);
    const { penalty, attention, ...rest } = options;
    const found = await attentionSearch(
      standardise(data),
      { ...rest, decay: penalty, least: attention },
      data.names,
      context.rng,
      context.work,
    );
    const lagged = found.candidates
      .filter((candidate) => candidate.kept)
      .map(({ from, to, lag, attention, p }): LaggedEdge => ({
        from: data.names[from]!,
        to: data.names[to]!,
        lag,
        mark: "->",
        strength: attention,
        p,
      }));
    return {
      kind: "time-series",
      graph: timeGraph(data.names, lagged),
      lagged,
      diagnostics: [...told(found, data.names), ...outside(data, found)],
    };
  },
};

function refuseShort({ n, d }: DiscoveryData, { lags, holdout }: Options): void {
  const needed = Math.ceil((d * lags + 30) / Math.min(holdout, 0.5 * (1 - holdout))) + 2 * lags;
  if (n >= needed) return;
  throw new UserError({
    code: "attention-short",
    message: `${n} rows are too few to train and validate on ${d} columns at ${lags} delays.`,
    value: n,
    expected: `at least ${needed} rows`,
    hint: "Use fewer lags or columns, or a method that needs less (pcmci, var-lingam).",
  });
}

const MOST_CANDIDATES = 40;

function told(found: AttentionResult, names: readonly string[]): Diagnostic[] {
  const kept = found.candidates.filter((candidate) => candidate.kept).length;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const listed = found.candidates
    .toSorted((a, b) => a.corrected - b.corrected || b.attention - a.attention)
    .slice(0, Math.max(MOST_CANDIDATES, kept));
  return [
    {
      kind: "fact",
      label: "Validation",
      value: `${kept} of ${found.candidates.length} candidates held on the last ${found.held} rows`,
    },
    {
      kind: "fact",
      label: "Strengths",
      value: "are shares of the target's attention, not effects; delays are exact rows",
    },
    {
      kind: "table",
      title: "How far the past predicts each column, on rows not trained on",
      columns: ["column", "share of variance"],
      rows: names.map((name, v) => [name, percent(found.predicted[v]!)]),
    },
    {
      kind: "table",
      title:
        listed.length < found.candidates.length
          ? `Candidates, the ${listed.length} likeliest of ${found.candidates.length}`
          : "Candidates",
      columns: [
        "cause",
        "effect",
        "delay",
        "attention",
        "error rises by",
        "p",
        "p corrected",
        "kept",
      ],
      rows: listed.map((c) => [
        names[c.from]!,
        names[c.to]!,
        String(c.lag),
        percent(c.attention),
        percent(c.rise),
        c.p.toPrecision(2),
        c.corrected.toPrecision(2),
        c.kept ? "yes" : "no",
      ]),
    },
    { kind: "curve", name: "error on rows held back, mean over targets", points: found.course },
  ];
}

/** Series the validation cannot vouch for. */
function outside(data: DiscoveryData, found: AttentionResult): Diagnostic[] {
  const notes: Diagnostic[] = [];
  const columns = standardise(data);
  const drifting = data.names.filter((_, v) => {
    const x = columns[v]!;
    let sum = 0;
    for (let t = 1; t < x.length; t++) sum += x[t]! * x[t - 1]!;
    return sum / x.length > 0.97;
  });
  if (drifting.length > 0) {
    notes.push({
      kind: "warning",
      code: "attention-drift",
      message: `${drifting.join(", ")} ${drifting.length === 1 ? "changes" : "change"} so slowly that later rows look little like those trained on.`,
      hint: "A trend or a random walk makes false links; take differences first.",
    });
  }
  const misled = data.names.filter((_, v) => found.predicted[v]! < -0.2);
  if (misled.length > 0) {
    notes.push({
      kind: "warning",
      code: "attention-misled",
      message: `For ${misled.join(", ")} the net predicts later rows worse than their mean does.`,
      hint: "It has learned noise, or the relations change over time: links into these columns are missed.",
    });
  }
  return notes;
}

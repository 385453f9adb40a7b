import type { Block } from "../../app/protocol/report.ts";
import type { BenchmarkRow, Score } from "../../app/benchmark.ts";
import type { SetInfo } from "../estimate/benchmark/run.ts";
import type { Spread, Standing } from "../estimate/benchmark/summary.ts";
import { formatNumber } from "./format.ts";

/** From this ratio of largest to smallest on, errors are told apart by their order of magnitude. */
const LOG_FROM = 12;

/** Errors of each method, every replication a point: of unit effects, where there are any, and of the average. */
export function benchmarkCharts(
  rows: readonly BenchmarkRow[],
  standings: readonly Standing[],
  set: SetInfo,
): readonly Block[] {
  const units = standings.filter(({ rootPehe }) => rootPehe !== undefined);
  const pehe =
    units.length === 0
      ? []
      : [
          chart(
            rows,
            units,
            set,
            "root-PEHE",
            ({ rootPehe }) => rootPehe,
            (one) => one.rootPehe,
          ),
        ];
  const able = standings.filter(({ ateError }) => ateError !== undefined);
  const byError = able.toSorted((a, b) => a.ateError!.median - b.ateError!.median);
  const error =
    able.length === 0
      ? []
      : [
          chart(
            rows,
            byError,
            set,
            "ATE error",
            ({ estimate, truth }) => Math.abs(estimate - truth),
            (one) => one.ateError,
          ),
        ];
  return pehe.length > 0 && error.length > 0
    ? [{ kind: "columns", columns: [pehe, error] }]
    : [...pehe, ...error];
}

function chart(
  rows: readonly BenchmarkRow[],
  standings: readonly Standing[],
  set: SetInfo,
  title: string,
  pick: (score: Score) => number | undefined,
  spreadOf: (standing: Standing) => Spread | undefined,
): Block {
  const order = standings.map(({ method }) => method);
  const values = rows.flatMap(({ method, replication, result }) => {
    const value = result.kind === "scored" ? pick(result) : undefined;
    return value === undefined ? [] : [{ method, replication, value, what: "one replication" }];
  });
  const centres = standings.flatMap((one) => {
    const spread = spreadOf(one);
    if (spread === undefined || spread.count < 2) return [];
    return [
      { method: one.method, value: spread.median, what: "median" },
      { method: one.method, value: spread.mean, what: "mean" },
    ];
  });
  const positive = values.map(({ value }) => value).filter((value) => value > 0);
  const log =
    positive.length === values.length &&
    positive.length > 0 &&
    Math.max(...positive) > LOG_FROM * Math.min(...positive);
  const y = {
    field: "method",
    type: "nominal",
    title: null,
    sort: order,
    axis: { labelLimit: 150 },
  };
  const x = {
    field: "value",
    type: "quantitative",
    title: log ? `${title} (log scale)` : title,
    scale: log ? { type: "log", nice: true } : { zero: true },
    axis: { tickCount: 5, format: "~g", labelOverlap: "greedy" },
  };
  const kinds = centres.length === 0 ? ["one replication"] : ["median", "mean", "one replication"];
  const what = {
    field: "what",
    type: "nominal",
    title: null,
    scale: { domain: kinds },
    ...(kinds.length === 1 ? { legend: null } : { legend: { orient: "top", symbolOpacity: 1 } }),
  };
  return {
    kind: "chart",
    spec: {
      width: "container",
      height: { step: 24 },
      layer: [
        {
          data: { values },
          mark: { type: "point", filled: true, size: 22, opacity: 0.55 },
          encoding: {
            y,
            x,
            color: what,
            shape: { ...what, scale: { domain: kinds, range: shapes(kinds) } },
            tooltip: [
              { field: "method" },
              { field: "replication" },
              { field: "value", title, format: ".3~g" },
            ],
          },
        },
        {
          data: { values: centres },
          mark: { type: "point", filled: true, size: 85, opacity: 1 },
          encoding: {
            y,
            x,
            color: what,
            shape: { ...what, scale: { domain: kinds, range: shapes(kinds) } },
            tooltip: [
              { field: "method" },
              { field: "what" },
              { field: "value", title, format: ".3~g" },
            ],
          },
        },
      ],
    },
    summary: `${title} on ${set.title}, best median first: ${standings
      .map((one) => {
        const spread = spreadOf(one);
        return spread === undefined
          ? `${one.method} none`
          : `${one.method} median ${formatNumber(spread.median, 3)}, mean ${formatNumber(spread.mean, 3)}, from ${formatNumber(spread.lowest, 3)} to ${formatNumber(spread.highest, 3)}`;
      })
      .join("; ")}.`,
  };
}

function shapes(kinds: readonly string[]): readonly string[] {
  return kinds.map((kind) =>
    kind === "median" ? "circle" : kind === "mean" ? "diamond" : "circle",
  );
}

import { told } from "../../app/claim.ts";
import type { Block, Report } from "../../app/protocol/report.ts";
import type { CounterfactualResult, Method } from "../counterfactual/result.ts";
import { formatInterval, formatNumber, listing } from "./format.ts";
import { rungColor, rungNames } from "./rungs.ts";

/**
 * Answers of one cell: each told in its own block, and all on one scale where that makes sense. `model` is the name
 * to use in hints.
 */
export function counterfactualReport(
  results: readonly CounterfactualResult[],
  model = "model",
): Report {
  const [first] = results;
  const summary = results.map(answerText).join(" ");
  const charts = scaleCharts(results);
  if (results.length === 1 && first !== undefined) {
    const blocks = [...answerBlocks(first, model), ...charts, background(first)];
    return { summary, claim: first.claim, blocks };
  }
  const told = results.flatMap((result) => answerBlocks(result, model));
  const stats = told.filter((block) => block.kind === "stat");
  return {
    summary,
    blocks: [
      ...inColumns(stats),
      ...charts,
      ...told.filter((block) => block.kind !== "stat"),
      {
        kind: "details",
        title: "Assumptions and method",
        blocks: results.flatMap((result): readonly Block[] => [
          { kind: "heading", text: result.query },
          ...backgroundBlocks(result),
        ]),
      },
    ],
  };
}

/** Numbers side by side, two a row, so that a cell of several questions stays short. */
function inColumns(stats: readonly Block[]): readonly Block[] {
  return stats.flatMap((stat, i): Block[] => {
    if (i % 2 === 1) return [];
    const next = stats[i + 1];
    return next === undefined ? [stat] : [{ kind: "columns", columns: [[stat], [next]] }];
  });
}

function answerText(result: CounterfactualResult): string {
  switch (result.kind) {
    case "identified":
      return `${result.query} = ${formatNumber(result.value)}.`;
    case "bounded":
      return `${result.query} lies between ${formatNumber(result.value.lower)} and ${formatNumber(result.value.upper)}.`;
    case "needs-mechanism":
      return `${result.query} is open until a mechanism is chosen for ${listing(result.variables)}.`;
    case "impossible-evidence":
      return `${result.query} has no answer: ${result.reason}`;
  }
}

function answerBlocks(result: CounterfactualResult, model: string): readonly Block[] {
  switch (result.kind) {
    case "identified":
      return [
        {
          kind: "stat",
          label: result.query,
          value: formatNumber(result.value),
          ...(result.interval === undefined
            ? {}
            : {
                interval: `${formatInterval(result.interval.lower, result.interval.upper)} (${100 * result.interval.level} %, sampling)`,
              }),
        },
        ...(result.distribution?.kind === "discrete"
          ? [
              {
                kind: "table" as const,
                columns: [{ label: "level" }, { label: "probability", align: "right" as const }],
                rows: result.distribution.levels.map((level, i) => [
                  level,
                  formatNumber(
                    result.distribution?.kind === "discrete"
                      ? (result.distribution.probabilities[i] ?? 0)
                      : 0,
                  ),
                ]),
              },
            ]
          : []),
      ];
    case "bounded":
      return [
        {
          kind: "stat",
          label: result.query,
          value: `${formatNumber(result.value.lower)} … ${formatNumber(result.value.upper)}`,
          note: result.sharp
            ? "sharp bounds: each end is reached by a model with the same tables"
            : "bounds",
        },
        {
          kind: "notice",
          tone: "answer",
          title: `${result.query}: the tables bound it, they do not fix it`,
          text: `Models that agree on everything observed and on every intervention still differ here. A mechanism for ${listing(result.variables)} would narrow the range.`,
          hint: `Write [monotone] or [gumbel] after a table in the model, or compare the classes: spread of ${result.query} in ${model}`,
        },
      ];
    case "needs-mechanism":
      return [
        {
          kind: "notice",
          tone: "answer",
          title: `${result.query} needs a mechanism`,
          text: result.reason,
          hint: `For ${listing(result.variables)}, one of: ${result.options.join("; ")}.`,
        },
      ];
    case "impossible-evidence":
      return [
        {
          kind: "notice",
          tone: "answer",
          title: `${result.query}: the evidence cannot happen`,
          text: result.reason,
          hint: "Ask about units the model can produce: something else behind the bar.",
        },
      ];
  }
}

function background(result: CounterfactualResult): Block {
  return { kind: "details", title: "Assumptions and method", blocks: backgroundBlocks(result) };
}

function backgroundBlocks(result: CounterfactualResult): readonly Block[] {
  const blocks: Block[] = [];
  const assumptions = told(result.claim.assumptions);
  if (assumptions.length > 0) {
    blocks.push({ kind: "assumptions", assumptions });
  }
  for (const step of result.claim.derivation ?? []) blocks.push({ kind: "text", text: step });
  if (result.kind === "identified" || result.kind === "bounded") {
    blocks.push({ kind: "facts", footer: true, facts: methodFacts(result.method) });
  }
  return blocks;
}

function methodFacts(method: Method): { label: string; value: string }[] {
  switch (method.name) {
    case "variable-elimination":
      return [
        { label: "method", value: "exact, variable elimination" },
        { label: "width", value: String(method.width) },
        { label: "nodes", value: String(method.nodes) },
      ];
    case "gaussian-closed-form":
      return [{ label: "method", value: "closed form, linear-Gaussian" }];
    case "noise-recovery":
      return [
        { label: "method", value: "noise recovered" },
        { label: "noises", value: method.recovered.join(", ") },
      ];
    case "quadrature":
      return [
        { label: "method", value: "quadrature" },
        { label: "points", value: formatNumber(method.points) },
      ];
    case "sampling":
      return [
        { label: "method", value: "importance sampling" },
        { label: "draws", value: formatNumber(method.draws) },
        { label: "effective sample size", value: formatNumber(method.effectiveSampleSize) },
        { label: "seed", value: String(method.seed) },
        { label: "because", value: method.reason },
      ];
    case "linear-program":
      return [
        { label: "method", value: "linear program" },
        { label: "unknowns", value: formatNumber(method.unknowns) },
        { label: "constraints", value: formatNumber(method.constraints) },
      ];
  }
}

interface ScaleRow {
  readonly query: string;
  readonly rung: string;
  readonly value: number | null;
  readonly low: number;
  readonly high: number;
}

/**
 * Answers on a common scale: probabilities on one from 0 to 1, all others on another. A number alone needs no chart;
 * a range does.
 */
function scaleCharts(results: readonly CounterfactualResult[]): readonly Block[] {
  const shares = results.filter(({ quantity }) => quantity === "probability");
  const others = results.filter(({ quantity }) => quantity !== "probability");
  return [shares, others].flatMap((group) => {
    const shown = group.filter(({ kind }) => kind === "identified" || kind === "bounded");
    const worth = shown.length > 1 || shown.some(({ kind }) => kind === "bounded");
    const chart = worth ? scaleChart(shown) : undefined;
    return chart === undefined ? [] : [chart];
  });
}

/** A range is a bar, a number a dot, the colour the rung. */
function scaleChart(results: readonly CounterfactualResult[]): Block | undefined {
  const rows = results.flatMap((result): ScaleRow[] => {
    const rung = rungNames[result.claim.rung];
    if (result.kind === "identified") {
      const { value, interval } = result;
      return [
        {
          query: result.query,
          rung,
          value,
          low: interval?.lower ?? value,
          high: interval?.upper ?? value,
        },
      ];
    }
    if (result.kind === "bounded") {
      return [
        {
          query: result.query,
          rung,
          value: null,
          low: result.value.lower,
          high: result.value.upper,
        },
      ];
    }
    return [];
  });
  if (rows.length === 0) return undefined;
  const shares = results.every((r) => r.quantity === "probability");
  const y = { field: "query", type: "nominal", title: null, sort: null, axis: { labelLimit: 320 } };
  const scale = shares ? { domain: [0, 1] } : { zero: true, nice: true };
  const title = shares ? "probability" : null;
  const x = { type: "quantitative", title, scale, axis: { tickCount: 6 } };
  return {
    kind: "chart",
    spec: {
      data: { values: rows },
      width: "container",
      // names are measured before their font is there
      padding: { left: 14, right: 5, top: 5, bottom: 5 },
      height: { step: 30 },
      layer: [
        {
          mark: { type: "rule", strokeWidth: 5, opacity: 0.45, strokeCap: "round" },
          encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" }, color: rungColor },
        },
        {
          transform: [{ filter: "isValid(datum.value)" }],
          mark: { type: "point", filled: true, size: 90, opacity: 1 },
          encoding: {
            y,
            x: { ...x, field: "value" },
            color: rungColor,
            tooltip: [{ field: "query" }, { field: "value", format: ".4~g" }, { field: "rung" }],
          },
        },
      ],
    },
    summary: results.map(answerText).join(" "),
  };
}

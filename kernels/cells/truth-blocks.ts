import type { Block } from "../../app/protocol/report.ts";
import type { Effect, EstimateResult } from "../estimate/effect.ts";
import { formatNumber, listing } from "./format.ts";
import type { Truth } from "./truth.ts";

interface Compared {
  readonly effect: Effect;
  readonly truth: Truth;
}

/** Estimates beside the truth of the model that their rows were drawn from: error, and whether the interval covers. */
export function truthBlocks(
  results: readonly EstimateResult[],
  truths: readonly (Truth | undefined)[] | undefined,
): readonly Block[] {
  const compared = results.flatMap((effect, i): Compared[] => {
    const truth = truths?.[i];
    return effect.kind === "effect" && truth !== undefined ? [{ effect, truth }] : [];
  });
  if (compared.length === 0) return [];
  const units = compared.some(
    ({ truth }) => truth.kind === "point" && truth.unitError !== undefined,
  );
  const rows = compared.map(({ effect, truth }) => [
    effect.methodLabel,
    truthText(truth),
    errorText(effect, truth),
    coveredText(effect, truth),
    ...(units
      ? [
          truth.kind === "point" && truth.unitError !== undefined
            ? formatNumber(truth.unitError, 3)
            : "",
        ]
      : []),
  ]);
  const unknown = [
    ...new Set(compared.flatMap(({ truth }) => (truth.kind === "unknown" ? [truth.reason] : []))),
  ];
  const chart = errorChart(compared);
  return [
    { kind: "heading", text: "Against the truth" },
    { kind: "text", text: sentence(compared) },
    ...(chart === undefined ? [] : [chart]),
    {
      kind: "table",
      columns: [
        { label: "method" },
        { label: "truth", align: "right" },
        { label: "error", align: "right" },
        { label: "interval covers it" },
        ...(units
          ? [{ label: "root mean squared error of the rows' effects", align: "right" as const }]
          : []),
      ],
      rows,
    },
    ...unknown.map((title): Block => ({ kind: "notice", tone: "info", title })),
  ];
}

function truthText(truth: Truth): string {
  switch (truth.kind) {
    case "point":
      return truth.standardError === undefined
        ? formatNumber(truth.value)
        : `${formatNumber(truth.value)} ± ${formatNumber(truth.standardError, 2)}`;
    case "range":
      return `${formatNumber(truth.lower)} to ${formatNumber(truth.upper)}`;
    case "unknown":
      return "not known";
  }
}

const signed = (value: number): string => `${value > 0 ? "+" : ""}${formatNumber(value, 3)}`;

/** How far an estimate is from the truth; from the nearer end where that is a range. */
function errorOf(effect: Effect, truth: Truth): number | undefined {
  if (truth.kind === "point") return effect.estimate - truth.value;
  if (truth.kind === "unknown") return undefined;
  return effect.estimate < truth.lower
    ? effect.estimate - truth.lower
    : Math.max(0, effect.estimate - truth.upper);
}

function errorText(effect: Effect, truth: Truth): string {
  const error = errorOf(effect, truth);
  return error === undefined ? "" : signed(error);
}

/** Twice the Monte Carlo error of the truth is too close to call. */
function covers(effect: Effect, truth: Truth): boolean | undefined {
  const { low, high } = effect.interval;
  if (truth.kind === "unknown" || !Number.isFinite(low) || !Number.isFinite(high)) return undefined;
  if (truth.kind === "range") return low <= truth.upper && high >= truth.lower;
  const blur = 2 * (truth.standardError ?? 0);
  if (Math.min(Math.abs(truth.value - low), Math.abs(truth.value - high)) < blur) return undefined;
  return low <= truth.value && truth.value <= high;
}

function coveredText(effect: Effect, truth: Truth): string {
  const covered = covers(effect, truth);
  return covered === undefined
    ? truth.kind === "unknown"
      ? ""
      : "too close to call"
    : covered
      ? "yes"
      : "no";
}

function sentence(compared: readonly Compared[]): string {
  const queries = [
    ...new Set(compared.flatMap(({ truth }) => (truth.kind === "unknown" ? [] : [truth.query]))),
  ];
  const missed = compared.filter(({ effect, truth }) => covers(effect, truth) === false);
  const outcome =
    missed.length === 0
      ? ""
      : ` ${listing(missed.map(({ effect }) => effect.methodLabel))} ${missed.length === 1 ? "misses" : "miss"} it by more than the interval allows.`;
  return queries.length === 0
    ? "These rows were drawn from a model, but it does not say the truth of this estimand."
    : `These rows were drawn from a model, so the truth is known: ${listing(queries.map((q) => `\`${q}\``))}.${outcome}`;
}

function errorChart(compared: readonly Compared[]): Block | undefined {
  const values = compared.flatMap(({ effect, truth }) =>
    truth.kind === "point"
      ? [
          {
            method: effect.methodLabel,
            error: effect.estimate - truth.value,
            low: effect.interval.low - truth.value,
            high: effect.interval.high - truth.value,
          },
        ]
      : [],
  );
  if (values.length === 0) return undefined;
  const y = {
    field: "method",
    type: "nominal",
    title: null,
    sort: null,
    axis: { labelLimit: 260 },
  };
  const x = { type: "quantitative", title: "estimate − truth", scale: { zero: true, nice: true } };
  return {
    kind: "chart",
    spec: {
      width: "container",
      height: { step: 26 },
      data: { values },
      layer: [
        {
          data: { values: [{ at: 0 }] },
          mark: { type: "rule", opacity: 0.6 },
          encoding: { x: { field: "at", type: "quantitative" } },
        },
        {
          mark: { type: "rule", strokeWidth: 2 },
          encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, size: 80, opacity: 1 },
          encoding: {
            y,
            x: { ...x, field: "error" },
            tooltip: [{ field: "method" }, { field: "error", format: "+.3~g" }],
          },
        },
      ],
    },
    summary: `Errors: ${listing(values.map(({ method, error }) => `${method} ${signed(error)}`))}.`,
  };
}

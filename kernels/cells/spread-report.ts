import { told as toldOf } from "../../app/claim.ts";
import type { Block, Report } from "../../app/protocol/report.ts";
import type { CounterfactualResult } from "../counterfactual/result.ts";
import type { MechanismSpread } from "../counterfactual/spread.ts";
import { formatInterval, formatNumber, listing } from "./format.ts";
import { rungColor, rungNames } from "./rungs.ts";

const classNames: Readonly<Record<string, string>> = {
  any: "any mechanism",
  monotone: "monotone",
  gumbel: "Gumbel-max",
};

/** One counterfactual across classes of mechanism, or across models: what the assumption is worth, as a picture. */
export function spreadReport(spread: MechanismSpread): Report {
  const rows = spread.rows.map(({ mechanism, result }) => ({
    name: classNames[mechanism] ?? mechanism,
    range: rangeOf(result),
    result,
  }));
  const known = rows.flatMap(({ range }) => (range === undefined ? [] : [range]));
  const low = Math.min(...known.map(([from]) => from));
  const high = Math.max(...known.map(([, to]) => to));
  const told = rows.map(({ name, result }) => `${name}: ${answerText(result)}`).join("; ");
  const agree = known.length === rows.length && high - low < 1e-9;
  const conclusion = agree
    ? "All agree: nothing here hangs on the mechanism."
    : known.length === 0
      ? "None of them gives a number."
      : spread.rows.some(({ mechanism }) => mechanism === "any")
        ? `The answer moves between ${formatNumber(low)} and ${formatNumber(high)} with the mechanism alone, which no data on these variables can settle.`
        : `The models answer between ${formatNumber(low)} and ${formatNumber(high)}: what they assume of the mechanisms decides.`;
  const blocks: Block[] = [
    {
      kind: "stat",
      label: `${spread.query} across ${spread.rows.some(({ mechanism }) => mechanism === "any") ? "mechanisms" : "models"}`,
      value:
        known.length === 0
          ? "open"
          : agree
            ? formatNumber(low)
            : `${formatNumber(low)} … ${formatNumber(high)}`,
      note: conclusion,
    },
  ];
  if (known.length > 0) blocks.push(chartOf(rows, spread, `${spread.query}. ${told}.`));
  for (const { name, result } of rows) {
    if (result.kind !== "needs-mechanism") continue;
    blocks.push({
      kind: "notice",
      tone: "answer",
      title: `${name}: no number`,
      text: result.reason,
      hint: `For ${listing(result.variables)}, one of: ${result.options.join("; ")}.`,
    });
  }
  if (toldOf(spread.claim.assumptions).length > 0) {
    blocks.push({
      kind: "details",
      title: "Assumptions of all of them",
      blocks: [{ kind: "assumptions", assumptions: toldOf(spread.claim.assumptions) }],
    });
  }
  return { summary: `${spread.query}. ${told}. ${conclusion}`, claim: spread.claim, blocks };
}

function rangeOf(result: CounterfactualResult): readonly [number, number] | undefined {
  switch (result.kind) {
    case "identified":
      return [result.value, result.value];
    case "bounded":
      return [result.value.lower, result.value.upper];
    case "needs-mechanism":
      return result.value === undefined ? undefined : [result.value.lower, result.value.upper];
    case "impossible-evidence":
      return undefined;
  }
}

function answerText(result: CounterfactualResult): string {
  switch (result.kind) {
    case "identified":
      return formatNumber(result.value);
    case "bounded":
      return formatInterval(result.value.lower, result.value.upper);
    case "needs-mechanism":
      return result.value === undefined
        ? "needs a mechanism"
        : `anything from ${formatInterval(result.value.lower, result.value.upper)}`;
    case "impossible-evidence":
      return "the evidence cannot happen";
  }
}

function chartOf(
  rows: readonly {
    readonly name: string;
    readonly range: readonly [number, number] | undefined;
  }[],
  spread: MechanismSpread,
  summary: string,
): Block {
  const shares = spread.rows.every(({ result }) => result.quantity === "probability");
  const values = rows.flatMap(({ name, range }) =>
    range === undefined
      ? []
      : [
          {
            name,
            low: range[0],
            high: range[1],
            point: range[1] - range[0] < 1e-9,
            rung: rungNames[spread.claim.rung],
          },
        ],
  );
  const y = {
    field: "name",
    type: "nominal",
    title: null,
    sort: null,
    axis: { labelLimit: 240 },
  };
  const color = { ...rungColor, legend: null };
  const scale = shares ? { domain: [0, 1] } : { zero: false, nice: true, padding: 12 };
  const x = { type: "quantitative", title: shares ? "probability" : spread.query, scale };
  return {
    kind: "chart",
    spec: {
      data: { values },
      width: "container",
      height: { step: 30 },
      layer: [
        {
          mark: { type: "rule", strokeWidth: 6, opacity: 0.45, strokeCap: "round" },
          encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" }, color },
        },
        {
          transform: [{ filter: "datum.point" }],
          mark: { type: "point", filled: true, size: 90, opacity: 1 },
          encoding: {
            y,
            x: { ...x, field: "low" },
            color,
            tooltip: [{ field: "name" }, { field: "low", format: ".4~g", title: "answer" }],
          },
        },
      ],
    },
    summary,
  };
}

import { told } from "../../app/claim.ts";
import type { Block, Report } from "../../app/protocol/report.ts";
import type { Attribution } from "../counterfactual/attribution.ts";
import { formatNumber, listing } from "./format.ts";

/** What each mechanism or noise adds, as steps from one mean to the other. */
export function attributionReport(attribution: Attribution): Report {
  const { target, contributions, from, to, total } = attribution;
  const ordered = contributions.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const unit = attribution.claim.rung === 3;
  const [start, end] = unit ? ["mean of all units", "this unit"] : ["before", "after"];
  const named = ordered.slice(0, 3).map((c) => `${c.variable} ${signed(c.value)}`);
  const about = unit ? `${target} of this unit` : `The mean of ${target}`;
  const summary =
    contributions.length === 0
      ? `${about} is ${formatNumber(to)}; nothing upstream of it differs.`
      : `${about} is ${formatNumber(to)} against ${formatNumber(from)} (${signed(total)}): ${listing(named)}.`;
  const sampled = contributions.some(({ standardError }) => standardError !== undefined);
  const blocks: Block[] = [
    {
      kind: "stat",
      label: unit
        ? `${target} of this unit against the mean of all`
        : `change of the mean of ${target}`,
      value: signed(total),
      note: `${formatNumber(from)} → ${formatNumber(to)}`,
    },
  ];
  if (contributions.length > 0) {
    blocks.push(waterfall(ordered, from, to, [start, end], target, summary), {
      kind: "details",
      title: unit ? "By noise" : "By mechanism",
      blocks: [
        {
          kind: "table",
          columns: [
            { label: unit ? "noise of" : "mechanism of" },
            { label: "adds", align: "right" },
            { label: "share", align: "right" },
            ...(sampled ? [{ label: "standard error", align: "right" as const }] : []),
          ],
          rows: ordered.map(({ variable, value, standardError }) => [
            variable,
            signed(value),
            Math.abs(total) < 1e-12 ? "" : `${formatNumber((100 * value) / total, 3)} %`,
            ...(sampled ? [standardError === undefined ? "" : formatNumber(standardError, 3)] : []),
          ]),
        },
      ],
    });
  }
  blocks.push(
    {
      kind: "details",
      title: "Assumptions and method",
      blocks: [
        { kind: "assumptions", assumptions: told(attribution.claim.assumptions) },
        ...(attribution.claim.derivation ?? []).map((text): Block => ({ kind: "text", text })),
      ],
    },
    {
      kind: "facts",
      footer: true,
      facts: [
        { label: "method", value: sampled ? "Shapley values, sampled orders" : "Shapley values" },
        { label: "models evaluated", value: formatNumber(attribution.evaluations) },
        { label: "seed", value: String(attribution.seed) },
      ],
    },
  );
  return { summary, claim: attribution.claim, blocks };
}

const signed = (value: number): string => `${value > 0 ? "+" : ""}${formatNumber(value)}`;

function waterfall(
  ordered: Attribution["contributions"],
  from: number,
  to: number,
  [start, end]: readonly [string, string],
  target: string,
  summary: string,
): Block {
  let at = from;
  const steps = ordered.map(({ variable, value }) => {
    const step = { name: variable, low: at, high: at + value, adds: value };
    at += value;
    return step;
  });
  const sort = [start, ...steps.map(({ name }) => name), end];
  const y = { field: "name", type: "nominal", title: null, sort, axis: { labelLimit: 240 } };
  const x = {
    type: "quantitative",
    title: target,
    scale: { zero: false, nice: true, padding: 8 },
  };
  return {
    kind: "chart",
    spec: {
      width: "container",
      height: { step: 26 },
      data: {
        values: [
          { name: start, low: from, high: from, end: true },
          ...steps,
          { name: end, low: to, high: to, end: true },
        ],
      },
      layer: [
        {
          transform: [{ filter: "!datum.end" }],
          mark: { type: "bar", height: 14, cornerRadius: 2 },
          encoding: {
            y,
            x: { ...x, field: "low" },
            x2: { field: "high" },
            opacity: { condition: { test: "datum.adds < 0", value: 0.5 }, value: 1 },
            tooltip: [{ field: "name" }, { field: "adds", format: "+.4~g" }],
          },
        },
        {
          transform: [{ filter: "datum.end" }],
          mark: { type: "tick", thickness: 3, size: 18 },
          encoding: { y, x: { ...x, field: "low" } },
        },
      ],
    },
    summary,
  };
}

import type { Block } from "../../app/protocol/report.ts";
import type { Effect } from "../estimate/effect.ts";
import type { CovariateView, Heterogeneity } from "../estimate/heterogeneity.ts";
import { histogram } from "../math/summary.ts";
import { judgeBlocks } from "./judge-report.ts";
import { formatInterval, formatNumber, formatPercent } from "./format.ts";

/** How the effect differs between units: its distribution, along covariates, and what of it can be tested. */
export function heterogeneityBlocks(effect: Effect, found: Heterogeneity): readonly Block[] {
  const values = effect.unitEffects ?? new Float64Array();
  const spread = found.maximum - found.minimum;
  const flat = spread <= 1e-9 * Math.max(1, Math.abs(effect.estimate));
  const text = flat
    ? `${effect.methodLabel} predicts the same effect for every unit.`
    : `Half of the predicted effects lie in ${formatInterval(found.lowerQuartile, found.upperQuartile)}, all in ${formatInterval(found.minimum, found.maximum)}; ${formatPercent(found.sameSign)} have the sign of the average.`;
  if (flat) return [{ kind: "text", text }];
  const { edges, counts } = histogram(values, 40, found.minimum, found.maximum);
  const shown = found.covariates.slice(0, 6);
  return [
    {
      kind: "text",
      text: `${text} Predicted effects of single units are uncertain, more than the average; what can be tested is below.`,
    },
    chart(
      {
        height: 120,
        data: { values: counts.map((units, i) => ({ from: edges[i], to: edges[i + 1], units })) },
        mark: { type: "bar" },
        encoding: {
          x: {
            field: "from",
            type: "quantitative",
            bin: "binned",
            title: "predicted effect of a unit",
          },
          x2: { field: "to" },
          y: { field: "units", type: "quantitative", title: "units" },
        },
      },
      `Distribution of ${formatNumber(values.length)} predicted unit effects. ${text}`,
    ),
    ...pairs(shown.map((view) => covariateBlocks(view))),
    ...fifthsBlocks(effect, found),
    ...predictorBlocks(found),
    ...(found.judgement === undefined ? [] : judgeBlocks(effect, found.judgement)),
  ];
}

function pairs(parts: readonly Block[][]): Block[] {
  const blocks: Block[] = [];
  for (let k = 0; k < parts.length; k += 2)
    blocks.push({ kind: "columns", columns: [parts[k]!, parts[k + 1] ?? []] });
  return blocks;
}

function covariateBlocks(view: CovariateView): Block[] {
  const { groups, name } = view;
  const first = groups[0]!;
  const last = groups.at(-1)!;
  const x = view.labels
    ? { field: "label", type: "nominal", title: name, sort: null, axis: { labelAngle: 0 } }
    : { field: "at", type: "quantitative", title: name, scale: { zero: false } };
  const y = (field: string): object => ({
    field,
    type: "quantitative",
    title: "predicted effect",
    scale: { zero: false },
  });
  return [
    chart(
      {
        height: 130,
        data: { values: groups },
        layer: [
          {
            mark: view.labels ? { type: "rule", opacity: 0.5 } : { type: "area", opacity: 0.2 },
            encoding: { x, y: y("low"), y2: { field: "high" } },
          },
          {
            mark: view.labels
              ? { type: "point", filled: true, size: 50 }
              : { type: "line", point: true, strokeWidth: 2 },
            encoding: {
              x,
              y: y("mean"),
              tooltip: [
                { field: "label", title: name },
                { field: "mean", format: ".3~g" },
                { field: "n", title: "units" },
              ],
            },
          },
        ],
      },
      `Predicted effect along ${name}: ${formatNumber(first.mean, 3)} at ${first.label}, ${formatNumber(last.mean, 3)} at ${last.label}; ${name} accounts for ${formatPercent(view.share)} of the variance of the predictions. Bands hold the middle 80 % of the units.`,
    ),
  ];
}

function fifthsBlocks(effect: Effect, { fifths }: Heterogeneity): readonly Block[] {
  if (fifths === undefined) return [];
  const had = effect.diagnostics.some(
    (one) => one.kind === "curve" && one.title.startsWith("Effect by fifth"),
  );
  if (had) return [];
  const rows = fifths.map(({ estimate, standardError, predicted }, k) => ({
    fifth: k + 1,
    estimate,
    low: estimate - 1.96 * standardError,
    high: estimate + 1.96 * standardError,
    predicted,
  }));
  return [
    {
      kind: "table",
      caption: "Average effect within fifths of the predicted effect (GATES)",
      columns: [
        { label: "fifth" },
        { label: "predicted", align: "right" },
        { label: "doubly robust average", align: "right" },
        { label: "95 % interval", align: "right" },
      ],
      rows: rows.map((row) => [
        String(row.fifth),
        formatNumber(row.predicted, 3),
        formatNumber(row.estimate, 3),
        formatInterval(row.low, row.high, 3),
      ]),
    },
  ];
}

function predictorBlocks({ predictor }: Heterogeneity): readonly Block[] {
  if (predictor === undefined) return [];
  return [
    {
      kind: "table",
      caption: "Best linear predictor of the effect (at the covariates' means; HC1 errors)",
      columns: [
        { label: "covariate" },
        { label: "change of the effect", align: "right" },
        { label: "standard error", align: "right" },
        { label: "p", align: "right" },
      ],
      rows: predictor.map((row) => [
        row.name,
        formatNumber(row.coefficient, 3),
        formatNumber(row.standardError, 3),
        row.p < 0.001 ? "< 0.001" : row.p.toFixed(3),
      ]),
    },
  ];
}

function chart(spec: Readonly<Record<string, unknown>>, summary: string): Block {
  return { kind: "chart", spec: { width: "container", ...spec }, summary };
}

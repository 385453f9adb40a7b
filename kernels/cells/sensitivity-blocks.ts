import type { Block } from "../../app/protocol/report.ts";
import { biasBound, type EValues, type Sensitivity } from "../estimate/sensitivity.ts";
import type { RosenbaumBounds } from "../estimate/rosenbaum.ts";
import { formatInterval, formatNumber, formatPercent } from "./format.ts";
import type { RefutedEffect, Sensed } from "./refute-run.ts";

const titles: Readonly<Record<Sensed["analysis"], string>> = {
  "e-value": "E-value",
  rosenbaum: "Rosenbaum bounds",
  "cinelli-hazlett": "Partial R² (Cinelli & Hazlett)",
  "omitted-variables": "Omitted variables without linearity",
};

/** One sentence or two for each analysis; the text alternative of its charts says more. */
export function sensitivityText(sensed: Sensed): string {
  if ("none" in sensed) return `${titles[sensed.analysis]}: not for this estimate. ${sensed.none}`;
  switch (sensed.analysis) {
    case "e-value":
      return eValueText(sensed.eValues);
    case "rosenbaum":
      return rosenbaumText(sensed.bounds);
    case "cinelli-hazlett":
      return partialText(sensed.sensitivity);
    case "omitted-variables":
      return boundsText(sensed);
  }
}

export function sensitivityBlocks(
  effect: RefutedEffect,
  sensed: readonly Sensed[],
): readonly Block[] {
  return sensed.flatMap((one): readonly Block[] => [
    { kind: "heading", text: titles[one.analysis] },
    ...inner(effect, one),
  ]);
}

function inner(effect: RefutedEffect, sensed: Sensed): readonly Block[] {
  if ("none" in sensed) {
    return [{ kind: "notice", tone: "answer", title: "Not for this estimate.", text: sensed.none }];
  }
  switch (sensed.analysis) {
    case "e-value":
      return eValueBlocks(sensed.eValues);
    case "rosenbaum":
      return rosenbaumBlocks(sensed.bounds);
    case "cinelli-hazlett":
      return [...leftOut(sensed.left), ...partialBlocks(effect, sensed.sensitivity)];
    case "omitted-variables":
      return boundsBlocks(effect, sensed);
  }
}

function leftOut(names: readonly string[]): readonly Block[] {
  if (names.length === 0) return [];
  return [
    {
      kind: "notice",
      tone: "info",
      title: `${names.join(", ")} ${names.length === 1 ? "is" : "are"} not adjusted for, so no confounder can be compared with ${names.length === 1 ? "it" : "them"}.`,
    },
  ];
}

function eValueText({ estimate, limit, scale, ratio }: EValues): string {
  const of =
    scale === "risk ratio"
      ? `risk ratio ${formatNumber(ratio, 3)}`
      : `difference (an approximate risk ratio of ${formatNumber(ratio, 3)})`;
  return `To explain away the ${of}, a hidden cause would have to go with treatment and outcome by a risk ratio of ${formatNumber(estimate, 3)} each, beyond what is adjusted for${limit === 1 ? "; the interval holds no effect as it is" : `; by ${formatNumber(limit, 3)} to bring the interval to no effect`}.`;
}

function eValueBlocks(values: EValues): readonly Block[] {
  const text = eValueText(values);
  const blocks: Block[] = [
    {
      kind: "stat",
      label: "E-value of the estimate",
      value: formatNumber(values.estimate, 3),
      interval: `of the interval's end nearest to no effect ${formatNumber(values.limit, 3)}`,
      note:
        values.scale === "risk ratio"
          ? `of a doubly robust risk ratio of ${formatNumber(values.ratio, 3)} (${formatInterval(values.low, values.high, 3)})`
          : "of a difference in means, turned into a ratio by exp(0.91 d): an approximation",
    },
    { kind: "text", text },
  ];
  const lines = [
    { name: "estimate", ratio: ratioAbove(values.ratio) },
    ...(values.limit === 1
      ? []
      : [
          {
            name: "end of the interval",
            ratio: ratioAbove(values.ratio > 1 ? values.low : values.high),
          },
        ]),
  ].filter(({ ratio }) => ratio > 1.0001 && Number.isFinite(ratio));
  if (lines.length === 0) return blocks;
  const reach = Math.max(
    ...lines.map(({ ratio }) => 2.5 * (ratio + Math.sqrt(ratio * (ratio - 1)))),
  );
  const points = lines.flatMap(({ name, ratio }) => {
    // Pairs with the same bias factor ab / (a + b − 1)
    const start = (ratio * (reach - 1)) / (reach - ratio);
    return Array.from({ length: 61 }, (_, k) => {
      const a = start * (reach / start) ** (k / 60);
      return { line: name, a, b: (ratio * (a - 1)) / (a - ratio) };
    }).filter(({ b }) => b > 0 && b <= reach * 1.001);
  });
  blocks.push(
    chart(
      {
        height: 220,
        data: { values: points },
        mark: { type: "line", strokeWidth: 2 },
        encoding: {
          x: axis("a", "risk ratio with treatment", { zero: false, type: "log" }),
          y: axis("b", "risk ratio with outcome", { zero: false, type: "log" }),
          color: legend("line"),
          strokeDash: { field: "line", type: "nominal", title: null, sort: null },
        },
      },
      `Pairs of risk ratios, of a hidden cause with treatment and with outcome, that would explain the ${lines.map(({ name }) => name).join(" and the ")} away. ${text} Pairs below and left of a line are too weak.`,
    ),
  );
  return blocks;
}

function ratioAbove(ratio: number): number {
  return ratio < 1 ? 1 / ratio : ratio;
}

function rosenbaumText(bounds: RosenbaumBounds): string {
  const { gamma, alpha, pairs, direction, test } = bounds;
  const p = bounds.points[0]?.p ?? 1;
  const found =
    gamma === 0
      ? `Even without hidden bias the pairs show no effect at the ${formatPercent(Number(alpha.toFixed(9)))} level (p = ${pText(p)}).`
      : `The ${direction} effect stays significant at the ${formatPercent(Number(alpha.toFixed(9)))} level as long as a hidden cause changes the odds of treatment within pairs by a factor of less than Γ = ${gamma >= 1000 ? "1000 and more" : formatNumber(gamma, 3)}.`;
  return `${formatNumber(pairs)} pairs of a treated and an untreated unit, ${test} test. ${found}`;
}

function rosenbaumBlocks(bounds: RosenbaumBounds): readonly Block[] {
  const reach = Math.max(2, Math.min(6, bounds.gamma === 0 ? 2 : bounds.gamma * 1.6));
  const values = bounds.points.filter(({ gamma }) => gamma <= reach + 0.1);
  const x = axis("gamma", "Γ, odds of treatment within a pair", { zero: false, nice: false });
  return [
    { kind: "text", text: rosenbaumText(bounds) },
    chart(
      {
        height: 180,
        layer: [
          {
            data: { values },
            mark: { type: "line", strokeWidth: 2 },
            encoding: { x, y: axis("p", "largest p-value", { domain: [0, 1] }) },
          },
          {
            data: { values: [{ p: bounds.alpha }] },
            mark: { type: "rule", strokeDash: [4, 3] },
            encoding: { y: { field: "p", type: "quantitative" } },
          },
          ...(bounds.gamma >= 1 && bounds.gamma <= reach
            ? [
                {
                  data: { values: [{ gamma: bounds.gamma }] },
                  mark: { type: "rule", strokeDash: [2, 2] },
                  encoding: { x: { field: "gamma", type: "quantitative" } },
                },
              ]
            : []),
        ],
      },
      `Largest one-sided p-value as Γ grows from 1 to ${formatNumber(reach, 2)}: ${values
        .filter((_, k) => k % 5 === 0)
        .slice(0, 8)
        .map(({ gamma, p }) => `${pText(p)} at ${formatNumber(gamma, 2)}`)
        .join(", ")}. ${rosenbaumText(bounds)}`,
    ),
  ];
}

function partialText(found: Sensitivity): string {
  const nothing = `A hidden cause that explains ${share(found.robustnessValue)} of what is left of both treatment and outcome would bring the linear estimate of ${formatNumber(found.estimate)} to nothing`;
  const level = `${formatPercent(found.level)} interval`;
  return found.robustnessValueAlpha === 0
    ? `${nothing}; its ${level} holds nothing as it is.`
    : `${nothing}; ${share(found.robustnessValueAlpha)} would bring its ${level} to nothing.`;
}

/** Lines of equal estimates: b = ((|θ| − |level|) / se)² (1 − a) / (a df), for a hidden cause that acts against θ. */
function partialBlocks(effect: RefutedEffect, found: Sensitivity): readonly Block[] {
  const { estimate, standardError, df, benchmarks, robustnessValue: rv } = found;
  const side = (of: (b: Sensitivity["benchmarks"][number]) => number): number => {
    const far = benchmarks.reduce((most, b) => Math.max(most, of(b)), 0);
    return Math.min(1, Math.max(0.05, 1.6 * rv, 1.15 * far));
  };
  // Treatment's share stays below 1, where nothing is left of the treatment.
  const reach = Math.min(
    0.95,
    side((b) => b.withTreatment),
  );
  const height = side((b) => b.withOutcome);
  const size = Math.abs(estimate);
  const levels = [0.75, 0.5, 0.25, 0, -0.5].map((part) => part * estimate);
  const points = levels.flatMap((level) => {
    const gone = (size - Math.sign(estimate) * level) / standardError;
    return Array.from({ length: 81 }, (_, k) => {
      const a = reach * ((k + 0.25) / 80.25);
      return { a, b: (gone * gone * (1 - a)) / (a * df), level: levelName(level) };
    }).filter(({ b }) => b <= height);
  });
  const order = levels.map(levelName);
  const drawn = benchmarks.filter((b) => b.withTreatment <= reach && b.withOutcome <= height);
  const marks = drawn.map((b) => ({
    a: b.withTreatment,
    b: b.withOutcome,
    name: benchmarkName(b),
    adjusted: formatNumber(b.adjusted),
  }));
  const x = axis("a", "partial R² with treatment", { domain: [0, reach] });
  const y = axis("b", "partial R² with outcome", { domain: [0, height] });
  const strongest = [...benchmarks].sort(
    (p, q) => q.withTreatment * q.withOutcome - p.withTreatment * p.withOutcome,
  )[0];
  const compared =
    strongest === undefined
      ? "There is no covariate to compare with."
      : `One as strong as ${benchmarkName(strongest)} (${share(strongest.withTreatment)} with treatment, ${share(strongest.withOutcome)} with outcome) would leave ${formatNumber(strongest.adjusted)}.`;
  const differs = Math.abs(estimate - effect.estimate) > 0.005 * Math.abs(effect.estimate);
  return [
    {
      kind: "facts",
      facts: [
        { label: "robustness value", value: share(rv) },
        {
          label: `for the ${formatPercent(found.level)} interval`,
          value: share(found.robustnessValueAlpha),
        },
        { label: "partial R² of treatment with outcome", value: share(found.partialRSquared) },
        {
          label: "linear estimate",
          value: `${formatNumber(estimate)} (se ${formatNumber(standardError, 3)})`,
        },
      ],
    },
    { kind: "text", text: `${partialText(found)} ${compared}` },
    ...(differs
      ? [
          {
            kind: "text",
            text: `It is about the linear regression with the same adjustment set (${formatNumber(estimate)}), not about ${effect.methodLabel} itself (${formatNumber(effect.estimate)}).`,
          } as const,
        ]
      : []),
    chart(
      {
        height: 280,
        layer: [
          {
            data: { values: points },
            mark: { type: "line", clip: true },
            encoding: {
              x,
              y,
              color: { field: "level", type: "nominal", title: "estimate left", sort: order },
              strokeDash: { field: "level", type: "nominal", title: "estimate left", sort: order },
            },
          },
          {
            data: { values: points.filter(({ level }) => level === levelName(0)) },
            mark: { type: "line", clip: true, strokeWidth: 4 },
            encoding: {
              x,
              y,
              color: { field: "level", type: "nominal", title: "estimate left", sort: order },
            },
          },
          {
            data: { values: marks },
            mark: { type: "point", shape: "diamond", filled: true, size: 70, opacity: 1 },
            encoding: {
              x,
              y,
              tooltip: [
                { field: "name" },
                { field: "a", format: ".3f", title: "with treatment" },
                { field: "b", format: ".3f", title: "with outcome" },
                { field: "adjusted", title: "estimate left" },
              ],
            },
          },
          {
            data: { values: marks.slice(0, 6) },
            mark: { type: "text", align: "left", dx: 7, dy: -5, fontSize: 11 },
            encoding: { x, y, text: { field: "name" } },
          },
        ],
      },
      `Contours of the estimate that a hidden cause of given strength would leave. ${partialText(found)} ${compared}${drawn.length < benchmarks.length ? ` ${benchmarks.length - drawn.length} benchmarks lie beyond the drawing.` : ""}`,
    ),
    ...(benchmarks.length === 0
      ? []
      : [
          {
            kind: "table",
            caption: "A hidden cause as strong as …",
            columns: [
              { label: "covariate" },
              { label: "R² with treatment", align: "right" },
              { label: "R² with outcome", align: "right" },
              { label: "estimate left", align: "right" },
            ],
            rows: benchmarks.map((b) => [
              benchmarkName(b),
              share(b.withTreatment),
              share(b.withOutcome),
              formatNumber(b.adjusted),
            ]),
          } as const,
        ]),
  ];
}

function levelName(level: number): string {
  return formatNumber(level, 3);
}

function benchmarkName({ name, multiple }: Sensitivity["benchmarks"][number]): string {
  return multiple === 1 ? name : `${formatNumber(multiple, 3)} × ${name}`;
}

type Omitted = Extract<Sensed, { analysis: "omitted-variables"; bounds: unknown }>;

function boundsText({ bounds, outcome, treatment }: Omitted): string {
  const { estimate, robustness } = bounds;
  const half = biasBound(bounds.scale, outcome, treatment);
  return `Without linearity: hidden causes that explain ${share(outcome)} of what is left of the outcome and ${share(treatment)} of the treatment's odds weight could move the average effect of ${formatNumber(estimate)} to between ${formatInterval(estimate - half, estimate + half)}; ${share(robustness)} of both could bring it to nothing.`;
}

function boundsBlocks(effect: RefutedEffect, sensed: Omitted): readonly Block[] {
  const { bounds } = sensed;
  const { estimate, standardError, scale, robustness } = bounds;
  const reach = Math.min(0.95, Math.max(0.05, 1.6 * robustness));
  const z = 1.96 * standardError;
  const values = Array.from({ length: 61 }, (_, k) => {
    const r = (reach * k) / 60;
    const half = biasBound(scale, r, r);
    return {
      r,
      low: estimate - half,
      high: estimate + half,
      wideLow: estimate - half - z,
      wideHigh: estimate + half + z,
    };
  });
  const x = axis("r", "share explained of both", { nice: false });
  const y = { type: "quantitative", title: effect.outcome, scale: { zero: false } } as const;
  const rows = [0.01, 0.03, 0.05, 0.1, 0.2].map((r) => {
    const half = biasBound(scale, r, r);
    return [
      share(r),
      formatInterval(estimate - half, estimate + half),
      formatInterval(estimate - half - z, estimate + half + z),
    ];
  });
  return [
    { kind: "text", text: boundsText(sensed) },
    ...(effect.target === "ATE"
      ? []
      : [
          {
            kind: "text",
            text: "It speaks of the average over everybody, whatever the estimate's own population.",
          } as const,
        ]),
    chart(
      {
        height: 200,
        layer: [
          {
            data: { values },
            mark: { type: "area", opacity: 0.15 },
            encoding: { x, y: { ...y, field: "wideLow" }, y2: { field: "wideHigh" } },
          },
          {
            data: { values },
            mark: { type: "area", opacity: 0.3 },
            encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
          },
          {
            data: { values: [{ at: 0 }] },
            mark: { type: "rule", strokeDash: [4, 3] },
            encoding: { y: { field: "at", type: "quantitative" } },
          },
        ],
      },
      `Bounds of the average effect as the share that hidden causes explain grows from 0 to ${share(reach)}: ${rows.map(([r = "", bound = ""]) => `${bound} at ${r}`).join(", ")}. ${boundsText(sensed)}`,
    ),
    {
      kind: "table",
      caption: "Bounds by the share that hidden causes explain of both",
      columns: [
        { label: "share" },
        { label: "bounds", align: "right" },
        { label: "with 95 % interval", align: "right" },
      ],
      rows,
    },
  ];
}

function axis(
  field: string,
  title: string,
  scale: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { field, type: "quantitative", title, scale };
}

function legend(field: string): Readonly<Record<string, unknown>> {
  return { field, type: "nominal", title: null, sort: null };
}

function chart(spec: Readonly<Record<string, unknown>>, summary: string): Block {
  return { kind: "chart", spec: { width: "container", ...spec }, summary };
}

function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

function share(value: number): string {
  return formatPercent(value);
}

import type { Block } from "../../app/protocol/report.ts";
import type { Diagnostic } from "../estimate/diagnostic.ts";
import { formatNumber } from "./format.ts";

/** A diagnostic as blocks: its chart or table, with the text summary that it carries. */
export function diagnosticBlock(diagnostic: Diagnostic): Block {
  return { kind: "details", title: diagnostic.title, blocks: inner(diagnostic) };
}

function inner(diagnostic: Diagnostic): readonly Block[] {
  switch (diagnostic.kind) {
    case "overlap":
      return [
        chart(
          {
            data: {
              values: [
                ...bins(diagnostic.edges, diagnostic.treated, "treated", 1),
                ...bins(diagnostic.edges, diagnostic.control, "control", -1),
              ],
            },
            height: 140,
            mark: { type: "bar" },
            encoding: {
              x: {
                field: "from",
                type: "quantitative",
                bin: "binned",
                title: "propensity",
                scale: { domain: [0, 1] },
                axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: ".1f" },
              },
              x2: { field: "to" },
              y: {
                field: "height",
                type: "quantitative",
                title: "units (control below)",
                scale: { nice: true },
                axis: { labelExpr: "format(abs(datum.value), 'd')" },
              },
              color: armColor,
              tooltip: [
                { field: "arm" },
                { field: "count", title: "units" },
                { field: "from", format: ".2f" },
                { field: "to", format: ".2f" },
              ],
            },
          },
          diagnostic.summary,
        ),
      ];
    case "balance":
      return [loveplot(diagnostic), balanceTable(diagnostic)];
    case "weights":
      return [
        { kind: "text", text: diagnostic.summary },
        {
          kind: "facts",
          facts: [
            { label: "effective n, treated", value: formatNumber(diagnostic.effectiveTreated) },
            { label: "effective n, control", value: formatNumber(diagnostic.effectiveControl) },
            { label: "largest share of an arm", value: formatNumber(diagnostic.largestShare) },
            {
              label: "weights",
              value: `${formatNumber(diagnostic.minimum)} to ${formatNumber(diagnostic.maximum)}`,
            },
            { label: "clipped", value: formatNumber(diagnostic.clipped) },
          ],
        },
      ];
    case "residuals":
      return [
        chart(
          {
            data: { values: bins(diagnostic.edges, diagnostic.counts, "residuals", 1) },
            height: 120,
            mark: { type: "bar" },
            encoding: {
              x: { field: "from", type: "quantitative", bin: "binned", title: "residual" },
              x2: { field: "to" },
              y: { field: "count", type: "quantitative", title: "units" },
            },
          },
          diagnostic.summary,
        ),
      ];
    case "curve":
      return [curve(diagnostic)];
    case "series":
      return [
        chart(
          {
            data: { values: diagnostic.rows },
            height: { step: 16 },
            mark: { type: "bar" },
            encoding: {
              y: { field: "name", type: "nominal", title: null, sort: null },
              x: { field: "value", type: "quantitative", title: null },
            },
          },
          diagnostic.summary,
        ),
      ];
    case "figures":
      return [
        { kind: "text", text: diagnostic.summary },
        {
          kind: "table",
          columns: [{ label: "" }, { label: "value", align: "right" }, { label: "" }],
          rows: diagnostic.rows.map((row) => [row.name, formatNumber(row.value), row.note ?? ""]),
        },
      ];
  }
}

const armColor = {
  field: "arm",
  type: "nominal",
  title: null,
  scale: { domain: ["control", "treated"] },
};

function bins(
  edges: readonly number[],
  counts: readonly number[],
  arm: string,
  sign: 1 | -1,
): readonly object[] {
  return counts.map((n, i) => ({
    from: edges[i],
    to: edges[i + 1],
    count: n,
    height: sign * n,
    arm,
  }));
}

function loveplot(balance: Extract<Diagnostic, { kind: "balance" }>): Block {
  const values = balance.rows.flatMap((row) => [
    { name: row.name, difference: Math.abs(row.raw), when: "raw" },
    ...(row.weighted === undefined
      ? []
      : [{ name: row.name, difference: Math.abs(row.weighted), when: "weighted" }]),
  ]);
  return chart(
    {
      data: { values },
      height: { step: 16 },
      layer: [
        {
          mark: { type: "rule", strokeDash: [3, 3], opacity: 0.6 },
          data: { values: [{ at: 0.1 }] },
          encoding: { x: { field: "at", type: "quantitative" } },
        },
        {
          mark: { type: "point", filled: true, size: 45 },
          encoding: {
            y: { field: "name", type: "nominal", title: null, sort: null },
            x: {
              field: "difference",
              type: "quantitative",
              title: "absolute standardised mean difference",
              scale: { domainMin: 0 },
            },
            color: {
              field: "when",
              type: "nominal",
              title: null,
              scale: { domain: ["raw", "weighted"] },
            },
            shape: {
              field: "when",
              type: "nominal",
              title: null,
              scale: { domain: ["raw", "weighted"] },
            },
            tooltip: [{ field: "name" }, { field: "when" }, { field: "difference", format: ".3f" }],
          },
        },
      ],
    },
    balance.summary,
  );
}

function balanceTable(balance: Extract<Diagnostic, { kind: "balance" }>): Block {
  return {
    kind: "table",
    columns: [
      { label: "covariate" },
      { label: "treated", align: "right" },
      { label: "control", align: "right" },
      { label: "raw SMD", align: "right" },
      { label: "weighted SMD", align: "right" },
      { label: "variance ratio", align: "right" },
    ],
    rows: balance.rows.map((row) => [
      row.name,
      formatNumber(row.treatedMean),
      formatNumber(row.controlMean),
      formatNumber(row.raw, 3),
      row.weighted === undefined ? "" : formatNumber(row.weighted, 3),
      formatNumber(row.varianceRatio, 3),
    ]),
  };
}

/** Whether a curve is the loss of a net by epoch: to be looked at where a number is doubted. */
export function isTraining(diagnostic: Extract<Diagnostic, { kind: "curve" }>): boolean {
  return diagnostic.xLabel === "epoch";
}

function curve(diagnostic: Extract<Diagnostic, { kind: "curve" }>): Block {
  // The nets of several folds are drawn in one colour: what is told apart is training and validation.
  const training = isTraining(diagnostic);
  const pointsOf = (lines: typeof diagnostic.lines): readonly Readonly<Record<string, unknown>>[] =>
    lines.flatMap((line) =>
      line.points.map((point) => ({
        ...point,
        line: line.name,
        style: line.style,
        group: training ? line.name.replace(/ of fold \d+$/u, "") : sideless(line.name),
      })),
    );
  const named = diagnostic.lines.filter((line) => line.muted !== true);
  const muted = pointsOf(diagnostic.lines.filter((line) => line.muted === true));
  const values = pointsOf(named);
  const color =
    named.length > 1
      ? {
          color: {
            field: "group",
            type: "nominal",
            title: null,
            sort: null,
            // The band behind a line is faint; its sign in the legend is not.
            legend: { orient: "top", symbolType: "stroke", symbolOpacity: 1, symbolStrokeWidth: 2 },
          },
          detail: { field: "line" },
        }
      : {};
  // Years and periods are counted: no thousands, no halves.
  const whole = values.every((value) => Number.isInteger(value["x"]));
  const x = {
    field: "x",
    type: "quantitative",
    title: diagnostic.xLabel,
    scale: { zero: false, nice: false, padding: 6 },
    axis: {
      labelOverlap: true,
      labelSeparation: 8,
      ...(whole ? { format: "d", tickMinStep: 1 } : {}),
    },
  };
  // Several intervals at one place: the later, narrower ones are drawn broader.
  const barred = named.filter(
    (line) => line.style === "points" && line.points[0]?.low !== undefined,
  );
  const broad =
    barred.length < 2
      ? {}
      : {
          strokeWidth: {
            field: "line",
            type: "nominal",
            scale: {
              domain: barred.map((line) => line.name),
              range: barred.map((_, k) => 1.25 + 2.25 * k),
            },
            legend: null,
          },
        };
  const y = { type: "quantitative", title: diagnostic.yLabel, scale: { zero: false } };
  const banded = values.some((value) => value["low"] !== undefined);
  return chart(
    {
      data: { values },
      height: 200,
      layer: [
        ...(muted.length === 0
          ? []
          : [
              {
                data: { values: muted },
                mark: { type: "line", strokeWidth: 1, opacity: 0.35, color: "#888" },
                encoding: { x, y: { ...y, field: "y" }, detail: { field: "line" } },
              },
            ]),
        ...(banded
          ? [
              {
                transform: [{ filter: "isValid(datum.low) && datum.style == 'line'" }],
                mark: { type: "area", opacity: 0.18 },
                encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, ...color },
              },
              {
                transform: [{ filter: "isValid(datum.low) && datum.style == 'points'" }],
                mark: { type: "rule", opacity: 0.6 },
                encoding: {
                  x,
                  y: { ...y, field: "low" },
                  y2: { field: "high" },
                  ...color,
                  ...broad,
                },
              },
            ]
          : []),
        {
          transform: [{ filter: "datum.style == 'line'" }],
          mark: { type: "line", strokeWidth: 2 },
          encoding: { x, y: { ...y, field: "y" }, ...color },
        },
        {
          transform: [{ filter: "datum.style == 'points'" }],
          mark: { type: "point", filled: true, size: 30 },
          encoding: { x, y: { ...y, field: "y" }, ...color },
        },
        ...(diagnostic.mark === undefined
          ? []
          : [
              {
                data: { values: [{ at: diagnostic.mark }] },
                mark: { type: "rule", strokeDash: [4, 3] },
                encoding: { x: { field: "at", type: "quantitative" } },
              },
            ]),
      ],
    },
    diagnostic.summary,
  );
}

/** Both sides of a cutoff share a colour; the cutoff tells them apart. */
function sideless(name: string): string {
  return name.replace(/ (?:below|above)$/u, "");
}

function chart(spec: Readonly<Record<string, unknown>>, summary: string): Block {
  return { kind: "chart", spec: { width: "container", ...spec }, summary };
}

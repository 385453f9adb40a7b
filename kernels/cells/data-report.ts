import type { Block, Report } from "../../app/protocol/report.ts";
import { type ColumnSummary, summariseTable } from "../data/summary.ts";
import type { Table } from "../data/table.ts";
import { count, formatNumber, listing } from "./format.ts";

const MAX_HISTOGRAMS = 24;
/** Names and types of columns that are kept beside the blocks: code that uses more is not checked. */
const MAX_COLUMNS = 1000;

/** A table told as its columns: type, missing values, summary, histograms. */
export function dataReport(table: Table, dropped: number, note?: string): Report {
  const summaries = summariseTable(table);
  const missing = summaries.filter((s) => s.missing > 0);
  const size = `${count(table.n, "row")} and ${count(table.columns.length, "column")}`;
  const missingText =
    missing.length === 0
      ? "No value is missing."
      : `Values are missing in ${listing(missing.slice(0, 8).map((s) => `${s.name} (${formatNumber(s.missing)})`))}${missing.length > 8 ? " and more" : ""}.`;
  const droppedText =
    dropped === 0 ? "" : ` ${count(dropped, "row")} left out by the cell's conditions.`;
  const blocks: Block[] = [];
  if (note !== undefined) blocks.push({ kind: "notice", tone: "info", title: note });
  blocks.push({
    kind: "facts",
    facts: [
      { label: "rows", value: formatNumber(table.n) },
      { label: "columns", value: formatNumber(table.columns.length) },
      {
        label: "missing values",
        value: formatNumber(missing.reduce((sum, s) => sum + s.missing, 0)),
      },
      ...(dropped === 0 ? [] : [{ label: "rows left out", value: formatNumber(dropped) }]),
    ],
  });
  const histograms = histogramChart(summaries.slice(0, MAX_HISTOGRAMS));
  if (histograms !== undefined) blocks.push(histograms);
  blocks.push({
    kind: "details",
    title: "Columns",
    open: table.columns.length <= 12,
    blocks: [
      {
        kind: "table",
        columns: [
          { label: "column" },
          { label: "type" },
          { label: "missing", align: "right" },
          { label: "mean", align: "right" },
          { label: "sd", align: "right" },
          { label: "min", align: "right" },
          { label: "median", align: "right" },
          { label: "max", align: "right" },
          { label: "values" },
        ],
        rows: summaries.map(summaryRow),
      },
    ],
  });
  if (table.source?.sha256 !== undefined) {
    blocks.push({
      kind: "facts",
      footer: true,
      facts: [
        { label: "file", value: table.source.name },
        { label: "SHA-256", value: `${table.source.sha256.slice(0, 12)}…` },
      ],
    });
  }
  return {
    summary: `Table of ${size}. ${missingText}${droppedText}`,
    ...(table.columns.length > MAX_COLUMNS
      ? {}
      : { columns: table.columns.map(({ name, type }) => ({ name, type })) }),
    blocks,
  };
}

function summaryRow(summary: ColumnSummary): readonly string[] {
  const missing = summary.missing === 0 ? "" : formatNumber(summary.missing);
  const name = summary.unit === undefined ? summary.name : `${summary.name} (${summary.unit})`;
  if ("levels" in summary) {
    const levels = summary.levels.slice(0, 6).map(({ level, count: n }) => `${level} ${n}`);
    const more = summary.distinct > levels.length ? `, … (${summary.distinct} in all)` : "";
    return [name, summary.type, missing, "", "", "", "", "", `${levels.join(", ")}${more}`];
  }
  const show = (value: number): string =>
    summary.type === "date" && Number.isFinite(value)
      ? new Date(value).toISOString().slice(0, 10)
      : formatNumber(value);
  const [, median] = summary.quartiles;
  return [
    name,
    summary.type,
    missing,
    show(summary.mean),
    summary.type === "date" ? "" : formatNumber(summary.sd),
    show(summary.minimum),
    show(median),
    show(summary.maximum),
    `${formatNumber(summary.distinct)} distinct`,
  ];
}

interface Bar {
  readonly column: string;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

function histogramChart(summaries: readonly ColumnSummary[]): Block | undefined {
  const numeric = summaries.flatMap((s): Bar[] => {
    if ("levels" in s || s.type === "boolean") return [];
    const { edges, counts } = s.histogram;
    return counts.map((n, i) => ({
      column: s.name,
      from: edges[i] ?? 0,
      to: edges[i + 1] ?? 0,
      count: n,
    }));
  });
  const levels = summaries.flatMap((s) => levelsOf(s).map((one) => ({ column: s.name, ...one })));
  const panels: Record<string, unknown>[] = [];
  if (numeric.length > 0) {
    panels.push(
      facetOf(numeric, {
        x: {
          field: "from",
          type: "quantitative",
          bin: "binned",
          title: null,
          axis: { tickCount: 4, grid: false },
        },
        x2: { field: "to" },
        y: { field: "count", type: "quantitative", title: null, axis: null },
        tooltip: [
          { field: "column", title: "column" },
          { field: "from", format: ".4~g" },
          { field: "to", format: ".4~g" },
          { field: "count" },
        ],
      }),
    );
  }
  if (levels.length > 0) {
    panels.push(
      facetOf(levels, {
        x: {
          field: "level",
          type: "nominal",
          title: null,
          sort: null,
          axis: { labelAngle: -35, labelLimit: 70 },
        },
        y: { field: "count", type: "quantitative", title: null, axis: null },
        tooltip: [{ field: "column" }, { field: "level" }, { field: "count" }],
      }),
    );
  }
  if (panels.length === 0) return undefined;
  const names = summaries.map((s) => s.name);
  return {
    kind: "chart",
    spec: { vconcat: panels, spacing: 12 },
    summary: `Histograms of ${listing(names)}.`,
  };
}

/** Levels with counts, for what has few values in no order; nothing for numbers. */
function levelsOf(summary: ColumnSummary): readonly { level: string; count: number }[] {
  if ("levels" in summary) return summary.type === "category" ? summary.levels.slice(0, 12) : [];
  if (summary.type !== "boolean") return [];
  const present = summary.n - summary.missing;
  const yes = Math.round(summary.mean * present);
  return [
    { level: "0", count: present - yes },
    { level: "1", count: yes },
  ];
}

function facetOf(values: readonly object[], encoding: object): Record<string, unknown> {
  return {
    data: { values },
    facet: {
      field: "column",
      type: "nominal",
      title: null,
      sort: null,
      header: { labelAnchor: "start" },
    },
    columns: 6,
    spacing: 14,
    spec: { width: 116, height: 48, mark: { type: "bar" }, encoding },
    resolve: { scale: { x: "independent", y: "independent" } },
  };
}

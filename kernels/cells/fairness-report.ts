import { told } from "../../app/claim.ts";
import type { Block, Report } from "../../app/protocol/report.ts";
import type { FairnessReport, FairnessRow } from "../counterfactual/fairness.ts";
import type { CounterfactualResult } from "../counterfactual/result.ts";
import { count, formatInterval, formatNumber } from "./format.ts";
import { rungColor, rungNames } from "./rungs.ts";

const verdicts = { yes: "yes", no: "no", open: "cannot be told" } as const;

/** Fairness as two pictures: the disparity by its paths, and what each kind of person's other self would get. */
export function fairnessReport(report: FairnessReport): Report {
  const { attribute, outcome, counterfactuallyFair, rows } = report;
  const changed = rows.filter(({ result }) => differs(result)).length;
  const reason =
    counterfactuallyFair === "yes"
      ? `Nobody's ${outcome} would be distributed otherwise, had ${attribute} been other.`
      : counterfactuallyFair === "no"
        ? `For ${changed} of ${count(rows.length, "kind")} of people ${outcome} would be another on average, had ${attribute} been other.`
        : (report.notes[0] ??
          "Tables of chances leave some of these counterfactuals open; a mechanism would settle them.");
  const summary = `Is ${outcome} counterfactually fair to ${attribute}? ${verdicts[counterfactuallyFair]}. ${reason} Disparity ${answerText(report.total)}: spurious ${answerText(report.spurious)}, indirect ${answerText(report.indirect)}, direct ${answerText(report.direct)} (to be subtracted).`;
  const blocks: Block[] = [
    {
      kind: "stat",
      label: `${outcome} counterfactually fair to ${attribute}`,
      value: verdicts[counterfactuallyFair],
      note: reason,
    },
    ...report.notes.map((title): Block => ({ kind: "notice", tone: "warning", title })),
    { kind: "heading", text: "The disparity, path by path" },
    pathsChart(report, summary),
    { kind: "text", text: report.explain },
    { kind: "heading", text: "Each kind of person, had the attribute been other" },
    peopleChart(report),
    {
      kind: "details",
      title: "Kinds of people",
      blocks: [
        {
          kind: "table",
          columns: [{ label: "person" }, { label: `change of ${outcome}`, align: "right" }],
          rows: rows.map((row) => [personText(row), answerText(row.result)]),
        },
      ],
    },
    {
      kind: "details",
      title: `Rests on ${count(told(report.claim.assumptions).length, "assumption")}`,
      blocks: [{ kind: "assumptions", assumptions: told(report.claim.assumptions) }],
    },
  ];
  return { summary, claim: report.claim, blocks };
}

const personText = ({ person }: FairnessRow): string =>
  Object.entries(person)
    .map(([name, level]) => `${name}=${level}`)
    .join(", ");

function rangeOf(result: CounterfactualResult): readonly [number, number] | undefined {
  if (result.kind === "identified") return [result.value, result.value];
  if (result.kind === "bounded") return [result.value.lower, result.value.upper];
  return undefined;
}

function differs(result: CounterfactualResult): boolean {
  const range = rangeOf(result);
  return range !== undefined && (range[0] > 1e-9 || range[1] < -1e-9);
}

function answerText(result: CounterfactualResult): string {
  const range = rangeOf(result);
  if (range === undefined) {
    return result.kind === "impossible-evidence" ? "no such people" : "open";
  }
  return result.kind === "identified"
    ? formatNumber(Math.abs(range[0]) < 1e-12 ? 0 : range[0])
    : formatInterval(range[0], range[1]);
}

/** Parts drawn with the sign with which they enter the sum, so that the bars add up to the disparity. */
function pathsChart(report: FairnessReport, summary: string): Block {
  const parts = [
    { name: "disparity seen", result: report.total, sign: 1 },
    { name: "spurious (common causes)", result: report.spurious, sign: 1 },
    { name: "indirect (mediators)", result: report.indirect, sign: 1 },
    { name: "direct (− direct change)", result: report.direct, sign: -1 },
  ];
  const values = parts.flatMap(({ name, result, sign }) => {
    const range = rangeOf(result);
    return range === undefined
      ? []
      : [
          {
            name,
            low: Math.min(sign * range[0], sign * range[1]),
            high: Math.max(sign * range[0], sign * range[1]),
            open: range[1] - range[0] > 1e-9,
            rung: rungNames[result.claim.rung],
          },
        ];
  });
  return barsChart(values, `change of the mean of ${report.outcome}`, summary);
}

function peopleChart(report: FairnessReport): Block {
  const shown = report.rows.slice(0, 32);
  const values = shown.flatMap((row) => {
    const range = rangeOf(row.result);
    return range === undefined
      ? []
      : [
          {
            name: personText(row),
            low: range[0],
            high: range[1],
            open: range[1] - range[0] > 1e-9,
            rung: rungNames[row.result.claim.rung],
          },
        ];
  });
  const told = shown.map((row) => `${personText(row)}: ${answerText(row.result)}`).join("; ");
  const title = `change of the mean of ${report.outcome}`;
  return barsChart(values, title, `Change had the attribute been other. ${told}.`);
}

/** A bar from zero where the answer is a number, a band where it is a range. */
function barsChart(
  values: readonly {
    readonly name: string;
    readonly low: number;
    readonly high: number;
    readonly open: boolean;
    readonly rung: string;
  }[],
  title: string,
  summary: string,
): Block {
  const y = { field: "name", type: "nominal", title: null, sort: null, axis: { labelLimit: 300 } };
  const x = { type: "quantitative", title, scale: { zero: true, nice: true } };
  const several = new Set(values.map(({ rung }) => rung)).size > 1;
  const color = several ? rungColor : { ...rungColor, legend: null };
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
          transform: [{ filter: "!datum.open" }, { calculate: "0", as: "zero" }],
          mark: { type: "bar", height: 12, cornerRadius: 2 },
          encoding: {
            y,
            x: { ...x, field: "zero" },
            x2: { field: "high" },
            color,
            tooltip: [{ field: "name" }, { field: "high", format: "+.4~g", title: "change" }],
          },
        },
        {
          transform: [{ filter: "datum.open" }],
          mark: { type: "rule", strokeWidth: 6, opacity: 0.45, strokeCap: "round" },
          encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" }, color },
        },
      ],
    },
    summary,
  };
}

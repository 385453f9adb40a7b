import type { Block } from "../../app/protocol/report.ts";
import type { Effect } from "../estimate/effect.ts";
import type { JudgedIntervals, Judgement } from "../estimate/judgement.ts";
import type { PolicyTree } from "../estimate/judge/policy-tree.ts";
import type { Judged } from "../estimate/judge/scores.ts";
import { count, formatInterval, formatNumber, formatPercent } from "./format.ts";

/** Whether predicted effects of units hold up, what treating by them gains, and how far single units may be off. */
export function judgeBlocks(effect: Effect, found: Judgement): readonly Block[] {
  return [
    ...predictionBlocks(found),
    ...(found.policy === undefined ? [] : policyBlocks(effect, found.policy)),
    ...(found.intervals === undefined ? [] : intervalBlocks(found.intervals)),
  ];
}

const interval = ({ estimate, standardError }: Judged): string =>
  formatInterval(estimate - 1.96 * standardError, estimate + 1.96 * standardError, 3);

const gain = (judged: Judged): string =>
  `${formatNumber(judged.estimate, 3)} (95 % interval ${interval(judged)})`;

function predictionBlocks({ predictions }: Judgement): readonly Block[] {
  if (predictions === undefined) return [];
  const { calibration, ranking } = predictions;
  const { slope } = calibration;
  const told = slope.estimate - 1.96 * slope.standardError > 0;
  const verdict = told
    ? slope.estimate - 1.96 * slope.standardError > 1
      ? "effects differ between units, by more than predicted"
      : slope.estimate + 1.96 * slope.standardError < 1
        ? "effects differ between units, by less than predicted"
        : "effects differ between units, as predicted as far as the data can tell"
    : "the data do not show that effects differ between units as predicted";
  const rows: readonly (readonly [string, Judged, string])[] = [
    ["calibration: level", calibration.mean, "1: the average is right"],
    ["calibration: slope", slope, "1: spread right; 0: nothing learned; above 1: shrunk too far"],
    ["RATE: AUTOC", ranking.autoc, "0: treating by predicted effect is no better than at random"],
    ["RATE: Qini", ranking.qini, "the same, weighing each share treated by its size"],
  ];
  return [
    { kind: "heading", text: "Do the predictions hold up?" },
    { kind: "text", text: `Judged on rows that the predictions had not seen: ${verdict}.` },
    {
      kind: "table",
      columns: [
        { label: "measure" },
        { label: "estimate", align: "right" },
        { label: "95 % interval", align: "right" },
        { label: "reading" },
      ],
      rows: rows.map(([name, judged, reading]) => [
        name,
        formatNumber(judged.estimate, 3),
        interval(judged),
        reading,
      ]),
    },
    chart(
      {
        height: 130,
        data: { values: ranking.curve },
        layer: [
          { mark: { type: "rule", opacity: 0.4 }, encoding: { y: { datum: 0 } } },
          {
            mark: { type: "line", strokeWidth: 2 },
            encoding: {
              x: {
                field: "share",
                type: "quantitative",
                title: "share treated, highest predicted effect first",
                axis: { format: "%" },
              },
              y: { field: "gain", type: "quantitative", title: "effect above the average" },
            },
          },
        ],
      },
      `What treating those with the highest predicted effects first gains over treating as many at random: ${formatNumber(ranking.curve[19]?.gain ?? ranking.curve[0]!.gain, 3)} a unit at the first fifth, falling to 0 when everybody is treated.`,
    ),
  ];
}

function policyBlocks(effect: Effect, policy: NonNullable<Judgement["policy"]>): readonly Block[] {
  const { tree, columns, value, everybody, overUniform, treated } = policy;
  const leaves = leavesOf(tree, columns, []);
  const better = overUniform.estimate - 1.96 * overUniform.standardError > 0;
  const summary =
    tree.kind === "leaf"
      ? `No rule of few cuts gains more on these rows than treating ${tree.treat ? "everybody" : "nobody"}.`
      : leaves.length === 2
        ? `The rule of one cut that gains most on these rows treats ${formatPercent(treated)} of the units; a second cut is not shown to gain more.`
        : `The rule of two cuts that gains most on these rows treats ${formatPercent(treated)} of the units.`;
  const uniform = better
    ? "more than treating everybody or nobody does"
    : "not shown to be more than treating everybody or nobody";
  return [
    { kind: "heading", text: "Whom to treat, if a higher outcome is better" },
    {
      kind: "text",
      text: `${summary} Rules learnt so, each tried on the fifth of the rows that it had not seen, gain ${gain(value)} a unit of “${effect.outcome}” over treating nobody; treating everybody gains ${gain(everybody)}. The difference to the better of both is ${gain(overUniform)}: ${uniform}. Costs of treating are not counted.`,
    },
    ...(tree.kind === "leaf"
      ? []
      : [
          {
            kind: "table" as const,
            caption:
              "Policy tree: the best of all over 31 cuts of each column, by doubly robust scores",
            columns: [
              { label: "units with" },
              { label: "units", align: "right" as const },
              { label: "treat" },
            ],
            rows: leaves.map(({ rule, n, treat }) => [
              rule.join(" and "),
              formatNumber(n),
              treat ? "yes" : "no",
            ]),
          },
        ]),
  ];
}

interface Leaf {
  readonly rule: readonly string[];
  readonly n: number;
  readonly treat: boolean;
}

function leavesOf(
  tree: PolicyTree,
  columns: readonly string[],
  rule: readonly string[],
): readonly Leaf[] {
  if (tree.kind === "leaf") return [{ rule, n: tree.n, treat: tree.treat }];
  const name = columns[tree.column] ?? "";
  const at = formatNumber(tree.at, 3);
  // A level of a category is there or not
  const [column, level] = name.split("=");
  const [low, high] =
    level === undefined
      ? [`${name} ≤ ${at}`, `${name} > ${at}`]
      : [`${column} other than ${level}`, `${column} ${level}`];
  return [
    ...leavesOf(tree.low, columns, [...rule, low]),
    ...leavesOf(tree.high, columns, [...rule, high]),
  ];
}

function intervalBlocks(found: JudgedIntervals): readonly Block[] {
  const { level, width, unbounded, above, below, shown, n } = found;
  const share = formatPercent(level);
  const open =
    unbounded === 0
      ? ""
      : ` ${formatPercent(unbounded)} have no end: too few units of the other arm are like them.`;
  const median =
    width >= Number.MAX_VALUE ? "" : ` Half of them are at most ${formatNumber(width, 3)} wide.`;
  const finite = shown.filter((one) => Number.isFinite(one.high - one.low));
  const text = `Conformal intervals for the effect on each single unit hold ${share} of these effects, on average over units and under the same assumptions as the estimate (a propensity learnt well among them); no promise is made for any one unit.${median}${open} ${formatPercent(above)} lie above 0, ${formatPercent(below)} below.`;
  const chosen = count(finite.length, "unit");
  return [
    { kind: "heading", text: "How far single units may be off" },
    { kind: "text", text },
    ...(finite.length === 0
      ? []
      : [
          chart(
            {
              height: 150,
              data: { values: finite.map((one, k) => ({ ...one, unit: k + 1 })) },
              layer: [
                { mark: { type: "rule", opacity: 0.4 }, encoding: { y: { datum: 0 } } },
                {
                  mark: { type: "rule", opacity: 0.6 },
                  encoding: {
                    x: { field: "unit", type: "quantitative", title: "units by predicted effect" },
                    y: { field: "low", type: "quantitative", title: `effect, ${share} interval` },
                    y2: { field: "high" },
                  },
                },
                {
                  mark: { type: "point", filled: true, size: 16 },
                  encoding: {
                    x: { field: "unit", type: "quantitative" },
                    y: { field: "predicted", type: "quantitative" },
                  },
                },
              ],
            },
            `Predicted effects of ${chosen} out of ${formatNumber(n)}, from the smallest to the largest, with intervals that hold the unit's own effect in ${share} of units.`,
          ),
        ]),
  ];
}

function chart(spec: Readonly<Record<string, unknown>>, summary: string): Block {
  return { kind: "chart", spec: { width: "container", ...spec }, summary };
}

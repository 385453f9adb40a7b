import type { Block } from "../../app/protocol/report.ts";
import type { Effect } from "../estimate/effect.ts";
import { type MeasuredCoverage, measuredCoverage } from "../estimate/measured-coverage.ts";
import { formatNumber, formatPercent } from "./format.ts";

/** Below this a nominal 95 % interval is said to hold the truth too rarely. */
const ENOUGH = 0.93;

/** How often intervals made like these held the truth where it was known, the worst case already in the title. */
export function coverageBlocks(effects: readonly Effect[]): readonly Block[] {
  const measured = effects.map((effect) => ({ effect, rows: measuredCoverage(effect) }));
  const all = measured.flatMap(({ effect, rows }) => rows.map((row) => ({ effect, row })));
  if (all.length === 0) return [];
  const several = effects.length > 1;
  return [
    {
      kind: "details",
      title: titleOf(all, several),
      blocks: [
        {
          kind: "text",
          text: "Simulated processes with a known effect; an interval that keeps its promise holds it in 95 % of draws. Bias is in standard deviations of the estimate; a ratio below 1 means that standard errors promise too much. Other data can be worse than any of these.",
        },
        {
          kind: "table",
          columns: [
            ...(several ? [{ label: "method" }] : []),
            { label: "process" },
            { label: "n", align: "right" },
            { label: "draws", align: "right" },
            { label: "held the truth", align: "right" },
            { label: "bias", align: "right" },
            { label: "error ÷ spread", align: "right" },
          ],
          rows: all.map(({ effect, row }) => [
            ...(several ? [effect.methodLabel] : []),
            row.says,
            formatNumber(row.n),
            formatNumber(row.draws),
            `${(100 * row.covered).toFixed(1)} % ± ${(100 * monteCarlo(row)).toFixed(1)}`,
            row.bias.toFixed(2),
            row.errorRatio.toFixed(2),
          ]),
        },
      ],
    },
  ];
}

function titleOf(
  all: readonly { readonly effect: Effect; readonly row: MeasuredCoverage }[],
  several: boolean,
): string {
  const worst = all.reduce((a, b) => (b.row.covered < a.row.covered ? b : a));
  const best = all.reduce((a, b) => (b.row.covered > a.row.covered ? b : a));
  const whose = several ? ` (${worst.effect.methodLabel})` : "";
  const such = "In simulations such 95 % intervals held the truth in";
  if (worst.row.covered < ENOUGH) {
    const hardest = all.length === 1 ? "" : ` where that was hardest${whose}`;
    const easiest = all.length === 1 ? "" : `; at best in ${formatPercent(best.row.covered)}`;
    return `${such} only ${formatPercent(worst.row.covered)} of draws${hardest}: ${worst.row.says}${easiest}`;
  }
  return best.row.covered === worst.row.covered
    ? `${such} ${formatPercent(worst.row.covered)} of draws`
    : `${such} ${(100 * worst.row.covered).toFixed(0)} to ${(100 * best.row.covered).toFixed(0)} % of draws`;
}

function monteCarlo({ covered, draws }: MeasuredCoverage): number {
  return Math.sqrt((covered * (1 - covered)) / draws);
}

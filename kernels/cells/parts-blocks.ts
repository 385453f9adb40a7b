import type { Block } from "../../app/protocol/report.ts";
import type { Effect, Part } from "../estimate/effect.ts";
import { normalQuantile } from "../math/distributions.ts";
import { formatInterval, formatNumber, formatPercent } from "./format.ts";

/** As many as a reader takes in at a glance; more wait behind their title. */
const SHOWN = 8;

/** The further numbers of a fit: means under each arm, a plug-in, contrasts of levels, effects at event times. */
export function partsBlocks(effects: readonly Effect[]): readonly Block[] {
  return effects.flatMap((effect): readonly Block[] => {
    if (effect.parts.length === 0) return [];
    const several = effects.length > 1;
    return [
      {
        kind: "details",
        title: several
          ? `More numbers of ${effect.methodLabel} (${effect.parts.length})`
          : `More numbers of the same fit (${effect.parts.length})`,
        ...(several || effect.parts.length > SHOWN ? {} : { open: true as const }),
        blocks: [table(effect)],
      },
    ];
  });
}

function table(effect: Effect): Block {
  const { level } = effect.interval;
  const judged = effect.parts.some((part) => boundsOf(part, level) !== undefined);
  const simultaneous = effect.parts.find((part) => part.interval !== undefined)?.interval;
  return {
    kind: "table",
    ...(simultaneous === undefined ? {} : { caption: `* ${simultaneous.method}` }),
    columns: [
      { label: "number" },
      { label: "estimate", align: "right" },
      ...(judged
        ? [
            { label: "standard error", align: "right" as const },
            { label: `${formatPercent(level)} interval`, align: "right" as const },
          ]
        : []),
    ],
    rows: effect.parts.map((part) => [
      part.name,
      formatNumber(part.estimate),
      ...(judged
        ? [
            part.standardError === undefined ? "–" : formatNumber(part.standardError, 3),
            intervalText(part, level),
          ]
        : []),
    ]),
  };
}

/** Its own interval; else the normal one from its standard error. A plug-in has neither. */
function boundsOf(part: Part, level: number): { low: number; high: number } | undefined {
  if (part.interval !== undefined) return part.interval;
  const { estimate, standardError } = part;
  if (standardError === undefined || !Number.isFinite(standardError)) return undefined;
  const reach = normalQuantile(1 - (1 - level) / 2) * standardError;
  return { low: estimate - reach, high: estimate + reach };
}

function intervalText(part: Part, level: number): string {
  const bounds = boundsOf(part, level);
  if (bounds === undefined) return "–";
  const text = formatInterval(bounds.low, bounds.high);
  return part.interval === undefined ? text : `${text} *`;
}

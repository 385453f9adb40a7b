import type { Block } from "../../app/protocol/report.ts";
import { type Diagnostic, WORTH_TELLING } from "../estimate/diagnostic.ts";
import type { Effect } from "../estimate/effect.ts";
import { diagnosticBlock, isTraining } from "./diagnostic-blocks.ts";
import { formatNumber, formatPercent } from "./format.ts";

/** What an adjustment's data say before any method: from the logit propensity, for methods that have none. */
export interface DataDiagnostics {
  readonly diagnostics: readonly Diagnostic[];
  /** Share and number of the target population without a counterpart. */
  readonly share: number;
  readonly count: number;
  readonly who: string;
  /** Set when the covariates tell treatment without error: there is no propensity to draw. */
  readonly separated?: { readonly message: string; readonly hint: string };
}

/** A method that compares by formula goes on where nobody can be compared; that is told, not left to be found. */
export function extrapolationNotice(
  effects: readonly Effect[],
  data: DataDiagnostics | undefined,
): readonly Block[] {
  if (data === undefined || data.count === 0) return [];
  if (data.separated === undefined && data.share < WORTH_TELLING) return [];
  const without = effects.filter((effect) => !has(effect, "overlap"));
  if (without.length === 0) return [];
  if (data.separated !== undefined) {
    return [
      {
        kind: "notice",
        tone: "warning",
        title: data.separated.message,
        text: `${without.map((effect) => effect.methodLabel).join(", ")} ${without.length === 1 ? "compares" : "compare"} them by formula alone: nothing in the data checks this number.`,
        hint: data.separated.hint,
      },
    ];
  }
  return [
    {
      kind: "notice",
      tone: "warning",
      title: `No overlap for ${formatPercent(data.share)} of the ${data.who} (${formatNumber(data.count)}): nobody in the other arm is like them.`,
      text: `${without.map((effect) => effect.methodLabel).join(", ")} ${without.length === 1 ? "fills" : "fill"} the gap by formula or with distant matches.`,
      hint: "Trim, or compare with a method that weighs by the propensity, such as aipw.",
    },
  ];
}

function has(effect: Effect, kind: Diagnostic["kind"]): boolean {
  return effect.diagnostics.some((one) => one.kind === kind);
}

/** One method: everything stands open. Several: what to worry about in one table, the rest a press away. */
export function diagnosticsBlocks(
  effects: readonly Effect[],
  data: DataDiagnostics | undefined,
): readonly Block[] {
  const [only] = effects;
  if (only === undefined) return [];
  if (effects.length > 1) {
    return [
      ...comparison(effects),
      ...(data === undefined ? [] : shared(data.diagnostics)),
      ...effects.flatMap((effect): readonly Block[] => {
        const inner = effect.diagnostics.map((one) => diagnosticBlock(one));
        return inner.length === 0
          ? []
          : [{ kind: "details", title: `Diagnostics of ${effect.methodLabel}`, blocks: inner }];
      }),
    ];
  }
  const missing = data?.diagnostics.filter(
    (one) => one.kind === "overlap" || (one.kind === "balance" && !has(only, "balance")),
  );
  const all = [...(has(only, "overlap") ? [] : (missing ?? [])), ...only.diagnostics];
  return open(all);
}

function shared(diagnostics: readonly Diagnostic[]): readonly Block[] {
  return open(diagnostics.filter((one) => one.kind === "overlap" || one.kind === "balance"));
}

/** Overlap and balance beside each other, open; curves open but for those of training; the rest as it comes. */
function open(diagnostics: readonly Diagnostic[]): readonly Block[] {
  const opened = (diagnostic: Diagnostic): Block => {
    const block = diagnosticBlock(diagnostic);
    return block.kind === "details" ? { ...block, open: true } : block;
  };
  const overlap = diagnostics.find((one) => one.kind === "overlap");
  const balance = diagnostics.find((one) => one.kind === "balance");
  const rest = diagnostics.filter((one) => one !== overlap && one !== balance);
  const blocks: Block[] = [];
  if (overlap !== undefined && balance !== undefined) {
    blocks.push({ kind: "columns", columns: [[opened(overlap)], [opened(balance)]] });
  } else for (const one of [overlap, balance]) if (one !== undefined) blocks.push(opened(one));
  for (const one of rest) {
    const shown =
      one.kind === "weights" ||
      one.kind === "residuals" ||
      (one.kind === "curve" && !isTraining(one));
    blocks.push(shown ? opened(one) : diagnosticBlock(one));
  }
  return blocks;
}

function comparison(effects: readonly Effect[]): readonly Block[] {
  const rows = effects.map((effect) => {
    const overlap = effect.diagnostics.find((one) => one.kind === "overlap");
    const balance = effect.diagnostics.find((one) => one.kind === "balance");
    const weights = effect.diagnostics.find((one) => one.kind === "weights");
    const worst = balance?.rows.reduce(
      (most, row) => Math.max(most, Math.abs(row.weighted ?? row.raw)),
      0,
    );
    const weighted = balance?.rows.some((row) => row.weighted !== undefined) === true;
    return [
      effect.methodLabel,
      overlap === undefined ? "–" : formatPercent(overlap.shareWithoutOverlap),
      worst === undefined ? "–" : `${formatNumber(worst, 2)}${weighted ? "" : " (raw)"}`,
      weights === undefined
        ? "–"
        : `${formatNumber(weights.effectiveTreated, 3)} / ${formatNumber(weights.effectiveControl, 3)}`,
      weights === undefined ? "–" : formatPercent(weights.largestShare),
    ];
  });
  if (rows.every((row) => row.slice(1).every((cell) => cell === "–"))) return [];
  return [
    {
      kind: "table",
      caption: "Diagnostics side by side",
      columns: [
        { label: "method" },
        { label: "without overlap", align: "right" },
        { label: "worst SMD", align: "right" },
        { label: "effective n, treated / control", align: "right" },
        { label: "heaviest unit of its arm", align: "right" },
      ],
      rows,
    },
  ];
}

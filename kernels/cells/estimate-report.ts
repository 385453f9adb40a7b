import { told } from "../../app/claim.ts";
import type { Block, Report } from "../../app/protocol/report.ts";
import type { Effect, EstimateResult, NegativeAnswer } from "../estimate/effect.ts";
import type { Diagnostic } from "../../app/cell/program.ts";
import type { Table } from "../data/table.ts";
import { heterogeneity } from "../estimate/heterogeneity.ts";
import { diagnosticBlock } from "./diagnostic-blocks.ts";
import { type CodeNames, codeBlock } from "./estimate-code.ts";
import { coverageBlocks } from "./estimate-coverage.ts";
import {
  type DataDiagnostics,
  diagnosticsBlocks,
  extrapolationNotice,
} from "./estimate-diagnostics.ts";
import { methodList, type Offer, trimmedNotice, trimOffer, waysOut } from "./estimate-offer.ts";
import { formatInterval, formatNumber, formatPercent } from "./format.ts";
import { heterogeneityBlocks } from "./heterogeneity-blocks.ts";
import { partsBlocks } from "./parts-blocks.ts";
import { statusNames } from "./rungs.ts";
import { toldApart } from "./told-apart.ts";

const targetNames: Readonly<Record<Effect["target"], string>> = {
  ATE: "average effect",
  ATT: "average effect on the treated",
  ATC: "average effect on the untreated",
  overlap: "average effect where both arms overlap",
  CATE: "average of the unit effects",
  LATE: "average effect on the compliers",
  coefficient: "partially linear coefficient",
  NDE: "natural direct effect",
  NIE: "natural indirect effect",
  TE: "total effect",
  cutoff: "effect at the cutoff",
};

/** What a cell can show beside the results because it knows its text and its table. */
export interface EstimateViews {
  readonly offer?: Offer;
  readonly data?: DataDiagnostics | undefined;
  readonly table?: Table;
  readonly names?: CodeNames;
  readonly findings?: readonly Diagnostic[];
}

/** One estimate, or several methods side by side on the same estimand; `truth` where the rows came from a model. */
export function estimateReport(
  made: readonly EstimateResult[],
  truth: readonly Block[] = [],
  views: EstimateViews = {},
): Report {
  const results = toldApart(made);
  const effects = results.filter((r): r is Effect => r.kind === "effect");
  const refusals = results.filter((r): r is NegativeAnswer => r.kind !== "effect");
  const [first] = results;
  const claim = first?.claim;
  const blocks: Block[] = [];
  if (claim?.status === "association") {
    blocks.push({
      kind: "notice",
      tone: "warning",
      title: "An association, not an effect",
      text: "No identification stands behind this number.",
      hint: "Name an identify cell's result before “from” to make a causal claim.",
    });
  }
  const [only] = effects;
  blocks.push(...trimmedNotice(effects, views.offer?.text));
  if (effects.length === 1 && only !== undefined) blocks.push(statOf(only));
  if (effects.length > 1) blocks.push(forest(effects), effectTable(effects));
  blocks.push(...truth, ...partsBlocks(effects));
  for (const refusal of refusals) {
    const [notice, ...rest] = refusalBlocks(refusal);
    if (notice !== undefined) blocks.push(notice);
    if (views.offer !== undefined) blocks.push(...waysOut(refusal, views.offer.text));
    blocks.push(...rest);
  }
  const unfit = refusals.some((r) => r.kind === "not-applicable" || r.kind === "not-estimable");
  if (unfit && views.offer !== undefined && views.offer.fitting.length > 0)
    blocks.push(methodList(views.offer, results));
  blocks.push(...levelsNotice(effects), ...extrapolationNotice(effects, views.data));
  for (const effect of effects) {
    for (const warning of effect.warnings) {
      blocks.push({
        kind: "notice",
        tone: "warning",
        title: effects.length > 1 ? `${effect.methodLabel}: ${warning.message}` : warning.message,
        ...(warning.hint === undefined ? {} : { hint: warning.hint }),
      });
    }
  }
  if (views.offer !== undefined) blocks.push(...trimOffer(effects, views.offer.text));
  const assumptions = told(claim?.assumptions ?? []);
  if (assumptions.length > 0) {
    // No identify cell stands before a design: what it rests on is said here, and first read here.
    const design = assumptions.some(({ id }) => id.startsWith("design:"));
    blocks.push({
      kind: "details",
      title: design
        ? `Identified by the design, not by a graph: rests on ${assumptions.length} assumptions`
        : `Rests on ${assumptions.length} assumptions`,
      ...(design ? { open: true as const } : {}),
      blocks: [{ kind: "assumptions", assumptions }],
    });
  }
  blocks.push(...diagnosticsBlocks(effects, views.data));
  blocks.push(...coverageBlocks(effects));
  blocks.push(...heterogeneityOf(effects, views.table));
  if (!unfit && views.offer !== undefined && effects.length > 0) {
    blocks.push({
      kind: "details",
      title: `Methods that fit this question and these data (${views.offer.fitting.length})`,
      blocks: [methodList(views.offer, results)],
    });
  }
  if (views.names !== undefined) blocks.push(...codeBlock(effects, views.names));
  for (const effect of effects) blocks.push(provenance(effect, effects.length > 1));
  return {
    summary: results.map(textOf).join(" "),
    ...(claim === undefined ? {} : { claim }),
    ...(views.findings === undefined || views.findings.length === 0
      ? {}
      : { findings: views.findings }),
    blocks,
  };
}

/** Of several levels two are compared: which ones must not be left to be guessed. */
function levelsNotice(effects: readonly Effect[]): readonly Block[] {
  const effect = effects.find(({ levels }) => levels !== undefined && levels.others > 0);
  if (effect?.levels === undefined || effect.estimand.kind !== "adjustment") return [];
  if (effect.estimand.contrast !== undefined) return [];
  const { treated, control, others } = effect.levels;
  return [
    {
      kind: "notice",
      tone: "info",
      title: `“${effect.treatment}” has ${others + 2} levels; ${treated} is compared with ${control}.`,
      hint: `Name others with a clause such as: comparing ${treated} with ${control}`,
    },
  ];
}

function heterogeneityOf(effects: readonly Effect[], table: Table | undefined): readonly Block[] {
  if (table === undefined) return [];
  return effects.flatMap((effect): readonly Block[] => {
    const found = heterogeneity(effect, table);
    if (found === undefined) return [];
    return [
      {
        kind: "details",
        title: `How the effect differs between units${effects.length > 1 ? `, by ${effect.methodLabel}` : ""}`,
        ...(effects.length === 1 && effect.estimand.target === "CATE"
          ? { open: true as const }
          : {}),
        blocks: heterogeneityBlocks(effect, found),
      },
    ];
  });
}

function textOf(result: EstimateResult): string {
  if (result.kind !== "effect") return result.message;
  const { interval } = result;
  return `${quantityOf(result)} by ${result.methodLabel}: ${formatNumber(result.estimate)} (${formatPercent(interval.level)} interval ${formatInterval(interval.low, interval.high)}, n = ${formatNumber(result.n)}).`;
}

function compared({ levels, treatment }: Effect): string {
  return levels === undefined
    ? treatment
    : `${treatment} (${levels.treated} rather than ${levels.control})`;
}

/** What the number is of; without an identification it is of no effect. */
function quantityOf(effect: Effect): string {
  return effect.claim.status === "association"
    ? `association of ${compared(effect)} with ${effect.outcome}${effect.adjustment.length === 0 ? "" : ` given ${effect.adjustment.join(", ")}`}${among(effect)}`
    : `${targetNames[effect.target]} of ${compared(effect)} on ${effect.outcome}${among(effect)}`;
}

function among({ estimand }: Effect): string {
  return estimand.population === undefined ? "" : ` among ${estimand.population}`;
}

function statOf(effect: Effect): Block {
  return {
    kind: "stat",
    label: quantityOf(effect),
    value: formatNumber(effect.estimate),
    interval: `${formatPercent(effect.interval.level)} interval ${formatInterval(effect.interval.low, effect.interval.high)}`,
    note: `standard error ${formatNumber(effect.standardError, 3)}`,
  };
}

/** Estimates with their intervals, one line a method. */
function forest(effects: readonly Effect[]): Block {
  const values = effects.map((effect) => ({
    method: effect.methodLabel,
    estimate: effect.estimate,
    low: effect.interval.low,
    high: effect.interval.high,
  }));
  const y = {
    field: "method",
    type: "nominal",
    title: null,
    sort: null,
    axis: { labelLimit: 260 },
  };
  const scale = { zero: false, nice: true };
  return {
    kind: "chart",
    spec: {
      width: "container",
      height: { step: 26 },
      data: { values },
      layer: [
        {
          data: { values: [{ at: 0 }] },
          mark: { type: "rule", strokeDash: [4, 3], opacity: 0.6 },
          encoding: { x: { field: "at", type: "quantitative" } },
        },
        {
          mark: { type: "rule", strokeWidth: 2 },
          encoding: {
            y,
            x: {
              field: "low",
              type: "quantitative",
              title: effects[0]?.outcome ?? null,
              scale,
              axis: { labelOverlap: true, labelSeparation: 8 },
            },
            x2: { field: "high" },
          },
        },
        {
          mark: { type: "point", filled: true, size: 80, opacity: 1 },
          encoding: {
            y,
            x: { field: "estimate", type: "quantitative", scale },
            tooltip: [
              { field: "method" },
              { field: "estimate", format: ".4~g" },
              { field: "low", format: ".4~g" },
              { field: "high", format: ".4~g" },
            ],
          },
        },
      ],
    },
    summary: effects.map(textOf).join(" "),
  };
}

function effectTable(effects: readonly Effect[]): Block {
  return {
    kind: "table",
    columns: [
      { label: "method" },
      { label: "target" },
      { label: "estimate", align: "right" },
      { label: "standard error", align: "right" },
      { label: "interval", align: "right" },
      { label: "n", align: "right" },
    ],
    rows: effects.map((effect) => [
      effect.methodLabel,
      effect.target,
      formatNumber(effect.estimate),
      formatNumber(effect.standardError, 3),
      formatInterval(effect.interval.low, effect.interval.high),
      formatNumber(effect.n),
    ]),
  };
}

/** Why from 15 % on; the figures are those of test/kernels/estimate/overlap-veto.test.ts. */
const OVERLAP_RULE =
  "From 15 % on none is given: in simulations with an outcome model slightly off, 95 % intervals held the truth in 97 % of samples where nearly everybody had counterparts, 88 % where 9 % had none, 76 % where 16 % had none.";

function refusalBlocks(refusal: NegativeAnswer): readonly Block[] {
  const notice: Extract<Block, { kind: "notice" }> = {
    kind: "notice",
    tone: "answer",
    title: refusal.message,
    text: `${refusal.method} gives no number here (claim: ${statusNames[refusal.claim.status]}).`,
    hint: refusal.hint,
  };
  switch (refusal.kind) {
    case "bad-data":
      // One problem is told by the answer itself.
      if (refusal.problems.length < 2) return [notice];
      return [
        {
          ...notice,
          title: `The data cannot answer as they stand: ${refusal.problems.length} problems.`,
        },
        ...refusal.problems.map((problem): Block => ({
          kind: "notice",
          tone: "warning",
          title: problem.message,
          hint: problem.hint,
        })),
      ];
    case "no-overlap":
    case "not-estimable":
      return [
        refusal.kind === "no-overlap"
          ? { ...notice, text: `${notice.text} ${OVERLAP_RULE}` }
          : notice,
        ...refusal.diagnostics.map((diagnostic): Block => {
          const block = diagnosticBlock(diagnostic);
          // What is missing is seen at a glance.
          return diagnostic.kind === "overlap" && block.kind === "details"
            ? { ...block, open: true }
            : block;
        }),
      ];
    case "not-applicable":
      return [
        notice,
        {
          kind: "text",
          text:
            refusal.fitting.length === 0
              ? "No built-in method fits this estimand and data."
              : `Methods that fit: ${refusal.fitting.join(", ")}.`,
        },
      ];
  }
}

function provenance(effect: Effect, named: boolean): Block {
  const options = Object.entries(effect.options)
    .filter(([, v]) => v !== null && !(Array.isArray(v) && v.length === 0))
    .map(([k, v]) => `${k}: ${String(v)}`);
  return {
    kind: "facts",
    footer: true,
    facts: [
      { label: "method", value: named ? effect.methodLabel : effect.method },
      { label: "n", value: formatNumber(effect.n) },
      ...(effect.nTreated === undefined
        ? []
        : [{ label: "treated", value: formatNumber(effect.nTreated) }]),
      { label: "interval", value: effect.interval.method },
      ...(effect.seed === undefined ? [] : [{ label: "seed", value: String(effect.seed) }]),
      { label: "backend", value: effect.backend },
      ...(options.length === 0 ? [] : [{ label: "options", value: options.join(", ") }]),
    ],
  };
}

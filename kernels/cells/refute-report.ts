import type { ActionsBlock, Block, Report } from "../../app/protocol/report.ts";
import type { Refutation } from "../estimate/refute.ts";
import { histogram, mean, variance } from "../math/summary.ts";
import { count, formatInterval, formatNumber, listing } from "./format.ts";
import { type Pin, PIN_KEY } from "./pin.ts";
import type { Refuted, RefutedEffect } from "./refute-run.ts";
import { sensitivityBlocks, sensitivityText } from "./sensitivity-blocks.ts";

/** How the result stands to the present: made now, kept from before, or one of several in a cell. */
export type Standing =
  | { readonly kind: "live"; readonly made: Pin }
  | { readonly kind: "part" }
  | { readonly kind: "pinned"; readonly changes: readonly string[]; readonly last: boolean };

const names: Readonly<Record<Refutation["test"], string>> = {
  "placebo-treatment": "Placebo treatment",
  "random-common-cause": "Random common cause",
  subset: "Subset of the rows",
  "dummy-outcome": "Dummy outcome",
  "simulated-confounder": "Simulated confounder",
};

/** Words that claim no more than the check can show. */
const verdicts: Readonly<Record<Refutation["verdict"], string>> = {
  holds: "passed: no contradiction found",
  refuted: "failed: contradicts the estimate",
  informative: "not a test: shows a size",
  failed: "could not be made",
  inapplicable: "does not apply",
};

export function refuteReport(result: Refuted, standing: Standing): Report {
  const blocks: Block[] = [...pinBlocks(standing)];
  if (result.effects.length === 0) {
    blocks.push({
      kind: "notice",
      tone: "answer",
      title: "There is no number to check.",
      text: "The estimate cell answers why it gives none.",
      hint: "Once it gives a number, the checks run by themselves.",
    });
  }
  for (const effect of result.effects) {
    if (result.effects.length > 1) blocks.push({ kind: "heading", text: effect.methodLabel });
    blocks.push(
      ...(result.about === "refute"
        ? refutationBlocks(effect)
        : sensitivityBlocks(effect, effect.sensed)),
    );
  }
  if (result.effects.length > 0) {
    blocks.push({ kind: "text", text: caution(result.about) });
    blocks.push({
      kind: "facts",
      footer: true,
      facts: [
        ...result.effects.slice(0, 1).map((effect) => ({
          label: "of",
          value: `${formatNumber(effect.estimate)} (${formatInterval(effect.low, effect.high)}), ${result.effects.map(({ method }) => method).join(", ")}`,
        })),
        { label: "seed", value: String(result.seed) },
      ],
    });
  }
  blocks.push(...pinActions(standing));
  const pinned =
    standing.kind === "pinned"
      ? standing.changes.length === 0
        ? "Pinned. "
        : `Pinned, and out of date: ${standing.changes.join("; ")}. `
      : "";
  return { summary: pinned + textOf(result), claim: result.claim, blocks };
}

function caution(about: Refuted["about"]): string {
  return about === "refute"
    ? "A check that fails speaks against the estimate or its method. One that passes proves nothing: a hidden common cause passes them all."
    : "These say how strong a hidden common cause would have to be, not whether there is one.";
}

function textOf(result: Refuted): string {
  if (result.effects.length === 0) return "There is no number to check.";
  return result.effects
    .map((effect) => {
      const of = `${effect.methodLabel}, ${formatNumber(effect.estimate)}`;
      return result.about === "refute"
        ? `Checks of ${of}: ${effect.refutations.map((one) => `${names[one.test].toLowerCase()} ${verdicts[one.verdict]}`).join("; ")}.`
        : `Sensitivity of ${of}: ${effect.sensed.map(sensitivityText).join(" ")}`;
    })
    .join(" ");
}

function pinBlocks(standing: Standing): readonly Block[] {
  if (standing.kind !== "pinned") return [];
  const { changes } = standing;
  return [
    changes.length === 0
      ? {
          kind: "notice",
          tone: "info",
          title: "Pinned, and still current",
          text: "Nothing that it was computed from has changed.",
        }
      : {
          kind: "notice",
          tone: "warning",
          title: "Pinned, and out of date",
          text: `Since then: ${listing(changes)}.`,
          hint: "Unpin it to check the estimate as it is now.",
        },
  ];
}

function pinActions(standing: Standing): readonly ActionsBlock[] {
  if (standing.kind === "part" || (standing.kind === "pinned" && !standing.last)) return [];
  const live = standing.kind === "live";
  return [
    {
      kind: "actions",
      label: "Pin",
      actions: [
        live
          ? {
              label: "Pin this result",
              does: { kind: "keep", key: PIN_KEY, value: standing.made },
            }
          : {
              label: "Unpin and check again",
              does: { kind: "keep", key: PIN_KEY, value: null },
            },
      ],
    },
  ];
}

function refutationBlocks(effect: RefutedEffect): readonly Block[] {
  const { refutations } = effect;
  const failed = refutations.filter(({ verdict }) => verdict === "refuted");
  const tested = refutations.filter(({ p }) => p !== undefined);
  const blocks: Block[] = [];
  if (failed.length > 0) {
    blocks.push({
      kind: "notice",
      tone: "warning",
      title: `${count(failed.length, "check")} of ${tested.length} ${failed.length === 1 ? "contradicts" : "contradict"} the estimate: ${listing(failed.map(({ test }) => names[test].toLowerCase()))}.`,
      hint: "Look at the overlap, the method's assumptions and the rows before believing the number.",
    });
  }
  blocks.push({
    kind: "table",
    caption: `Checks of ${formatNumber(effect.estimate)}, the effect of ${effect.treatment} on ${effect.outcome}`,
    columns: [
      { label: "check" },
      { label: "the estimate should" },
      { label: "after the change", align: "right" },
      { label: "as estimated", align: "right" },
      { label: "p", align: "right" },
      { label: "outcome" },
    ],
    rows: refutations.map((one) => {
      const spread = one.estimates.length < 2 ? undefined : Math.sqrt(variance(one.estimates));
      return [
        names[one.test],
        expectation(one),
        spread === undefined
          ? "–"
          : `${formatNumber(mean(one.estimates), 3)} ± ${formatNumber(spread, 2)}`,
        formatNumber(one.original),
        one.p === undefined ? "–" : pText(one.p),
        verdicts[one.verdict],
      ];
    }),
  });
  const charts = refutations.filter(({ estimates }) => estimates.length > 1);
  for (let k = 0; k < charts.length; k += 2) {
    const pair = charts.slice(k, k + 2).map((one) => chartOf(one));
    blocks.push(
      pair.length === 1
        ? { kind: "columns", columns: [pair[0]!, []] }
        : { kind: "columns", columns: pair },
    );
  }
  for (const one of refutations) {
    if (one.verdict === "failed" || one.verdict === "inapplicable")
      blocks.push({ kind: "text", text: `${names[one.test]}: ${one.summary}` });
  }
  return blocks;
}

function expectation(one: Refutation): string {
  if (one.test === "simulated-confounder") return "move (by how much is shown)";
  return one.expected === 0 && one.test !== "subset" && one.test !== "random-common-cause"
    ? "vanish"
    : "stay";
}

function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

function meaning(one: Refutation): string {
  const draws = count(one.estimates.length, "run");
  const centre = formatNumber(mean(one.estimates), 3);
  const spread = formatNumber(Math.sqrt(variance(one.estimates)), 2);
  const original = formatNumber(one.original);
  const found = `${draws} gave ${centre} ± ${spread}`;
  switch (one.test) {
    case "placebo-treatment":
      return `Treatment dealt out at random: ${found}, where nothing is expected; ${beyond(one)} as far from nothing as the estimate of ${original}.`;
    case "dummy-outcome":
      return `Outcome dealt out at random: ${found}, where nothing is expected; ${beyond(one)} as far from nothing as the estimate of ${original}.`;
    case "random-common-cause":
      return `A column of noise adjusted for, too: ${found}, beside the estimate of ${original}.`;
    case "subset":
      return `${formatNumber(100 * (one.share ?? 0.8), 3)} % of the rows at a time: ${found}, beside the estimate of ${original}.`;
    default:
      return `A hidden cause of strength ${formatNumber(one.strength ?? 0.5)} added to treatment and outcome: ${found}, beside the estimate of ${original}.`;
  }
}

function beyond(one: Refutation): string {
  const far = one.estimates.filter((e) => Math.abs(e) >= Math.abs(one.original)).length;
  return far === 0 ? "none of them is" : far === 1 ? "1 of them is" : `${far} of them are`;
}

/** The draws as a histogram, with the estimate and what is expected marked. */
function chartOf(one: Refutation): Block[] {
  const all = [...one.estimates, one.original, one.expected];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const pad = high === low ? Math.max(1e-6, Math.abs(high) * 0.05) : (high - low) * 0.06;
  const bins = Math.min(30, Math.max(8, Math.ceil(Math.sqrt(one.estimates.length) * 2)));
  const { edges, counts } = histogram(one.estimates, bins, low - pad, high + pad);
  const values = counts.map((runs, i) => ({ from: edges[i], to: edges[i + 1], runs }));
  const marks = [
    { at: one.original, what: "the estimate" },
    ...(one.expected === one.original ? [] : [{ at: one.expected, what: "expected" }]),
  ];
  const domain = [low - pad, high + pad];
  const words = { domain: marks.map(({ what }) => what) };
  return [
    { kind: "heading", text: names[one.test] },
    {
      kind: "chart",
      summary: `${names[one.test]}. ${meaning(one)}`,
      spec: {
        width: "container",
        height: 110,
        layer: [
          {
            data: { values },
            mark: { type: "bar", opacity: 0.55 },
            encoding: {
              x: {
                field: "from",
                type: "quantitative",
                bin: "binned",
                title: "estimate after the change",
                axis: { tickCount: 5 },
                scale: { domain, zero: false, nice: false },
              },
              x2: { field: "to" },
              y: { field: "runs", type: "quantitative", title: "runs" },
              tooltip: [
                { field: "runs" },
                { field: "from", format: ".4~g" },
                { field: "to", format: ".4~g" },
              ],
            },
          },
          {
            data: { values: marks },
            mark: { type: "rule", strokeWidth: 2 },
            encoding: {
              x: { field: "at", type: "quantitative", scale: { domain } },
              color: {
                field: "what",
                type: "nominal",
                title: null,
                scale: words,
                legend: { orient: "top" },
              },
              strokeDash: { field: "what", type: "nominal", title: null, scale: words },
              tooltip: [{ field: "what" }, { field: "at", format: ".4~g" }],
            },
          },
        ],
      },
    },
    { kind: "text", text: meaning(one) },
  ];
}

import type { ActionsBlock, Block, BlockAction } from "../../app/protocol/report.ts";
import type { Effect, EstimateResult, NegativeAnswer } from "../estimate/effect.ts";
import type { Method } from "../estimate/method.ts";
import { formatNumber } from "./format.ts";
import {
  type EstimateText,
  insteadOf,
  withClause,
  withMethod,
  withoutClause,
  withoutMethod,
} from "./estimate-text.ts";

/** Methods that answer the estimand from these data, for the list that a reader picks from. */
export interface Offer {
  readonly text: EstimateText;
  readonly fitting: readonly Method[];
  /** The method taken when none is named. */
  readonly implied: string;
}

/** The list of methods that fit, one line on each; pressing one edits the cell's text. */
export function methodList(offer: Offer, results: readonly EstimateResult[]): Block {
  const { text, fitting, implied } = offer;
  const unfit = unfitOf(results);
  const used = text.calls.length === 0 ? [implied] : text.calls.map((call) => call.name);
  const actions = fitting.map((method): BlockAction => {
    const index = used.indexOf(method.name);
    const to =
      index < 0
        ? unfit.length > 0
          ? insteadOf(text, unfit, method.name)
          : withMethod(text, method.name, implied)
        : withoutMethod(text, index);
    return {
      label: method.name,
      detail: `${method.label}. ${method.summary}`,
      pressed: index >= 0,
      does: { kind: "rewrite", from: text.source, to },
    };
  });
  if (actions.length === 0)
    return { kind: "text", text: "No built-in method fits this estimand and these data." };
  return {
    kind: "actions",
    label:
      unfit.length > 0
        ? `These fit; pressing one puts it in the place of ${unfit.join(", ")}`
        : "Pressing one adds it to the cell, or takes it out; several stand side by side",
    list: true,
    actions,
  };
}

function unfitOf(results: readonly EstimateResult[]): string[] {
  return results
    .filter(
      (one) =>
        one.kind === "not-applicable" ||
        (one.kind === "not-estimable" && one.code === "no-fitting-strategy"),
    )
    .map((one) => one.method);
}

/** What can be done about an answer that is no number; each changes the question and says so. */
export function waysOut(answer: NegativeAnswer, text: EstimateText): readonly ActionsBlock[] {
  const actions: BlockAction[] = [];
  const rewrite = (label: string, detail: string, to: string): void => {
    if (to !== text.source)
      actions.push({ label, detail, does: { kind: "rewrite", from: text.source, to } });
  };
  if (answer.kind === "no-overlap") {
    const { low, high, n } = answer.trimTo;
    if (n >= 10 && low < high && answer.efficient === undefined) {
      const range = rounded(low, high);
      rewrite(
        `Trim to propensities in [${range}]`,
        `Changes the question: the effect is then that of the ${formatNumber(n)} units there.`,
        withClause(text, "trim", `(${range})`),
      );
    }
    if (answer.efficient === undefined) {
      rewrite(
        "Trim to propensities in [0.1, 0.9]",
        "Changes the question: the effect is then that of the units with at least a tenth of a chance of either arm.",
        withClause(text, "trim", "(0.1)"),
      );
    } else {
      const low = Math.floor(answer.efficient.low * 1000) / 1000;
      rewrite(
        `Trim to propensities in [${low}, ${Number((1 - low).toFixed(3))}]`,
        `Changes the question: of all such ranges this one's average effect is known best (Crump et al. 2009); ${formatNumber(answer.efficient.n)} units.`,
        withClause(text, "trim", `(${low})`),
      );
    }
    if (answer.estimand.kind === "adjustment" && ["aipw", "ipw"].includes(answer.method)) {
      rewrite(
        "Ask for the overlap population",
        "Changes the question: units count by how nearly they could have been in either arm.",
        withClause(text, "for", "overlap"),
      );
    }
  }
  if (answer.kind === "bad-data" && answer.problems.some(({ code }) => code === "missing-values")) {
    rewrite(
      "Use the complete rows",
      "Right if values are missing at random given the adjustment set.",
      withClause(text, "missing", "drop"),
    );
  }
  return actions.length === 0 ? [] : [{ kind: "actions", label: "Ways out", list: true, actions }];
}

/** Rounded away from the middle: the units at the ends are the last counterparts of others. */
function rounded(low: number, high: number): string {
  const down = Math.floor(low * 10_000) / 10_000;
  const up = Math.min(1, Math.ceil(high * 10_000) / 10_000);
  return `${down}, ${up}`;
}

/** A number that came with little overlap: the change of question that mends it, for whoever wants it. */
export function trimOffer(effects: readonly Effect[], text: EstimateText): readonly ActionsBlock[] {
  const warned = effects.some(
    (effect) =>
      effect.settings.trim === undefined &&
      effect.warnings.some(({ code }) => code === "little-overlap"),
  );
  if (!warned) return [];
  return [
    {
      kind: "actions",
      label: "Ways to change the question",
      actions: [
        {
          label: "Trim to propensities in [0.1, 0.9]: changes whose effect it is",
          does: { kind: "rewrite", from: text.source, to: withClause(text, "trim", "(0.1)") },
        },
      ],
    },
  ];
}

/** Of whom a trimmed effect is, and the way back. */
export function trimmedNotice(
  effects: readonly Effect[],
  text: EstimateText | undefined,
): readonly Block[] {
  const first = effects.find((effect) => effect.estimand.population !== undefined);
  if (first?.estimand.population === undefined) return [];
  const counts = [...new Set(effects.map((effect) => effect.n))];
  const rows = first.data.rows;
  return [
    {
      kind: "notice",
      tone: "info",
      title: `The question was changed: this is about ${first.estimand.population}.`,
      text: `${counts.map((n) => formatNumber(n)).join(", ")} of ${formatNumber(rows)} rows. It says nothing about the others.${counts.length > 1 ? " Methods with a propensity model of their own keep other units." : ""}`,
    },
    ...(text?.clauses["trim"] === undefined
      ? []
      : [
          {
            kind: "actions",
            label: "Trimming",
            actions: [
              {
                label: "Ask about everybody again",
                does: { kind: "rewrite", from: text.source, to: withoutClause(text, "trim") },
              },
            ],
          } as const,
        ]),
  ];
}

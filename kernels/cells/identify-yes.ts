import type { Report } from "../../app/protocol/report.ts";
import { breathe, type Work } from "../../app/work.ts";
import type { Graph } from "../graph/graph.ts";
import {
  adjustmentSets,
  asInterventional,
  cheapestAdjustmentSet,
  checkDerivation,
  type Derivation,
  type DerivationStep,
  type DoTerm,
  frontDoorSets,
  type Identification,
  type LoadBearing,
  loadBearing,
  optimalAdjustmentSet,
  type Query,
  takeSets,
} from "../identify/index.ts";
import { count, listing } from "./format.ts";

const mostSteps = 150;

/** The do-calculus proof, each step with what licenses it, and whether the separate checker could replay it. */
export function derivationReport(derivation: Derivation): Report {
  const check = checkDerivation(derivation);
  const { steps } = derivation;
  const replayed =
    check.kind === "invalid"
      ? `The checker refused step ${check.step + 1}: ${check.reason} Please report this.`
      : check.compared
        ? "Replayed by a separate checker: every separation holds in the graph named, and the formula gives the same numbers on random laws."
        : "Replayed by a separate checker: every separation holds in the graph named.";
  const shown = steps.slice(0, mostSteps);
  return folded(
    `Do-calculus, step by step (${count(steps.length, "step")}${check.kind === "valid" ? ", replayed" : ", NOT replayed"})`,
    `Do-calculus derivation in ${count(steps.length, "step")}. ${replayed}`,
    [
      check.kind === "invalid"
        ? {
            kind: "notice",
            tone: "error",
            title: "The derivation does not replay",
            text: replayed,
          }
        : { kind: "text", text: replayed },
      {
        kind: "table",
        columns: [{ label: "", align: "right" }, { label: "gives" }, { label: "by" }],
        rows: shown.map((step, i) => [String(i + 1), termText(step.states), reasonOf(step)]),
        ...(shown.length < steps.length
          ? { caption: `The first ${mostSteps} of ${steps.length} steps.` }
          : {}),
      },
    ],
  );
}

function folded(title: string, summary: string, blocks: Report["blocks"], open = false): Report {
  return { summary, blocks: [{ kind: "details", title, open, blocks }] };
}

const braces = (names: readonly string[]): string =>
  names.length === 1 ? (names[0] ?? "") : `{${names.join(", ")}}`;

function termText({ of, act, given }: DoTerm): string {
  const behind = [...(act.length === 0 ? [] : [`do(${act.join(", ")})`]), ...given];
  return `P(${of.join(", ")}${behind.length === 0 ? "" : ` | ${behind.join(", ")}`})`;
}

const ruleNames = {
  1: "leave out or add what is seen",
  2: "seeing for doing",
  3: "leave out or add what is done",
} as const;

function reasonOf(step: DerivationStep): string {
  switch (step.kind) {
    case "observe":
      return "the observed law";
    case "rule": {
      const { a, b, given } = step.separation;
      const { into, outOf } = step.graph;
      const cuts = [
        ...(into.length === 0 ? [] : [`no arrow into ${braces(into)}`]),
        ...(outOf.length === 0 ? [] : [`no arrow out of ${braces(outOf)}`]),
      ];
      const where = cuts.length === 0 ? "in the graph" : `in the graph with ${cuts.join(" and ")}`;
      const held = given.length === 0 ? "" : ` | ${given.join(", ")}`;
      return `rule ${step.rule} on ${step.from + 1} (${ruleNames[step.rule]}): ${braces(a)} ⊥ ${braces(b)}${held} ${where}`;
    }
    case "chain":
      return `product of ${listing(step.parts.map((part) => String(part + 1)))}`;
    case "marginal":
      return `${step.from + 1} summed over ${step.over.join(", ")}`;
    default:
      return `${step.joint + 1} divided by ${step.marginal + 1}`;
  }
}

const mostSets = 20;
const setsMilliseconds = 1500;

/** All minimal adjustment sets as far as they are listed, the optimal and the smallest marked; front-door sets. */
export async function setsReport(
  graph: Graph,
  query: Query,
  work: Work,
): Promise<Report | undefined> {
  const part = firstPart(query);
  const simple = asInterventional(part);
  if (simple === undefined || simple.treatment.length === 0) return undefined;
  const { treatment, outcome, given } = simple;
  const question = { treatment, outcome, include: given };
  const sets: (readonly string[])[] = [];
  const start = Date.now();
  let more = false;
  for (const set of adjustmentSets(graph, question)) {
    if (sets.length === mostSets || Date.now() - start > setsMilliseconds) {
      more = true;
      break;
    }
    sets.push(set);
    await breathe(work);
  }
  const key = (set: readonly string[]): string => JSON.stringify([...set].sort());
  const optimal = optimalAdjustmentSet(graph, question);
  const best =
    optimal !== undefined && given.every((name) => optimal.includes(name)) ? optimal : undefined;
  const cheapest = sets.length === 0 ? undefined : cheapestAdjustmentSet(graph, question, {});
  await breathe(work);
  const listed = new Map(sets.map((set) => [key(set), { set, minimal: true }]));
  for (const extra of [best, cheapest?.set])
    if (extra !== undefined && !listed.has(key(extra)))
      listed.set(key(extra), { set: extra, minimal: extra !== best });
  const front =
    given.length > 0 || graph.type !== "admg"
      ? { sets: [], more: false }
      : takeSets(frontDoorSets(graph, { treatment, outcome, maxTests: 1000 }), 6);
  const mediators = front.sets.filter((set) => set.length > 0);
  // One set alone is told among the ways to estimate.
  if (listed.size + mediators.length < 2) return undefined;
  const note = (set: readonly string[], minimal: boolean): string =>
    [
      best !== undefined && key(set) === key(best) ? "optimal (O-set): smallest variance" : "",
      cheapest !== undefined && key(set) === key(cheapest.set) ? "fewest variables" : "",
      minimal ? "minimal" : "not minimal",
    ]
      .filter((text) => text !== "")
      .join(", ");
  const rank = ({ set }: { readonly set: readonly string[] }): number =>
    best !== undefined && key(set) === key(best) ? -1 : set.length;
  const rows = [
    ...[...listed.values()]
      .sort((a, b) => rank(a) - rank(b))
      .map(({ set, minimal }) => [
        "adjust for",
        set.length === 0 ? "∅ (nothing)" : set.join(", "),
        note(set, minimal),
      ]),
    ...mediators.map((set) => ["front door", set.join(", "), "minimal"]),
  ];
  const title = `Sets: ${more ? "at least " : ""}${count(sets.length, "minimal adjustment set")}${mediators.length === 0 ? "" : `, ${front.more ? "at least " : ""}${count(mediators.length, "front-door set")}`}`;
  return folded(title, `${title}.`, [
    {
      kind: "table",
      columns: [{ label: "" }, { label: "variables" }, { label: "" }],
      rows,
    },
    ...(more || front.more
      ? [
          {
            kind: "text" as const,
            text: `More exist. In code, \`adjustmentSets(graph, { treatment, outcome })\` gives them one at a time.`,
          },
        ]
      : []),
  ]);
}

export function firstPart(query: Query): Exclude<Query, { kind: "difference" }> {
  return query.kind === "difference" ? firstPart(query.left) : query;
}

const bearingMilliseconds = 1500;
const mostListed = 40;

/** What becomes of an answer without an assumption, by the assumption's id. */
export type Bearing = Map<string, LoadBearing["effect"]>;

/** Which missing arrows and absent common causes carry the claim; noted in `bearing` too. */
export async function bearingReport(
  graph: Graph,
  query: Query,
  work: Work,
  bearing: Bearing = new Map(),
): Promise<Report | undefined> {
  const found: LoadBearing[] = [];
  const stream = loadBearing(graph, query, { work, milliseconds: bearingMilliseconds });
  let end = await stream.next();
  for (; end.done !== true; end = await stream.next()) {
    found.push(end.value);
    bearing.set(end.value.assumption.id, end.value.effect);
  }
  if (found.length === 0) return undefined;
  const cut = end.value.kind === "search-limit";
  const of = (effect: LoadBearing["effect"]): LoadBearing[] =>
    found.filter((item) => item.effect === effect);
  const [breaks, changes, holds] = [of("breaks"), of("changes"), of("holds")];
  const edgeText = ({ edge }: LoadBearing): string =>
    `${edge.from} ${edge.mark === "->" ? "→" : "↔"} ${edge.to}`;
  const rows = [
    ...breaks.map((item) => [edgeText(item), "no formula any more", item.assumption.text]),
    ...changes.map((item) => [
      edgeText(item),
      "another formula, this one is wrong",
      item.assumption.text,
    ]),
  ];
  const summary = `Of ${count(found.length, "edge")} that the graph leaves out, ${listing([
    `${breaks.length} would leave no formula`,
    `${changes.length} would make this one wrong`,
    `${holds.length} would change nothing`,
  ])}.`;
  return folded(
    `Which missing arrows carry this claim (${breaks.length + changes.length} of ${found.length}${cut ? " tried" : ""})`,
    summary,
    [
      { kind: "text", text: summary },
      ...(rows.length === 0
        ? []
        : [
            {
              kind: "table" as const,
              columns: [
                { label: "if there were" },
                { label: "there is" },
                { label: "assumed instead" },
              ],
              rows: rows.slice(0, mostListed),
              ...(rows.length > mostListed
                ? { caption: `The first ${mostListed} of ${rows.length}.` }
                : {}),
            },
          ]),
      ...(holds.length === 0
        ? []
        : [
            {
              kind: "text" as const,
              text: `Harmless: ${holds.slice(0, mostListed).map(edgeText).join(", ")}${holds.length > mostListed ? ", …" : ""}.`,
            },
          ]),
      ...(cut
        ? [
            {
              kind: "notice" as const,
              tone: "info" as const,
              title: "Not all absent edges were tried",
              text: `The search was stopped after ${found.length} edges. \`loadBearing(graph, query)\` in code goes on.`,
            },
          ]
        : []),
    ],
  );
}

/** The lines of the identification algorithm that were taken. */
export function traceReport(result: Identification): Report | undefined {
  if (!("trace" in result) || result.trace.length === 0) return undefined;
  const algorithms = [...new Set(result.trace.map((step) => step.algorithm))];
  const shown = result.trace.slice(0, mostSteps);
  return folded(
    `How it was decided (${listing(algorithms)}, ${count(result.trace.length, "line")})`,
    `Decided by ${listing(algorithms)} in ${count(result.trace.length, "line")}.`,
    [
      {
        kind: "table",
        columns: [{ label: "", align: "right" }, { label: "line" }, { label: "what was done" }],
        rows: shown.map((step, i) => [String(i + 1), `${step.algorithm} ${step.line}`, step.text]),
      },
    ],
  );
}

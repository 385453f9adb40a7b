import { applyKnowledge } from "../core/mpdag.ts";
import { pdagGraph } from "../core/pdag.ts";
import type { Method } from "../method.ts";
import { scoreOptions } from "../scores/choose.ts";
import { emptyScore, scoreOf } from "../scores/local-score.ts";
import { bossSearch } from "../score/boss.ts";
import { gesSearch } from "../score/ges.ts";
import { startsFor } from "../score/methods.ts";
import { essentialGraph } from "./essential.ts";
import { interventionalScore } from "./score.ts";
import { readTargets } from "./targets.ts";

type GiesOptions = {
  readonly condition: string;
  readonly targets: string;
  readonly search: "greedy" | "boss";
  readonly penalty: number;
};

/** Greedy search over interventional essential graphs. */
export const giesMethod: Method<GiesOptions> = {
  name: "gies",
  label: "GIES",
  family: "interventional",
  summary:
    "For rows taken under interventions on known columns: each column is scored on rows where it was left alone, and interventions direct the edges they cut.",
  assumes: [
    "Each intervention sets its targets from outside, whatever their causes, and changes nothing else.",
    "No unmeasured variable causes two of the columns.",
    "No column causes itself through others.",
    "Relations are linear, and the same in every condition for columns left alone.",
    "Of graphs that fit as well, the sparsest is the true one.",
  ],
  source: "Hauser & Bühlmann 2012",
  takes: {
    columns: "numeric",
    allowCollinear: true,
    knowledge: ["tiers", "required", "forbidden"],
  },
  gives: "mpdag",
  stochastic: false,
  options: {
    condition: {
      default: "condition",
      type: "column",
      doc: "The column that says under which condition a row was taken.",
    },
    targets: {
      default: "",
      type: "text",
      doc: 'What each condition set, as "level: x, y; other level: z"; levels not named are observational.',
    },
    search: {
      default: "greedy",
      type: "choice",
      choices: ["greedy", "boss"],
      doc: "greedy steps between essential graphs as in the paper; boss searches orders by the same score and sticks less easily.",
    },
    penalty: scoreOptions.penalty,
  },
  reading: (options) => ({ except: [options.condition] }),
  run: async (data, options, context) => {
    const { knowledge, rng, work } = context;
    const interventions = readTargets(
      options.targets,
      context.extra(options.condition),
      data.names,
    );
    const score = interventionalScore(data, interventions, { penalty: options.penalty });
    const classOf = (parents: readonly ArrayLike<number>[]): ReturnType<typeof essentialGraph> =>
      essentialGraph(parents, interventions.sets);
    const { parents } =
      options.search === "boss"
        ? await bossSearch(score, { starts: startsFor(data.d), knowledge }, rng, work)
        : await gesSearch(score, { knowledge, classOf }, work);
    const pdag = classOf(parents);
    applyKnowledge(pdag, knowledge);
    return {
      kind: "mpdag",
      graph: pdagGraph(pdag, data.names),
      score: { name: score.name, value: scoreOf(score, parents), empty: emptyScore(score) },
      diagnostics: [
        {
          kind: "table",
          title: "Conditions",
          columns: ["Set from outside", "Rows"],
          rows: interventions.sets.map((set, k) => [
            set.length === 0 ? "nothing" : set.map((v) => data.names[v]!).join(", "),
            String(interventions.of.reduce((sum, at) => sum + (at === k ? 1 : 0), 0)),
          ]),
        },
      ],
    };
  },
};

export const interventionalMethods: readonly Method[] = [giesMethod];

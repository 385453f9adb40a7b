import type { Claim } from "../../app/claim.ts";
import { counterfactual } from "./counterfactual.ts";
import type { CounterfactualOptions } from "./counterfactual.ts";
import { badQuery } from "./messages.ts";
import { descendantsOf, variableOf } from "./model.ts";
import type { StructuralModel } from "./model.ts";
import { between } from "./parts.ts";
import { forEachConfiguration, configurationCount } from "./build-model.ts";
import { jointClaim } from "./result.ts";
import type { CounterfactualResult } from "./result.ts";

export interface FairnessQuestion {
  /** The protected attribute, discrete. */
  readonly attribute: string;
  readonly outcome: string;
  /** The two groups compared; 1 and 0 unless said. */
  readonly group?: number | string;
  readonly reference?: number | string;
  /** What is known of a person besides the attribute; all observed discrete variables but the outcome unless said. */
  readonly known?: readonly string[];
}

/** One kind of person, and how the mean outcome would change had the attribute been the other group's. */
export interface FairnessRow {
  readonly person: Readonly<Record<string, string>>;
  /** The change of the mean, E[y' - y | person]. */
  readonly result: CounterfactualResult;
  /** The change of each level's probability, for outcomes of three levels and more. */
  readonly levels?: readonly CounterfactualResult[];
}

export interface FairnessReport {
  readonly kind: "fairness";
  readonly attribute: string;
  readonly outcome: string;
  /** P(y | group) - P(y | reference), and its parts: `total = spurious + indirect - direct` (see `explain`). */
  readonly total: CounterfactualResult;
  readonly direct: CounterfactualResult;
  readonly indirect: CounterfactualResult;
  readonly spurious: CounterfactualResult;
  readonly rows: readonly FairnessRow[];
  /** Whether no kind of person's outcome would be distributed otherwise (1e-9); "open" when some cannot be told. */
  readonly counterfactuallyFair: "yes" | "no" | "open";
  /** Why it is open although no change was found, or who was left out. */
  readonly notes: readonly string[];
  readonly explain: string;
  /** Of all answers above together. */
  readonly claim: Claim;
}

const ROW_LIMIT = 256;

/**
 * Is the outcome fair to a protected attribute? Per kind of person: the outcome in the world where the attribute had
 * been other (counterfactual fairness, Kusner et al. 2017). For the disparity as a whole: direct, indirect and
 * spurious parts among the group itself (Zhang & Bareinboim 2018, theorem 1):
 * TV = SE + IE(x0 → x1 | x1) - DE(x1 → x0 | x1). Every part is an answer of the engine with its own claim; a part that
 * a table leaves open is bounded or needs a mechanism. Throws `UserError` for unknown names and more than 256 kinds.
 */
export function assessFairness(
  model: StructuralModel,
  question: FairnessQuestion,
  options: CounterfactualOptions = {},
): FairnessReport {
  const { attribute: a, outcome: y } = question;
  const one = question.group ?? 1;
  const zero = question.reference ?? 0;
  const ask = (query: string): CounterfactualResult => counterfactual(model, query, options);
  const mediators = between(model, a, y);
  const held = (world: number | string): string =>
    mediators.map((m) => `, ${m}_{${a}=${quote(world)}}`).join("");
  const [x1, x0] = [quote(one), quote(zero)];
  const many = levelsOf(model, y);
  const rows = kindsOf(model, question).flatMap((person): FairnessRow[] => {
    const other = person[a] === String(one) ? x0 : x1;
    const given = Object.entries(person)
      .map(([name, level]) => `${name}=${quote(level)}`)
      .join(", ");
    const result = ask(`E[${y}_{${a}=${other}} - ${y} | ${given}]`);
    if (result.kind === "impossible-evidence") return [];
    if (many.length < 3) return [{ person, result }];
    const levels = many.map((l) =>
      ask(`P(${y}_{${a}=${other}} = ${l} | ${given}) - P(${y} = ${l} | ${given})`),
    );
    return [{ person, result, levels }];
  });
  const notes = notesOf(model, question);
  const parts = {
    total: ask(`E[${y} | ${a}=${x1}] - E[${y} | ${a}=${x0}]`),
    direct: ask(`E[${y}_{${a}=${x0}${held(one)}} - ${y}_{${a}=${x1}} | ${a}=${x1}]`),
    indirect: ask(`E[${y}_{${a}=${x0}${held(one)}} - ${y}_{${a}=${x0}} | ${a}=${x1}]`),
    spurious: ask(`E[${y}_{${a}=${x0}} | ${a}=${x1}] - E[${y} | ${a}=${x0}]`),
  };
  const answers = [...Object.values(parts), ...rows.map(({ result }) => result)];
  return {
    kind: "fairness",
    attribute: a,
    outcome: y,
    ...parts,
    rows,
    counterfactuallyFair: verdict(rows, notes.length > 0),
    notes,
    explain: `disparity = spurious + indirect - direct, where direct is the change among ${a}=${one} had ${a} been ${zero} with all mediators kept.`,
    claim: jointClaim(
      `counterfactual fairness of ${y} to ${a}`,
      answers.map(({ claim }) => claim),
      "One counterfactual per kind of person, and the disparity taken apart into its paths.",
    ),
  };
}

const quote = (value: number | string): string =>
  typeof value === "number" ||
  /^[\p{L}_][\p{L}\p{N}_]*$/u.test(value) ||
  /^\d+(\.\d+)?$/.test(value)
    ? String(value)
    : JSON.stringify(value);

function verdict(
  rows: readonly FairnessRow[],
  limited: boolean,
): FairnessReport["counterfactuallyFair"] {
  let open = limited || rows.length === 0;
  for (const result of rows.flatMap((row) => [row.result, ...(row.levels ?? [])])) {
    if (result.kind === "identified" && Math.abs(result.value) > 1e-9) return "no";
    if (result.kind === "bounded") {
      if (result.value.lower > 1e-9 || result.value.upper < -1e-9) return "no";
      open = true;
    }
    open ||= result.kind === "needs-mechanism";
  }
  return open ? "open" : "yes";
}

/** The levels of a discrete variable as queries write them; none for a continuous one. */
function levelsOf(model: StructuralModel, name: string): readonly string[] {
  const domain = variableOf(model, name)?.domain;
  return domain?.kind === "discrete" ? domain.levels.map(quote) : [];
}

/** What keeps "no change found" from being "fair": a mean is not a distribution, and coarse kinds hide fine ones. */
function notesOf(model: StructuralModel, question: FairnessQuestion): readonly string[] {
  const { attribute, outcome } = question;
  if (!descendantsOf(model, attribute).has(outcome)) return [];
  const below = descendantsOf(model, outcome);
  const coarse =
    question.known === undefined
      ? model.variables.filter(
          ({ name, role, domain }) =>
            role === "observed" && domain.kind === "real" && !below.has(name),
        )
      : [];
  return [
    ...(variableOf(model, outcome)?.domain.kind === "real"
      ? [`${outcome} is continuous: its mean was compared, not its whole distribution.`]
      : []),
    ...(coarse.length === 0
      ? []
      : [
          `Kinds of people are not told apart by ${coarse.map(({ name }) => name).join(", ")}, which is continuous.`,
        ]),
  ];
}

/** Every kind of person the known variables tell apart. */
function kindsOf(
  model: StructuralModel,
  question: FairnessQuestion,
): readonly Readonly<Record<string, string>>[] {
  const below = descendantsOf(model, question.outcome);
  const names =
    question.known ??
    model.variables
      .filter(
        ({ name, role, domain }) =>
          role === "observed" && domain.kind === "discrete" && !below.has(name),
      )
      .map(({ name }) => name);
  const all = names.includes(question.attribute) ? names : [question.attribute, ...names];
  const domains = all.map((name) => {
    const domain = variableOf(model, name)?.domain;
    if (domain?.kind === "discrete") return domain;
    const expected = "a discrete variable of the model";
    throw badQuery(`"${name}" cannot tell kinds of people apart`, name, expected);
  });
  const count = configurationCount(domains);
  if (count > ROW_LIMIT) {
    throw badQuery(
      `There are ${count} kinds of people`,
      count,
      `at most ${ROW_LIMIT}`,
      "Name fewer variables in `known`.",
    );
  }
  const groups = [String(question.group ?? 1), String(question.reference ?? 0)];
  const kinds: Record<string, string>[] = [];
  forEachConfiguration(domains, (_, __, levels) => {
    const person = Object.fromEntries(
      all.map((name, i) => [name, domains[i]!.levels[levels[i]!]!]),
    );
    if (groups.includes(person[question.attribute]!)) kinds.push(person);
  });
  return kinds;
}

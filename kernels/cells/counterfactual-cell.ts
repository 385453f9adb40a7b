import type { CellContext, CellInputs, CellProgram } from "../../app/cell/program.ts";
import type { Claim } from "../../app/claim.ts";
import { UserError } from "../../app/errors.ts";
import type { Block, Report } from "../../app/protocol/report.ts";
import { gatherClaims } from "../../app/runtime/claims.ts";
import { breathe } from "../../app/work.ts";
import type { Attribution } from "../counterfactual/attribution.ts";
import type { FairnessReport } from "../counterfactual/fairness.ts";
import { isModel, type StructuralModel } from "../counterfactual/model.ts";
import type { CounterfactualResult } from "../counterfactual/result.ts";
import type { MechanismSpread } from "../counterfactual/spread.ts";
import { createRng } from "../math/rng.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { attributionReport } from "./attribution-report.ts";
import { type Question, questionsOf } from "./counterfactual-language.ts";
import { counterfactualReport } from "./counterfactual-report.ts";
import { fairnessReport } from "./fairness-report.ts";
import { blankHoles, fillHoles, holesOf } from "./holes.ts";
import { type CellKind, parsing, uniqueNames } from "./kind.ts";
import { spreadReport } from "./spread-report.ts";

type Answer = CounterfactualResult | MechanismSpread | FairnessReport | Attribution;

/**
 * Questions on models, one a line: rungs I, II and III side by side, spreads across mechanisms, fairness, and
 * attributions (the grammar stands with `questionsOf`). `${name}` puts in another cell's number.
 */
export const counterfactualCell: CellKind = {
  kind: "counterfactual",
  parse: (cell) =>
    parsing(cell.source, () => {
      const shape = named(questionsOf(blankHoles(cell.source)), cell.name);
      if (shape.length === 0) {
        throw new UserError({
          code: "counterfactual-empty",
          message: "There is no question yet.",
          expected: "e.g. P(y_{x=0} = 1 | x=1, y=1) in model",
          place: { start: 0, end: 1 },
        });
      }
      const holes = holesOf(cell.source);
      const filled = (inputs: CellInputs): readonly Question[] =>
        holes.length === 0
          ? shape
          : named(questionsOf(fillHoles(cell.source, inputs, false)), cell.name);
      return programOf(shape, holes, filled, cell.doubts ?? []);
    }),
};

/** A cell with one question gives it its own name. */
function named(questions: readonly Question[], name: string | undefined): readonly Question[] {
  const [only] = questions;
  return questions.length === 1 &&
    only?.name === undefined &&
    only !== undefined &&
    name !== undefined
    ? [{ ...only, name }]
    : questions;
}

function programOf(
  shape: readonly Question[],
  holes: readonly string[],
  filled: (inputs: CellInputs) => readonly Question[],
  doubts: readonly string[],
): CellProgram {
  return {
    inputs: uniqueNames([...shape.flatMap(inputsOf), ...holes, ...shape.map(seedName)]),
    outputs: uniqueNames(shape.map((q) => q.name)),
    diagnostics: [],
    run: async (inputs, context) => {
      const questions = filled(inputs);
      const answers: Answer[] = [];
      for (const [i, question] of questions.entries()) {
        if (i > 0) await breathe(context);
        answers.push(await answerWithout(doubts, question, inputs, context));
      }
      context.display(displayable(reportBundle(reportOf(questions, answers))));
      const claim = claimOf(answers);
      return {
        values: Object.fromEntries(
          questions.flatMap(({ name }, i) => (name === undefined ? [] : [[name, answers[i]]])),
        ),
        ...(claim === undefined ? {} : { claim }),
        claims: Object.fromEntries(
          questions.flatMap(({ name }, i) => {
            const answer = answers[i];
            return name === undefined || answer === undefined ? [] : [[name, answer.claim]];
          }),
        ),
      };
    },
  };
}

/** A question that may draw and names no seed takes the notebook's. */
function seedName(question: Question): string | undefined {
  return question.kind === "fairness" || question.seed !== undefined ? undefined : "notebookSeed";
}

function seedOf({ seed }: { readonly seed?: number }, inputs: CellInputs): number {
  return seed ?? (inputs["notebookSeed"] as number | undefined) ?? 1;
}

function inputsOf(question: Question): readonly string[] {
  switch (question.kind) {
    case "query":
      return [
        question.model,
        ...question.known.flatMap(({ value }) => (typeof value === "string" ? [value] : [])),
      ];
    case "spread":
      return question.models;
    case "change":
      return [question.before, question.after];
    default:
      return [question.model];
  }
}

/**
 * The answer, or bounds, on a model without the assumptions switched off that it can do without. What still rests on
 * one of them says so in its claim.
 */
async function answerWithout(
  doubts: readonly string[],
  question: Question,
  inputs: CellInputs,
  context: CellContext,
): Promise<Answer> {
  if (doubts.length === 0 || question.kind !== "query") {
    return answerOf(question, inputs, context);
  }
  const { admitDoubts } = await import("./model-doubts.ts");
  const { model, added } = admitDoubts(modelIn(inputs, question.model), doubts);
  if (added.length === 0) return answerOf(question, inputs, context);
  const answer = await answerOf(question, { ...inputs, [question.model]: model }, context);
  return { ...answer, claim: { ...answer.claim, without: added } };
}

async function answerOf(
  question: Question,
  inputs: CellInputs,
  context: CellContext,
): Promise<Answer> {
  const engine = await import("../counterfactual/index.ts");
  const work = context;
  switch (question.kind) {
    case "query": {
      const { query, known, draws } = question;
      return engine.counterfactual(modelIn(inputs, question.model), query, {
        known: known.map(({ query: about, value }) => ({
          query: about,
          value: typeof value === "number" ? value : numberIn(inputs, value),
        })),
        rng: createRng(seedOf(question, inputs)),
        ...(draws === undefined ? {} : { draws }),
        work,
      });
    }
    case "spread": {
      const { query, models } = question;
      const options = { rng: createRng(seedOf(question, inputs)), work };
      const [only] = models;
      return models.length === 1 && only !== undefined
        ? engine.mechanismSpread(modelIn(inputs, only), query, options)
        : engine.modelSpread(
            Object.fromEntries(models.map((name) => [name, modelIn(inputs, name)])),
            query,
            options,
          );
    }
    case "fairness": {
      const { outcome, attribute, group, reference, known } = question;
      const groups = group === undefined || reference === undefined ? {} : { group, reference };
      return engine.assessFairness(
        modelIn(inputs, question.model),
        { outcome, attribute, ...groups, ...(known === undefined ? {} : { known }) },
        { work },
      );
    }
    case "change": {
      const { before, after, target } = question;
      const models = [modelIn(inputs, before), modelIn(inputs, after)] as const;
      return engine.attributeChange(...models, target, {
        rng: createRng(seedOf(question, inputs)),
      });
    }
    case "anomaly": {
      const { unit, target } = question;
      const rng = createRng(seedOf(question, inputs));
      return engine.attributeAnomaly(modelIn(inputs, question.model), unit, target, { rng });
    }
  }
}

function modelIn(inputs: CellInputs, name: string): StructuralModel {
  const value = inputs[name];
  if (isModel(value)) return value;
  throw new UserError({
    code: "not-a-model",
    message: `${name} is not a structural model.`,
    value,
    expected: "the name of a model cell, or a model made by parseModel or fitModel",
  });
}

function numberIn(inputs: CellInputs, name: string): number {
  const value = inputs[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "object" && value !== null && "value" in value) {
    if (typeof value.value === "number") return value.value;
  }
  throw new UserError({
    code: "counterfactual-known",
    message: `${name} is not a number.`,
    value,
    expected: "a finite number, or the answer of a counterfactual cell that is one",
  });
}

const isAnswer = (answer: Answer): answer is CounterfactualResult => "quantity" in answer;

/** Plain answers together, on one scale; every other kind of answer after them. */
function reportOf(questions: readonly Question[], answers: readonly Answer[]): Report {
  const plain = answers.filter(isAnswer);
  const names = questions.map((question) => ("model" in question ? question.model : ""));
  const reports = [
    ...(plain.length === 0 ? [] : [counterfactualReport(plain, uniqueNames(names)[0])]),
    ...answers.flatMap((answer) => (isAnswer(answer) ? [] : [specialReport(answer)])),
  ];
  const [first] = reports;
  if (reports.length === 1 && first !== undefined) return first;
  return {
    summary: reports.map(({ summary }) => summary).join(" "),
    blocks: reports.flatMap(({ blocks }): readonly Block[] => blocks),
  };
}

function specialReport(answer: MechanismSpread | FairnessReport | Attribution): Report {
  switch (answer.kind) {
    case "mechanism-spread":
      return spreadReport(answer);
    case "fairness":
      return fairnessReport(answer);
    case "attribution":
      return attributionReport(answer);
  }
}

function claimOf(answers: readonly Answer[]): Claim | undefined {
  return gatherClaims(answers.map(({ claim }) => claim));
}

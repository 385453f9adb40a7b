import type { CurveDiagnostic, FiguresDiagnostic } from "../diagnostic.ts";
import type { Warning } from "../effect.ts";
import type { Answer, Finding, Method, OptionSpec } from "../method.ts";
import type { InstrumentProblem } from "../problem.ts";
import { twoStage } from "../two-stage.ts";
import type { TensorEngine } from "../../tensor/backend.ts";
import { DEEP_IV_DEFAULTS, fitDeepIv } from "./deepiv.ts";
import type { DeepIvData, DeepIvFit } from "./deepiv.ts";
import { attempt, engineFor, lossCurve, trainingFigures } from "./method.ts";
import { partOf, pick, pickRows, pieceErrors } from "./pieces.ts";
import { count, strength, trainingOptions } from "./training-options.ts";
import type { TrainingOptions } from "./training-options.ts";

export type DeepIvMethodOptions = TrainingOptions & {
  readonly width: number;
  readonly components: number;
  readonly draws: number;
  readonly decay: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly pieces: number;
};

const dose = (doc: string): OptionSpec<number | null> => ({ type: "number", default: null, doc });

export const deepIvMethod: Method<DeepIvMethodOptions> = {
  name: "deepiv",
  label: "DeepIV",
  summary:
    "Instruments where neither stage is linear: a net for the treatment's distribution, and a net for the outcome that is averaged over it. Put 2sls beside it: where both stages are linear that is sharper.",
  source: "Hartford, Lewis, Leyton-Brown & Taddy (2017)",
  fits: {
    estimands: ["instrument"],
    targets: ["LATE", "ATE"],
    treatments: ["binary", "continuous"],
  },
  stochastic: true,
  options: {
    width: count(DEEP_IV_DEFAULTS.width, 1, 4096, "Units in each layer of both nets."),
    components: count(
      DEEP_IV_DEFAULTS.components,
      1,
      100,
      "Normal components of a continuous treatment's distribution.",
    ),
    draws: count(
      DEEP_IV_DEFAULTS.draws,
      1,
      1000,
      "Draws of the treatment for each of the two factors of the outcome's loss.",
    ),
    decay: strength(DEEP_IV_DEFAULTS.decay, "Penalty on the squared weights."),
    from: dose("Dose from which the effect is counted; by default the lower quartile."),
    to: dose("Dose to which it is counted; by default the upper quartile."),
    pieces: count(
      5,
      2,
      100,
      "Disjoint parts of the rows on which both nets are trained afresh; the spread over them gives the interval.",
    ),
    ...trainingOptions(DEEP_IV_DEFAULTS),
  },
  async run(problem, options, { rng, work }): Promise<Answer> {
    if (problem.kind !== "instrument")
      throw new Error(`deepiv was given a ${problem.kind} problem`);
    // A refusal of the linear first stage does not stop us: the instruments may act through a curve.
    const linear = twoStage(problem, { errors: "HC1", estimator: "2sls" });
    const engine = await engineFor(options);
    const data = dataOf(problem);
    const doses = dosesOf(problem, options);
    if (doses.from === doses.to) {
      return {
        kind: "not-estimable",
        code: "no-contrast",
        message: `Both doses to compare are ${doses.from}.`,
        hint: "Give from and to two different doses.",
      };
    }
    const fitting = { ...DEEP_IV_DEFAULTS, ...options };
    const found = await attempt(async () => {
      const fit = await fitDeepIv(engine, data, fitting, rng.fork("all"), partOf(work, 0, 0.5, ""));
      const effects = await effectsOf(fit, data, doses);
      const by =
        problem.clusters === undefined
          ? problem.treatmentKind === "binary"
            ? { strata: problem.treatment }
            : {}
          : { clusters: problem.clusters };
      const errors = await pieceErrors(data.n, options.pieces, by, rng, async (rows, rng, k) => {
        const [from, to] = [k, k + 1].map((p) => 0.5 + (0.5 * p) / options.pieces);
        const part = partOf(work, from!, to!, `part ${k + 1} `);
        const piece = takeRows(data, rows);
        return mean(
          await effectsOf(await fitDeepIv(engine, piece, fitting, rng, part), data, doses),
        );
      });
      return { fit, effects, errors };
    });
    if ("kind" in found) return found;
    const { fit, effects, errors } = found;
    const curve = problem.treatmentKind === "binary" ? [] : [await curveOf(problem, data, fit)];
    return {
      kind: "finding",
      estimate: mean(effects),
      standardError: errors.standardError,
      degreesOfFreedom: errors.degreesOfFreedom,
      errors: `spread over ${options.pieces} disjoint parts of the rows`,
      unitEffects: effects,
      target: "ATE",
      parts: linear.kind !== "finding" ? [] : [twoStagePart(linear)],
      diagnostics: [...curve, ...trainingOf(fit, engine), figuresOf(fit, linear)],
      warnings: warningsOf(problem, fit, doses),
      backend: `${engine.backend} (${engine.adapter})`,
    };
  },
};

function dataOf(problem: InstrumentProblem): DeepIvData {
  const { n, treatment, outcome, covariates, instruments, treatmentKind } = problem;
  return {
    n,
    treatment,
    treatmentKind: treatmentKind === "binary" ? "binary" : "continuous",
    outcome,
    z: instruments.x,
    l: instruments.d,
    x: covariates.x,
    d: covariates.d,
  };
}

function takeRows(data: DeepIvData, rows: Int32Array): DeepIvData {
  return {
    ...data,
    n: rows.length,
    treatment: pick(data.treatment, rows),
    outcome: pick(data.outcome, rows),
    z: pickRows(data.z, data.l, rows),
    x: pickRows(data.x, data.d, rows),
  };
}

interface Doses {
  readonly from: number;
  readonly to: number;
}

function dosesOf(problem: InstrumentProblem, options: DeepIvMethodOptions): Doses {
  if (problem.treatmentKind === "binary") return { from: 0, to: 1 };
  const sorted = problem.treatment.toSorted();
  const quantile = (q: number): number => sorted[Math.round(q * (sorted.length - 1))]!;
  return { from: options.from ?? quantile(0.25), to: options.to ?? quantile(0.75) };
}

/** Effect per unit of treatment between the two doses, for every row. */
async function effectsOf(
  fit: DeepIvFit,
  { x, d, n }: DeepIvData,
  { from, to }: Doses,
): Promise<Float64Array> {
  const [low, high] = [await fit.structural(x, from), await fit.structural(x, to)];
  const gains = high.map((v, i) => (v - low[i]!) / (to - from));
  return d === 0 ? new Float64Array(n).fill(gains[0]!) : gains;
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, v) => sum + v / values.length, 0);
}

async function curveOf(
  problem: InstrumentProblem,
  data: DeepIvData,
  fit: DeepIvFit,
): Promise<CurveDiagnostic> {
  const sorted = problem.treatment.toSorted();
  const at = (q: number): number => sorted[Math.round(q * (sorted.length - 1))]!;
  const [low, high] = [at(0.02), at(0.98)];
  const points: { x: number; y: number }[] = [];
  for (let k = 0; k <= 30; k++) {
    const x = low + ((high - low) * k) / 30;
    points.push({ x, y: mean(await fit.structural(data.x, x)) });
  }
  return {
    kind: "curve",
    title: "Structural outcome by dose",
    summary: `Mean ${problem.estimand.outcome} if everybody got the dose: ${points[0]!.y.toPrecision(3)} at ${low.toPrecision(3)}, ${points.at(-1)!.y.toPrecision(3)} at ${high.toPrecision(3)}. Where the instruments do not move the treatment the curve is extrapolated.`,
    xLabel: problem.estimand.treatment,
    yLabel: `mean ${problem.estimand.outcome}`,
    lines: [{ name: "DeepIV", style: "line", points }],
  };
}

function trainingOf(fit: DeepIvFit, engine: TensorEngine): NonNullable<Finding["diagnostics"]> {
  const stages = [
    { training: fit.treatmentTraining, weights: fit.weights },
    { training: fit.outcomeTraining, weights: fit.weights },
  ];
  const [treatment, outcome] = stages.map((stage) => lossCurve([stage]));
  return [
    { ...treatment!, title: "Training of the treatment's net" },
    { ...outcome!, title: "Training of the outcome's net" },
    trainingFigures(stages, engine),
  ];
}

function twoStagePart(linear: Finding): NonNullable<Finding["parts"]>[number] {
  return {
    name: "two-stage least squares, for comparison",
    estimate: linear.estimate,
    standardError: linear.standardError,
  };
}

function figuresOf(fit: DeepIvFit, linear: Answer): FiguresDiagnostic {
  const figures =
    linear.kind !== "finding"
      ? undefined
      : linear.diagnostics?.find((one) => one.kind === "figures" && one.rows.length > 3);
  const strength =
    figures?.kind === "figures"
      ? figures.rows.filter((row) => row.name.startsWith("first-stage F"))
      : [];
  return {
    kind: "figures",
    title: "Strength of the instruments",
    summary: `Instruments and covariates together explain ${Math.round(100 * fit.firstStageR2)} % of the treatment on rows that were held out.`,
    rows: [
      { name: "R² of the treatment, held-out rows", value: fit.firstStageR2 },
      ...strength.map((row) => ({ ...row, name: `${row.name} (linear)` })),
    ],
  };
}

function warningsOf(
  problem: InstrumentProblem,
  fit: DeepIvFit,
  { from, to }: Doses,
): readonly Warning[] {
  const warnings: Warning[] = [
    {
      code: "additive-error",
      message:
        problem.treatmentKind === "binary"
          ? "An average effect over everybody, right only if what is not measured adds to the outcome and does not change the effect."
          : `Mean effect of one more unit of ${problem.estimand.treatment} between ${from.toPrecision(3)} and ${to.toPrecision(3)} over everybody, right only if what is not measured adds to the outcome and does not change the effect.`,
      hint: "Without that use iivm or 2sls for the effect on compliers.",
    },
  ];
  if (fit.firstStageR2 < 0.02) {
    warnings.push({
      code: "weak-instruments",
      message: `Instruments and covariates explain ${(100 * fit.firstStageR2).toFixed(1)} % of the treatment: next to nothing is learnt from so little.`,
      hint: "Use 2sls, whose Anderson–Rubin set stays right however weak the instruments are.",
    });
  }
  if (problem.sampling !== undefined) {
    warnings.push({
      code: "sampling-weights-ignored",
      message: "Both nets are trained without the sampling weights.",
    });
  }
  return warnings;
}

import { UserError } from "../../../app/errors.ts";
import { openTensorEngine } from "../../tensor/backend.ts";
import type { BackendName, TensorEngine } from "../../tensor/backend.ts";
import { score, solveRatio } from "../aipw.ts";
import type { CurveDiagnostic, FiguresDiagnostic } from "../diagnostic.ts";
import type { Part, Warning } from "../effect.ts";
import type { Target } from "../estimand.ts";
import { influenceError } from "../influence.ts";
import type { Answer, Finding, Method, MethodContext, OptionSpec, Refusal } from "../method.ts";
import type { AdjustmentProblem } from "../problem.ts";
import { targetWeights } from "../target.ts";
import { balancingWeights } from "../weighting.ts";
import { crossFitNets } from "./cross-fit.ts";
import type { CrossFit } from "./cross-fit.ts";
import type { NeuralData } from "./data.ts";
import type { FitOptions, FittedNet, NetBuilder } from "./fit.ts";
import { trainingOptions } from "./training-options.ts";
import type { TrainingOptions } from "./training-options.ts";

/** What every net for a two-level treatment can be told in a cell. */
export type NeuralOptions = TrainingOptions & {
  readonly folds: number;
  readonly clip: number;
};

/** A net as a method: its own options beside the common ones, and how to build it from them. */
export interface NeuralMethodSpec<O extends NeuralOptions> {
  readonly name: string;
  readonly label: string;
  readonly summary: string;
  readonly source: string;
  readonly defaults: FitOptions;
  /** All four when absent. */
  readonly targets?: readonly Target[];
  readonly options: Omit<Method<O>["options"], keyof NeuralOptions>;
  readonly build: (options: O) => NetBuilder;
  /** True when the net has an ε of its own, so that its targeted estimate is reported. */
  readonly targeted?: (options: O) => boolean;
}

/**
 * An estimator that cross-fits a net and puts the doubly robust score on its predictions, so that the estimate has an
 * influence-function interval; the net's plug-in and targeted estimates are reported beside it as parts.
 */
export function neuralMethod<O extends NeuralOptions>(spec: NeuralMethodSpec<O>): Method<O> {
  return {
    name: spec.name,
    label: spec.label,
    summary: spec.summary,
    source: spec.source,
    fits: {
      estimands: ["adjustment"],
      targets: spec.targets ?? ["ATE", "ATT", "ATC", "overlap"],
      treatments: ["binary"],
    },
    stochastic: true,
    options: { ...commonOptions(spec.defaults), ...spec.options } as Method<O>["options"],
    async run(problem, options, context): Promise<Answer> {
      if (problem.kind !== "adjustment") {
        throw new Error(`${spec.name} was given a ${problem.kind} problem`);
      }
      if (problem.covariates.d === 0) return withoutCovariates(spec.label);
      const engine = await engineFor(options);
      const crossFit = await attempt(() =>
        crossFitNets(
          engine,
          dataOf(problem),
          spec.build(options),
          { ...spec.defaults, ...fitOptions(options) },
          context.rng,
          context.work,
          problem.clusters,
        ),
      );
      if ("kind" in crossFit) return crossFit;
      const targeted = spec.targeted?.(options) ?? false;
      return toFinding(problem, options, engine, crossFit, targeted, context);
    },
  };
}

/** The covariates, treatment and outcome of a problem. Nothing is copied. */
export function dataOf(problem: AdjustmentProblem): NeuralData {
  return {
    n: problem.n,
    d: problem.covariates.d,
    x: problem.covariates.x,
    treatment: problem.treatment,
    outcome: problem.outcome,
    outcomeKind: problem.outcomeKind,
  };
}

/** The engine that the `backend` option asks for. */
export function engineFor(options: { readonly backend: string }): Promise<TensorEngine> {
  return openTensorEngine(
    options.backend === "auto" ? undefined : (options.backend as BackendName),
  );
}

function fitOptions(options: NeuralOptions): Pick<
  FitOptions,
  "epochs" | "patience" | "batchSize" | "learningRate"
> & {
  readonly folds: number;
  readonly clip: number;
} {
  const { folds, clip, epochs, patience, batchSize, learningRate } = options;
  return { folds, clip, epochs, patience, batchSize, learningRate };
}

/** What the data lack is an answer, not an error; everything else goes on. */
export async function attempt<T extends object>(run: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await run();
  } catch (error) {
    const refusable = ["too-few-in-arm", "training-diverged"];
    if (!(error instanceof UserError) || !refusable.includes(error.code)) throw error;
    const { code, message, hint } = error;
    return { kind: "not-estimable", code, message, hint: hint ?? "Try another method." };
  }
}

/** The answer of a net to an empty adjustment set. */
export function withoutCovariates(label: string): Refusal {
  return {
    kind: "not-applicable",
    message: `${label} learns from covariates, and the adjustment set is empty.`,
    hint: "Use regression or aipw, or name columns along which the effect may vary.",
  };
}

function toFinding(
  problem: AdjustmentProblem,
  options: NeuralOptions,
  engine: TensorEngine,
  crossFit: CrossFit,
  targeted: boolean,
  context: MethodContext,
): Finding {
  const { nuisances, nets } = crossFit;
  const { estimate, influence } =
    crossFit.riesz === undefined
      ? score(problem, nuisances)
      : rieszScore(problem, nuisances, crossFit.riesz);
  const over = targetWeights(problem, nuisances.propensity);
  const average = (effects: Float64Array): number => {
    const total = over.reduce((sum, w) => sum + w, 0);
    return effects.reduce((sum, effect, i) => sum + over[i]! * effect, 0) / total;
  };
  const plugIn = nuisances.outcome1.map((q1, i) => q1 - nuisances.outcome0[i]!);
  const parts: Part[] = [{ name: "plug-in (mean predicted effect)", estimate: average(plugIn) }];
  if (targeted && problem.estimand.target === "ATE") {
    parts.push({ name: "targeted regularization", estimate: average(crossFit.targeted) });
  }
  if (crossFit.riesz !== undefined) {
    const { estimate } = score(problem, nuisances);
    parts.push({ name: "with a logistic propensity in place of the Riesz head", estimate });
  }
  const { folds } = options;
  return {
    kind: "finding",
    estimate,
    standardError: influenceError(influence, problem.clusters),
    errors: `influence function, ${folds === 1 ? "not cross-fitted" : `${folds}-fold cross-fitted`}`,
    influence,
    unitEffects: crossFit.ensemble,
    propensity: nuisances.propensity,
    weights:
      crossFit.riesz?.map((alpha, i) => Math.max(0, problem.treatment[i] === 1 ? alpha : -alpha)) ??
      balancingWeights(problem.treatment, nuisances.propensity, problem.estimand.target),
    clipped: crossFit.riesz === undefined ? nuisances.clipped : 0,
    parts,
    diagnostics: [lossCurve(nets), trainingFigures(nets, engine)],
    warnings: warningsOf(problem, options, nets, context),
    backend: `${engine.backend} (${engine.adapter})`,
  };
}

type Trained = Pick<FittedNet, "training" | "weights">;

/** Mean of q1 - q0 + α (y - q): the debiased average effect (Chernozhukov et al. 2022, eq. 2). O(n). */
function rieszScore(
  problem: AdjustmentProblem,
  { outcome0, outcome1 }: CrossFit["nuisances"],
  riesz: Float64Array,
): ReturnType<typeof score> {
  const { n, treatment, outcome } = problem;
  const sampling = problem.sampling ?? new Float64Array(n).fill(1);
  const top = riesz.map((alpha, i) => {
    const own = treatment[i] === 1 ? outcome1[i]! : outcome0[i]!;
    return sampling[i]! * (outcome1[i]! - outcome0[i]! + alpha * (outcome[i]! - own));
  });
  return solveRatio(top, sampling);
}

/** Loss by epoch of every net, for the loss chart. */
export function lossCurve(nets: readonly Trained[]): CurveDiagnostic {
  const lines = nets.flatMap(({ training }, k) => {
    const label = nets.length === 1 ? "" : ` of fold ${k + 1}`;
    const points = (pick: (h: (typeof training.history)[number]) => number | undefined) =>
      training.history.flatMap((h) => {
        const y = pick(h);
        return y === undefined ? [] : [{ x: h.epoch, y }];
      });
    return [
      { name: `training loss${label}`, style: "line" as const, points: points((h) => h.loss) },
      {
        name: `validation loss${label}`,
        style: "line" as const,
        points: points((h) => h.validation),
      },
    ].filter((line) => line.points.length > 0);
  });
  const last = nets.map(({ training }) => training.bestEpoch).join(", ");
  return {
    kind: "curve",
    title: "Training",
    summary: `Loss by epoch of ${nets.length} net${nets.length === 1 ? "" : "s"}; weights kept from epoch ${last}.`,
    xLabel: "epoch",
    yLabel: "loss",
    lines,
  };
}

/** How many nets of how many weights took how many steps on what. */
export function trainingFigures(nets: readonly Trained[], engine: TensorEngine): FiguresDiagnostic {
  const weights = nets[0]?.weights.reduce((sum, w) => sum + w.length, 0) ?? 0;
  const steps = nets.reduce((sum, net) => sum + net.training.steps, 0);
  const memory = engine.memory();
  return {
    kind: "figures",
    title: "Nets",
    summary: `${nets.length} net${nets.length === 1 ? "" : "s"} of ${weights} weights, ${steps} steps on ${engine.backend}.`,
    rows: [
      { name: "nets", value: nets.length },
      { name: "weights of each", value: weights },
      { name: "gradient steps", value: steps },
      { name: "tensor memory kept, bytes", value: memory.bytes, note: engine.adapter },
    ],
  };
}

function warningsOf(
  problem: AdjustmentProblem,
  options: NeuralOptions,
  nets: readonly FittedNet[],
  context: MethodContext,
): Warning[] {
  const warnings: Warning[] = [];
  if (options.folds === 1) {
    warnings.push({
      code: "no-cross-fitting",
      message: `The net predicted the rows it was trained on; the ${Math.round(100 * context.level)} % interval is too narrow.`,
      hint: "Set folds to 5.",
    });
  }
  if (nets.some(({ training }) => !training.stoppedEarly)) {
    warnings.push({
      code: "not-converged",
      message: `A net was still improving when its ${options.epochs} epochs were over.`,
      hint: "Raise epochs and look at the loss chart.",
    });
  }
  if (problem.sampling !== undefined) {
    warnings.push({
      code: "sampling-weights-in-score-only",
      message: "Sampling weights enter the average, but not the training of the nets.",
    });
  }
  return warnings;
}

function commonOptions(defaults: FitOptions): {
  readonly [K in keyof NeuralOptions]: OptionSpec<NeuralOptions[K]>;
} {
  return {
    folds: {
      type: "integer",
      default: 5,
      minimum: 1,
      maximum: 20,
      doc: "Nets trained, each predicting the part of the rows it has not seen; 1 trains and predicts on the same rows.",
    },
    clip: {
      type: "number",
      default: 0.01,
      minimum: 0,
      maximum: 0.49,
      doc: "Propensities are kept in [clip, 1 − clip]; how many moved is reported.",
    },
    ...trainingOptions(defaults),
  };
}

/** Options of the layer widths, which most nets share. */
export function widthOptions(
  width: number,
  headWidth: number,
): {
  readonly width: OptionSpec<number>;
  readonly headWidth: OptionSpec<number>;
} {
  return {
    width: {
      type: "integer",
      default: width,
      minimum: 1,
      maximum: 4096,
      doc: "Units in each of the three layers of the shared representation.",
    },
    headWidth: {
      type: "integer",
      default: headWidth,
      minimum: 1,
      maximum: 4096,
      doc: "Units in each layer of the outcome heads.",
    },
  };
}

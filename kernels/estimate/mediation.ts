import { breathe } from "../../app/work.ts";
import { multiplyVector } from "../math/dense.ts";
import { leastSquares, leastSquaresMany } from "../math/least-squares.ts";
import { variance } from "../math/summary.ts";
import { withOnes } from "./learn/linear.ts";
import { foldMap } from "../math/folds.ts";
import { influenceError } from "./influence.ts";
import { type Sample, takeRows } from "./learn/learner.ts";
import { learnerNamed, type LearnerName } from "./learn/learners.ts";
import { nuisanceOptions, solveRatio } from "./aipw.ts";
import type { Answer, Finding, Method, MethodContext, Refusal } from "./method.ts";
import { clipInPlace, rowsWhere } from "./nuisance.ts";
import type { MediationProblem } from "./problem.ts";

export type MediationOptions = {
  readonly outcomeModel: LearnerName;
  readonly propensityModel: LearnerName;
  readonly folds: number;
  readonly clip: number;
};

/**
 * Natural direct and indirect effects of a binary treatment through mediators M given covariates X: NDE compares
 * treatment with the mediators as they would be untreated, NIE the mediators' change under treatment, TE both. Each
 * mean E[Y(t, M(t′))] is the multiply robust score of Tchetgen Tchetgen & Shpitser (2012), with the mediator's density
 * ratio from the propensities given (X) and (M, X) (Zheng & van der Laan 2012), nuisances cross-fitted. Assumes no
 * hidden confounding of treatment, of mediators, of outcome, and no mediator–outcome confounder that treatment moves.
 */
export async function mediation(
  problem: MediationProblem,
  options: MediationOptions,
  context: MethodContext,
): Promise<Finding | Refusal> {
  const { n, treatment, outcome, covariates, mediators } = problem;
  const folds = foldMap(n, options.folds, context.rng.fork("folds"), { strata: treatment });
  const alone: Sample = { x: covariates.x, n, d: covariates.d, y: treatment };
  const both: Sample = {
    x: sideBySide(covariates, mediators, n),
    n,
    d: covariates.d + mediators.d,
    y: outcome,
  };
  const empty = (): Float64Array => new Float64Array(n);
  const e = empty();
  const eM = empty();
  // mu[t]: E[Y | t, M, X]; nested[t][s]: E[mu[t] | T = s, X]
  const mu = [empty(), empty()];
  const nested = [
    [empty(), empty()],
    [empty(), empty()],
  ];
  const binary = problem.outcomeKind === "binary";
  for (let fold = 0; fold < options.folds; fold++) {
    const test = rowsWhere(n, (i) => folds[i] === fold);
    const train = options.folds === 1 ? test : rowsWhere(n, (i) => folds[i] !== fold);
    const rng = context.rng.fork(`fold ${fold}`);
    const propensity = learnerNamed(options.propensityModel);
    const outcomeModel = learnerNamed(options.outcomeModel);
    put(
      e,
      test,
      propensity
        .fit(takeRows(alone, train), true, rng)
        .predict(takeRows(alone, test).x, test.length),
    );
    put(
      eM,
      test,
      propensity
        .fit(takeRows({ ...both, y: treatment }, train), true, rng)
        .predict(takeRows(both, test).x, test.length),
    );
    for (const t of [0, 1]) {
      const own = train.filter((i) => treatment[i] === t);
      const fit = outcomeModel.fit(takeRows(both, own), binary, rng.fork(`outcome ${t}`));
      put(mu[t]!, test, fit.predict(takeRows(both, test).x, test.length));
      const inner = empty();
      put(inner, train, fit.predict(takeRows(both, train).x, train.length));
      for (const s of [0, 1]) {
        const rows = train.filter((i) => treatment[i] === s);
        const second = outcomeModel.fit(
          takeRows({ ...alone, y: inner }, rows),
          false,
          rng.fork(`nested ${t} ${s}`),
        );
        put(nested[t]![s]!, test, second.predict(takeRows(alone, test).x, test.length));
      }
    }
    context.work.signal.throwIfAborted();
  }
  const clipped = clipInPlace(e, options.clip) + clipInPlace(eM, options.clip);
  const score = (t: 0 | 1, s: 0 | 1): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => {
      const own = treatment[i]!;
      const chance = (arm: number, p: number): number => (arm === 1 ? p : 1 - p);
      const omega = nested[t]![s]![i]!;
      const m = mu[t]![i]!;
      // f(M | s, X) / f(M | t, X) by Bayes' rule
      const ratio = (chance(s, eM[i]!) * chance(t, e[i]!)) / (chance(t, eM[i]!) * chance(s, e[i]!));
      const first = own === t ? ((t === s ? 1 : ratio) / chance(t, e[i]!)) * (outcome[i]! - m) : 0;
      const second = own === s ? (m - omega) / chance(s, e[i]!) : 0;
      return first + second + omega;
    });
  const cells = { s00: score(0, 0), s10: score(1, 0), s11: score(1, 1) };
  const ones = new Float64Array(n).fill(1);
  const effect = (
    a: Float64Array,
    b: Float64Array,
  ): { estimate: number; influence: Float64Array } =>
    solveRatio(
      a.map((v, i) => v - b[i]!),
      ones,
    );
  const found = {
    NDE: effect(cells.s10, cells.s00),
    NIE: effect(cells.s11, cells.s10),
    TE: effect(cells.s11, cells.s00),
  };
  const { target } = problem.estimand;
  const main = target === "NDE" || target === "NIE" ? found[target] : found.TE;
  const share = found.NIE.estimate / found.TE.estimate;
  return {
    kind: "finding",
    estimate: main.estimate,
    standardError: influenceError(main.influence, problem.clusters),
    errors: `influence function, ${options.folds === 1 ? "not cross-fitted" : `${options.folds}-fold cross-fitted`}`,
    influence: main.influence,
    clipped,
    parts: Object.entries(found).map(([name, f]) => ({
      name,
      estimate: f.estimate,
      standardError: influenceError(f.influence, problem.clusters),
    })),
    diagnostics: [
      {
        kind: "figures",
        title: "Direct and indirect",
        summary: `Of the total effect ${found.TE.estimate.toPrecision(4)}, ${found.NIE.estimate.toPrecision(4)} (${(100 * share).toFixed(0)} %) runs through ${problem.estimand.kind === "mediation" ? problem.estimand.mediators.join(", ") : "the mediators"}.`,
        rows: [{ name: "share mediated", value: share }],
      },
    ],
  };
}

/**
 * Front-door adjustment (Pearl 1995): the effect of a binary treatment that runs wholly through mediators which hidden
 * causes of treatment and outcome do not touch. The outcome is regressed on treatment, mediators and their products,
 * averaged over the treatments as they occur; that average, regressed on treatment (and covariates), gives the effect:
 * exact for saturated models. No standard error of its own: a bootstrap of 200 draws is made.
 */
export async function frontDoor(
  problem: MediationProblem,
  options: { readonly draws: number },
  context: MethodContext,
): Promise<Finding | Refusal> {
  const { n, outcome, treatment, covariates, mediators } = problem;
  const estimate = frontDoorEstimate(
    problem,
    Int32Array.from({ length: n }, (_, i) => i),
  );
  const draws: number[] = [];
  for (let k = 0; k < options.draws; k++) {
    const rng = context.rng.fork(`bootstrap ${k}`);
    draws.push(
      frontDoorEstimate(
        problem,
        Int32Array.from({ length: n }, () => rng.int(n)),
      ),
    );
    if (k % 10 === 9) await breathe(context.work);
  }
  const usable = draws.filter(Number.isFinite);
  const [first] = leastSquaresMany(
    withOnes(sideBySide(mediators, covariates, n), n, mediators.d + covariates.d),
    n,
    mediators.d + covariates.d + 1,
    [treatment],
  );
  const moved = 1 - first!.rss / (n * variance(treatment, 0));
  if (outcome.length < 10 || usable.length < options.draws / 2) {
    return {
      kind: "not-estimable",
      code: "front-door-unstable",
      message: "The front-door estimate cannot be computed in most bootstrap draws.",
      hint: "Some mediator level is too rare: merge levels.",
    };
  }
  return {
    kind: "finding",
    estimate,
    standardError: Math.sqrt(variance(usable)),
    errors: `bootstrap, ${usable.length} draws`,
    diagnostics: [
      {
        kind: "figures",
        title: "Front door",
        summary: `Mediators and covariates tell ${(100 * moved).toFixed(1)} % of the variation of treatment.`,
        rows: [
          {
            name: "treatment's R² on mediators",
            value: moved,
            note: "near 0: treatment does not move the mediators",
          },
        ],
      },
    ],
  };
}

function frontDoorEstimate(problem: MediationProblem, rows: Int32Array): number {
  const { treatment, outcome, covariates, mediators } = problem;
  const m = rows.length;
  const [dm, dx] = [mediators.d, covariates.d];
  const d = 2 + 2 * dm + dx;
  const write = (k: number, t: number, out: Float64Array): void => {
    const i = rows[k]!;
    const at = k * d;
    out[at] = 1;
    out[at + 1] = t;
    for (let j = 0; j < dm; j++) {
      out[at + 2 + j] = mediators.x[i * dm + j]!;
      out[at + 2 + dm + j] = t * mediators.x[i * dm + j]!;
    }
    for (let j = 0; j < dx; j++) out[at + 2 + 2 * dm + j] = covariates.x[i * dx + j]!;
  };
  const x = new Float64Array(m * d);
  const y = Float64Array.from(rows, (i) => outcome[i]!);
  const t = Float64Array.from(rows, (i) => treatment[i]!);
  for (let k = 0; k < m; k++) write(k, t[k]!, x);
  const { coefficients } = leastSquares(x, m, d, y);
  // Linear in t: averaging over the treatments as they occur is prediction at their mean.
  const share = t.reduce((a, b) => a + b, 0) / m;
  for (let k = 0; k < m; k++) write(k, share, x);
  const through = multiplyVector(x, coefficients, m, d);
  const second = new Float64Array(m * (2 + dx));
  for (let k = 0; k < m; k++) {
    second.set([1, t[k]!], k * (2 + dx));
    second.set(covariates.x.subarray(rows[k]! * dx, (rows[k]! + 1) * dx), k * (2 + dx) + 2);
  }
  return leastSquares(second, m, 2 + dx, through).coefficients[1]!;
}

function sideBySide(
  a: { readonly x: Float64Array; readonly d: number },
  b: { readonly x: Float64Array; readonly d: number },
  n: number,
): Float64Array {
  const out = new Float64Array(n * (a.d + b.d));
  for (let i = 0; i < n; i++) {
    out.set(a.x.subarray(i * a.d, (i + 1) * a.d), i * (a.d + b.d));
    out.set(b.x.subarray(i * b.d, (i + 1) * b.d), i * (a.d + b.d) + a.d);
  }
  return out;
}

function put(target: Float64Array, rows: Int32Array, values: Float64Array): void {
  for (let k = 0; k < rows.length; k++) target[rows[k]!] = values[k]!;
}

export const mediationMethod: Method<MediationOptions> = {
  name: "mediation",
  label: "Natural direct and indirect effects",
  summary:
    "Splits an effect into what runs through the mediators and what does not; multiply robust.",
  source: "Tchetgen Tchetgen & Shpitser (2012); Zheng & van der Laan (2012)",
  fits: { estimands: ["mediation"], targets: ["TE", "NDE", "NIE"], treatments: ["binary"] },
  stochastic: true,
  options: {
    outcomeModel: nuisanceOptions.outcomeModel,
    propensityModel: nuisanceOptions.propensityModel,
    folds: nuisanceOptions.folds,
    clip: nuisanceOptions.clip,
  },
  run(problem, options, context): Promise<Answer> {
    if (problem.kind !== "mediation")
      throw new Error(`mediation was given a ${problem.kind} problem`);
    return mediation(problem, options, context);
  },
};

export const frontDoorMethod: Method<{ readonly draws: number }> = {
  name: "front-door",
  label: "Front-door adjustment",
  summary:
    "Follows the effect through mediators that hidden causes of treatment and outcome do not touch.",
  source: "Pearl (1995)",
  fits: { estimands: ["front-door"], targets: ["ATE"], treatments: ["binary"] },
  stochastic: true,
  options: {
    draws: {
      type: "integer",
      default: 200,
      minimum: 20,
      maximum: 10_000,
      doc: "Bootstrap draws behind the standard error.",
    },
  },
  run(problem, options, context): Promise<Answer> {
    if (problem.kind !== "front-door")
      throw new Error(`front-door was given a ${problem.kind} problem`);
    return frontDoor(problem, options, context);
  },
};

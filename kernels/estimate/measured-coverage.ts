import type { Effect } from "./effect.ts";

/** How often a method's 95 % intervals held the truth of one simulated process. */
export interface MeasuredCoverage {
  readonly method: string;
  readonly design: string;
  /** The process in a few words. */
  readonly says: string;
  readonly n: number;
  readonly draws: number;
  /** Share of draws whose interval held the truth. */
  readonly covered: number;
  /** Of the estimate, in its own standard deviations over the draws. */
  readonly bias: number;
  /** Mean standard error over the standard deviation of the estimates: below 1 it promises too much. */
  readonly errorRatio: number;
}

// Both tables are written by `npm run bench:coverage -- --write`: method | options | target | design | n | draws |
// coverage in % | bias | ratio of errors.
const MEASURED = `
aipw | outcomeModel: linear, propensityModel: linear | ATE | friendly | 500 | 2000 | 94.8 | 0.01 | 0.99
aipw | outcomeModel: linear, propensityModel: linear | ATE | small | 200 | 2000 | 94.7 | -0.01 | 0.99
aipw | outcomeModel: linear, propensityModel: linear | ATE | weak overlap | 500 | 2000 | 94.6 | 0.01 | 0.93
aipw | outcomeModel: linear, propensityModel: linear | ATE | heteroskedastic | 500 | 2000 | 94.5 | 0.01 | 1.01
aipw | outcomeModel: linear, propensityModel: linear | ATE | bent outcome | 500 | 2000 | 94.8 | -0.00 | 0.98
aipw | outcomeModel: linear, propensityModel: linear | ATE | yes/no outcome | 400 | 2000 | 95.0 | 0.01 | 1.00
aipw | outcomeModel: linear, propensityModel: linear | ATE | clusters | 450 | 2000 | 94.9 | 0.01 | 0.98
aipw | outcomeModel: linear, propensityModel: linear | ATT | friendly | 500 | 1000 | 94.8 | -0.02 | 1.01
aipw | outcomeModel: linear, propensityModel: linear | ATT | weak overlap | 500 | 1000 | 94.7 | -0.02 | 0.88
aipw | outcomeModel: linear, propensityModel: linear | overlap | friendly | 500 | 1000 | 94.4 | 0.02 | 0.99
aipw | outcomeModel: linear, propensityModel: linear | overlap | weak overlap | 500 | 1000 | 95.1 | -0.03 | 0.99
aipw | outcomeModel: boosting, propensityModel: boosting | ATE | bent | 1000 | 500 | 90.6 | 0.55 | 0.96
tmle | outcomeModel: linear, propensityModel: linear | ATE | friendly | 500 | 2000 | 94.7 | 0.01 | 1.00
tmle | outcomeModel: linear, propensityModel: linear | ATE | small | 200 | 2000 | 94.7 | -0.01 | 1.00
tmle | outcomeModel: linear, propensityModel: linear | ATE | weak overlap | 500 | 2000 | 94.1 | 0.01 | 0.94
tmle | outcomeModel: linear, propensityModel: linear | ATE | heteroskedastic | 500 | 2000 | 94.5 | 0.01 | 1.01
tmle | outcomeModel: linear, propensityModel: linear | ATE | bent outcome | 500 | 2000 | 94.7 | -0.00 | 0.98
tmle | outcomeModel: linear, propensityModel: linear | ATE | yes/no outcome | 400 | 2000 | 95.1 | 0.01 | 1.00
tmle | outcomeModel: linear, propensityModel: linear | ATE | clusters | 450 | 2000 | 95.0 | 0.01 | 0.99
tmle | outcomeModel: linear, propensityModel: linear | ATT | friendly | 500 | 1000 | 94.7 | -0.02 | 1.01
tmle | outcomeModel: linear, propensityModel: linear | ATT | weak overlap | 500 | 1000 | 92.3 | -0.02 | 0.89
tmle | outcomeModel: boosting, propensityModel: boosting | ATE | bent | 1000 | 500 | 90.0 | 0.60 | 0.97
regression | model: auto, byArm: false | ATE | dose | 500 | 1000 | 94.6 | 0.03 | 0.99
regression | model: auto, byArm: false | ATE | clusters | 450 | 1000 | 95.1 | -0.01 | 1.00
regression | model: auto, byArm: false | ATE | yes/no outcome | 400 | 1000 | 94.8 | 0.04 | 0.98
regression | model: auto, byArm: true | ATE | friendly | 500 | 1000 | 94.3 | 0.02 | 0.99
regression | model: auto, byArm: true | ATE | small | 200 | 1000 | 94.5 | -0.03 | 0.99
regression | model: auto, byArm: true | ATE | weak overlap | 500 | 1000 | 95.9 | -0.03 | 1.02
regression | model: auto, byArm: true | ATE | heteroskedastic | 500 | 1000 | 94.6 | 0.03 | 1.00
ipw | errors: auto | ATE | friendly | 500 | 1000 | 99.9 | 0.03 | 1.76
ipw | errors: auto | ATE | small | 200 | 1000 | 100.0 | -0.03 | 1.72
ipw | errors: auto | ATE | weak overlap | 500 | 1000 | 98.4 | 0.13 | 1.10
ipw | errors: auto | ATE | heteroskedastic | 500 | 1000 | 98.6 | 0.06 | 1.26
ipw | errors: auto | ATE | bent outcome | 500 | 1000 | 99.6 | -0.05 | 1.41
ipw | errors: auto | ATE | clusters | 450 | 1000 | 98.1 | -0.00 | 1.20
ipw | errors: stacked | ATE | friendly | 500 | 1000 | 95.2 | 0.03 | 0.98
ipw | errors: stacked | ATE | small | 200 | 1000 | 93.4 | -0.03 | 0.96
ipw | errors: stacked | ATE | weak overlap | 500 | 1000 | 89.6 | 0.13 | 0.80
ipw | errors: auto | ATT | friendly | 500 | 1000 | 95.2 | -0.02 | 0.98
ipw | errors: auto | ATT | weak overlap | 500 | 1000 | 90.2 | 0.02 | 0.78
ipw | errors: auto | overlap | friendly | 500 | 1000 | 93.9 | 0.02 | 0.98
ipw | errors: auto | overlap | weak overlap | 500 | 1000 | 95.2 | -0.02 | 1.00
entropy-balancing |  | ATT | friendly | 500 | 1000 | 93.7 | -0.02 | 0.98
entropy-balancing |  | ATT | small | 200 | 1000 | 93.2 | -0.02 | 0.95
entropy-balancing |  | ATT | weak overlap | 500 | 1000 | 85.6 | -0.01 | 0.77
entropy-balancing |  | ATT | heteroskedastic | 500 | 1000 | 94.5 | 0.05 | 0.99
stratification |  | ATE | friendly | 500 | 1000 | 99.7 | 0.34 | 1.69
stratification |  | ATE | small | 200 | 1000 | 99.9 | 0.16 | 1.62
matching | neighbours: 1, caliper: null, distance: propensity, biasAdjust: false, replacement: true | ATE | friendly | 500 | 1000 | 99.3 | 0.07 | 1.39
matching | neighbours: 1, caliper: null, distance: propensity, biasAdjust: false, replacement: true | ATE | small | 200 | 1000 | 99.2 | 0.02 | 1.40
matching | neighbours: 1, caliper: null, distance: propensity, biasAdjust: false, replacement: true | ATE | weak overlap | 500 | 1000 | 96.2 | 0.11 | 1.13
matching | neighbours: 1, caliper: null, distance: propensity, biasAdjust: false, replacement: true | ATT | friendly | 500 | 1000 | 98.4 | 0.02 | 1.21
matching | neighbours: 1, caliper: null, distance: propensity, biasAdjust: false, replacement: true | ATT | small | 200 | 1000 | 98.4 | 0.03 | 1.24
matching | neighbours: 1, caliper: null, distance: propensity, biasAdjust: false, replacement: true | ATT | weak overlap | 500 | 1000 | 93.3 | 0.04 | 1.02
matching | neighbours: 1, caliper: null, distance: mahalanobis, biasAdjust: true, replacement: true | ATE | friendly | 500 | 1000 | 94.0 | 0.02 | 0.99
matching | neighbours: 1, caliper: null, distance: mahalanobis, biasAdjust: true, replacement: true | ATE | weak overlap | 500 | 1000 | 93.2 | -0.01 | 0.98
matching | neighbours: 1, caliper: null, distance: propensity, biasAdjust: false, replacement: false | ATT | friendly | 500 | 1000 | 73.9 | 1.08 | 0.89
plr | outcomeModel: linear, propensityModel: linear | ATE | dose | 500 | 2000 | 94.8 | 0.02 | 0.99
plr | outcomeModel: linear, propensityModel: linear | ATE | small dose | 200 | 2000 | 94.1 | -0.05 | 0.98
plr | outcomeModel: boosting, propensityModel: boosting | ATE | bent dose | 1000 | 500 | 81.6 | -0.87 | 0.93
plr | outcomeModel: lasso, propensityModel: lasso | ATE | sparse dose | 300 | 500 | 93.2 | -0.42 | 1.03
dr-learner | outcomeModel: boosting, propensityModel: linear, effectModel: lasso | ATE | friendly | 500 | 500 | 95.8 | -0.02 | 1.01
2sls | estimator: 2sls | LATE | one instrument | 500 | 2000 | 94.7 | -0.05 | 0.97
2sls | estimator: 2sls | LATE | small instrument | 200 | 2000 | 95.2 | -0.09 | 0.97
2sls | estimator: 2sls | LATE | weak instrument | 200 | 2000 | 95.2 | -0.03 | 7.43
2sls | estimator: 2sls | LATE | many instruments | 500 | 2000 | 80.2 | 0.82 | 0.99
2sls | estimator: liml | LATE | weak instrument | 200 | 2000 | 95.2 | -0.03 | 7.43
2sls | estimator: liml | LATE | many instruments | 500 | 2000 | 95.5 | -0.09 | 9.53
pliv | outcomeModel: linear, propensityModel: linear | LATE | one instrument | 500 | 2000 | 94.6 | -0.05 | 0.96
pliv | outcomeModel: linear, propensityModel: linear | LATE | small instrument | 200 | 2000 | 95.0 | -0.08 | 0.96
pliv | outcomeModel: linear, propensityModel: linear | LATE | weak instrument | 200 | 2000 | 95.1 | -0.02 | 4.31
iivm | outcomeModel: linear, propensityModel: linear | LATE | compliers | 1000 | 1000 | 95.7 | 0.04 | 1.03
rdd | bandwidth: null, order: 1, neighbours: 3 | cutoff | cutoff | 1000 | 2000 | 93.8 | 0.16 | 0.94
rdd | bandwidth: null, order: 1, neighbours: 3 | cutoff | lee | 500 | 2000 | 92.3 | 0.35 | 0.88
rdd | bandwidth: null, order: 1, neighbours: 3 | cutoff | ludwig–miller | 500 | 2000 | 92.7 | 0.57 | 0.97
rdd | bandwidth: null, order: 1, neighbours: 3 | cutoff | mass points | 1000 | 2000 | 94.9 | 0.13 | 0.99
rdd | bandwidth: null, order: 1, neighbours: 3 | cutoff | fuzzy | 1500 | 2000 | 96.0 | -0.02 | 0.95
did | aggregate: dynamic, control: never | ATT | staggered | 720 | 2000 | 94.2 | 0.00 | 0.98
did | aggregate: dynamic, control: never | ATT | few units | 180 | 2000 | 94.1 | 0.04 | 1.02
did | aggregate: dynamic, control: never | ATT | covariate trends | 1200 | 2000 | 93.3 | -0.01 | 0.97
did | aggregate: simple, control: never | ATT | staggered | 720 | 2000 | 94.0 | 0.00 | 0.99
did | aggregate: simple, control: never | ATT | few units | 180 | 2000 | 94.3 | 0.05 | 1.03
did | aggregate: dynamic, control: not-yet | ATT | staggered | 720 | 2000 | 93.8 | -0.00 | 0.98
twfe |  | coefficient | panel | 720 | 1000 | 97.1 | 0.03 | 1.10
twfe |  | coefficient | small panel | 144 | 1000 | 97.4 | 0.00 | 1.11
synthetic-did |  | ATT | factors | 800 | 500 | 84.0 | 0.84 | 0.93
synthetic-did |  | ATT | one treated | 600 | 500 | 93.2 | 0.35 | 1.00
synthetic-control |  | ATT | one treated | 600 | 500 | 91.4 | 0.50 | 0.98
front-door |  | ATE | door | 300 | 500 | 94.2 | 0.01 | 0.97
mediation | outcomeModel: linear, propensityModel: linear | NDE | mediated | 500 | 1000 | 94.2 | 0.00 | 0.99
mediation | outcomeModel: linear, propensityModel: linear | NIE | mediated | 500 | 1000 | 95.7 | -0.05 | 1.04
`;
const DESIGNS = `
friendly | two covariates, every model right
small | two covariates, every model right, few rows
weak overlap | weak overlap (a tenth of the units have a chance below 3 % of one arm)
heteroskedastic | noise that grows with a covariate and with treatment
bent outcome | right model of treatment, outcome models that miss a square
yes/no outcome | yes/no outcome, logit treatment and outcome
clusters | 30 clusters of 15 that share a shock of the outcome and a leaning to treatment
bent | 5 covariates, bent surfaces of outcome and treatment
dose | continuous treatment, noise that grows with a covariate
small dose | continuous treatment, few rows
bent dose | continuous treatment, bent surfaces, 5 covariates
sparse dose | continuous treatment, 60 covariates of which 2 matter
one instrument | one strong instrument, uneven noise
small instrument | one instrument, few rows
weak instrument | one weak instrument (F about 5)
many instruments | twenty weak instruments
compliers | yes/no instrument that leans on a covariate, 60 % compliers, effects that vary
cutoff | smooth curve, a uniform running variable
lee | the curve of Calonico, Cattaneo & Titiunik (2014), model 1
ludwig–miller | the strongly curved model 2 of Calonico, Cattaneo & Titiunik (2014)
mass points | a running variable of 41 values, noise that grows with it
fuzzy | treatment jumps from 20 % to 70 % at the cutoff, curved outcome
staggered | 120 units in two cohorts and a never treated group, 6 periods, growing effects, lasting shocks
few units | 30 units in two cohorts and a never treated group, 6 periods, growing effects, lasting shocks
covariate trends | 200 units in two cohorts and a never treated group, 6 periods, growing effects, lasting shocks, trends that follow a covariate
panel | 120 units in two cohorts and a never treated group, 6 periods, one effect for all, lasting shocks
small panel | 24 units in two cohorts and a never treated group, 6 periods, one effect for all, lasting shocks
factors | 40 units over 20 periods with a common factor, 8 of them treated for the last 5
one treated | 30 units over 20 periods with a common factor, 1 of them treated for the last 5
door | a hidden common cause, one mediator that carries the whole effect
mediated | one mediator, which treatment also moderates
`;

const linesOf = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" | "));

/**
 * What was measured of intervals made as this effect's were: the same method, target and telling options. Empty where
 * nothing was: other options, a bootstrap, another level than 95 %. O(rows).
 */
export function measuredCoverage(
  effect: Pick<Effect, "method" | "target" | "options" | "settings" | "interval">,
): readonly MeasuredCoverage[] {
  if ((effect.settings.bootstrap ?? 0) > 0 || effect.interval.level !== 0.95) return [];
  return everyMeasured().filter(
    (row) =>
      row.method === effect.method &&
      row.target === effect.target &&
      Object.entries(row.options).every(([name, value]) => String(effect.options[name]) === value),
  );
}

/** Every row, with the options and the target it is about. */
export function everyMeasured(): readonly (MeasuredCoverage & {
  readonly target: string;
  readonly options: Readonly<Record<string, string>>;
})[] {
  const says = new Map(linesOf(DESIGNS).map(([name, text]) => [name!, text!]));
  return linesOf(MEASURED).map(([method, settings, target, design, ...figures]) => {
    const [n, draws, covered, bias, errorRatio] = figures.map(Number);
    const options = settings!.split(", ").filter((pair) => pair !== "");
    return {
      method: method!,
      target: target!,
      options: Object.fromEntries(options.map((pair) => pair.split(": ") as [string, string])),
      design: design!,
      says: says.get(design!) ?? design!,
      n: n!,
      draws: draws!,
      covered: covered! / 100,
      bias: bias!,
      errorRatio: errorRatio!,
    };
  });
}

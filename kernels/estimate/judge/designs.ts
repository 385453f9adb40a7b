import { logistic } from "../../math/glm.ts";
import type { Rng } from "../../math/rng.ts";

/** Simulated data of which every unit's effect is known. */
export interface KnownDesign {
  readonly n: number;
  readonly d: number;
  /** `[n, d]` row-major. */
  readonly x: Float64Array;
  /** `[n]`, 0/1. */
  readonly treatment: Float64Array;
  readonly outcome: Float64Array;
  readonly outcomeKind: "continuous" | "binary";
  /** Noiseless outcomes of both arms given what causes them, `[n]`. */
  readonly mu0: Float64Array;
  readonly mu1: Float64Array;
  /** mu1 - mu0, `[n]`. */
  readonly effect: Float64Array;
  /** P(t = 1 | covariates), `[n]`; given the hidden class in `hiddenConfounderDesign`. */
  readonly propensity: Float64Array;
}

/** Effect of `hiddenConfounderDesign` in the population: (sigmoid(0) + sigmoid(3) - sigmoid(-12) - sigmoid(-9)) / 2. */
export const HIDDEN_CONFOUNDER_EFFECT =
  (logistic(0) + logistic(3) - logistic(-12) - logistic(-9)) / 2;

/**
 * A hidden confounder of two classes seen through proxies (Louizos et al. 2017, section 4.1, as the pyro and causalml
 * examples write it): z ~ B(1/2), x_j ~ N(z, (3 + 2z)²), t ~ B(1/4 + z/2), y ~ B(sigmoid(3 (z + 2 (2t - 2)))).
 * The effect is .7262; the difference of means tends to .838. O(n · proxies).
 */
export function hiddenConfounderDesign(n: number, rng: Rng, proxies = 5): KnownDesign {
  const z = Float64Array.from({ length: n }, () => (rng.next() < 0.5 ? 1 : 0));
  const x = Float64Array.from({ length: n * proxies }, (_, k) => {
    const c = z[Math.floor(k / proxies)]!;
    return c + (3 + 2 * c) * rng.normal();
  });
  const propensity = z.map((c) => 0.25 + c / 2);
  const treatment = propensity.map((e) => (rng.next() < e ? 1 : 0));
  const mu0 = z.map((c) => logistic(3 * (c - 4)));
  const mu1 = z.map((c) => logistic(3 * c));
  const outcome = treatment.map((t, i) => (rng.next() < (t === 1 ? mu1 : mu0)[i]! ? 1 : 0));
  const effect = mu1.map((m, i) => m - mu0[i]!);
  return {
    n,
    d: proxies,
    x,
    treatment,
    outcome,
    outcomeKind: "binary",
    mu0,
    mu1,
    effect,
    propensity,
  };
}

/**
 * Data in the manner of IHDP (Hill 2011, section 4): `n` children, 6 correlated continuous and 19 two-valued covariates
 * (drawn here, not the trial's), about 19 % treated of whom a part with one covariate at 1 has been taken away, and
 * response surface B: mu0 = exp(x β), mu1 = x β - ω with one sparse β from {0, .1, .2, .3, .4} (probabilities
 * .6, .1, .1, .1, .1), ω such that the mean effect on the treated is 4, and noise of standard deviation 1. Without Hill's shift of x by .5 the
 * spread of the effects is that of the files in use (a median near 1.5). O(n).
 */
export function ihdpLikeDesign(rng: Rng, n = 747): KnownDesign {
  const d = 25;
  const x = new Float64Array(n * d);
  const propensity = new Float64Array(n);
  const treatment = new Float64Array(n);
  // Prevalences, loadings on three shared causes, and the treatment's index are of the design, not of the row.
  const shape = rng.fork("shape");
  const loading = Float64Array.from({ length: 3 * d }, () => 0.25 * shape.normal());
  const cut = Float64Array.from({ length: d }, () => -0.3 + 1.6 * shape.next());
  const lean = Float64Array.from({ length: d }, () => 0.2 * shape.normal());
  for (let i = 0; i < n; i++) {
    const shared = [rng.normal(), rng.normal(), rng.normal()];
    let index = 0;
    for (let j = 0; j < d; j++) {
      let value = 0;
      let size = 1;
      shared.forEach((s, k) => {
        value += loading[3 * j + k]! * s;
        size += loading[3 * j + k]! ** 2;
      });
      value = (value + rng.normal()) / Math.sqrt(size);
      const seen = j < 6 ? value : Number(value > cut[j]!);
      x[i * d + j] = seen;
      index += lean[j]! * seen;
    }
    // Treated units of one group were taken away for the most part: overlap is poor there.
    const group = x[i * d + 6] === 1 ? -1.5 : 0;
    propensity[i] = logistic(index - 1.05 + group);
    treatment[i] = rng.next() < propensity[i]! ? 1 : 0;
  }
  const beta = Float64Array.from({ length: d }, () => {
    const u = rng.next();
    return u < 0.6 ? 0 : 0.1 * Math.ceil((u - 0.6) * 10 + 1e-12);
  });
  const linear = new Float64Array(n);
  const mu0 = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) linear[i]! += x[i * d + j]! * beta[j]!;
    mu0[i] = Math.exp(linear[i]!);
  }
  let gap = 0;
  let treated = 0;
  for (let i = 0; i < n; i++) {
    if (treatment[i] !== 1) continue;
    gap += linear[i]! - mu0[i]!;
    treated++;
  }
  const omega = gap / treated - 4;
  const mu1 = linear.map((v) => v - omega);
  const outcome = treatment.map((t, i) => (t === 1 ? mu1[i]! : mu0[i]!) + rng.normal());
  const effect = mu1.map((m, i) => m - mu0[i]!);
  return { n, d, x, treatment, outcome, outcomeKind: "continuous", mu0, mu1, effect, propensity };
}

/** The four designs of Nie & Wager (2021, section 4.1), by letter. */
export type NieWagerSetup = "A" | "B" | "C" | "D";

/**
 * Designs of Nie & Wager (2021, section 4.1): A hard baseline and easy effect, B randomised, C confounded with constant
 * effect 1, D arms that have nothing in common; noise of standard deviation `noise`. O(n · d).
 */
export function nieWagerDesign(
  setup: NieWagerSetup,
  n: number,
  rng: Rng,
  d = 6,
  noise = 1,
): KnownDesign {
  if (d < 5) throw new Error(`The designs need 5 covariates, not ${d}.`);
  const x = Float64Array.from({ length: n * d }, () => (setup === "A" ? rng.next() : rng.normal()));
  const at = (i: number, j: number): number => x[i * d + j - 1]!;
  const plus = (v: number): number => Math.max(v, 0);
  const model = (i: number): { e: number; b: number; tau: number } => {
    const [a, b, c, f, g] = [at(i, 1), at(i, 2), at(i, 3), at(i, 4), at(i, 5)];
    if (setup === "A") {
      const s = Math.sin(Math.PI * a * b);
      return {
        e: Math.min(0.9, Math.max(0.1, s)),
        b: s + 2 * (c - 0.5) ** 2 + f + 0.5 * g,
        tau: (a + b) / 2,
      };
    }
    if (setup === "B") {
      return {
        e: 0.5,
        b: Math.max(a + b, c, 0) + plus(f + g),
        tau: a + Math.log1p(Math.exp(b)),
      };
    }
    if (setup === "C") {
      return { e: 1 / (1 + Math.exp(b + c)), b: 2 * Math.log1p(Math.exp(a + b + c)), tau: 1 };
    }
    return {
      e: 1 / (1 + Math.exp(-a) + Math.exp(-b)),
      b: (plus(a + b + c) + plus(f + g)) / 2,
      tau: plus(a + b + c) - plus(f + g),
    };
  };
  const rows = Array.from({ length: n }, (_, i) => model(i));
  const propensity = Float64Array.from(rows, (r) => r.e);
  // Their outcome is b + (t - 1/2) τ + noise.
  const mu0 = Float64Array.from(rows, (r) => r.b - r.tau / 2);
  const mu1 = Float64Array.from(rows, (r) => r.b + r.tau / 2);
  return drawn(x, n, d, propensity, mu0, mu1, noise, rng);
}

/**
 * The design of Kang & Schafer (2007): four normal causes, of which only non-linear transforms are seen; the outcome and
 * the treatment's logit are linear in the causes. Here with a constant effect; the original has none. O(n).
 */
export function kangSchaferDesign(n: number, rng: Rng, effect = 0): KnownDesign {
  const x = new Float64Array(n * 4);
  const propensity = new Float64Array(n);
  const mu0 = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [a, b, c, d] = [rng.normal(), rng.normal(), rng.normal(), rng.normal()];
    x.set(
      [Math.exp(a / 2), b / (1 + Math.exp(a)) + 10, ((a * c) / 25 + 0.6) ** 3, (b + d + 20) ** 2],
      4 * i,
    );
    propensity[i] = logistic(-a + 0.5 * b - 0.25 * c - 0.1 * d);
    mu0[i] = 210 + 27.4 * a + 13.7 * (b + c + d);
  }
  const mu1 = mu0.map((m) => m + effect);
  return drawn(x, n, 4, propensity, mu0, mu1, 1, rng);
}

function drawn(
  x: Float64Array,
  n: number,
  d: number,
  propensity: Float64Array,
  mu0: Float64Array,
  mu1: Float64Array,
  noise: number,
  rng: Rng,
): KnownDesign {
  const treatment = propensity.map((e) => (rng.next() < e ? 1 : 0));
  const outcome = treatment.map((t, i) => (t === 1 ? mu1[i]! : mu0[i]!) + noise * rng.normal());
  const effect = mu1.map((m, i) => m - mu0[i]!);
  return { n, d, x, treatment, outcome, outcomeKind: "continuous", mu0, mu1, effect, propensity };
}

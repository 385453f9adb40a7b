import { type Table, tableOf } from "../../kernels/data/table.ts";
import { logistic } from "../../kernels/math/glm.ts";
import type { Rng } from "../../kernels/math/rng.ts";

/** A process with known effects. Truths are those of the process, not of the sample drawn from it. */
export interface Design {
  /** One sentence, as the estimate panel shows it. */
  readonly says: string;
  readonly n: number;
  /** By target; several when a method answers several. */
  readonly truth: Readonly<Record<string, number>>;
  readonly draw: (rng: Rng) => Table;
}

const fill = (n: number, value: (i: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => value(i));

/** Mean of f(x1, x2) weighted by w(x1, x2) over two independent standard normals; trapezoid, error below 1e-9. */
function normalMean(
  f: (x1: number, x2: number) => number,
  w: (x1: number, x2: number) => number = () => 1,
): number {
  let top = 0;
  let bottom = 0;
  for (let a = -8; a <= 8; a += 0.05) {
    for (let b = -8; b <= 8; b += 0.05) {
      const weight = Math.exp(-(a * a + b * b) / 2) * w(a, b);
      top += weight * f(a, b);
      bottom += weight;
    }
  }
  return top / bottom;
}

type Surface = (x1: number, x2: number) => number;

/** Two normal covariates, a logit treatment, an outcome that each arm has its own surface of. */
function arms(
  says: string,
  n: number,
  index: Surface,
  y0: Surface,
  effect: Surface,
  noise: (x1: number, t: number) => number = () => 1,
): Design {
  const e: Surface = (a, b) => logistic(index(a, b));
  return {
    says,
    n,
    truth: {
      ATE: normalMean(effect),
      ATT: normalMean(effect, e),
      ATC: normalMean(effect, (a, b) => 1 - e(a, b)),
      overlap: normalMean(effect, (a, b) => e(a, b) * (1 - e(a, b))),
    },
    draw: (rng) => {
      const x1 = fill(n, () => rng.normal());
      const x2 = fill(n, () => rng.normal());
      const t = fill(n, (i) => (rng.next() < e(x1[i]!, x2[i]!) ? 1 : 0));
      const y = fill(
        n,
        (i) =>
          y0(x1[i]!, x2[i]!) + effect(x1[i]!, x2[i]!) * t[i]! + noise(x1[i]!, t[i]!) * rng.normal(),
      );
      return tableOf({ x1, x2, t, y });
    },
  };
}

const index: Surface = (a, b) => 0.6 * a - 0.4 * b;
const sum: Surface = (a, b) => a + b;
const varying: Surface = (a) => 1 + 0.5 * a;

function binaryOutcome(n: number): Design {
  const p = (a: number, b: number, t: number): number =>
    logistic(-0.5 + 0.7 * a + 0.5 * b + 0.8 * t);
  const risk: Surface = (a, b) => p(a, b, 1) - p(a, b, 0);
  const e: Surface = (a, b) => logistic(index(a, b));
  return {
    says: "yes/no outcome, logit treatment and outcome",
    n,
    truth: { ATE: normalMean(risk), ATT: normalMean(risk, e) },
    draw: (rng) => {
      const x1 = fill(n, () => rng.normal());
      const x2 = fill(n, () => rng.normal());
      const t = fill(n, (i) => (rng.next() < e(x1[i]!, x2[i]!) ? 1 : 0));
      const y = fill(n, (i) => (rng.next() < p(x1[i]!, x2[i]!, t[i]!) ? 1 : 0));
      return tableOf({ x1, x2, t, y });
    },
  };
}

function clustered(groups: number): Design {
  const size = 15;
  const n = groups * size;
  return {
    says: `${groups} clusters of ${size} that share a shock of the outcome and a leaning to treatment`,
    n,
    truth: { ATE: 1 },
    draw: (rng) => {
      const leaning = fill(groups, () => rng.normal());
      const shock = fill(groups, () => rng.normal());
      const g = fill(n, (i) => Math.floor(i / size));
      const x1 = fill(n, () => rng.normal());
      const x2 = fill(n, () => rng.normal());
      const t = fill(n, (i) =>
        rng.next() < logistic(index(x1[i]!, x2[i]!) + leaning[g[i]!]!) ? 1 : 0,
      );
      const y = fill(n, (i) => x1[i]! + x2[i]! + t[i]! + shock[g[i]!]! + rng.normal());
      return tableOf({ g, x1, x2, t, y });
    },
  };
}

/** Bends that neither a line nor a logit in the columns follows. */
function bent(n: number, p: number): Design {
  return {
    says: `${p} covariates, bent surfaces of outcome and treatment`,
    n,
    // E[x1] = 0
    truth: { ATE: 1 },
    draw: (rng) => {
      const x = Array.from({ length: p }, () => fill(n, () => rng.normal()));
      const [a, b, c] = [x[0]!, x[1]!, x[2]!];
      const t = fill(n, (i) =>
        rng.next() < logistic(0.8 * Math.sin(2 * a[i]!) + 0.5 * b[i]!) ? 1 : 0,
      );
      const y = fill(
        n,
        (i) =>
          Math.sin(2 * a[i]!) +
          0.5 * b[i]! * b[i]! +
          c[i]! +
          (1 + 0.5 * a[i]!) * t[i]! +
          rng.normal(),
      );
      return tableOf({ ...named(x), t, y });
    },
  };
}

function named(x: readonly Float64Array[]): Record<string, Float64Array> {
  return Object.fromEntries(x.map((column, j) => [`x${j + 1}`, column]));
}

function dose(says: string, n: number, p: number, bend: boolean): Design {
  return {
    says,
    n,
    truth: { ATE: 1, coefficient: 1 },
    draw: (rng) => {
      const x = Array.from({ length: p }, () => fill(n, () => rng.normal()));
      const [a, b] = [x[0]!, x[1]!];
      const shape = bend ? (v: number): number => Math.sin(2 * v) : (v: number): number => v;
      const t = fill(n, (i) => 0.6 * shape(a[i]!) - 0.4 * b[i]! + rng.normal());
      const y = fill(
        n,
        (i) => shape(a[i]!) + b[i]! + t[i]! + (1 + 0.5 * Math.abs(a[i]!)) * rng.normal(),
      );
      return tableOf({ ...named(x), t, y });
    },
  };
}

/** `first` is the coefficient of each instrument in the first stage. */
function instruments(says: string, n: number, count: number, first: number): Design {
  return {
    says,
    n,
    truth: { LATE: 1, coefficient: 1 },
    draw: (rng) => {
      const z = Array.from({ length: count }, () => fill(n, () => rng.normal()));
      const x1 = fill(n, () => rng.normal());
      const u = fill(n, () => rng.normal());
      const t = fill(
        n,
        (i) => z.reduce((s, c) => s + first * c[i]!, 0) + 0.5 * x1[i]! + u[i]! + rng.normal(),
      );
      const y = fill(
        n,
        (i) => t[i]! + x1[i]! + 2 * u[i]! + (1 + 0.5 * Math.abs(z[0]![i]!)) * rng.normal(),
      );
      return tableOf({
        ...Object.fromEntries(z.map((column, j) => [`z${j + 1}`, column])),
        x1,
        t,
        y,
      });
    },
  };
}

/** A yes/no instrument that depends on a covariate, never-takers, compliers and always-takers. */
function compliers(n: number): Design {
  // Compliers are 60 % whatever x1, so E[effect | complier] = E[1 + x1/2] = 1.
  return {
    says: "yes/no instrument that leans on a covariate, 60 % compliers, effects that vary",
    n,
    truth: { LATE: 1 },
    draw: (rng) => {
      const x1 = fill(n, () => rng.normal());
      const type = fill(n, () => rng.next());
      const z = fill(n, (i) => (rng.next() < logistic(0.7 * x1[i]!) ? 1 : 0));
      const t = fill(n, (i) => (type[i]! < 0.2 ? 0 : type[i]! < 0.4 ? 1 : z[i]!));
      const y = fill(
        n,
        (i) => x1[i]! + (1 + 0.5 * x1[i]!) * t[i]! + 2 * (type[i]! < 0.2 ? 1 : 0) + rng.normal(),
      );
      return tableOf({ x1, z, t, y });
    },
  };
}

function cutoff(
  says: string,
  n: number,
  jump: number,
  running: (rng: Rng) => number,
  mean: (x: number) => number,
  noise: (x: number) => number,
): Design {
  return {
    says,
    n,
    truth: { cutoff: jump },
    draw: (rng) => {
      const x = fill(n, () => running(rng));
      const y = fill(n, (i) => mean(x[i]!) + (x[i]! >= 0 ? jump : 0) + noise(x[i]!) * rng.normal());
      return tableOf({ x, y });
    },
  };
}

/** Beta(2, 4) on [−1, 1], the running variable of Calonico, Cattaneo & Titiunik (2014): second least of five. */
function betaRunning(rng: Rng): number {
  const u = Array.from({ length: 5 }, () => rng.next()).sort((a, b) => a - b);
  return 2 * u[1]! - 1;
}

const powers = (x: number, c: readonly number[]): number => c.reduceRight((s, v) => s * x + v, 0);

/** Calonico, Cattaneo & Titiunik (2014), section 5, models 1 (Lee) and 2 (Ludwig–Miller), less the jump. */
const lee = (x: number): number =>
  powers(x, x < 0 ? [0.48, 1.27, 7.18, 20.21, 21.54, 7.33] : [0.48, 0.84, -3.0, 7.99, -9.01, 3.56]);
const ludwigMiller = (x: number): number =>
  powers(
    x,
    x < 0 ? [3.71, 2.3, 3.28, 1.45, 0.23, 0.03] : [3.71, 18.49, -54.81, 74.3, -45.02, 9.83],
  );

function fuzzy(n: number): Design {
  return {
    says: "treatment jumps from 20 % to 70 % at the cutoff, curved outcome",
    n,
    truth: { LATE: 1, cutoff: 1 },
    draw: (rng) => {
      const x = fill(n, () => 2 * rng.next() - 1);
      const u = fill(n, () => rng.normal());
      const t = fill(n, (i) =>
        rng.next() < (x[i]! >= 0 ? 0.7 : 0.2) + 0.1 * Math.tanh(u[i]!) ? 1 : 0,
      );
      const y = fill(n, (i) => x[i]! + x[i]! ** 2 + t[i]! + 0.3 * u[i]! + 0.4 * rng.normal());
      return tableOf({ x, t, y });
    },
  };
}

/** Cohorts by chance; effects that grow with exposure and differ between cohorts; shocks that last. */
function staggered(units: number, trend: boolean): Design {
  return {
    says: `${units} units in two cohorts and a never treated group, 6 periods, growing effects, lasting shocks${trend ? ", trends that follow a covariate" : ""}`,
    n: 6 * units,
    // Cohort 2: 1, 1.5, 2, 2.5; cohort 4: 2, 2.5; cohorts equally likely.
    truth: { dynamic: 2, simple: 11.5 / 6, group: (1.75 + 2.25) / 2 },
    draw: (rng) => {
      const columns: Record<string, number[]> = { unit: [], time: [], d: [], y: [], w: [] };
      for (let unit = 0; unit < units; unit++) {
        const w = rng.normal();
        const chance = trend ? logistic(0.6 * w) : 0.5;
        const early = rng.next() < 0.5;
        // Cohorts stay equally likely at every w, so the averages above hold.
        const start = rng.next() < (trend ? 0.3 + 0.7 * chance : 2 / 3) ? (early ? 2 : 4) : 99;
        const level = rng.normal() + w;
        const own = 0.5 * rng.normal();
        let shock = rng.normal();
        for (let time = 0; time < 6; time++) {
          shock = 0.6 * shock + rng.normal();
          const effect = time < start ? 0 : (start === 2 ? 1 : 2) + 0.5 * (time - start) + own;
          columns["unit"]!.push(unit);
          columns["time"]!.push(time);
          columns["w"]!.push(w);
          columns["d"]!.push(time >= start ? 1 : 0);
          columns["y"]!.push(level + 0.3 * time + (trend ? 0.4 * w * time : 0) + effect + shock);
        }
      }
      return tableOf(columns);
    },
  };
}

function constantPanel(units: number): Design {
  return {
    says: `${units} units in two cohorts and a never treated group, 6 periods, one effect for all, lasting shocks`,
    n: 6 * units,
    truth: { coefficient: 1, ATT: 1 },
    draw: (rng) => {
      const columns: Record<string, number[]> = { unit: [], time: [], d: [], y: [] };
      for (let unit = 0; unit < units; unit++) {
        const start = [2, 4, 99][unit % 3]!;
        const level = rng.normal();
        let shock = rng.normal();
        for (let time = 0; time < 6; time++) {
          shock = 0.6 * shock + rng.normal();
          columns["unit"]!.push(unit);
          columns["time"]!.push(time);
          columns["d"]!.push(time >= start ? 1 : 0);
          columns["y"]!.push(level + 0.3 * time + (time >= start ? 1 : 0) + shock);
        }
      }
      return tableOf(columns);
    },
  };
}

/** Interactive fixed effects; treated units have larger loadings, which differencing alone does not remove. */
function factors(units: number, treated: number): Design {
  return {
    says: `${units} units over 20 periods with a common factor, ${treated} of them treated for the last 5`,
    n: 20 * units,
    truth: { ATT: 1 },
    draw: (rng) => {
      const columns: Record<string, number[]> = { unit: [], time: [], d: [], y: [] };
      const factor = fill(20, (t) => 0.1 * t + 0.5 * rng.normal());
      for (let unit = 0; unit < units; unit++) {
        const level = rng.normal();
        const loading = 0.5 + rng.next() + (unit < treated ? 0.3 : 0);
        for (let time = 0; time < 20; time++) {
          const d = unit < treated && time >= 15 ? 1 : 0;
          columns["unit"]!.push(unit);
          columns["time"]!.push(time);
          columns["d"]!.push(d);
          columns["y"]!.push(level + loading * factor[time]! + d + 0.5 * rng.normal());
        }
      }
      return tableOf(columns);
    },
  };
}

function door(n: number): Design {
  return {
    says: "a hidden common cause, one mediator that carries the whole effect",
    n,
    truth: { ATE: 0.8 },
    draw: (rng) => {
      const u = fill(n, () => rng.normal());
      const t = fill(n, (i) => (rng.next() < logistic(u[i]!) ? 1 : 0));
      const m = fill(n, (i) => 0.8 * t[i]! + rng.normal());
      const y = fill(n, (i) => m[i]! + 1.5 * u[i]! + rng.normal());
      return tableOf({ t, m, y });
    },
  };
}

function mediated(n: number): Design {
  // M(t) = t/2 + x/2 + noise, Y = t + M + tM/2 + x: NDE = 1 + E[M(0)]/2 = 1, NIE = 1.5 · 0.5.
  return {
    says: "one mediator, which treatment also moderates",
    n,
    truth: { NDE: 1, NIE: 0.75, TE: 1.75 },
    draw: (rng) => {
      const x1 = fill(n, () => rng.normal());
      const t = fill(n, (i) => (rng.next() < logistic(0.5 * x1[i]!) ? 1 : 0));
      const m = fill(n, (i) => 0.5 * t[i]! + 0.5 * x1[i]! + rng.normal());
      const y = fill(n, (i) => t[i]! + m[i]! + 0.5 * t[i]! * m[i]! + x1[i]! + rng.normal());
      return tableOf({ x1, t, m, y });
    },
  };
}

export const designs = {
  friendly: arms("two covariates, every model right", 500, index, sum, varying),
  small: arms("two covariates, every model right, few rows", 200, index, sum, varying),
  "weak overlap": arms(
    "weak overlap (a tenth of the units have a chance below 3 % of one arm)",
    500,
    (a, b) => 3 * index(a, b),
    sum,
    varying,
  ),
  heteroskedastic: arms(
    "noise that grows with a covariate and with treatment",
    500,
    index,
    sum,
    varying,
    (a, t) => 0.5 + Math.abs(a) + t,
  ),
  "bent outcome": arms(
    "right model of treatment, outcome models that miss a square",
    500,
    index,
    (a, b) => a + b + 0.7 * a * a,
    varying,
  ),
  "yes/no outcome": binaryOutcome(400),
  clusters: clustered(30),
  bent: bent(1000, 5),
  dose: dose("continuous treatment, noise that grows with a covariate", 500, 2, false),
  "small dose": dose("continuous treatment, few rows", 200, 2, false),
  "bent dose": dose("continuous treatment, bent surfaces, 5 covariates", 1000, 5, true),
  "sparse dose": dose("continuous treatment, 60 covariates of which 2 matter", 300, 60, false),
  "one instrument": instruments("one strong instrument, uneven noise", 500, 1, 0.6),
  "small instrument": instruments("one instrument, few rows", 200, 1, 0.5),
  "weak instrument": instruments("one weak instrument (F about 5)", 200, 1, 0.22),
  "many instruments": instruments("twenty weak instruments", 500, 20, 0.1),
  compliers: compliers(1000),
  cutoff: cutoff(
    "smooth curve, a uniform running variable",
    1000,
    1,
    (rng) => 2 * rng.next() - 1,
    (x) => 1 + x + x * x + Math.sin(3 * x),
    () => 0.5,
  ),
  lee: cutoff(
    "the curve of Calonico, Cattaneo & Titiunik (2014), model 1",
    500,
    0.04,
    betaRunning,
    lee,
    () => 0.1295,
  ),
  "ludwig–miller": cutoff(
    "the strongly curved model 2 of Calonico, Cattaneo & Titiunik (2014)",
    500,
    -3.45,
    betaRunning,
    ludwigMiller,
    () => 0.1295,
  ),
  "mass points": cutoff(
    "a running variable of 41 values, noise that grows with it",
    1000,
    1,
    (rng) => (rng.int(41) - 20) / 20,
    (x) => 1 + x + 0.5 * x * x,
    (x) => 0.3 + 0.5 * Math.abs(x),
  ),
  fuzzy: fuzzy(1500),
  staggered: staggered(120, false),
  "few units": staggered(30, false),
  "covariate trends": staggered(200, true),
  panel: constantPanel(120),
  "small panel": constantPanel(24),
  factors: factors(40, 8),
  "one treated": factors(30, 1),
  door: door(300),
  mediated: mediated(500),
} satisfies Record<string, Design>;

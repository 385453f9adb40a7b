import type { EstimandSpec, EstimateOptions } from "../../kernels/estimate/index.ts";
import { createRng } from "../../kernels/math/rng.ts";
import { type Design, designs } from "./coverage-designs.ts";

export interface Case {
  readonly method: string;
  /** What is set other than by default, in words; empty for the defaults. */
  readonly variant: string;
  readonly target: string;
  readonly design: keyof typeof designs;
  readonly spec: EstimandSpec;
  readonly options: EstimateOptions;
  /** Draws of the full setting: fewer where one takes long. */
  readonly draws: number;
}

const MANY = 2000;
const SOME = 1000;
const FEW = 500;

interface Way {
  readonly variant?: string;
  readonly target?: string;
  readonly draws?: number;
  readonly options?: EstimateOptions;
}

/** The columns each kind of design has, as an estimand. */
function specOf(name: keyof typeof designs, target: string): EstimandSpec {
  const has = columnsOf(designs[name]);
  const outcome = "y";
  if (has.includes("x") && !has.includes("unit")) {
    const treatment = has.includes("t") ? "t" : "x";
    return { kind: "discontinuity", treatment, running: "x", cutoff: 0, outcome };
  }
  if (has.includes("unit")) {
    const adjustment = has.includes("w") && name === "covariate trends" ? ["w"] : [];
    const asked = target === "coefficient" ? "coefficient" : "ATT";
    return {
      kind: "panel",
      unit: "unit",
      time: "time",
      treatment: "d",
      outcome,
      adjustment,
      target: asked,
    };
  }
  const treatment = "t";
  const adjustment = has.filter((c) => /^x\d/.test(c));
  const instruments = has.filter((c) => /^z\d?$/.test(c));
  if (instruments.length > 0) {
    return { kind: "instrument", treatment, outcome, instruments, adjustment, target: "LATE" };
  }
  if (name === "door")
    return { kind: "front-door", treatment, outcome, mediators: ["m"], target: "ATE" };
  if (name === "mediated") {
    const kind = "mediation";
    return { kind, treatment, outcome, mediators: ["m"], adjustment, target: target as "NDE" };
  }
  return { treatment, outcome, adjustment, target: target as "ATE" };
}

function columnsOf(design: Design): readonly string[] {
  return design.draw(createRng(1)).columns.map((c) => c.name);
}

function cases(
  method: string,
  names: readonly (keyof typeof designs)[],
  way: Way = {},
): readonly Case[] {
  const { variant = "", target = "ATE", draws = SOME, options = {} } = way;
  return names.map((design) => ({
    method,
    variant,
    target,
    design,
    draws,
    spec: specOf(design, target),
    options: {
      method,
      overlap: "warn",
      ...(design === "clusters" ? { clusters: "g" } : {}),
      ...options,
    },
  }));
}

const trees = { outcomeModel: "boosting", propensityModel: "boosting" } as const;
const backdoor = ["friendly", "small", "weak overlap", "heteroskedastic", "bent outcome"] as const;

export const everyCase: readonly Case[] = [
  ...cases("aipw", [...backdoor, "yes/no outcome", "clusters"], { draws: MANY }),
  ...cases("aipw", ["friendly", "weak overlap"], { target: "ATT" }),
  ...cases("aipw", ["friendly", "weak overlap"], { target: "overlap" }),
  ...cases("aipw", ["bent"], { variant: "boosted trees", options: trees, draws: FEW }),
  ...cases("tmle", [...backdoor, "yes/no outcome", "clusters"], { draws: MANY }),
  ...cases("tmle", ["friendly", "weak overlap"], { target: "ATT" }),
  ...cases("tmle", ["bent"], { variant: "boosted trees", options: trees, draws: FEW }),
  ...cases("regression", ["dose", "clusters", "yes/no outcome"]),
  ...cases("regression", backdoor.slice(0, 4), {
    variant: "by arm",
    options: { byArm: true },
  }),
  ...cases("ipw", [...backdoor, "clusters"]),
  ...cases("ipw", ["friendly", "small", "weak overlap"], {
    variant: "stacked errors",
    options: { errors: "stacked" },
  }),
  ...cases("ipw", ["friendly", "weak overlap"], { target: "ATT" }),
  ...cases("ipw", ["friendly", "weak overlap"], { target: "overlap" }),
  ...cases("entropy-balancing", ["friendly", "small", "weak overlap", "heteroskedastic"], {
    target: "ATT",
  }),
  ...cases("stratification", ["friendly", "small"]),
  ...cases("matching", ["friendly", "small", "weak overlap"]),
  ...cases("matching", ["friendly", "small", "weak overlap"], { target: "ATT" }),
  ...cases("matching", ["friendly", "weak overlap"], {
    variant: "Mahalanobis, bias-adjusted",
    options: { distance: "mahalanobis", biasAdjust: true },
  }),
  ...cases("matching", ["friendly"], {
    variant: "without replacement",
    target: "ATT",
    options: { replacement: false },
  }),
  ...cases("plr", ["dose", "small dose"], { draws: MANY }),
  ...cases("plr", ["bent dose"], { variant: "boosted trees", options: trees, draws: FEW }),
  ...cases("plr", ["sparse dose"], {
    variant: "lasso",
    options: { outcomeModel: "lasso", propensityModel: "lasso" },
    draws: FEW,
  }),
  ...cases("dr-learner", ["friendly"], { draws: FEW }),
  ...cases("2sls", ["one instrument", "small instrument", "weak instrument", "many instruments"], {
    target: "LATE",
    draws: MANY,
  }),
  ...cases("2sls", ["weak instrument", "many instruments"], {
    variant: "LIML",
    target: "LATE",
    options: { estimator: "liml" },
    draws: MANY,
  }),
  ...cases("pliv", ["one instrument", "small instrument", "weak instrument"], {
    target: "LATE",
    draws: MANY,
  }),
  ...cases("iivm", ["compliers"], { target: "LATE" }),
  ...cases("rdd", ["cutoff", "lee", "ludwig–miller", "mass points"], {
    target: "cutoff",
    draws: MANY,
  }),
  ...cases("rdd", ["fuzzy"], { target: "LATE", draws: MANY }),
  ...cases("did", ["staggered", "few units", "covariate trends"], {
    target: "dynamic",
    draws: MANY,
  }),
  ...cases("did", ["staggered", "few units"], {
    variant: "simple average",
    target: "simple",
    draws: MANY,
    options: { aggregate: "simple" },
  }),
  ...cases("did", ["staggered"], {
    variant: "not yet treated as controls",
    target: "dynamic",
    draws: MANY,
    options: { control: "not-yet" },
  }),
  ...cases("twfe", ["panel", "small panel"], { target: "coefficient" }),
  ...cases("synthetic-did", ["factors", "one treated"], { target: "ATT", draws: FEW }),
  ...cases("synthetic-control", ["one treated"], { target: "ATT", draws: FEW }),
  ...cases("front-door", ["door"], { draws: FEW }),
  ...cases("mediation", ["mediated"], { target: "NDE" }),
  ...cases("mediation", ["mediated"], { target: "NIE" }),
];

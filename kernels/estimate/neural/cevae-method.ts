import type { Warning } from "../effect.ts";
import type { Answer, Method } from "../method.ts";
import { CEVAE_DEFAULTS, fitCevae } from "./cevae.ts";
import type { CevaeFit } from "./cevae.ts";
import { takeData } from "./data.ts";
import { attempt, dataOf, engineFor, lossCurve, trainingFigures } from "./method.ts";
import { partOf, pieceErrors } from "./pieces.ts";
import { count, trainingOptions } from "./training-options.ts";
import type { TrainingOptions } from "./training-options.ts";

export type CevaeMethodOptions = TrainingOptions & {
  readonly latent: number;
  readonly width: number;
  readonly samples: number;
  readonly pieces: number;
};

export const cevaeMethod: Method<CevaeMethodOptions> = {
  name: "cevae",
  label: "Causal effect autoencoder (CEVAE)",
  summary:
    "For a hidden confounder of any shape: the adjustment set holds its proxies, at least three, and a variational autoencoder recovers what drives them. Compare latentClass, which is surer where the confounder has two classes.",
  source: "Louizos, Shalit, Mooij, Sontag, Zemel & Welling (2017)",
  fits: { estimands: ["adjustment"], targets: ["ATE"], treatments: ["binary"] },
  stochastic: true,
  options: {
    latent: count(CEVAE_DEFAULTS.latent, 1, 256, "Dimensions of the hidden confounder."),
    width: count(CEVAE_DEFAULTS.width, 1, 4096, "Units in each of the two layers of every net."),
    samples: count(
      CEVAE_DEFAULTS.samples,
      1,
      10_000,
      "Draws of the hidden confounder for each row when effects are worked out.",
    ),
    pieces: count(
      5,
      2,
      100,
      "Disjoint parts of the rows on which the net is trained afresh; the spread over them gives the interval.",
    ),
    ...trainingOptions(CEVAE_DEFAULTS),
  },
  async run(problem, options, { rng, work }): Promise<Answer> {
    if (problem.kind !== "adjustment") throw new Error(`cevae was given a ${problem.kind} problem`);
    const { n, covariates, clusters, treatment } = problem;
    if (covariates.d === 0) {
      return {
        kind: "not-applicable",
        message: "A hidden confounder is told from its proxies, and the adjustment set is empty.",
        hint: "Name at least three columns that the hidden confounder drives.",
      };
    }
    const data = dataOf(problem);
    const engine = await engineFor(options);
    const fitting = { ...CEVAE_DEFAULTS, ...options };
    const found = await attempt(async () => {
      const fit = await fitCevae(engine, data, fitting, rng.fork("all"), partOf(work, 0, 0.5, ""));
      const by = clusters === undefined ? { strata: treatment } : { clusters };
      const errors = await pieceErrors(n, options.pieces, by, rng, async (rows, rng, k) => {
        const [from, to] = [k, k + 1].map((p) => 0.5 + (0.5 * p) / options.pieces);
        const part = partOf(work, from!, to!, `part ${k + 1} `);
        return (await fitCevae(engine, takeData(data, rows), fitting, rng, part)).effect;
      });
      return { fit, errors };
    });
    if ("kind" in found) return found;
    const { fit, errors } = found;
    return {
      kind: "finding",
      estimate: fit.effect,
      standardError: errors.standardError,
      degreesOfFreedom: errors.degreesOfFreedom,
      errors: `spread over ${options.pieces} disjoint parts of the rows`,
      unitEffects: fit.unitEffects,
      parts: [
        { name: "effect over the prior of the hidden confounder", estimate: fit.priorEffect },
      ],
      diagnostics: [
        lossCurve([fit]),
        trainingFigures([fit], engine),
        {
          kind: "figures",
          title: "Hidden confounder",
          summary: `${options.latent} dimensions; the evidence lower bound is ${fit.bound.toFixed(3)} nats a row.`,
          rows: [
            {
              name: "evidence lower bound, nats a row",
              value: fit.bound,
              note: "higher is better",
            },
            { name: "effect over the encoder's draws", value: fit.effect },
            {
              name: "effect over the prior",
              value: fit.priorEffect,
              note: "far from the line above: the net has not settled, train longer",
            },
          ],
        },
      ],
      warnings: warningsOf(covariates.d, fit, errors.standardError),
      backend: `${engine.backend} (${engine.adapter})`,
    };
  },
};

function warningsOf(proxies: number, fit: CevaeFit, error: number): Warning[] {
  const warnings: Warning[] = [
    {
      code: "latent-model",
      message:
        "Right only if one hidden variable makes the proxies, the treatment and the outcome independent of each other (but for the effect) and the net recovers it: the data cannot prove either.",
      hint: "Put latentClass beside it, and vary latent and the seed.",
    },
  ];
  if (proxies < 3) {
    warnings.push({
      code: "too-few-proxies",
      message: `${proxies} ${proxies === 1 ? "proxy does" : "proxies do"} not pin down a hidden confounder: at least 3 are needed.`,
      hint: "Add columns that the hidden confounder drives.",
    });
  }
  if (Math.abs(fit.effect - fit.priorEffect) > Math.max(2 * error, 0.1 * Math.abs(fit.effect))) {
    warnings.push({
      code: "encoder-prior-gap",
      message: `The effect is ${fit.effect.toPrecision(3)} over the encoder's draws and ${fit.priorEffect.toPrecision(3)} over the prior: the net has not settled.`,
      hint: "Raise epochs, or lower latent.",
    });
  }
  return warnings;
}

import { breathe } from "../../app/work.ts";
import { groupCount } from "../math/covariance.ts";
import { quantileSorted, variance } from "../math/summary.ts";
import type { Rng } from "../math/rng.ts";
import type { Finding, Method, MethodContext, OptionValue, Refusal } from "./method.ts";
import type { Problem } from "./problem.ts";
import { takeProblemRows } from "./resample.ts";

/**
 * Percentile bootstrap around a finding: the whole method is run again on rows drawn with replacement (whole clusters
 * when given; whole units of a panel). Draws in which the method refuses are counted and reported; more than a tenth
 * of them is a refusal. Not valid for nearest-neighbour matching (Abadie & Imbens 2008). Cost: `draws` runs.
 */
export async function bootstrapAnswer(
  finding: Finding,
  problem: Problem,
  method: Method,
  options: Record<string, OptionValue>,
  context: MethodContext,
  draws: number,
): Promise<Finding | Refusal> {
  const estimates: number[] = [];
  let failed = 0;
  for (let draw = 0; draw < draws; draw++) {
    const rng = context.rng.fork(`bootstrap ${draw}`);
    const sample = takeResample(problem, rng);
    const answer = await method.run(sample, options, {
      ...context,
      rng,
      work: { ...context.work, progress: () => {} },
    });
    if (answer.kind === "finding" && Number.isFinite(answer.estimate))
      estimates.push(answer.estimate);
    else failed += 1;
    if (draw % 5 === 4) {
      context.work.progress({
        fraction: (draw + 1) / draws,
        message: `Bootstrap draw ${draw + 1} of ${draws}`,
      });
      await breathe(context.work);
    }
  }
  if (failed > draws / 10) {
    return {
      kind: "not-estimable",
      code: "bootstrap-failed",
      message: `The method gave no estimate in ${failed} of ${draws} bootstrap draws.`,
      hint: "Some category or arm is too small to survive resampling: merge rare levels, or use the method's own errors.",
    };
  }
  const sorted = Float64Array.from(estimates).sort();
  const tail = (1 - context.level) / 2;
  return {
    ...finding,
    standardError: Math.sqrt(variance(sorted)),
    interval: {
      low: quantileSorted(sorted, tail),
      high: quantileSorted(sorted, 1 - tail),
      level: context.level,
      method: `percentile bootstrap, ${estimates.length} draws`,
    },
    warnings: [
      ...(finding.warnings ?? []),
      ...(failed === 0
        ? []
        : [
            {
              code: "bootstrap-losses",
              message: `${failed} bootstrap draws gave no estimate and were left out.`,
            },
          ]),
    ],
  };
}

function takeResample(problem: Problem, rng: Rng): Problem {
  const groups = problem.kind === "panel" ? problem.units : problem.clusters;
  if (groups === undefined) {
    return takeProblemRows(
      problem,
      Int32Array.from({ length: problem.n }, () => rng.int(problem.n)),
    );
  }
  const members: number[][] = Array.from({ length: groupCount(groups) }, () => []);
  groups.forEach((group, i) => members[group]!.push(i));
  const rows: number[] = [];
  const labels: number[] = [];
  for (let k = 0; k < members.length; k++) {
    for (const i of members[rng.int(members.length)]!) {
      rows.push(i);
      labels.push(k);
    }
  }
  const sample = takeProblemRows(problem, Int32Array.from(rows));
  // A unit drawn twice is two units: they must not share a cluster (or a panel's identity).
  const relabelled = Int32Array.from(labels);
  return sample.kind === "panel"
    ? { ...sample, units: relabelled, unitNames: labels.map(String) }
    : { ...sample, clusters: relabelled };
}

import { fitLogit, predictGlm } from "../../math/glm.ts";
import { leastSquares } from "../../math/least-squares.ts";
import { multiplyVector } from "../../math/dense.ts";
import type { Fitted, Learner, Sample } from "./learner.ts";

/** `[n, d]` with a column of ones put first -> `[n, d+1]`. O(nd). */
export function withOnes(x: Float64Array, n: number, d: number): Float64Array {
  const out = new Float64Array(n * (d + 1));
  for (let i = 0; i < n; i++) {
    out[i * (d + 1)] = 1;
    for (let j = 0; j < d; j++) out[i * (d + 1) + j + 1] = x[i * d + j]!;
  }
  return out;
}

/** Least squares, or a logit for a 0/1 target; collinear columns are dropped. O(nd²). */
export const linearLearner: Learner = {
  name: "linear",
  fit(sample: Sample, binary: boolean): Fitted {
    const { n, d } = sample;
    const x = withOnes(sample.x, n, d);
    if (!binary) {
      const { coefficients } = leastSquares(x, n, d + 1, sample.y, sample.weights);
      return { predict: (rows, m) => affine(rows, m, d, coefficients) };
    }
    const fit = fitLogit(
      x,
      n,
      d + 1,
      sample.y,
      sample.weights === undefined ? {} : { weights: sample.weights },
    );
    return {
      predict: (rows, m) => predictGlm("logit", fit.coefficients, withOnes(rows, m, d), m, d + 1),
    };
  },
};

function affine(x: Float64Array, n: number, d: number, coefficients: Float64Array): Float64Array {
  const out = multiplyVector(x, coefficients.subarray(1), n, d);
  const constant = coefficients[0]!;
  for (let i = 0; i < n; i++) out[i]! += constant;
  return out;
}

import type { FitColumn } from "./fit-data.ts";
import { unfitData } from "./messages.ts";
import { logDensity } from "./noise.ts";
import type { Coupling, NoiseFamily } from "./model.ts";

/** How the mechanism of a variable is fitted. */
export type MechanismChoice =
  /** Shares per configuration of discrete causes; logits where a cause is continuous. */
  | { readonly kind: "table"; readonly smoothing?: number; readonly coupling?: Coupling }
  /** A mean linear in the causes, normal noise. */
  | { readonly kind: "linear-gaussian" }
  /** Powers of each continuous cause up to `degree` (3) in the mean, plus noise of the likeliest or named family. */
  | {
      readonly kind: "additive-noise";
      readonly degree?: number;
      readonly noise?: SymmetricNoise | "best";
    }
  /** A learned increasing function of one noise given the causes. */
  | {
      readonly kind: "flow";
      readonly components?: number;
      readonly width?: number;
      readonly epochs?: number;
    };

export type SymmetricNoise = Extract<NoiseFamily, "normal" | "logistic" | "laplace">;

/** Choices by variable; `"*"` holds for all others. */
export type MechanismChoices = Readonly<Record<string, MechanismChoice>>;

/**
 * The choice for a column: its own, else the one for all if it can be applied to it. Throws `UserError` for one named
 * for a variable it cannot fit.
 */
export function choiceFor(
  own: FitColumn,
  choices: MechanismChoices | undefined,
): MechanismChoice | undefined {
  const named = choices?.[own.name];
  const fits = (choice: MechanismChoice): boolean =>
    (choice.kind === "table") === (own.kind === "levels");
  if (named !== undefined && !fits(named)) {
    throw own.kind === "levels"
      ? unfitData(
          `"${own.name}" has levels, so ${named.kind} does not fit it`,
          named.kind,
          "table",
          "Leave it out of the choices, or declare the column as numbers in the data cell.",
        )
      : unfitData(
          `"${own.name}" is continuous, so no table fits it`,
          named.kind,
          "linear-gaussian, additive-noise or flow",
          "Group it into levels in the data cell to use a table.",
        );
  }
  const all = choices?.["*"];
  return named ?? (all !== undefined && fits(all) ? all : undefined);
}

/** Every choice must be for a variable of the graph. */
export function checkChoices(
  choices: MechanismChoices | undefined,
  names: readonly string[],
): void {
  const unknown = Object.keys(choices ?? {}).find((name) => name !== "*" && !names.includes(name));
  if (unknown === undefined) return;
  throw unfitData(
    `The graph has no variable "${unknown}" to choose a mechanism for`,
    unknown,
    `one of ${names.slice(0, 20).join(", ")}`,
  );
}

/**
 * Scale of symmetric noise by maximum likelihood, and the log likelihood it reaches, from weighted residuals: closed
 * form for normal and Laplace, a bisection of the score for the logistic. O(n).
 */
export function fitNoise(
  family: SymmetricNoise,
  residuals: Float64Array,
  weights: Float64Array,
): { readonly scale: number; readonly logLikelihood: number } {
  let total = 0;
  let squares = 0;
  let sizes = 0;
  residuals.forEach((r, i) => {
    total += weights[i]!;
    squares += weights[i]! * r * r;
    sizes += weights[i]! * Math.abs(r);
  });
  const deviation = Math.sqrt(squares / total);
  const scale =
    family === "normal"
      ? deviation
      : family === "laplace"
        ? sizes / total
        : logisticScale(residuals, weights, total, deviation);
  let logLikelihood = 0;
  residuals.forEach((r, i) => {
    logLikelihood += weights[i]! * (logDensity(family, r / scale) - Math.log(scale));
  });
  return { scale, logLikelihood };
}

/** Root of Σ w (z tanh(z/2) - 1), z = r/scale, which decreases in the scale. */
function logisticScale(
  residuals: Float64Array,
  weights: Float64Array,
  total: number,
  deviation: number,
): number {
  const score = (scale: number): number => {
    let sum = -total;
    residuals.forEach((r, i) => {
      const z = r / scale;
      sum += weights[i]! * z * Math.tanh(z / 2);
    });
    return sum;
  };
  let low = deviation / 100;
  let high = deviation * 2;
  for (let step = 0; step < 80 && high - low > 1e-13 * deviation; step++) {
    const middle = (low + high) / 2;
    if (score(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

import type { Rng } from "../math/rng.ts";
import { compileExpression } from "./expression.ts";
import type { Compiled } from "./expression.ts";
import { badParameter } from "./messages.ts";
import { levelCount } from "./model.ts";
import type { Coupling, StructuralModel, Variable } from "./model.ts";
import { drawNoise, logDensity, openUnit } from "./noise.ts";
import { unreachable } from "./unreachable.ts";

/**
 * One variable's mechanism as a function of private noise and parents' values, with its inverse. Normal noise enters
 * as a standard innovation; correlated noises are mixed by the caller.
 */
export interface UnitMechanism {
  /** Numbers of private noise: 0 for a function. */
  readonly size: number;
  readonly draw: (rng: Rng, noise: Float64Array) => void;
  readonly value: (noise: ArrayLike<number>, parents: ArrayLike<number>) => number;
  /**
   * Draws noise from its law given that the mechanism yields `value` (abduction), and returns the log probability or
   * density of that value; -Infinity when it cannot. Additive and flow mechanisms recover the noise exactly.
   */
  readonly abduct: (
    value: number,
    parents: ArrayLike<number>,
    rng: Rng,
    noise: Float64Array,
  ) => number;
}

/** Compiles one mechanism. O(table size) once; O(parents + levels) a call. */
export function unitMechanism(model: StructuralModel, variable: Variable): UnitMechanism {
  const { mechanism, parents } = variable;
  switch (mechanism.kind) {
    case "function": {
      const compiled = compileExpression(mechanism.expression, parents);
      return {
        size: 0,
        draw: () => {},
        value: (_, values) => compiled(values),
        abduct: (value, values) => (compiled(values) === value ? 0 : -Infinity),
      };
    }
    case "additive": {
      const { noise: family } = mechanism;
      const location = compileExpression(mechanism.location, parents);
      const scale = positive(variable, compileExpression(mechanism.scale, parents));
      return {
        size: 1,
        draw: (rng, noise) => {
          noise[0] = drawNoise(family, rng);
        },
        value: (noise, values) => location(values) + scale(values) * noise[0]!,
        abduct: (value, values, _, noise) => {
          const spread = scale(values);
          noise[0] = (value - location(values)) / spread;
          return logDensity(family, noise[0]) - Math.log(spread);
        },
      };
    }
    case "flow":
      return {
        size: 1,
        draw: (rng, noise) => {
          noise[0] = rng.normal();
        },
        value: (noise, values) => mechanism.forward(noise[0]!, values),
        abduct: (value, values, _, noise) => {
          const z = mechanism.inverse(value, values);
          noise[0] = z;
          const step = 1e-5 * (1 + Math.abs(value));
          const slope =
            (mechanism.inverse(value + step, values) - mechanism.inverse(value - step, values)) /
            (2 * step);
          return logDensity("normal", z) + Math.log(Math.max(slope, 1e-300));
        },
      };
    case "confounded":
      throw badParameter(
        variable.span,
        `"${variable.name}" shares unmeasured causes of unknown form with other variables`,
        variable.name,
        "a mechanism of its own",
        "Write a model with the common cause as a latent variable to simulate it.",
      );
    case "response":
      return responseUnit(model, variable, mechanism.types, mechanism.probabilities);
    case "table": {
      const k = levelCount(variable.domain);
      const at = configurationReader(model, variable);
      const { probabilities } = mechanism;
      return levelUnit(variable, mechanism.coupling, (values) => {
        const row = at(values);
        return probabilities.subarray(row * k, (row + 1) * k);
      });
    }
    case "conditional": {
      const compiled = mechanism.probabilities.map((p) => compileExpression(p, parents));
      const row = new Float64Array(compiled.length);
      return levelUnit(variable, mechanism.coupling, (values) => {
        let sum = 0;
        compiled.forEach((p, i) => {
          row[i] = checked(variable, p(values));
          sum += row[i];
        });
        if (Math.abs(sum - 1) > 1e-6) checked(variable, Number.NaN);
        return row;
      });
    }
    default:
      return unreachable(mechanism);
  }
}

function checked(variable: Variable, p: number): number {
  if (p >= -1e-12 && p <= 1 + 1e-12) return Math.min(1, Math.max(0, p));
  throw badParameter(
    variable.span,
    `The probability of "${variable.name}" is ${p} for some values of ${variable.parents.join(", ")}`,
    p,
    "numbers from 0 to 1 that add up to 1",
    "Wrap the expression in sigmoid(…).",
  );
}

function positive(variable: Variable, scale: Compiled): Compiled {
  return (values) => {
    const spread = scale(values);
    if (spread > 0) return spread;
    throw badParameter(
      variable.span,
      `The spread of "${variable.name}" is ${spread} for some values of ${variable.parents.join(", ")}`,
      spread,
      "a number above 0",
    );
  };
}

/** Index of the configuration of discrete parents whose numbers are given. */
export function configurationReader(
  model: StructuralModel,
  variable: Variable,
): (values: ArrayLike<number>) => number {
  const readers = variable.parents.map((name) => {
    const { domain } = model.variables.find((v) => v.name === name)!;
    if (domain.kind !== "discrete") throw new Error(`"${name}" is continuous.`);
    const { values } = domain;
    const identity = values.every((value, i) => value === i);
    return {
      card: values.length,
      level: identity ? (x: number) => x : (x: number) => values.indexOf(x),
    };
  });
  return (values) => {
    let index = 0;
    for (let i = 0; i < readers.length; i++) {
      const { card, level } = readers[i]!;
      index = index * card + level(values[i]!);
    }
    return index;
  };
}

function levelUnit(
  variable: Variable,
  coupling: Coupling,
  rowAt: (values: ArrayLike<number>) => Float64Array,
): UnitMechanism {
  const { domain } = variable;
  if (domain.kind !== "discrete") throw new Error(`"${variable.name}" has no levels.`);
  const { values: numbers } = domain;
  if (coupling === "gumbel") return gumbelUnit(numbers, rowAt);
  return {
    size: 1,
    draw: (rng, noise) => {
      noise[0] = rng.next();
    },
    value: (noise, values) => {
      const row = rowAt(values);
      let rest = noise[0]!;
      let last = 0;
      for (let level = 0; level < row.length; level++) {
        if (row[level] === 0) continue;
        last = level;
        if (rest < row[level]!) break;
        rest -= row[level]!;
      }
      return numbers[last]!;
    },
    abduct: (value, values, rng, noise) => {
      const row = rowAt(values);
      const level = numbers.indexOf(value);
      let below = 0;
      for (let l = 0; l < level; l++) below += row[l]!;
      noise[0] = below + row[level]! * openUnit(rng);
      return Math.log(row[level]!);
    },
  };
}

const gumbel = (rng: Rng): number => -Math.log(-Math.log(openUnit(rng)));

/** Gumbel-max with the top-down posterior of Maddison, Tarlow & Minka (2014). */
function gumbelUnit(
  numbers: readonly number[],
  rowAt: (values: ArrayLike<number>) => Float64Array,
): UnitMechanism {
  const k = numbers.length;
  return {
    size: k,
    draw: (rng, noise) => {
      for (let level = 0; level < k; level++) noise[level] = gumbel(rng);
    },
    value: (noise, values) => {
      const row = rowAt(values);
      let best = 0;
      let highest = -Infinity;
      for (let level = 0; level < k; level++) {
        const score = Math.log(row[level]!) + noise[level]!;
        if (score > highest) {
          highest = score;
          best = level;
        }
      }
      return numbers[best]!;
    },
    abduct: (value, values, rng, noise) => {
      const row = rowAt(values);
      const level = numbers.indexOf(value);
      if (!(row[level]! > 0)) return -Infinity;
      const top = gumbel(rng);
      for (let l = 0; l < k; l++) {
        const shift = Math.log(row[l]!);
        if (l === level) noise[l] = top - shift;
        else if (row[l] === 0) noise[l] = gumbel(rng);
        else noise[l] = -Math.log(Math.exp(-top) + Math.exp(-(gumbel(rng) + shift))) - shift;
      }
      return Math.log(row[level]!);
    },
  };
}

function responseUnit(
  model: StructuralModel,
  variable: Variable,
  types: readonly Int32Array[],
  probabilities: Float64Array,
): UnitMechanism {
  const { domain } = variable;
  if (domain.kind !== "discrete") throw new Error(`"${variable.name}" has no levels.`);
  const at = configurationReader(model, variable);
  const pick = (rng: Rng, weight: (type: number) => number, total: number): number => {
    let rest = rng.next() * total;
    let last = 0;
    for (let type = 0; type < types.length; type++) {
      const w = weight(type);
      if (w === 0) continue;
      last = type;
      if (rest < w) break;
      rest -= w;
    }
    return last;
  };
  return {
    size: 1,
    draw: (rng, noise) => {
      noise[0] = pick(rng, (type) => probabilities[type]!, 1);
    },
    value: (noise, values) => domain.values[types[noise[0]!]![at(values)]!]!,
    abduct: (value, values, rng, noise) => {
      const level = domain.values.indexOf(value);
      const row = at(values);
      const weight = (type: number): number =>
        types[type]![row] === level ? probabilities[type]! : 0;
      let total = 0;
      for (let type = 0; type < types.length; type++) total += weight(type);
      if (!(total > 0)) return -Infinity;
      noise[0] = pick(rng, weight, total);
      return Math.log(total);
    },
  };
}

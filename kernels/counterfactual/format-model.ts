import { forEachConfiguration } from "./build-model.ts";
import { formatExpression } from "./expression.ts";
import { badQuery } from "./messages.ts";
import { variableOf } from "./model.ts";
import type { AdditiveMechanism, Domain, StructuralModel, Variable } from "./model.ts";

/**
 * A model in the plain notation that `parseModel` reads back to the same model. Throws `UserError` for what the
 * notation cannot say: learned flows, and joint tables of variables with unmeasured common causes.
 */
export function formatModel(model: StructuralModel): string {
  const lines = model.variables.map((variable) => formatVariable(model, variable));
  const correlations = model.correlations.map(({ a, b, value }) => `corr(${a}, ${b}) = ${value}`);
  return [...lines, ...correlations].join("\n");
}

function formatVariable(model: StructuralModel, variable: Variable): string {
  const { mechanism, name, role } = variable;
  const noisy = /^[uU]_/.test(name);
  const prefix = role === "latent" ? "latent " : role === "noise" && !noisy ? "noise " : "";
  const bar = variable.parents.length === 0 ? "" : ` | ${variable.parents.join(", ")}`;
  const coupled = "coupling" in mechanism && mechanism.coupling !== "unspecified";
  const flag = coupled ? ` [${mechanism.coupling}]` : "";
  switch (mechanism.kind) {
    case "function":
      return `${prefix}${name} = ${formatExpression(mechanism.expression)}`;
    case "additive":
      return `${prefix}${name} ~ ${formatAdditive(mechanism)}`;
    case "conditional": {
      const shares = mechanism.probabilities.map((p) => formatExpression(p));
      return `${prefix}${name}${formatLevels(variable.domain)} ~ categorical(${shares.join(", ")})${flag}`;
    }
    case "table": {
      const rows = tableRows(model, variable, mechanism.probabilities);
      return `${prefix}${name}${formatLevels(variable.domain)}${bar} ~ table { ${rows.join("; ")} }${flag}`;
    }
    case "response": {
      const { domain } = variable;
      const rows = mechanism.types.map((type, t) => {
        const outputs = Array.from(type, (level) =>
          quote(domain.kind === "discrete" ? domain.levels[level]! : ""),
        );
        return `${outputs.join(" ")}: ${mechanism.probabilities[t]}`;
      });
      return `${prefix}${name}${formatLevels(domain)}${bar} ~ response { ${rows.join("; ")} }`;
    }
    default:
      throw badQuery(
        `The mechanism of "${name}" cannot be written as text`,
        mechanism.kind,
        "a mechanism of the notation",
      );
  }
}

function formatAdditive({ noise, location, scale }: AdditiveMechanism): string {
  const [l, s] = [formatExpression(location), formatExpression(scale)];
  switch (noise) {
    case "uniform":
      return location.kind === "number" && scale.kind === "number"
        ? `uniform(${location.value}, ${location.value + scale.value})`
        : `uniform(${l}, ${l} + (${s}))`;
    case "exponential":
      return `exponential(${scale.kind === "number" ? 1 / scale.value : `1/(${s})`})`;
    default:
      return `${noise}(${l}, ${s})`;
  }
}

const quote = (level: string): string =>
  /^[\p{L}_][\p{L}\p{N}_]*$/u.test(level) || /^-?\d+(\.\d+)?$/.test(level)
    ? level
    : JSON.stringify(level);

const formatLevels = (domain: Domain): string =>
  domain.kind === "discrete" ? ` {${domain.levels.map(quote).join(", ")}}` : "";

function tableRows(
  model: StructuralModel,
  variable: Variable,
  probabilities: Float64Array,
): readonly string[] {
  const domains = variable.parents.map((name) => variableOf(model, name)!.domain);
  const k = variable.domain.kind === "discrete" ? variable.domain.levels.length : 0;
  const rows: string[] = [];
  forEachConfiguration(domains, (index, _, levels) => {
    const shares = Array.from(probabilities.subarray(index * k, (index + 1) * k)).join(" ");
    const when = domains.map((domain, i) =>
      quote(domain.kind === "discrete" ? domain.levels[levels[i]!]! : ""),
    );
    rows.push(when.length === 0 ? shares : `${when.join(" ")}: ${shares}`);
  });
  return rows;
}

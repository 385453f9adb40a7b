import type { Effect, EstimateResult } from "../estimate/effect.ts";

/**
 * The same results, with labels by which they can be told apart: the first of a method keeps its own, later ones carry
 * what they were asked for differently (`did, control: not-yet`). For showing only; what made an effect is remembered
 * beside the original.
 */
export function toldApart(results: readonly EstimateResult[]): readonly EstimateResult[] {
  const first = new Map<string, Effect>();
  return results.map((result) => {
    if (result.kind !== "effect") return result;
    const before = first.get(result.method);
    if (before === undefined) {
      first.set(result.method, result);
      return result;
    }
    const other = Object.entries(result.options).filter(
      ([name, value]) => String(value) !== String(before.options[name]),
    );
    if (other.length === 0) return result;
    const told = other.map(([name, value]) => `${name}: ${String(value)}`).join(", ");
    return { ...result, methodLabel: `${result.method}, ${told}` };
  });
}

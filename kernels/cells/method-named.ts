import { UserError } from "../../app/errors.ts";
import type { Work } from "../../app/work.ts";
import type { Table } from "../data/table.ts";
import type { EstimateResult } from "../estimate/effect.ts";
import type { EstimandSpec } from "../estimate/estimand.ts";
import type { EstimateOptions } from "../estimate/index.ts";
import type { Method } from "../estimate/method.ts";
import { nearest } from "./nearest.ts";

/** Every method there is. The learned ones are loaded on the first call. */
export async function allMethods(): Promise<readonly Method[]> {
  const [{ methods }, { neuralMethods }, { forestMethod, neuralForestMethod }] = await Promise.all([
    import("../estimate/index.ts"),
    import("../estimate/neural/index.ts"),
    import("../estimate/forest/index.ts"),
  ]);
  return [...methods, ...neuralMethods, forestMethod, neuralForestMethod];
}

/** A method by name; nets are loaded only when one is asked for. Throws `UserError` with the nearest name. */
export async function methodByName(
  name: string,
  place?: { readonly start: number; readonly end: number },
): Promise<Method> {
  const { methods } = await import("../estimate/index.ts");
  const known = methods.find((method) => method.name === name);
  if (known !== undefined) return known;
  const all = await allMethods();
  const learned = all.find((method) => method.name === name);
  if (learned !== undefined) return learned;
  const names = all.map((method) => method.name);
  const close = nearest(name, names);
  throw new UserError({
    code: "unknown-method",
    message: `There is no method "${name}".`,
    value: name,
    expected: `one of ${names.join(", ")}`,
    hint: close === undefined ? "Check the spelling." : `Did you mean ${close}?`,
    ...(place === undefined ? {} : { place }),
  });
}

/**
 * `estimate` of the engine as TypeScript cells call it: `method` may be the name of any method, the learned ones
 * included.
 */
export async function estimateNamed(
  spec: EstimandSpec,
  table: Table,
  options: EstimateOptions = {},
  work?: Work,
): Promise<EstimateResult> {
  const { estimate } = await import("../estimate/index.ts");
  const { method } = options;
  const found = typeof method === "string" ? { method: await methodByName(method) } : {};
  return estimate(spec, table, { ...options, ...found }, work);
}

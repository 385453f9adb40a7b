import { UserError } from "../../app/errors.ts";
import type { Method } from "../estimate/method.ts";
import { nearest } from "./nearest.ts";

/** Every method there is. The learned ones are loaded on the first call. */
export async function allMethods(): Promise<readonly Method[]> {
  const [{ methods }, { neuralMethods }, { forestMethod }] = await Promise.all([
    import("../estimate/index.ts"),
    import("../estimate/neural/index.ts"),
    import("../estimate/forest/index.ts"),
  ]);
  return [...methods, ...neuralMethods, forestMethod as unknown as Method];
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

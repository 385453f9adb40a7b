import { UserError } from "../../app/errors.ts";
import { quietWork, type Work } from "../../app/work.ts";
import type { Table } from "../data/table.ts";
import { discoverBy, type GeneralOptions } from "./discover.ts";
import type { Method } from "./method.ts";
import { methods } from "./methods.ts";
import type { Discovery } from "./result.ts";

export { discoverBy, type GeneralOptions } from "./discover.ts";
export { type Oracle } from "./tests/independence.ts";
export { toMag } from "./core/mag.ts";
export { toMpdag } from "./core/mpdag.ts";
export { toPag } from "./constraint/to-pag.ts";
export { simulate as simulateFamily } from "./amortized/simulate.ts";
export { averagePrecision } from "./metrics/precision-curve.ts";
export { compareGraphs, type Comparison, conventions, type Metric } from "./metrics/compare.ts";
export { type Sortability, sortability } from "./metrics/sortability.ts";
export {
  amortized,
  attention,
  boss,
  bossFci,
  cdNod,
  dagma,
  dagmaMlp,
  exact,
  fci,
  ges,
  gfci,
  gies,
  golemEv,
  golemNv,
  notears,
  notearsMlp,
  pc,
  pcmci,
  pcmciPlus,
  rfci,
} from "./by-name.ts";
export { discoveryOf } from "./origin.ts";
export type { Knowledge } from "./knowledge.ts";
export type { Family, Method } from "./method.ts";
export { methods } from "./methods.ts";
export { type SummaryLink, summaryOf } from "./time/finding.ts";
export type * from "./result.ts";

/** A method by name or as a value, what every method takes, and the method's own options. */
export type DiscoverOptions = GeneralOptions & { readonly method?: string | Method } & Readonly<
    Record<string, unknown>
  >;

/**
 * The graph of causes among the columns of a table, as far as the method can tell, with its diagnostics; see
 * `discoverBy`. `method` is a name among `methods` (default `boss`) or a method of one's own.
 */
export async function discover(
  table: Table,
  options: DiscoverOptions = {},
  work: Work = quietWork,
): Promise<Discovery> {
  const { method = "boss", ...rest } = options;
  return discoverBy(typeof method === "string" ? methodNamed(method) : method, table, rest, work);
}

/** The method of that name. Throws `UserError` naming those there are. O(methods). */
export function methodNamed(name: string): Method {
  const method = methods.find((m) => m.name === name);
  if (method !== undefined) return method;
  throw new UserError({
    code: "unknown-method",
    message: `There is no discovery method "${name}".`,
    value: name,
    expected: `one of ${methods.map((m) => m.name).join(", ")}`,
    hint: "Check the spelling.",
  });
}

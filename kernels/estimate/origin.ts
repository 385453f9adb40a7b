import type { Table } from "../data/table.ts";
import type { Effect } from "./effect.ts";
import type { EstimandSpec } from "./estimand.ts";
import type { Method } from "./method.ts";

/** All that is needed to make an effect again. */
export interface Origin {
  readonly spec: EstimandSpec;
  readonly table: Table;
  readonly options: Readonly<Record<string, unknown>> & { readonly method: Method };
}

/**
 * Kept beside the effects, not in them: an effect stays plain data that can be shown and saved, and its table can go
 * when it goes. A copy of an effect has no origin, and whoever re-runs it must name the table.
 */
const origins = new WeakMap<Effect, Origin>();

export function rememberOrigin(effect: Effect, origin: Origin): void {
  origins.set(effect, origin);
}

/** What made this very effect in this process; undefined for a copy or one that was read from a file. O(1). */
export function originOf(effect: Effect): Origin | undefined {
  return origins.get(effect);
}

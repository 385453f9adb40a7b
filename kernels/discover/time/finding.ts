import { createGraph, type Graph } from "../../graph/graph.ts";
import type { Diagnostic, LaggedEdge } from "../result.ts";
import type { Pair } from "./pcmci.ts";

/** Nodes `x[t]`, `x[t-1]`, … for the columns and times that links name; a class when a direction is open. */
export function timeGraph(names: readonly string[], lagged: readonly LaggedEdge[]): Graph {
  const at = (name: string, lag: number): string =>
    lag === 0 ? `${name}[t]` : `${name}[t-${lag}]`;
  return createGraph({
    ...(lagged.some((edge) => edge.mark === "--") ? { type: "cpdag" } : {}),
    nodes: names.map((name) => at(name, 0)),
    edges: lagged.map(({ from, to, lag, mark }) => ({
      from: at(from, lag),
      to: at(to, 0),
      mark,
    })),
  });
}

/** All that links between two columns say, over all lags. */
export interface SummaryLink {
  readonly from: string;
  readonly to: string;
  /** `->` when some link says so; `--` when only links of open direction at lag 0 do. */
  readonly mark: "->" | "--";
  readonly lags: readonly number[];
  /** That of the strongest link, with its sign. */
  readonly strength: number;
}

/**
 * The summary graph: one link from a column to another (or to itself) for all lags together. It may have circles, and
 * links both ways, where the links in time have none. O(links).
 */
export function summaryOf(lagged: readonly LaggedEdge[]): SummaryLink[] {
  const found = new Map<string, SummaryLink>();
  for (const { from, to, lag, mark, strength = 0 } of lagged) {
    const key = JSON.stringify(mark === "--" ? [from, to, mark] : [from, to]);
    const known = found.get(key);
    found.set(key, {
      from,
      to,
      mark: mark === "--" ? "--" : "->",
      lags: [...(known?.lags ?? []), lag].sort((a, b) => a - b),
      strength:
        known === undefined || Math.abs(strength) > Math.abs(known.strength)
          ? strength
          : known.strength,
    });
  }
  return [...found.values()];
}

/** Columns up to which every pair gets a row in the tables. */
const MOST_COLUMNS = 8;

/**
 * The lag function (partial correlation at each lag, a star where a link was kept) and the matrix of strongest links.
 * Beyond a few columns only pairs with a link are listed.
 */
export function timeTables(
  names: readonly string[],
  lags: number,
  pairs: readonly Pair[],
  kept: readonly LaggedEdge[],
): Diagnostic[] {
  const keyOf = (from: string, to: string, lag: number): string => JSON.stringify([from, to, lag]);
  const values = new Map<string, number>();
  for (const { from, to, lag, value } of pairs) {
    values.set(keyOf(names[from]!, names[to]!, lag), value);
    if (lag === 0) values.set(keyOf(names[to]!, names[from]!, 0), value);
  }
  const links = new Set<string>();
  for (const { from, to, lag } of kept) {
    links.add(keyOf(from, to, lag));
    if (lag === 0) links.add(keyOf(to, from, 0));
  }
  const steps = Array.from({ length: lags + 1 }, (_, lag) => lag);
  const rows: string[][] = [];
  for (const from of names) {
    for (const to of names) {
      const linked = steps.some((lag) => links.has(keyOf(from, to, lag)));
      if (!linked && names.length > MOST_COLUMNS) continue;
      const cells = steps.map((lag) => {
        const value = values.get(keyOf(from, to, lag));
        if (value === undefined) return "";
        return `${value.toFixed(2)}${links.has(keyOf(from, to, lag)) ? "*" : ""}`;
      });
      if (cells.some((cell) => cell !== "")) rows.push([`${from} → ${to}`, ...cells]);
    }
  }
  const summary = summaryOf(kept);
  return [
    {
      kind: "table",
      title: "Partial correlation at each lag (* a link)",
      columns: ["from → to", ...steps.map((lag) => `lag ${lag}`)],
      rows,
    },
    {
      kind: "table",
      title: "Summary over all lags",
      columns: ["link", "lags", "strongest"],
      rows: summary.map(({ from, to, mark, lags: at, strength }) => [
        `${from} ${mark === "->" ? "→" : "–"} ${to}`,
        at.join(", "),
        strength.toFixed(2),
      ]),
    },
  ];
}

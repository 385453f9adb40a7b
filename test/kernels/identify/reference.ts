import { readFileSync } from "node:fs";
import { createGraph } from "../../../kernels/graph/index.ts";
import type { Graph } from "../../../kernels/graph/index.ts";

/** One published case; the shapes differ by `query.type`, so that each test reads the fields it needs. */
export interface ReferenceCase {
  readonly id: string;
  readonly nodes: readonly string[];
  readonly directed: readonly (readonly [string, string])[];
  readonly bidirected: readonly (readonly [string, string])[];
  readonly latents: readonly string[];
  readonly query: {
    readonly type: string;
    readonly treatment?: readonly string[];
    readonly outcome?: readonly unknown[];
    readonly given?: readonly unknown[];
    readonly experiments?: readonly (readonly string[])[];
    readonly shifted?: readonly string[];
    readonly source_experiments?: readonly (readonly string[])[];
    readonly selection?: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
  readonly expected: Readonly<Record<string, unknown>>;
  readonly numeric_fixture?: {
    readonly observed_order: readonly string[];
    readonly joint: readonly number[];
    readonly expected: readonly {
      readonly do: readonly number[];
      readonly given: readonly number[];
      readonly p_all_outcomes_1: number;
    }[];
  };
}

const file = new URL("../../fixtures/identification/cases.json", import.meta.url);
const cases = (JSON.parse(readFileSync(file, "utf8")) as { cases: ReferenceCase[] }).cases;

export function casesOf(...types: readonly string[]): ReferenceCase[] {
  return cases.filter((item) => types.includes(item.query.type));
}

export function graphOf(item: ReferenceCase): Graph {
  return createGraph({
    nodes: item.nodes,
    latent: item.latents,
    edges: [
      ...item.directed,
      ...item.bidirected.map(([from, to]) => ({ from, to, mark: "<->" as const })),
    ],
  });
}

export const sorted = (sets: Iterable<readonly string[]>): string[][] =>
  [...sets]
    .map((set) => [...set].sort((a, b) => (a < b ? -1 : 1)))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

export function interventionalText(item: ReferenceCase): string {
  const quote = (names: readonly unknown[]): string =>
    names.map((name) => `"${String(name)}"`).join(", ");
  const { outcome = [], treatment = [], given = [] } = item.query;
  const after = [`do(${quote(treatment)})`, ...(given.length === 0 ? [] : [quote(given)])];
  return `P(${quote(outcome)} | ${after.join(", ")})`;
}

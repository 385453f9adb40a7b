import type { Work } from "../../app/work.ts";
import type { Rng } from "../math/rng.ts";
import type { DiscoveryData } from "./data.ts";
import type { Method, MethodContext } from "./method.ts";
import type { OptionValue } from "./options.ts";
import type { EdgeProbability, Finding } from "./result.ts";

/**
 * How often each pair is joined, and how, over searches of rows drawn with replacement. A share is stability under
 * resampling, not the probability that the edge is true. Friedman, Goldszmidt & Wyner 1999. `times` runs of the method.
 */
export async function bootstrapEdges(
  method: Method,
  data: DiscoveryData,
  options: Record<string, OptionValue>,
  context: MethodContext,
  times: number,
): Promise<readonly EdgeProbability[]> {
  const counts = new Map<
    string,
    { forward: number; backward: number; undecided: number; bidirected: number }
  >();
  for (let k = 0; k < times; k++) {
    const rng = context.rng.fork(`bootstrap ${k}`);
    const rows = resample(data, rng);
    const finding = await method.run(takeDataRows(data, rows), options, {
      ...context,
      rng,
      work: within(context.work, k, times),
      extra: (name) => {
        const labels = context.extra(name);
        return Array.from(rows, (row) => labels[row]!);
      },
    });
    tally(counts, finding);
  }
  return [...counts].map(([key, count]): EdgeProbability => {
    const [from, to] = JSON.parse(key) as [string, string];
    return {
      from,
      to,
      forward: count.forward / times,
      backward: count.backward / times,
      undecided: count.undecided / times,
      bidirected: count.bidirected / times,
    };
  });
}

/** Rows with replacement; drawn again while a column would be constant or copy another, which no method takes. */
function resample(data: DiscoveryData, rng: Rng): Int32Array {
  for (let attempt = 0; attempt < 20; attempt++) {
    const rows = Int32Array.from({ length: data.n }, () => rng.int(data.n));
    const varies = data.variables.every((variable) => {
      const values: ArrayLike<number> =
        variable.kind === "numeric" ? variable.values : variable.codes;
      const first = values[rows[0]!]!;
      return rows.some((row) => values[row]! !== first);
    });
    if (varies) return rows;
  }
  return Int32Array.from({ length: data.n }, (_, i) => i);
}

/** The rows of data already read, which may repeat. O(n d). */
export function takeDataRows(data: DiscoveryData, rows: Int32Array): DiscoveryData {
  return {
    ...data,
    n: rows.length,
    variables: data.variables.map((variable) =>
      variable.kind === "numeric"
        ? { ...variable, values: Float64Array.from(rows, (row) => variable.values[row]!) }
        : { ...variable, codes: rows.map((row) => variable.codes[row]!) },
    ),
  };
}

function within(work: Work, k: number, times: number): Work {
  return {
    signal: work.signal,
    progress: ({ fraction, message, series }) =>
      work.progress({
        fraction: (k + (fraction ?? 0)) / times,
        message: `resample ${k + 1} of ${times}${message === undefined ? "" : `: ${message}`}`,
        ...(series === undefined ? {} : { series }),
      }),
  };
}

function tally(
  counts: Map<string, { forward: number; backward: number; undecided: number; bidirected: number }>,
  finding: Finding,
): void {
  for (const { from, to, mark } of finding.graph.edges) {
    const [a, b] = from < to ? [from, to] : [to, from];
    const key = JSON.stringify([a, b]);
    let count = counts.get(key);
    if (count === undefined) {
      counts.set(key, (count = { forward: 0, backward: 0, undecided: 0, bidirected: 0 }));
    }
    if (mark === "->") count[from === a ? "forward" : "backward"] += 1;
    else if (mark === "<->") count.bidirected += 1;
    else count.undecided += 1;
  }
}

import { createGraph } from "../../../kernels/graph/index.ts";
import type { Graph } from "../../../kernels/graph/index.ts";
import type { Rng } from "../../../kernels/math/rng.ts";

export const long = process.env["DAGBOK_LONG"] === "1";

/** A random ADMG on V1 … Vn in a random order, with the given chances of an arrow and a bidirected edge. */
export function randomGraph(rng: Rng, n: number, arrow: number, bidirected: number): Graph {
  const names = Array.from({ length: n }, (_, i) => `V${i + 1}`);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [names[i], names[j]] = [names[j] ?? "", names[i] ?? ""];
  }
  const edges = names.flatMap((from, i) =>
    names
      .slice(i + 1)
      .flatMap((to) => [
        ...(rng.next() < arrow ? [{ from, to, mark: "->" as const }] : []),
        ...(rng.next() < bidirected ? [{ from, to, mark: "<->" as const }] : []),
      ]),
  );
  return createGraph({ nodes: [...names].sort((a, b) => (a < b ? -1 : 1)), edges });
}

/** `count` different names of the graph. */
export function pick(rng: Rng, names: readonly string[], count: number): string[] {
  const left = [...names];
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(rng.int(left.length), 1)[0] ?? "",
  );
}

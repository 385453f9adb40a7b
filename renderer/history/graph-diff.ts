import { parseGraph } from "../../kernels/graph/index.ts";

export interface GraphDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Arrows and variables that one text of a graph has and the other has not; undefined if either is no graph. */
export function diffGraphs(before: string, after: string): GraphDiff | undefined {
  const [a, b] = [partsOf(before), partsOf(after)];
  if (a === undefined || b === undefined) return undefined;
  return {
    added: [...b].filter((part) => !a.has(part)),
    removed: [...a].filter((part) => !b.has(part)),
  };
}

function partsOf(text: string): ReadonlySet<string> | undefined {
  try {
    const { nodes, edges } = parseGraph(text);
    return new Set([
      ...nodes.map(({ name }) => `variable ${name}`),
      ...edges.map(({ from, to, mark }) => {
        // The same arrow can be written from either end.
        if (mark.startsWith("<") && mark !== "<->") return `${to} ${mirror(mark)} ${from}`;
        const symmetric = mark === "<->" || mark === "--" || mark === "o-o";
        const [x, y] = symmetric && to < from ? [to, from] : [from, to];
        return `${x} ${mark} ${y}`;
      }),
    ]);
  } catch {
    return undefined; // being written just then: its lines say what changed
  }
}

function mirror(mark: string): string {
  return mark
    .split("")
    .reverse()
    .map((sign) => (sign === "<" ? ">" : sign === ">" ? "<" : sign))
    .join("");
}

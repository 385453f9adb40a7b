import type { Graph } from "../graph/index.ts";
import { createGraph, districts, parents as parentsOf, topologicalNames } from "../graph/index.ts";
import type { VariableSpec } from "./build-model.ts";
import type { FitColumn } from "./fit-data.ts";
import { unfitData } from "./messages.ts";
import { discreteDomain } from "./model.ts";
import type { ConfoundedComponent } from "./model.ts";

type Levels = Extract<FitColumn, { kind: "levels" }>;

const ENTRY_LIMIT = 2 ** 20;

/**
 * The districts of more than one variable as confounded components: the c-factor of each is the product, over its
 * variables in topological order, of the shares given the variables before it that matter (Tian & Pearl 2002,
 * lemma 1), taken from counts. All variables of such a district must be discrete, and so must its outside parents.
 */
export function fitComponents(
  graph: Graph,
  columns: ReadonlyMap<string, FitColumn>,
  weights: Float64Array,
): {
  readonly components: readonly ConfoundedComponent[];
  readonly specs: ReadonlyMap<string, VariableSpec>;
} {
  const order = topologicalNames(graph);
  const components: ConfoundedComponent[] = [];
  const specs = new Map<string, VariableSpec>();
  for (const district of districts(graph)) {
    if (district.length === 1) continue;
    const variables = order.filter((name) => district.includes(name));
    const outside = order.filter(
      (name) =>
        !district.includes(name) &&
        variables.some((member) => parentsOf(graph, member).includes(name)),
    );
    for (const name of [...variables, ...outside]) requireLevels(columns.get(name)!);
    const component = components.length;
    components.push({
      variables,
      parents: outside,
      arcs: graph.edges
        .filter(({ mark, from }) => mark === "<->" && district.includes(from))
        .map(({ from, to }) => [from, to] as const),
      probabilities: cFactor(graph, order, variables, outside, columns, weights),
    });
    for (const name of variables) {
      const { levels } = columns.get(name) as Levels;
      const mechanism = { kind: "confounded", component } as const;
      const domain = discreteDomain(levels);
      specs.set(name, {
        name,
        mechanism: { kind: "ready", parents: parentsOf(graph, name), mechanism, domain },
      });
    }
  }
  return { components, specs };
}

function requireLevels(column: FitColumn): void {
  if (column.kind === "levels") return;
  throw unfitData(
    `"${column.name}" is continuous and shares, or feeds, unmeasured causes`,
    column.name,
    "discrete variables wherever the graph has an unmeasured common cause",
    "Group it into levels, or use the estimate cell.",
  );
}

function cFactor(
  graph: Graph,
  order: readonly string[],
  variables: readonly string[],
  outside: readonly string[],
  columns: ReadonlyMap<string, FitColumn>,
  weights: Float64Array,
): Float64Array {
  const names = [...outside, ...variables];
  const cards = names.map((name) => (columns.get(name) as Levels).levels.length);
  const size = cards.reduce((a, b) => a * b, 1);
  if (size > ENTRY_LIMIT) {
    throw unfitData(
      `${variables.join(", ")} and their causes have ${size} joint levels`,
      size,
      `at most ${ENTRY_LIMIT}`,
    );
  }
  const factor = new Float64Array(size).fill(1);
  for (const name of variables) {
    const before = new Set(order.slice(0, order.indexOf(name) + 1));
    const relevant = predecessors(graph, name, before);
    const shares = conditionalShares(name, relevant, columns, weights);
    const slots = [...relevant, name].map((other) => names.indexOf(other));
    const digits = new Int32Array(names.length);
    for (let index = 0; index < size; index++) {
      let rest = index;
      for (let i = names.length - 1; i >= 0; i--) {
        digits[i] = rest % cards[i]!;
        rest = (rest - digits[i]!) / cards[i]!;
      }
      let at = 0;
      for (const slot of slots) at = at * cards[slot]! + digits[slot]!;
      factor[index]! *= shares[at]!;
    }
  }
  return factor;
}

/** The other variables of `name`'s district among those up to it, and all their parents: T of Tian & Pearl. */
function predecessors(graph: Graph, name: string, before: ReadonlySet<string>): readonly string[] {
  const part = createGraph({
    nodes: graph.nodes.filter((node) => before.has(node.name)),
    edges: graph.edges.filter((edge) => before.has(edge.from) && before.has(edge.to)),
  });
  const district = districts(part).find((members) => members.includes(name))!;
  const relevant = new Set([...district, ...district.flatMap((member) => parentsOf(part, member))]);
  relevant.delete(name);
  return [...relevant];
}

function conditionalShares(
  name: string,
  given: readonly string[],
  columns: ReadonlyMap<string, FitColumn>,
  weights: Float64Array,
): Float64Array {
  const all = [...given, name].map((other) => columns.get(other) as Levels);
  const k = all.at(-1)!.levels.length;
  const counts = new Float64Array(all.reduce((size, { levels }) => size * levels.length, 1));
  const overall = new Float64Array(k);
  weights.forEach((weight, row) => {
    let at = 0;
    for (const { levels, values } of all) at = at * levels.length + values[row]!;
    counts[at]! += weight;
    overall[at % k]! += weight;
  });
  const total = overall.reduce((a, b) => a + b, 0);
  for (let row = 0; row < counts.length; row += k) {
    const own = counts.subarray(row, row + k);
    const seen = own.reduce((a, b) => a + b, 0);
    // A history that never occurs carries no weight in any answer about what does.
    own.set(seen > 0 ? own.map((c) => c / seen) : overall.map((c) => c / total));
  }
  return counts;
}

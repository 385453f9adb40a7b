import { createRng } from "../math/rng.ts";
import type { Rng } from "../math/rng.ts";
import type { Graph } from "../graph/graph.ts";
import { latentProjection } from "../graph/projection.ts";
import type { Interventional } from "./interventional.ts";
import { lawTexts } from "./other-laws.ts";
import type { OtherLaws } from "./other-laws.ts";
import { lawWithJacobian, modelAt, modelFamily } from "./parametric.ts";
import type { ModelFamily } from "./parametric.ts";
import type { SearchStopped } from "./search.ts";
import { answer, mostBits, mostNodes, relevantPart, targets } from "./two-models.ts";
import type { NoTwoModels, TwoModels } from "./two-models.ts";
import { walk } from "./walk.ts";

/** Most numbers that the laws at hand may fix. */
const mostCells = 3000;

/**
 * Two models that agree on every law at hand (observed, experimental, of a source population) and differ in the
 * query, walked to as in `twoModelSteps`. With a source population each model is two: the source's differs from the
 * target's in the tables of the shifted variables only, unmeasured causes included among what is shared. A search:
 * what it does not find may exist.
 */
export function* otherLawSteps(
  graph: Graph,
  query: Interventional,
  laws: OtherLaws,
  rng: Rng = createRng(1),
): Generator<void, TwoModels | NoTwoModels | SearchStopped, undefined> {
  const small = relevantPart(latentProjection(graph), query, undefined, undefined);
  const arcs = small.edges.filter((edge) => edge.mark === "<->").length;
  for (const causes of [1, 2]) {
    const bits = small.nodes.length + causes * arcs;
    if (small.nodes.length > mostNodes || bits > mostBits - 3) {
      return {
        kind: "search-limit",
        reason: `${small.nodes.length} variables with ${arcs} unmeasured common causes bear on the query; that is too many to look for two models.`,
        limit: mostNodes,
      };
    }
    const family = modelFamily(small, causes);
    const landscape = landscapeOf(family, laws);
    if (landscape.cells > mostCells) {
      return {
        kind: "search-limit",
        reason: `The laws at hand fix ${landscape.cells} numbers; two models are looked for up to ${mostCells}.`,
        limit: mostCells,
      };
    }
    for (let attempt = 0; attempt < (bits > 10 ? 3 : 8); attempt++) {
      const walked = yield* walk({
        size: landscape.size,
        start: Float64Array.from({ length: landscape.size }, () => 0.2 + 0.6 * rng.next()),
        lawAt: landscape.lawAt,
        targets: targets(family, query, rng),
        answerAt: (at, target) => {
          const { value, gradient } = answer(family, at, target);
          const whole = new Float64Array(landscape.size);
          whole.set(gradient);
          return { value, gradient: whole };
        },
        margin: 0.01,
      });
      if (walked === undefined) continue;
      const { target, start, end, values, gap } = walked;
      const record = (map: ReadonlyMap<number, number>): Record<string, number> =>
        Object.fromEntries([...map].map(([v, value]) => [family.names[v] ?? "", value]));
      return {
        kind: "two-models",
        models: [modelAt(family, start), modelAt(family, end)],
        ...(laws.source === undefined
          ? {}
          : {
              away: [
                modelAt(family, landscape.sourceAt(start)),
                modelAt(family, landscape.sourceAt(end)),
              ] as const,
            }),
        laws: lawTexts(laws),
        outcome: record(target.event),
        setting: record(target.fixed),
        given: record(target.condition),
        values,
        gap,
      };
    }
  }
  return {
    kind: "no-two-models",
    reason: "No two models were found that agree on all laws at hand and differ in the answer.",
  };
}

interface LawLandscape {
  readonly size: number;
  /** Numbers that the laws fix. */
  readonly cells: number;
  readonly lawAt: (point: Float64Array) => {
    readonly law: Float64Array;
    readonly jacobian: Float64Array;
  };
  /** The source population's coordinates. */
  readonly sourceAt: (point: Float64Array) => Float64Array;
}

/** All laws at hand, one under the other: the target's coordinates first, then what the source has of its own. */
function landscapeOf(family: ModelFamily, laws: OtherLaws): LawLandscape {
  const own: (readonly [number, number, number])[] = [];
  let size = family.size;
  for (const name of laws.source?.shifted ?? []) {
    const v = family.names.indexOf(name);
    if (v < 0) continue;
    const rows = 2 ** (family.parents[v]?.length ?? 0);
    own.push([family.offset[v] ?? 0, size, rows]);
    size += rows;
  }
  const sourceAt = (point: Float64Array): Float64Array => {
    const at = point.slice(0, family.size);
    for (const [to, from, rows] of own) at.set(point.subarray(from, from + rows), to);
    return at;
  };
  const places = Array.from({ length: family.size }, (_, k) => k);
  for (const [to, from, rows] of own) for (let r = 0; r < rows; r++) places[to + r] = from + r;
  const here = Array.from({ length: family.size }, (_, k) => k);
  const parts = [
    ...(laws.experiments ?? [[]]).map((act) => ({ act, away: false })),
    ...(laws.source === undefined ? [] : [[], ...laws.source.experiments]).map((act) => ({
      act,
      away: true,
    })),
  ].flatMap(({ act, away }) => {
    const ids = act.map((name) => family.names.indexOf(name)).filter((v) => v >= 0);
    return Array.from({ length: 2 ** ids.length }, (_, code) => ({
      away,
      fixed: new Map(ids.map((v, k) => [v, (code >> k) & 1])),
    }));
  });
  const count = 2 ** family.measured.length;
  const cells = parts.reduce((sum, { fixed }) => sum + count / 2 ** fixed.size, 0);
  return {
    size,
    cells,
    sourceAt,
    lawAt(point) {
      const law = new Float64Array(cells);
      const jacobian = new Float64Array(cells * size);
      let row = 0;
      for (const { fixed, away } of parts) {
        const columns = away ? places : here;
        const part = lawWithJacobian(family, away ? sourceAt(point) : point, fixed);
        for (let cell = 0; cell < count; cell++) {
          if (!agrees(family, cell, fixed)) continue;
          law[row] = part.law[cell] ?? 0;
          for (let k = 0; k < family.size; k++)
            jacobian[row * size + (columns[k] ?? 0)] = part.jacobian[cell * family.size + k] ?? 0;
          row++;
        }
      }
      return { law, jacobian };
    },
  };
}

function agrees(family: ModelFamily, cell: number, fixed: ReadonlyMap<number, number>): boolean {
  return family.measured.every((v, i) => {
    const value = fixed.get(v);
    return value === undefined || ((cell >> (family.measured.length - 1 - i)) & 1) === value;
  });
}

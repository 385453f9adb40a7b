import { describe, expect, test } from "vitest";
import { cpdagOf, pdagGraph } from "../../../kernels/discover/core/pdag.ts";
import { members } from "../../../kernels/discover/core/members.ts";
import {
  ancestorDistance,
  interventionDistance,
  invalidFor,
} from "../../../kernels/discover/metrics/adjustment-distance.ts";
import { compareGraphs } from "../../../kernels/discover/metrics/compare.ts";
import { averagePrecision } from "../../../kernels/discover/metrics/precision-curve.ts";
import { sortability } from "../../../kernels/discover/metrics/sortability.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { createGraph, toCpdag } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { allDags, graphFrom, nodeNames, type Parents, randomDag } from "./enumerate.ts";

/** Every path between two nodes, as node lists. */
function paths(parents: Parents, from: number, to: number): number[][] {
  const near = parents.map((_, v) =>
    parents.flatMap((list, w) => (list.includes(v) || parents[v]!.includes(w) ? [w] : [])),
  );
  const found: number[][] = [];
  const walk = (path: number[]): void => {
    const last = path[path.length - 1]!;
    if (last === to) return void found.push(path);
    for (const w of near[last]!) if (!path.includes(w)) walk([...path, w]);
  };
  walk([from]);
  return found;
}

function below(parents: Parents, v: number): Set<number> {
  const seen = new Set([v]);
  for (const u of seen) parents.forEach((list, w) => list.includes(u) && seen.add(w));
  return seen;
}

/** The adjustment criterion read word for word: every path written out. */
function validByPaths(parents: Parents, t: number, y: number, given: ReadonlySet<number>): boolean {
  if (given.has(y)) return false;
  const arrow = (a: number, b: number): boolean => parents[b]!.includes(a);
  const all = paths(parents, t, y);
  const causal = all.filter((path) => path.every((v, i) => i === 0 || arrow(path[i - 1]!, v)));
  const forbidden = new Set(
    causal.flatMap((path) => path.slice(1)).flatMap((v) => [...below(parents, v)]),
  );
  if ([...given].some((z) => forbidden.has(z))) return false;
  const opens = (v: number): boolean => [...below(parents, v)].some((w) => given.has(w));
  return all
    .filter((path) => !causal.includes(path))
    .every((path) =>
      path.some((v, i) => {
        if (i === 0 || i === path.length - 1) return false;
        const collider = arrow(path[i - 1]!, v) && arrow(path[i + 1]!, v);
        return collider ? !opens(v) : given.has(v);
      }),
    );
}

const lists = (parents: Parents) => {
  const children: number[][] = parents.map(() => []);
  parents.forEach((list, v) => list.forEach((p) => children[p]!.push(v)));
  return { d: parents.length, parents, children };
};

function sidByPaths(estimate: Parents, truth: Parents): number {
  let wrong = 0;
  for (let t = 0; t < truth.length; t++) {
    for (let y = 0; y < truth.length; y++) {
      if (t === y) continue;
      const set = new Set(estimate[t]);
      const bad = set.has(y) ? below(truth, t).has(y) : !validByPaths(truth, t, y, set);
      if (bad) wrong += 1;
    }
  }
  return wrong;
}

describe("distances", () => {
  test("the walk for valid adjustment agrees with writing out every path", () => {
    const dags = allDags(4);
    for (let k = 0; k < dags.length; k += 3) {
      const parents = dags[k]!;
      for (let t = 0; t < 4; t++) {
        for (let code = 0; code < 16; code++) {
          if ((code >> t) & 1) continue;
          const given = Uint8Array.from({ length: 4 }, (_, v) => (code >> v) & 1);
          const invalid = invalidFor(lists(parents), t, given);
          for (let y = 0; y < 4; y++) {
            if (y === t || given[y] === 1) continue;
            const set = new Set([...given.keys()].filter((v) => given[v] === 1));
            expect(
              invalid[y] === 0,
              `${JSON.stringify(parents)} ${t} ${y} ${[...set].join()}`,
            ).toBe(validByPaths(parents, t, y, set));
          }
        }
      }
    }
  });

  test("sid of DAGs and of classes is what every member gives by writing out paths", () => {
    const rng = createRng(8);
    for (let k = 0; k < 60; k++) {
      const truth = randomDag(5, 0.4, rng);
      const estimate = randomDag(5, 0.4, rng);
      const direct = sidByPaths(estimate, truth);
      expect(compareGraphs(graphFrom(estimate), graphFrom(truth), "sid").value).toBe(direct);
      const cpdag = cpdagOf(estimate);
      const each = members(cpdag)!.map((member) => sidByPaths(member, truth));
      const range = interventionDistance(cpdag, truth)!;
      expect(range).toEqual({ low: Math.min(...each), high: Math.max(...each) });
    }
    expect(compareGraphs(graphFrom([[], [0], [1]]), graphFrom([[], [0], [1]]), "sid").value).toBe(
      0,
    );
  });

  test("ancestor distance of the true class counts exactly the effects that the class leaves open", () => {
    const rng = createRng(9);
    for (let k = 0; k < 40; k++) {
      const truth = randomDag(5, 0.45, rng);
      const all = members(cpdagOf(truth))!;
      // An effect is open when two members disagree on whether and by which parents-adjustment it is.
      let open = 0;
      for (let t = 0; t < 5; t++) {
        for (let y = 0; y < 5; y++) {
          if (t === y) continue;
          const fails = (member: Parents): boolean => {
            const above = new Set<number>(member[t]);
            for (const v of above) for (const p of member[v]!) above.add(p);
            return below(member, t).has(y)
              ? !validByPaths(truth, t, y, above)
              : below(truth, t).has(y);
          };
          if (all.some(fails)) open += 1;
        }
      }
      const ours = ancestorDistance(cpdagOf(truth), truth);
      expect(ours).toBeGreaterThanOrEqual(open);
      expect(ancestorDistance(cpdagOf([[], [], [0, 1]]), [[], [], [0, 1]])).toBe(0);
    }
    // a -- b is open both ways: two effects undecided
    expect(ancestorDistance(cpdagOf([[], [0]]), [[], [0]])).toBe(2);
  });

  test("shd counts a turned arrow once, and an undecided edge by its convention", () => {
    const truth = graphFrom([[], [0], [1], []]); // a -> b -> c, d
    const turned = graphFrom([[1], [], [1], []]);
    const names = nodeNames(4);
    expect(compareGraphs(turned, truth, "shd").value).toBe(1);
    expect(compareGraphs(turned, truth, "cpdag-shd").value).toBe(0);
    const cpdag = toCpdag(truth);
    expect(compareGraphs(cpdag, truth, "shd").value).toBe(2);
    expect(compareGraphs(cpdag, truth, "shd-to-dag").value).toBe(0);
    const empty = createGraph({ nodes: names });
    expect(compareGraphs(empty, truth, "shd").value).toBe(2);
    const other = graphFrom([[], [], [0, 1], []]); // a -> c <- b
    expect(compareGraphs(other, truth, "shd").value).toBe(2);
    expect(compareGraphs(other, truth, "cpdag-shd").value).toBe(3);
    expect(compareGraphs(other, truth, "skeleton-f1").value).toBe(0.5);
    expect(compareGraphs(other, truth, "arrow-precision").value).toBe(0.5);
    expect(() => compareGraphs(empty, createGraph({ nodes: ["a", "z"] }), "shd")).toThrowError(
      expect.objectContaining({ code: "compare-nodes-differ" }),
    );
  });

  test("shd is a metric on random graphs", () => {
    const rng = createRng(10);
    const shd = (a: Parents, b: Parents): number =>
      compareGraphs(graphFrom(a), graphFrom(b), "shd").value;
    for (let k = 0; k < 50; k++) {
      const [a, b, c] = [0, 1, 2].map(() => randomDag(6, 0.3, rng)) as [Parents, Parents, Parents];
      expect(shd(a, a)).toBe(0);
      expect(shd(a, b)).toBe(shd(b, a));
      expect(shd(a, c)).toBeLessThanOrEqual(shd(a, b) + shd(b, c));
    }
  });
});

describe("average precision", () => {
  const truth = graphFrom([[], [0], [1]]);
  const edge = (from: string, to: string, forward: number, backward = 0) => ({
    from,
    to,
    forward,
    backward,
    undecided: 0,
    bidirected: 0,
  });

  test("is worked out by hand on three nodes", () => {
    // ranked: a->b (right), a->c (wrong), b->c (right): 1/2·1 + 1/2·2/3
    const p = [edge("a", "b", 0.9), edge("a", "c", 0.5), edge("b", "c", 0.3)];
    expect(averagePrecision(p, truth, "arrow")).toBeCloseTo(0.5 + 1 / 3, 12);
    expect(averagePrecision([], truth, "arrow")).toBeCloseTo(2 / 6, 12); // all tied: the share of arrows
    expect(averagePrecision([edge("b", "a", 1)], truth, "skeleton")).toBeCloseTo(
      0.5 + 0.5 * (2 / 3),
      12,
    );
  });

  test("does not depend on the order of equal probabilities", () => {
    const p = [edge("a", "b", 0.5), edge("a", "c", 0.5), edge("c", "b", 0.5, 0.5)];
    const forward = averagePrecision(p, truth, "arrow");
    expect(averagePrecision(p.toReversed(), truth, "arrow")).toBe(forward);
  });
});

describe("sortability", () => {
  test("a chain with rising variance is 1, standardised it is 0.5, and turned it is 0", () => {
    const rng = createRng(2);
    const n = 400;
    const a = Float64Array.from({ length: n }, () => rng.normal());
    const b = a.map((x) => 2 * x + rng.normal());
    const c = b.map((x) => 2 * x + rng.normal());
    const scale = (x: Float64Array): Float64Array => {
      const m = x.reduce((s, v) => s + v / n, 0);
      const sd = Math.sqrt(x.reduce((s, v) => s + (v - m) ** 2 / n, 0));
      return x.map((v) => (v - m) / sd);
    };
    const chain = graphFrom([[], [0], [1]]);
    expect(sortability(tableOf({ a, b, c }), chain).variance).toBe(1);
    expect(sortability(tableOf({ a: scale(a), b: scale(b), c: scale(c) }), chain).variance).toBe(
      0.5,
    );
    expect(sortability(tableOf({ a, b, c }), graphFrom([[1], [2], []])).variance).toBe(0);
    // R² survives scaling: the middle is best explained, then c, then a
    const raw = sortability(tableOf({ a, b, c }), chain).rSquared;
    const scaled = sortability(tableOf({ a: scale(a), b: scale(b), c: scale(c) }), chain).rSquared;
    expect(raw).toBeCloseTo(scaled, 12);
    expect(
      sortability(tableOf({ a, b, c }), createGraph({ nodes: ["a", "b", "c"] })).variance,
    ).toBeNaN();
  });

  test("pdagGraph keeps the names", () => {
    expect(pdagGraph(cpdagOf([[], [0]]), ["u", "v"]).edges).toEqual([
      { from: "u", to: "v", mark: "--" },
    ]);
  });
});

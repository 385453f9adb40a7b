import { describe, expect, test } from "vitest";
import { isAncestral, toMag } from "../../../kernels/discover/core/mag.ts";
import { members } from "../../../kernels/discover/core/members.ts";
import { toMpdag } from "../../../kernels/discover/core/mpdag.ts";
import {
  circles,
  cpdagOf,
  emptyPdag,
  extension,
  type Pdag,
  pdagGraph,
} from "../../../kernels/discover/core/pdag.ts";
import { createGraph, mSeparated, toCpdag } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import {
  allDags,
  edgeLines,
  graphFrom,
  isAcyclic,
  nodeNames,
  type Parents,
  randomDag,
} from "./enumerate.ts";

/** All m-separations of a DAG as one text: equal texts are equal independence models. */
function modelOf(parents: Parents): string {
  const graph = graphFrom(parents);
  const names = nodeNames(parents.length);
  let text = "";
  names.forEach((x, i) => {
    for (const y of names.slice(i + 1)) {
      const rest = names.filter((name) => name !== x && name !== y);
      for (let code = 0; code < 2 ** rest.length; code++) {
        const given = rest.filter((_, k) => (code >> k) & 1);
        text += mSeparated(graph, x, y, given) ? "1" : "0";
      }
    }
  });
  return text;
}

function unionOf(group: readonly Parents[]): Pdag {
  const g = emptyPdag(group[0]!.length);
  for (const parents of group) {
    parents.forEach((list, v) => list.forEach((p) => (g.may[p * g.d + v] = 1)));
  }
  return g;
}

/** Skeleton and unshielded colliders: Verma & Pearl's characterisation, for five nodes. */
function patternOf(parents: Parents): string {
  const joined = (i: number, j: number): boolean =>
    parents[i]!.includes(j) || parents[j]!.includes(i);
  const skeleton: string[] = [];
  const colliders: string[] = [];
  parents.forEach((list, v) => {
    for (let u = 0; u < v; u++) if (joined(u, v)) skeleton.push(`${u}${v}`);
    for (const a of list)
      for (const b of list) if (a < b && !joined(a, b)) colliders.push(`${a}${v}${b}`);
  });
  return `${skeleton.join()}|${colliders.sort().join()}`;
}

function grouped(dags: readonly Parents[], key: (parents: Parents) => string): Parents[][] {
  const groups = new Map<string, Parents[]>();
  for (const parents of dags) {
    const k = key(parents);
    const group = groups.get(k);
    if (group === undefined) groups.set(k, [parents]);
    else group.push(parents);
  }
  return [...groups.values()];
}

describe("equivalence classes", () => {
  test("the class of every DAG on up to 4 nodes has the arrows that all DAGs with the same separations share", () => {
    for (const d of [2, 3, 4]) {
      for (const group of grouped(allDags(d), modelOf)) {
        const union = unionOf(group);
        for (const parents of group) expect(cpdagOf(parents).may).toEqual(union.may);
        expect(members(union)?.length).toBe(group.length);
      }
    }
  });

  test("on 5 nodes there are 8782 classes of 29281 DAGs, each with its union of arrows", () => {
    const dags = allDags(5);
    expect(dags.length).toBe(29281);
    const groups = grouped(dags, patternOf);
    expect(groups.length).toBe(8782);
    for (const group of groups) {
      const union = unionOf(group);
      expect(cpdagOf(group[0]!).may).toEqual(union.may);
      expect(patternOf(extension(union)!)).toBe(patternOf(group[0]!));
    }
  });

  test("agrees with the class that the graph kernel labels edge by edge, on larger random DAGs", () => {
    const rng = createRng(3);
    for (let k = 0; k < 20; k++) {
      const parents = randomDag(15, 0.2, rng);
      const ours = pdagGraph(cpdagOf(parents), nodeNames(15));
      expect(edgeLines(ours)).toEqual(edgeLines(toCpdag(graphFrom(parents))));
    }
  });

  test("knowledge leaves exactly the members that agree with it", () => {
    const rng = createRng(4);
    for (const group of grouped(allDags(4), patternOf)) {
      const names = nodeNames(4);
      const from = rng.int(4);
      const to = (from + 1 + rng.int(3)) % 4;
      const kinds = [
        { required: [[names[from]!, names[to]!] as const] },
        { forbidden: [[names[from]!, names[to]!] as const] },
        { tiers: [names.slice(0, 2), names.slice(2)] },
      ];
      kinds.forEach((knowledge, kind) => {
        const agrees = group.filter((parents) =>
          kind === 0
            ? parents[to]!.includes(from)
            : kind === 1
              ? !parents[to]!.includes(from)
              : parents.slice(0, 2).every((list) => list.every((p) => p < 2)),
        );
        const mpdag = (): ReturnType<typeof toMpdag> => toMpdag(graphFrom(group[0]!), knowledge);
        if (agrees.length === 0)
          expect(mpdag).toThrowError(expect.objectContaining({ code: "knowledge-against-class" }));
        else expect(edgeLines(mpdag())).toEqual(edgeLines(pdagGraph(unionOf(agrees), names)));
      });
    }
  });

  test("a pattern without a DAG has no extension, and circles of arrows are found", () => {
    const square = emptyPdag(4);
    for (const [i, j] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 0],
    ] as const) {
      square.may[i * 4 + j] = 1;
      square.may[j * 4 + i] = 1;
    }
    expect(extension(square)).toBeUndefined();
    const circle = emptyPdag(4);
    for (const [i, j] of [
      [0, 1],
      [1, 2],
      [2, 0],
      [2, 3],
    ] as const)
      circle.may[i * 4 + j] = 1;
    expect(circles(circle).map((group) => group.toSorted((a, b) => a - b))).toEqual([[0, 1, 2]]);
  });
});

describe("mags", () => {
  test("a mag has the separations of the DAG it comes from, is ancestral, and joins what nothing separates", () => {
    const rng = createRng(5);
    for (let k = 0; k < 40; k++) {
      const parents = randomDag(6, 0.4, rng);
      const dag = createGraph({ ...graphFrom(parents), latent: ["a", "d"] });
      const mag = toMag(dag);
      const kept = mag.nodes.map((node) => node.name);
      expect(kept).toEqual(["b", "c", "e", "f"]);
      expect(isAncestral(mag)).toBe(true);
      kept.forEach((x, i) => {
        for (const y of kept.slice(i + 1)) {
          const rest = kept.filter((name) => name !== x && name !== y);
          let never = true;
          for (let code = 0; code < 4; code++) {
            const given = rest.filter((_, b) => (code >> b) & 1);
            const separated = mSeparated(dag, x, y, given);
            expect(mSeparated(mag, x, y, given)).toBe(separated);
            never &&= !separated;
          }
          const joined = mag.edges.some(
            (e) => (e.from === x && e.to === y) || (e.from === y && e.to === x),
          );
          expect(joined).toBe(never);
        }
      });
    }
    expect(isAcyclic([[1], [0]])).toBe(false);
  });

  test("what was selected gives tails", () => {
    const dag = createGraph({
      nodes: ["x", "y", { name: "s", role: "selected" }],
      edges: [
        ["x", "s"],
        ["y", "s"],
      ],
    });
    expect(edgeLines(toMag(dag))).toEqual(["x -- y"]);
  });
});

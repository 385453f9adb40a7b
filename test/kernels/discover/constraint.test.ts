import { describe, expect, test } from "vitest";
import { fciSearch, type FciSettings } from "../../../kernels/discover/constraint/fci.ts";
import { pcSearch } from "../../../kernels/discover/constraint/pc.ts";
import { isAncestral, toMag } from "../../../kernels/discover/core/mag.ts";
import { CIRCLE, marksGraph, marksOf } from "../../../kernels/discover/core/marks.ts";
import { toMpdag } from "../../../kernels/discover/core/mpdag.ts";
import { cpdagOf, pdagGraph } from "../../../kernels/discover/core/pdag.ts";
import { constraintsOf } from "../../../kernels/discover/knowledge.ts";
import { type Independence, oracleTest } from "../../../kernels/discover/tests/independence.ts";
import { createGraph, type Edge, type Graph, mSeparated } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { allDags, edgeLines, graphFrom, nodeNames, type Parents, randomDag } from "./enumerate.ts";

const separationsOf = (graph: Graph, hidden: readonly string[] = []): Independence =>
  oracleTest({
    variables: graph.nodes.map((node) => node.name).filter((name) => !hidden.includes(name)),
    independent: (x, y, given) => mSeparated(graph, x, y, given),
  });

const plainFci: FciSettings = { colliders: "standard", depth: -1, selection: true, fast: false };

describe("pc with true separations", () => {
  test("gives the class of every DAG on up to 5 nodes, by every rule for colliders", async () => {
    for (const d of [2, 3, 4]) {
      for (const parents of allDags(d)) {
        const names = nodeNames(d);
        const truth = edgeLines(pdagGraph(cpdagOf(parents), names));
        for (const colliders of ["standard", "conservative", "majority"] as const) {
          const found = await pcSearch(names, separationsOf(graphFrom(parents)), {
            colliders,
            depth: -1,
          });
          expect(edgeLines(found.graph)).toEqual(truth);
        }
      }
    }
    const five = allDags(5);
    const step = process.env["DAGBOK_LONG"] === "1" ? 1 : 17;
    for (let k = 0; k < five.length; k += step) {
      const parents = five[k]!;
      const names = nodeNames(5);
      const found = await pcSearch(names, separationsOf(graphFrom(parents)), {
        colliders: "standard",
        depth: -1,
      });
      expect(edgeLines(found.graph)).toEqual(edgeLines(pdagGraph(cpdagOf(parents), names)));
    }
  });

  test("with knowledge that is true it gives the members that agree with it", async () => {
    const rng = createRng(11);
    const names = nodeNames(5);
    for (let k = 0; k < 60; k++) {
      const parents = randomDag(5, 0.5, rng);
      const edges = graphFrom(parents).edges;
      if (edges.length === 0) continue;
      const edge = edges[rng.int(edges.length)]!;
      const knowledge = { required: [[edge.from, edge.to] as const] };
      const found = await pcSearch(names, separationsOf(graphFrom(parents)), {
        colliders: "standard",
        depth: -1,
        knowledge: constraintsOf(names, knowledge),
      });
      expect(edgeLines(found.graph)).toEqual(edgeLines(toMpdag(graphFrom(parents), knowledge)));
    }
  });

  test("true tiers are kept and give the members that agree with them", async () => {
    const rng = createRng(12);
    const names = nodeNames(6);
    for (let k = 0; k < 40; k++) {
      const parents: Parents = randomDag(6, 0.4, rng);
      const order: number[] = [];
      while (order.length < 6) {
        parents.forEach((list, v) => {
          if (!order.includes(v) && list.every((p) => order.includes(p))) order.push(v);
        });
      }
      const knowledge = {
        tiers: [order.slice(0, 3).map((v) => names[v]!), order.slice(3).map((v) => names[v]!)],
      };
      const found = await pcSearch(names, separationsOf(graphFrom(parents)), {
        colliders: "standard",
        depth: -1,
        knowledge: constraintsOf(names, knowledge),
      });
      expect(edgeLines(found.graph)).toEqual(edgeLines(toMpdag(graphFrom(parents), knowledge)));
    }
  });

  test("contradicting answers leave edges undecided and are told", async () => {
    // a _||_ c, b _||_ d and nothing else on a - b - c - d: b -> c and c -> b are both asked for
    const test: Independence = oracleTest({
      variables: ["a", "b", "c", "d"],
      independent: (x, y, given) => {
        const pair = [x, y].sort().join("");
        return given.length === 0 && (pair === "ac" || pair === "bd" || pair === "ad");
      },
    });
    const found = await pcSearch(["a", "b", "c", "d"], test, { colliders: "standard", depth: -1 });
    expect(edgeLines(found.graph)).toContain("b -- c");
    expect(found.diagnostics).toContainEqual(
      expect.objectContaining({ code: "conflicting-colliders" }),
    );
  });
});

/** Every MAG on d nodes, by what each pair may be. */
function allMags(d: number, kinds: readonly (Edge["mark"] | "<-" | "")[]): Graph[] {
  const names = nodeNames(d);
  const pairs = names.flatMap((from, i) => names.slice(i + 1).map((to) => [from, to] as const));
  const found: Graph[] = [];
  for (let code = 0; code < kinds.length ** pairs.length; code++) {
    let rest = code;
    const edges: Edge[] = [];
    for (const [from, to] of pairs) {
      const kind = kinds[rest % kinds.length]!;
      rest = Math.floor(rest / kinds.length);
      if (kind === "<-") edges.push({ from: to, to: from, mark: "->" });
      else if (kind !== "") edges.push({ from, to, mark: kind });
    }
    let graph: Graph;
    try {
      graph = createGraph({ type: "mag", nodes: names, edges });
    } catch {
      continue; // a cycle
    }
    if (isAncestral(graph) && isMaximal(graph)) found.push(graph);
  }
  return found;
}

function separationText(graph: Graph): { text: string; maximal: boolean } {
  const names = graph.nodes.map((node) => node.name);
  let text = "";
  let maximal = true;
  names.forEach((x, i) => {
    for (const y of names.slice(i + 1)) {
      const rest = names.filter((name) => name !== x && name !== y);
      let apart = false;
      for (let code = 0; code < 2 ** rest.length; code++) {
        const held = mSeparated(
          graph,
          x,
          y,
          rest.filter((_, k) => (code >> k) & 1),
        );
        text += held ? "1" : "0";
        apart ||= held;
      }
      const joined = graph.edges.some(
        (e) => (e.from === x && e.to === y) || (e.from === y && e.to === x),
      );
      if (!joined && !apart) maximal = false;
    }
  });
  return { text, maximal };
}

const isMaximal = (graph: Graph): boolean => separationText(graph).maximal;

/** The marks that all mags of a group share; circles elsewhere. */
function sharedMarks(group: readonly Graph[]): Graph {
  const names = group[0]!.nodes.map((node) => node.name);
  const all = group.map((graph) => marksOf(graph, names));
  const at = all[0]!.at.map((mark, k) =>
    mark !== 0 && all.some((m) => m.at[k] !== mark) ? CIRCLE : mark,
  );
  return marksGraph({ d: names.length, at }, names, "pag");
}

describe("fci with true separations", () => {
  async function check(mags: readonly Graph[], settings: FciSettings): Promise<number> {
    const groups = new Map<string, Graph[]>();
    for (const mag of mags) {
      const key = separationText(mag).text;
      groups.set(key, [...(groups.get(key) ?? []), mag]);
    }
    for (const group of groups.values()) {
      const names = group[0]!.nodes.map((node) => node.name);
      const found = await fciSearch(names, separationsOf(group[0]!), settings);
      expect(edgeLines(found.graph), edgeLines(group[0]!).join("; ")).toEqual(
        edgeLines(sharedMarks(group)),
      );
    }
    return groups.size;
  }

  test("without selection, gives the marks that all equivalent mags on up to 4 nodes share", async () => {
    const kinds = ["", "->", "<-", "<->"] as const;
    await check(allMags(3, kinds), { ...plainFci, selection: false });
    expect(await check(allMags(4, kinds), { ...plainFci, selection: false })).toBeGreaterThan(200);
  });

  test("with selection, gives the marks that all equivalent mags on up to 4 nodes share", async () => {
    const kinds = ["", "->", "<-", "<->", "--"] as const;
    await check(allMags(3, kinds), plainFci);
    await check(allMags(4, kinds), plainFci);
  });

  test("rfci marks agree with the class wherever they are not circles, and the class has no more edges", async () => {
    const rng = createRng(13);
    for (let k = 0; k < 60; k++) {
      const hidden = ["a", "d"];
      const dag = createGraph({ ...graphFrom(randomDag(8, 0.35, rng)), latent: hidden });
      const mag = toMag(dag);
      const names = mag.nodes.map((node) => node.name);
      const full = await fciSearch(names, separationsOf(mag), { ...plainFci, selection: false });
      const fast = await fciSearch(names, separationsOf(mag), {
        ...plainFci,
        selection: false,
        fast: true,
      });
      const truth = marksOf(mag, names);
      const [a, b] = [marksOf(full.graph, names), marksOf(fast.graph, names)];
      a.at.forEach((mark, i) => {
        if (mark > CIRCLE) expect(truth.at[i]).toBe(mark);
        expect(mark === 0).toBe(truth.at[i] === 0);
        if (mark !== 0) expect(b.at[i]).not.toBe(0);
        if (truth.at[i] !== 0 && b.at[i]! > CIRCLE) expect(truth.at[i]).toBe(b.at[i]);
      });
    }
  });

  test("true tiers never contradict the mag and only add marks", async () => {
    const rng = createRng(14);
    for (let k = 0; k < 40; k++) {
      const parents = randomDag(7, 0.35, rng);
      const names = nodeNames(7);
      const dag = createGraph({ ...graphFrom(parents), latent: ["c"] });
      const order: number[] = [];
      while (order.length < 7) {
        parents.forEach((list, v) => {
          if (!order.includes(v) && list.every((p) => order.includes(p))) order.push(v);
        });
      }
      const seen = order.map((v) => names[v]!).filter((name) => name !== "c");
      const mag = toMag(dag);
      const own = mag.nodes.map((node) => node.name);
      const knowledge = constraintsOf(own, { tiers: [seen.slice(0, 3), seen.slice(3)] });
      const found = await fciSearch(own, separationsOf(mag), {
        ...plainFci,
        selection: false,
        knowledge,
      });
      const plain = await fciSearch(own, separationsOf(mag), { ...plainFci, selection: false });
      const truth = marksOf(mag, own);
      const [a, b] = [marksOf(found.graph, own), marksOf(plain.graph, own)];
      a.at.forEach((mark, i) => {
        if (mark > CIRCLE) expect(truth.at[i]).toBe(mark);
        if (b.at[i]! > CIRCLE) expect(mark).toBe(b.at[i]);
      });
    }
  });
});

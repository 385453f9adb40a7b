import { UserError } from "../../../app/errors.ts";
import { toCpdag } from "../../graph/cpdag.ts";
import type { Graph } from "../../graph/graph.ts";
import { type Constraints, constraintsOf, type Knowledge } from "../knowledge.ts";
import {
  cpdagOf,
  directed,
  extension,
  meek,
  type Pdag,
  pdagGraph,
  pdagOf,
  point,
  undirected,
} from "./pdag.ts";

/** An arrow of the class that the knowledge rules out. */
export type Contradiction = readonly [from: number, to: number];

/**
 * Directs the undirected edges that the knowledge decides, and what follows from them (Meek 1-4). Changes `g`;
 * returns the arrows that the class has against the knowledge (they are left as they are). Meek 1995, section 3.
 */
export function applyKnowledge(g: Pdag, knowledge: Constraints): Contradiction[] {
  const { d } = g;
  if (!knowledge.any) return [];
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      if (!undirected(g, i, j)) continue;
      const forth = knowledge.forbidden[i * d + j] === 1;
      const back = knowledge.forbidden[j * d + i] === 1;
      if (knowledge.required[i * d + j] === 1 || (back && !forth)) point(g, i, j);
    }
  }
  meek(g);
  const against: Contradiction[] = [];
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      if (directed(g, i, j) && knowledge.forbidden[i * d + j] === 1) against.push([i, j]);
    }
  }
  return against;
}

/**
 * The members of an equivalence class that agree with the knowledge, as a maximally directed graph: `graph` a DAG (its
 * class is taken) or a cpdag. Throws `UserError` `knowledge-against-class` when no member agrees. Meek 1995.
 */
export function toMpdag(graph: Graph, knowledge: Knowledge): Graph {
  const cpdag = graph.type === "cpdag" ? graph : toCpdag(graph);
  const names = cpdag.nodes.map((node) => node.name);
  const g = pdagOf(cpdag, names);
  const before = cpdagOf(extension(g) ?? []);
  const constraints = constraintsOf(names, knowledge);
  const against = applyKnowledge(g, constraints);
  const absent = constraints.requiredList.filter(([i, j]) => !directed(g, i, j));
  const [from, to] = against[0] ?? absent[0] ?? [];
  if (from === undefined || to === undefined) {
    const member = extension(g);
    // Arrows from several pieces of knowledge may meet in a collider that the class does not have.
    const same =
      member !== undefined && cpdagOf(member).may.every((mark, k) => mark === before.may[k]);
    if (same) return pdagGraph(g, names);
  }
  throw new UserError({
    code: "knowledge-against-class",
    message:
      from === undefined || to === undefined
        ? "No graph of the class agrees with all that is known."
        : against.length > 0
          ? `Every graph of the class has ${names[from]} -> ${names[to]}, which the knowledge rules out.`
          : `No graph of the class has the required ${names[from]} -> ${names[to]}.`,
    value: from === undefined || to === undefined ? undefined : `${names[from]} -> ${names[to]}`,
    expected: "knowledge that some graph of the class agrees with",
    hint: "Search again with the knowledge, instead of adding it afterwards.",
  });
}

import { describe, expect, it, vi } from "vitest";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { checkDerivation, identify } from "../../../kernels/identify/index.ts";
import type { Derivation, DerivationStep } from "../../../kernels/identify/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { long, pick, randomGraph } from "./random-graphs.ts";
import { casesOf, graphOf, interventionalText } from "./reference.ts";

if (long) vi.setConfig({ testTimeout: 900_000 });

function proofOf(graph: ReturnType<typeof parseGraph>, query: string): Derivation {
  const result = identify(graph, query, { strategies: false });
  if (result.kind !== "identified" || result.derivation === undefined)
    throw new Error(`${query}: ${result.kind}`);
  return result.derivation;
}

describe("derivations", () => {
  it.each(casesOf("id", "idc").map((item) => [item.id, item] as const))("%s replays", (_, item) => {
    const result = identify(graphOf(item), interventionalText(item), { strategies: false });
    if (result.kind !== "identified") return;
    expect(result.derivation).toBeDefined();
    if (result.derivation !== undefined)
      expect(checkDerivation(result.derivation)).toMatchObject({ kind: "valid" });
  });

  it("replay for random graphs, and the formula is the one that the steps give", () => {
    const rng = createRng(99);
    let checked = 0;
    for (let round = 0; round < (long ? 1500 : 120); round++) {
      const n = 3 + rng.int(4);
      const graph = randomGraph(rng, n, 0.5, (1.5 / n) * rng.next());
      const names = pick(
        rng,
        graph.nodes.map((node) => node.name),
        n,
      );
      const act = names.splice(0, 1 + rng.int(2));
      const [of = "", ...rest] = names;
      const given = rest.slice(0, rng.int(2));
      const query = `P(${of} | ${[`do(${act.join(", ")})`, ...given].join(", ")})`;
      const result = identify(graph, query, { strategies: false });
      if (result.kind !== "identified" || result.derivation === undefined) continue;
      checked++;
      expect(checkDerivation(result.derivation), `${query} ${JSON.stringify(graph.edges)}`).toEqual(
        { kind: "valid", compared: true },
      );
    }
    expect(checked).toBeGreaterThan(20);
  });

  it("say in steps how the front door works", () => {
    const proof = proofOf(parseGraph("x -> z -> y; x <-> y"), "P(y | do(x))");
    expect(proof.steps.filter((step) => step.kind === "rule").map((step) => step.rule)).toContain(
      2,
    );
    expect(checkDerivation(proof)).toEqual({ kind: "valid", compared: true });
  });

  it("are refused once any part of them is changed", () => {
    const proof = proofOf(parseGraph("x -> z -> y; x <-> y; w -> x; w -> y"), "P(y | do(x))");
    let refused = 0;
    const corrupt = (change: Partial<Derivation>): void => {
      expect(checkDerivation({ ...proof, ...change }).kind).toBe("invalid");
      refused++;
    };
    const replace = (i: number, step: DerivationStep): readonly DerivationStep[] =>
      proof.steps.map((old, k) => (k === i ? step : old));
    for (const [i, step] of proof.steps.entries()) {
      if (step.kind === "rule") {
        corrupt({ steps: replace(i, { ...step, about: [] }) });
        if (step.states.act.length > 0)
          corrupt({
            steps: replace(i, {
              ...step,
              states: {
                ...step.states,
                given: [...step.states.given, ...step.states.act.slice(0, 1)],
                act: step.states.act.slice(1),
              },
            }),
          });
        corrupt({ steps: replace(i, { ...step, rule: step.rule === 3 ? 2 : 3 }) });
      }
      if (step.kind === "marginal")
        corrupt({ steps: replace(i, { ...step, over: step.over.slice(1) }) });
      if (step.kind === "chain")
        corrupt({ steps: replace(i, { ...step, parts: step.parts.slice(1) }) });
      if (step.kind === "observe")
        corrupt({ steps: replace(i, { ...step, states: { ...step.states, act: ["x"] } }) });
    }
    corrupt({ query: { ...proof.query, act: [] } });
    corrupt({ estimand: { kind: "constant", value: 0.5 } });
    corrupt({
      graph: { ...proof.graph, edges: [...proof.graph.edges, { from: "x", to: "z", mark: "<->" }] },
    });
    expect(refused).toBeGreaterThan(20);
  });
});

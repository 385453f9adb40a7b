import { describe, expect, it } from "vitest";
import { parseGraph } from "../../../kernels/graph/index.ts";
import {
  identify,
  loadBearing,
  naturalEffects,
  pathSpecificEffect,
  simplify,
  toLatex,
  toText,
  twoModelsFor,
} from "../../../kernels/identify/index.ts";
import type { Estimand, LoadBearing, Term } from "../../../kernels/identify/index.ts";

async function effects(
  graph: string,
  query: string,
): Promise<Record<string, LoadBearing["effect"]>> {
  const found: Record<string, LoadBearing["effect"]> = {};
  for await (const item of loadBearing(parseGraph(graph), query)) {
    found[`${item.edge.from} ${item.edge.mark} ${item.edge.to}`] = item.effect;
  }
  return found;
}

describe("load-bearing assumptions", () => {
  it("names the missing arrows that carry the front door", async () => {
    expect(await effects("x -> z -> y; x <-> y", "P(y | do(x))")).toEqual({
      "x <-> z": "breaks",
      "z <-> y": "breaks",
      "x -> y": "breaks",
    });
  });

  it("tells a broken claim from a changed formula and from one that stays right", async () => {
    const found = await effects("z -> x -> y; z -> y", "P(y | do(x))");
    expect(found).toEqual({ "z <-> x": "holds", "z <-> y": "holds", "x <-> y": "breaks" });
    const chain = await effects("z -> x -> y", "P(y | do(x))");
    expect(chain["z -> y"]).toBe("changes");
    expect(chain["z <-> y"]).toBe("changes");
    expect(chain["x <-> y"]).toBe("breaks");
  });

  it("stops when told to", async () => {
    const stop = new AbortController();
    const nodes = Array.from({ length: 24 }, (_, i) => `v${i}`).join(" -> ");
    const seen: LoadBearing[] = [];
    const run = async (): Promise<void> => {
      const work = { signal: stop.signal, progress: () => stop.abort() };
      for await (const item of loadBearing(parseGraph(nodes), "P(v23 | do(v0))", { work }))
        seen.push(item);
    };
    await expect(run()).rejects.toThrow();
    expect(seen.length).toBeLessThan(400);
  });
});

describe("mediation", () => {
  it("identifies natural effects without confounding of the mediator", () => {
    const effects = naturalEffects(parseGraph("x -> m -> y; x -> y; c -> x; c -> m; c -> y"), {
      treatment: "x",
      outcome: "y",
      mediators: ["m"],
    });
    expect([effects.direct.kind, effects.indirect.kind, effects.total.kind]).toEqual([
      "identified",
      "identified",
      "identified",
    ]);
  });

  it("refuses them when the mediator and the outcome share an unmeasured cause", () => {
    const effects = naturalEffects(parseGraph("x -> m -> y; x -> y; m <-> y"), {
      treatment: "x",
      outcome: "y",
      mediators: ["m"],
    });
    expect([effects.direct.kind, effects.indirect.kind, effects.total.kind]).toEqual([
      "not-identified",
      "not-identified",
      "identified",
    ]);
  });

  it("finds the recanting witness of a path-specific effect", () => {
    const graph = parseGraph("x -> w -> z -> y; w -> y; x -> y");
    const good = pathSpecificEffect(graph, { treatment: "x", outcome: "y", paths: [["x", "y"]] });
    expect(good.identification.kind).toBe("identified");
    expect(good.recantingWitness).toBeUndefined();
    const bad = pathSpecificEffect(graph, {
      treatment: "x",
      outcome: "y",
      paths: [["x", "w", "y"]],
    });
    expect(bad.identification.kind).toBe("not-identified");
    expect(bad.recantingWitness).toBe("w");
    expect(() =>
      pathSpecificEffect(graph, { treatment: "x", outcome: "y", paths: [["x", "z", "y"]] }),
    ).toThrow("not a path");
  });
});

describe("the simplifier", () => {
  const term = (name: string): Term => ({ variable: name, value: { kind: "symbol", name } });
  const p = (of: string[], given: string[]): Estimand => ({
    kind: "probability",
    of: of.map(term),
    given: given.map(term),
    do: [],
  });

  it("sums a variable out of a law", () => {
    const body: Estimand = { kind: "product", factors: [p(["y"], ["z"]), p(["z"], [])] };
    expect(toText(simplify({ kind: "sum", over: [{ variable: "z", symbol: "z" }], body }))).toBe(
      "P(y)",
    );
  });

  it("leaves the adjustment formula alone", () => {
    const body: Estimand = { kind: "product", factors: [p(["y"], ["x", "z"]), p(["z"], [])] };
    const formula: Estimand = { kind: "sum", over: [{ variable: "z", symbol: "z" }], body };
    expect(simplify(formula)).toBe(formula);
  });
});

describe("formulas", () => {
  it("keep a do value and a summed value of the same variable apart", () => {
    const result = identify(parseGraph("X -> Z -> Y; X <-> Y"), "P(y | do(x))");
    if (result.kind !== "identified") throw new Error(result.kind);
    expect(toText(result.estimand)).toBe("Σ_{z} P(z | x) (Σ_{x'} P(x') P(y | x', z))");
    expect(toLatex(result.estimand)).toBe(
      "\\sum_{z} P(z \\mid x)\\, \\left(\\sum_{x'} P(x')\\, P(y \\mid x', z)\\right)",
    );
  });

  it("write any name", () => {
    const result = identify(
      parseGraph('"a b" -> P; "a b" -> do_1; P -> do_1'),
      'P("do_1" | do(P))',
    );
    if (result.kind !== "identified") throw new Error(result.kind);
    expect(toText(result.estimand)).toBe("Σ_{a b} P(a b) P(do_1 | a b, p)");
    expect(toLatex(result.estimand)).toContain("\\text{do\\_1}");
  });

  it("make no free symbol beyond the query's, as the napkin shows", () => {
    const result = identify(parseGraph("Z2 -> Z1 -> X -> Y; Z2 <-> X; Z2 <-> Y"), "P(y | do(x))");
    if (result.kind !== "identified") throw new Error(result.kind);
    expect(toText(result.estimand)).toContain("for any z1");
  });
});

describe("a no", () => {
  it("comes with two models, also for a contrast", async () => {
    const graph = parseGraph("z -> x -> y; U -> x, y; U [latent]");
    const result = identify(graph, "E[y | do(x=1)] - E[y | do(x=0)]");
    if (result.kind !== "not-identified") throw new Error(result.kind);
    expect(result.strategies).toContainEqual(
      expect.objectContaining({ kind: "instrument", instrument: "z" }),
    );
    const shown = await twoModelsFor(graph, result);
    if (shown.kind !== "two-models") throw new Error(shown.kind);
    expect(Math.abs(shown.values[0] - shown.values[1])).toBeGreaterThan(1e-3);
    expect(shown.gap).toBeLessThan(1e-9);
  });

  it("tells of the exception for two treatment values", () => {
    const result = identify(parseGraph("x -> y; x <-> y"), "P(y_{x=0} | x=1)", {
      from: "experiments",
    });
    expect(result.kind === "not-identified" && result.reason).toContain("only two values");
  });
});

describe("what is not decided", () => {
  it("is never called identified", () => {
    expect(identify(parseGraph("dag { x -- y }"), "P(y | do(x))").kind).toBe("not-certified");
    expect(identify(parseGraph("mag { x -> y; x -- z; y <-> w }"), "P(y | do(x), z)").kind).toBe(
      "not-certified",
    );
    const selected = parseGraph("x -> y -> s; s [selected]");
    expect(identify(selected, "P(y_{x=0} | x=1)").kind).toBe("not-certified");
    expect(identify(selected, "P(y | do(x))").kind).not.toBe("identified");
  });
});

describe("questions that cannot be asked", () => {
  const graph = parseGraph("x -> y; U -> x; U -> y; U [latent]");
  it.each([
    ["P(q | do(x))", "unknown-node"],
    ["P(U | do(x))", "query-unmeasured"],
    ["P(y | do(x), x)", "query-variable-twice"],
    ["P(y | do(x)", "query-syntax"],
    ["y", "query-syntax"],
    ["E[y=1 | do(x)]", "query-syntax"],
    ["P()", "query-syntax"],
  ])("%s", (query, code) => {
    expect(() => identify(graph, query)).toThrow(expect.objectContaining({ code }) as Error);
  });
});

import { describe, expect, it } from "vitest";
import {
  counterfactual,
  fitModel,
  intervene,
  parseModel,
  pointOf,
} from "../../../kernels/counterfactual/index.ts";
import type { StructuralModel } from "../../../kernels/counterfactual/index.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import type { Rng } from "../../../kernels/math/rng.ts";

const share = (rng: Rng): string => (0.1 + 0.8 * rng.next()).toFixed(4);

/** A 0/1 variable with a random table. */
function line(rng: Rng, name: string, parents: readonly string[]): string {
  const rows = Array.from({ length: 2 ** parents.length }, (_, i) => {
    const when = parents.map((_, k) => Math.floor(i / 2 ** (parents.length - 1 - k)) % 2).join(" ");
    return parents.length === 0 ? share(rng) : `${when}: ${share(rng)}`;
  });
  const bar = parents.length === 0 ? "" : ` | ${parents.join(", ")}`;
  return `${name}${bar} ~ table { ${rows.join("; ")} }`;
}

/** A random model with a latent for every `<->`, and the model that its observed joint and graph alone make. */
function pair(
  rng: Rng,
  arrows: Readonly<Record<string, readonly string[]>>,
  arcs: readonly string[],
): {
  readonly truth: StructuralModel;
  readonly seen: StructuralModel;
} {
  const names = Object.keys(arrows);
  const latents = arcs.map((arc, i) => ({ name: `l${i}`, ends: arc.split(" ") }));
  const truth = parseModel(
    [
      ...latents.map(({ name }) => `latent ${line(rng, name, [])}`),
      ...names.map((name) =>
        line(rng, name, [
          ...arrows[name]!,
          ...latents.filter(({ ends }) => ends.includes(name)).map((l) => l.name),
        ]),
      ),
    ].join("\n"),
  );
  const cells = Array.from({ length: 2 ** names.length }, (_, i) =>
    names.map((_, k) => Math.floor(i / 2 ** (names.length - 1 - k)) % 2),
  );
  const p = cells.map((cell) =>
    pointOf(
      counterfactual(truth, `P(${names.map((name, k) => `${name}=${cell[k]}`).join(", ")})`),
    )!,
  );
  const columns = Object.fromEntries(names.map((name, k) => [name, cells.map((cell) => cell[k]!)]));
  const edges = [
    ...names.flatMap((name) => arrows[name]!.map((parent) => `${parent} -> ${name}`)),
    ...arcs.map((arc) => arc.replace(" ", " <-> ")),
  ];
  return {
    truth,
    seen: fitModel(parseGraph(edges.join("; ")), tableOf({ ...columns, p }), { weights: "p" }),
  };
}

const identifiable: readonly (readonly [string, Record<string, string[]>, string[]])[] = [
  ["back door", { z: [], x: ["z"], y: ["x", "z"] }, []],
  ["front door", { x: [], m: ["x"], y: ["m"] }, ["x y"]],
  ["napkin", { w: [], z: ["w"], x: ["z"], y: ["x"] }, ["w x", "w y"]],
  ["M", { z: [], x: [], y: ["x"] }, ["z x", "z y"]],
  ["confounded back door", { z: [], x: ["z"], y: ["x", "z"] }, ["z x"]],
];

const open: readonly (readonly [string, Record<string, string[]>, string[]])[] = [
  ["bow", { x: [], y: ["x"] }, ["x y"]],
  ["instrument", { z: [], x: ["z"], y: ["x"] }, ["x y"]],
  ["confounded mediator", { x: [], m: ["x"], y: ["m"] }, ["x m"]],
  ["bow beside a covariate", { z: [], x: ["z"], y: ["x", "z"] }, ["x y", "z y"]],
];

describe("graph and joint alone", () => {
  it.each(identifiable)("gives the truth where do-calculus identifies: %s", (_, arrows, arcs) => {
    const rng = createRng(31);
    for (let round = 0; round < 4; round++) {
      const { truth, seen } = pair(rng, arrows, arcs);
      const found = counterfactual(seen, "ATE(x -> y)");
      expect(found.kind).toBe("identified");
      expect(pointOf(found)).toBeCloseTo(pointOf(counterfactual(truth, "ATE(x -> y)"))!, 8);
    }
  });

  it.each(open)(
    "holds the truth between bounds where nothing identifies: %s",
    (_, arrows, arcs) => {
      const rng = createRng(32);
      for (let round = 0; round < 4; round++) {
        const { truth, seen } = pair(rng, arrows, arcs);
        for (const query of ["ATE(x -> y)", "P(y | do(x=1))"]) {
          const found = counterfactual(seen, query);
          const value = pointOf(counterfactual(truth, query))!;
          if (found.kind !== "bounded") throw new Error(`${query} came out ${found.kind}`);
          expect(found.value.lower).toBeLessThanOrEqual(value + 1e-9);
          expect(found.value.upper).toBeGreaterThanOrEqual(value - 1e-9);
          expect(found.sharp).toBe(arcs.length < 2);
        }
      }
    },
  );

  it("asks for a query where a changed model could not keep the unmeasured causes", () => {
    const { seen } = pair(createRng(34), { x: [], y: ["x"] }, ["x y"]);
    expect(() => intervene(seen, { x: 1 })).toThrow(/shares unmeasured causes/);
  });

  it("keeps every observed distribution", () => {
    const { truth, seen } = pair(createRng(33), { w: [], z: ["w"], x: ["z"], y: ["x"] }, [
      "w x",
      "w y",
    ]);
    for (const query of ["P(y | x=1, w=0)", "P(x)", "P(w=1, y=0 | z=1)"]) {
      expect(pointOf(counterfactual(seen, query))).toBeCloseTo(
        pointOf(counterfactual(truth, query))!,
        10,
      );
    }
  });
});

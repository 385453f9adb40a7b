import { describe, expect, test } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { additiveNoise } from "../../../../kernels/discover/functional/anm.ts";
import { assign } from "../../../../kernels/discover/functional/assignment.ts";
import { entropy, normalityP } from "../../../../kernels/discover/functional/entropy.ts";
import { hsicP } from "../../../../kernels/discover/functional/hsic.ts";
import { fastIca } from "../../../../kernels/discover/functional/ica.ts";
import { functionalMethods } from "../../../../kernels/discover/functional/methods.ts";
import { pruneByBic, thinned } from "../../../../kernels/discover/functional/prune.ts";
import { discoverBy } from "../../../../kernels/discover/discover.ts";
import type { Method } from "../../../../kernels/discover/method.ts";
import { constraintsOf, noConstraints } from "../../../../kernels/discover/knowledge.ts";
import { type Table, tableOf } from "../../../../kernels/data/table.ts";
import { leastSquares } from "../../../../kernels/math/least-squares.ts";
import { createRng, type Rng } from "../../../../kernels/math/rng.ts";

const method = (name: string): Method => functionalMethods.find((one) => one.name === name)!;

const numericTable = (columns: Readonly<Record<string, Float64Array>>): Table => tableOf(columns);

/** A linear acyclic model with noise from `draw`: columns in a random order of names, and its arrows. */
function linearWorld(
  d: number,
  n: number,
  share: number,
  rng: Rng,
  draw: (rng: Rng) => number,
): { columns: Record<string, Float64Array>; arrows: string[] } {
  const names = Array.from({ length: d }, (_, v) => `v${v}`);
  const order = names.toSorted(() => rng.next() - 0.5);
  const columns: Record<string, Float64Array> = {};
  const arrows: string[] = [];
  for (const [k, name] of order.entries()) {
    const out = Float64Array.from({ length: n }, () => draw(rng));
    for (const cause of order.slice(0, k)) {
      if (rng.next() > share) continue;
      arrows.push(`${cause}->${name}`);
      const weight = (rng.next() < 0.5 ? -1 : 1) * (0.5 + rng.next());
      const from = columns[cause]!;
      for (let i = 0; i < n; i++) out[i]! += weight * from[i]!;
    }
    columns[name] = out;
  }
  return {
    columns: Object.fromEntries(names.map((name) => [name, columns[name]!])),
    arrows: arrows.toSorted(),
  };
}

const uniform = (rng: Rng): number => rng.next() - 0.5;
const laplace = (rng: Rng): number => Math.sign(rng.next() - 0.5) * Math.log(rng.next());

const arrowsOf = (found: { graph: { edges: readonly { from: string; to: string }[] } }): string[] =>
  found.graph.edges.map(({ from, to }) => `${from}->${to}`).toSorted();

describe("LiNGAM", () => {
  test.each(["direct-lingam", "ica-lingam"])(
    "%s finds every arrow of its own family",
    async (name) => {
      let wrong = 0;
      let arrows = 0;
      let warned = 0;
      for (let seed = 1; seed <= 6; seed++) {
        const rng = createRng(100 + seed);
        const world = linearWorld(7, 2000, 0.35, rng, seed % 2 === 0 ? uniform : laplace);
        const found = await discoverBy(method(name), numericTable(world.columns));
        const got = new Set(arrowsOf(found));
        arrows += world.arrows.length;
        wrong += world.arrows.filter((arrow) => !got.has(arrow)).length;
        wrong += [...got].filter((arrow) => !world.arrows.includes(arrow)).length;
        if (found.diagnostics.some((one) => one.kind === "warning")) warned++;
      }
      expect(arrows).toBeGreaterThan(20);
      expect(warned).toBeLessThanOrEqual(1);
      expect(wrong).toBeLessThanOrEqual(2);
    },
  );

  test("scaling a column scales its coefficients and changes no arrow", async () => {
    const world = linearWorld(6, 2000, 0.5, createRng(4), uniform);
    const plain = await discoverBy(method("direct-lingam"), numericTable(world.columns));
    const scaled = await discoverBy(
      method("direct-lingam"),
      numericTable({ ...world.columns, v2: world.columns["v2"]!.map((x) => 1000 * x + 7) }),
    );
    expect(arrowsOf(scaled)).toEqual(arrowsOf(plain));
    for (const [k, { from, to, weight }] of plain.weights!.entries()) {
      const factor = (to === "v2" ? 1000 : 1) / (from === "v2" ? 1000 : 1);
      expect(scaled.weights![k]!.weight / factor).toBeCloseTo(weight, 8);
    }
  });

  test("normal noise is told, not hidden", async () => {
    const world = linearWorld(5, 2000, 0.6, createRng(8), (rng) => rng.normal());
    const found = await discoverBy(method("direct-lingam"), numericTable(world.columns));
    expect(found.diagnostics).toContainEqual(expect.objectContaining({ code: "noise-normal" }));
  });

  test("a hidden common cause is told", async () => {
    const rng = createRng(9);
    const n = 2000;
    const hidden = Float64Array.from({ length: n }, () => laplace(rng));
    const found = await discoverBy(
      method("direct-lingam"),
      numericTable({
        a: hidden.map((h) => h + 4 * uniform(rng)),
        b: hidden.map((h) => h + 4 * uniform(rng)),
      }),
    );
    expect(found.diagnostics).toContainEqual(expect.objectContaining({ code: "noise-dependent" }));
  });

  test("knowledge decides who may come before whom", async () => {
    const world = linearWorld(5, 500, 0.7, createRng(11), uniform);
    const names = Object.keys(world.columns);
    const found = await discoverBy(method("direct-lingam"), numericTable(world.columns), {
      knowledge: {
        tiers: [[names[3]!], [names[0]!, names[1]!]],
        required: [[names[4]!, names[2]!]],
        forbidden: [[names[3]!, names[0]!]],
      },
    });
    expect(found.order!.indexOf("v3")).toBeLessThan(found.order!.indexOf("v0"));
    expect(arrowsOf(found)).toContain("v4->v2");
    expect(arrowsOf(found)).not.toContain("v3->v0");
  });
});

describe("pruning", () => {
  test("keeps the coefficients of least squares on the columns it keeps", () => {
    const rng = createRng(3);
    const n = 400;
    const x = Array.from({ length: 4 }, () => Float64Array.from({ length: n }, () => rng.normal()));
    const y = x[0]!.map((value, i) => 2 * value - x[2]![i]! + rng.normal());
    const all = [...x, y];
    const centred = all.map((column) => {
      const mean = column.reduce((sum, value) => sum + value, 0) / n;
      return column.map((value) => value - mean);
    });
    const s = Float64Array.from({ length: 25 }, (_, k) =>
      centred[Math.floor(k / 5)]!.reduce((sum, value, i) => sum + value * centred[k % 5]![i]!, 0),
    );
    const found = thinned(s, 5, 4, [0, 1, 2, 3], n, 1);
    const ids = [...found.parents];
    expect(ids).toEqual([0, 2]);
    const design = Float64Array.from({ length: n * ids.length }, (_, k) => {
      return centred[ids[k % ids.length]!]![Math.floor(k / ids.length)]!;
    });
    const fit = leastSquares(design, n, ids.length, centred[4]!);
    ids.forEach((_, k) => expect(found.weights[k]).toBeCloseTo(fit.coefficients[k]!, 9));
    expect(found.rest).toBeCloseTo(fit.rss / s[24]!, 9);
    // without a price everything stays, with a high one nothing
    expect(thinned(s, 5, 4, [0, 1, 2, 3], n, 0).parents).toHaveLength(4);
    expect(thinned(s, 5, 4, [0, 1, 2, 3], n, 1e4).parents).toHaveLength(0);
    expect(thinned(s, 5, 4, [0, 1, 2, 3], n, 1e4, (p) => p === 1).parents).toEqual(
      Int32Array.of(1),
    );
  });

  test("copes with a column that others determine", () => {
    const s = Float64Array.of(1, 1, 0.5, 1, 1, 0.5, 0.5, 0.5, 1);
    const [, , last] = pruneByBic(s, [0, 1, 2], 100, 1, noConstraints(3));
    expect(last!.parents).toHaveLength(1);
    expect(last!.weights[0]).toBeCloseTo(0.5, 12);
    const forbidden = constraintsOf(["a", "b", "c"], { forbidden: [["a", "c"]] });
    const [, , other] = pruneByBic(s, [0, 1, 2], 100, 1, forbidden);
    expect([...other!.parents]).toEqual([1]);
  });
});

test("assignment agrees with trying every permutation", () => {
  const permutations = (items: readonly number[]): number[][] =>
    items.length === 0
      ? [[]]
      : items.flatMap((item) =>
          permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
        );
  const rng = createRng(6);
  for (let round = 0; round < 40; round++) {
    const n = 1 + rng.int(6);
    const cost = Float64Array.from({ length: n * n }, () => rng.normal());
    const price = (columns: ArrayLike<number>): number =>
      Array.from(columns).reduce((sum, column, row) => sum + cost[row * n + column]!, 0);
    const best = Math.min(...permutations([...Array(n).keys()]).map(price));
    const found = assign(cost, n);
    expect(new Set(found).size).toBe(n);
    expect(price(found)).toBeCloseTo(best, 10);
  }
});

test("ICA undoes a mixture up to order, sign and size", async () => {
  const rng = createRng(2);
  const n = 4000;
  const unit = (rng: Rng): number => Math.sqrt(12) * uniform(rng);
  const sources = [unit, (rng: Rng) => laplace(rng) / Math.SQRT2, unit].map((draw) =>
    Float64Array.from({ length: n }, () => draw(rng)),
  );
  const mixing = [
    [1, 0.5, -0.3],
    [0.2, 1, 0.8],
    [-0.6, 0.4, 1],
  ];
  const columns = mixing.map((row) =>
    Float64Array.from({ length: n }, (_, i) =>
      row.reduce((sum, weight, k) => sum + weight * sources[k]![i]!, 0),
    ),
  );
  const { w, converged } = await fastIca(columns, createRng(1), quietWork);
  expect(converged).toBe(true);
  for (let c = 0; c < 3; c++) {
    const row = [0, 1, 2].map((k) =>
      [0, 1, 2].reduce((sum, v) => sum + w[c * 3 + v]! * mixing[v]![k]!, 0),
    );
    const sizes = row.map(Math.abs).toSorted((a, b) => b - a);
    expect(sizes[1]! / sizes[0]!).toBeLessThan(0.06);
  }
});

test("entropy and normality", () => {
  const rng = createRng(12);
  const n = 40_000;
  const normal = Float64Array.from({ length: n }, () => rng.normal());
  const flat = Float64Array.from({ length: n }, (_, k) => Math.sqrt(3) * ((2 * k + 1) / n - 1));
  expect(entropy(normal)).toBeCloseTo(0.5 * Math.log(2 * Math.PI * Math.E), 2);
  // the approximation for a uniform variable, its expectation by quadrature; the exact value is log √12
  const steps = 2000;
  let cosh = 0;
  for (let k = 0; k < steps; k++) {
    cosh += Math.log(Math.cosh(Math.sqrt(3) * ((2 * k + 1) / steps - 1))) / steps;
  }
  const approximate = 0.5 * Math.log(2 * Math.PI * Math.E) - 79.047 * (cosh - 0.37457) ** 2;
  expect(entropy(flat)).toBeCloseTo(approximate, 5);
  expect(entropy(flat)).toBeGreaterThan(Math.log(Math.sqrt(12)));
  expect(entropy(flat)).toBeLessThan(entropy(normal) - 0.04);
  expect(normalityP(flat)).toBeLessThan(1e-6);
  let rejected = 0;
  for (let k = 0; k < 400; k++) {
    if (normalityP(Float64Array.from({ length: 1000 }, () => rng.normal())) < 0.05) rejected++;
  }
  expect(rejected).toBeGreaterThan(6);
  expect(rejected).toBeLessThan(36);
});

test("HSIC keeps its level and sees what correlation does not", () => {
  const rng = createRng(21);
  const n = 120;
  let rejected = 0;
  for (let k = 0; k < 200; k++) {
    const x = Float64Array.from({ length: n }, () => rng.normal());
    const y = Float64Array.from({ length: n }, () => laplace(rng));
    if (hsicP(x, y) < 0.05) rejected++;
  }
  expect(rejected).toBeGreaterThan(1);
  expect(rejected).toBeLessThan(22);
  const x = Float64Array.from({ length: n }, () => rng.normal());
  expect(
    hsicP(
      x,
      x.map((value) => value ** 2 + 0.3 * rng.normal()),
    ),
  ).toBeLessThan(1e-3);
});

describe("additive noise", () => {
  test("points from cause to effect, and leaves a linear normal pair open", async () => {
    const rng = createRng(31);
    let right = 0;
    let wrong = 0;
    for (let k = 0; k < 12; k++) {
      const x = Float64Array.from({ length: 200 }, () => 2 * uniform(rng) * 1.5);
      const y = x.map((value) => value + value ** 3 + 0.6 * uniform(rng));
      const { forward, backward } = await additiveNoise(x, y, quietWork);
      if (forward > 0.05 && backward < 0.05) right++;
      if (backward > 0.05 && forward < 0.05) wrong++;
    }
    expect(right).toBeGreaterThanOrEqual(10);
    expect(wrong).toBe(0);
    const x = Float64Array.from({ length: 200 }, () => rng.normal());
    const found = await discoverBy(
      method("anm"),
      numericTable({ x, y: x.map((value) => value + rng.normal()) }),
    );
    expect(found.graph.edges).toEqual([{ from: "x", to: "y", mark: "--" }]);
    expect(found.diagnostics).toContainEqual(expect.objectContaining({ code: "anm-both-fit" }));
  });

  test("independent columns get no edge; three columns are refused", async () => {
    const rng = createRng(41);
    const column = (): Float64Array => Float64Array.from({ length: 150 }, () => rng.normal());
    const found = await discoverBy(method("anm"), numericTable({ x: column(), y: column() }));
    expect(found.graph.edges).toEqual([]);
    await expect(
      discoverBy(method("anm"), numericTable({ x: column(), y: column(), z: column() })),
    ).rejects.toMatchObject({ name: "UserError" });
  });
});

test("VAR-LiNGAM finds the links of a simulated series, past and present", async () => {
  const rng = createRng(51);
  const length = 1500;
  const [a, b, c] = [0, 1, 2].map(() => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let t = 2; t < length; t++) {
    b[t] = 0.5 * b[t - 1]! + laplace(rng);
    a[t] = 0.4 * a[t - 1]! + 0.8 * b[t]! + laplace(rng);
    c[t] = 0.6 * a[t - 2]! - 0.5 * b[t]! + laplace(rng);
  }
  const found = await discoverBy(method("var-lingam"), numericTable({ a, b, c }));
  const links = found.lagged!.map(({ from, to, lag }) => `${from}@${lag}->${to}`).toSorted();
  expect(links).toEqual(["a@1->a", "a@2->c", "b@0->a", "b@0->c", "b@1->b"]);
  const weight = found.lagged!.find((link) => link.from === "b" && link.to === "a")!.strength!;
  expect(weight).toBeCloseTo(0.8, 1);
  expect(found.graph.edges).toContainEqual({ from: "a[t-2]", to: "c[t]", mark: "->" });
});

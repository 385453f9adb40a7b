import { describe, expect, it } from "vitest";
import { quietWork } from "../../../../app/work.ts";
import { tableOf } from "../../../../kernels/data/table.ts";
import { score } from "../../../../kernels/estimate/aipw.ts";
import { binCovariates, binOf } from "../../../../kernels/estimate/forest/bins.ts";
import {
  fitCausalForest,
  forestMethod,
  forestNuisances,
} from "../../../../kernels/estimate/forest/causal-forest.ts";
import type { CausalForestData } from "../../../../kernels/estimate/forest/causal-forest.ts";
import { growForest, predictForest } from "../../../../kernels/estimate/forest/forest.ts";
import { createScratch, growTree, LEAF, leafOf } from "../../../../kernels/estimate/forest/tree.ts";
import { estimate } from "../../../../kernels/estimate/index.ts";
import type { Method } from "../../../../kernels/estimate/index.ts";
import { createRng } from "../../../../kernels/math/rng.ts";
import { hasIhdp, readIhdp, scoreEffects, splitIhdp } from "../neural/ihdp.ts";

const SMALL = { trees: 400, minimumLeaf: 5, tried: null };

/** Confounded by x0; the effect is 2 where x1 > 0 and 0 elsewhere, so 1 on average. */
function stepped(n: number, seed: number): CausalForestData & { effect: Float64Array } {
  const rng = createRng(seed);
  const x = Float64Array.from({ length: 3 * n }, () => rng.normal());
  const effect = Float64Array.from({ length: n }, (_, i) => (x[3 * i + 1]! > 0 ? 2 : 0));
  const treatment = effect.map((_, i) => (rng.next() < 1 / (1 + Math.exp(-x[3 * i]!)) ? 1 : 0));
  const outcome = effect.map((e, i) => x[3 * i]! + e * treatment[i]! + 0.5 * rng.normal());
  return { n, d: 3, x, treatment, outcome, effect };
}

describe("bins", () => {
  it("keep the order of values, exactly when there are few", () => {
    const x = Float64Array.of(3, 1, 2, 1, 9, 2);
    const { bins, edges } = binCovariates(x, 6, 1);
    expect([...bins]).toEqual([2, 0, 1, 0, 3, 1]);
    expect([...edges[0]!]).toEqual([1, 2, 3]);
    expect(binOf(edges[0]!, 2.5)).toBe(2);
    expect(binOf(edges[0]!, -5)).toBe(0);
    expect(binOf(edges[0]!, 99)).toBe(3);
  });

  it("cut many values at quantiles", () => {
    const rng = createRng(1);
    const x = Float64Array.from({ length: 5000 }, () => rng.normal());
    const { bins } = binCovariates(x, 5000, 1);
    const counts = new Map<number, number>();
    for (const bin of bins) counts.set(bin, (counts.get(bin) ?? 0) + 1);
    expect(counts.size).toBe(256);
    expect(Math.max(...counts.values())).toBeLessThan(25);
    const order = [...x.keys()].sort((a, b) => x[a]! - x[b]!);
    order.slice(1).forEach((i, k) => expect(bins[i]!).toBeGreaterThanOrEqual(bins[order[k]!]!));
  });

  it("leave a constant column without a cut", () => {
    expect(binCovariates(new Float64Array(4).fill(7), 4, 1).edges[0]!.length).toBe(0);
  });
});

describe("a tree", () => {
  const data = stepped(80, 4);
  const covariates = binCovariates(data.x, data.n, data.d);
  const centre = (v: Float64Array): Float64Array =>
    v.map((a) => a - v.reduce((s, b) => s + b / v.length, 0));
  const response = { y: centre(data.outcome), w: centre(data.treatment) };
  const options = { tried: 3, minimumLeaf: 3, balance: 0.05 };

  it("makes the first split that trying every cut by the definition finds best", () => {
    const rows = Int32Array.from({ length: 80 }, (_, i) => i);
    const tree = growTree(
      covariates,
      response,
      rows.slice(),
      rows.slice(),
      options,
      createScratch(80, 3),
      createRng(1),
    );
    const mean = (pick: readonly number[], v: Float64Array): number =>
      pick.reduce((s, i) => s + v[i]!, 0) / pick.length;
    const all = [...rows];
    const [wBar, yBar] = [mean(all, response.w), mean(all, response.y)];
    const spread = (pick: readonly number[]): number =>
      pick.reduce((s, i) => s + (response.w[i]! - mean(pick, response.w)) ** 2, 0);
    const slope =
      all.reduce((s, i) => s + (response.w[i]! - wBar) * (response.y[i]! - yBar), 0) / spread(all);
    const rho = all.map(
      (i) => (response.w[i]! - wBar) * (response.y[i]! - yBar - slope * (response.w[i]! - wBar)),
    );
    let best = { score: -Infinity, column: -1, value: 0 };
    for (let column = 0; column < 3; column++) {
      for (const value of all.map((i) => data.x[3 * i + column]!)) {
        const sides = [
          all.filter((i) => data.x[3 * i + column]! <= value),
          all.filter((i) => data.x[3 * i + column]! > value),
        ];
        const allowed = sides.every((side) => {
          const small = side.filter((i) => response.w[i]! < wBar).length;
          return (
            side.length >= 4 &&
            small >= 3 &&
            side.length - small >= 3 &&
            spread(side) >= 0.05 * spread(all)
          );
        });
        if (!allowed) continue;
        const total = sides.reduce(
          (s, side) => s + side.reduce((z, i) => z + rho[i]!, 0) ** 2 / side.length,
          0,
        );
        if (total > best.score) best = { score: total, column, value };
      }
    }
    expect(tree.feature[0]).toBe(best.column);
    expect(covariates.edges[best.column]![tree.cut[0]!]).toBe(best.value);
  });

  it("is honest: outcomes of splitting rows do not enter its leaves, those of estimation rows not its splits", () => {
    const splitting = Int32Array.from({ length: 40 }, (_, i) => i);
    const estimation = splitting.map((i) => i + 40);
    const grow = (y: Float64Array): ReturnType<typeof growTree> =>
      growTree(
        covariates,
        { y, w: response.w },
        splitting.slice(),
        estimation.slice(),
        options,
        createScratch(80, 3),
        createRng(1),
      );
    const tree = grow(response.y);
    const otherLeaves = grow(response.y.map((v, i) => (i >= 40 ? v + 100 * (i % 7) : v)));
    expect([...otherLeaves.feature]).toEqual([...tree.feature]);
    expect([...otherLeaves.cut]).toEqual([...tree.cut]);
    expect([...otherLeaves.values]).not.toEqual([...tree.values]);
    // Every leaf that a row can reach holds the mean of the estimation rows in it
    const leaves = new Map<number, number[]>();
    for (const i of estimation) {
      const leaf = leafOf(tree, covariates, i);
      leaves.set(leaf, [...(leaves.get(leaf) ?? []), i]);
    }
    for (let i = 0; i < 80; i++) {
      const leaf = leafOf(tree, covariates, i);
      const members = leaves.get(leaf);
      expect(members).toBeDefined();
      const mean = members!.reduce((s, k) => s + response.y[k]! / members!.length, 0);
      expect(tree.values[leaf * LEAF]).toBeCloseTo(mean, 10);
    }
  });
});

describe("a causal forest", () => {
  it("finds who gains, averages without bias, and repeats itself by seed", async () => {
    const data = stepped(1000, 2);
    const forest = await fitCausalForest(data, SMALL, createRng(1), quietWork);
    expect(scoreEffects(forest.effects.value, data.effect).rootPehe).toBeLessThan(0.45);
    const problem = { ...data, estimand: { target: "ATE" } } as unknown as Parameters<
      typeof score
    >[0];
    const { estimate: ate, influence } = score(problem, forestNuisances(forest, 0.01));
    const error = Math.sqrt(influence.reduce((s, v) => s + v * v, 0)) / data.n;
    const truth = data.effect.reduce((s, v) => s + v / data.n, 0);
    expect(Math.abs(ate - truth)).toBeLessThan(2 * error);
    expect(error).toBeLessThan(0.08);
    const again = await fitCausalForest(data, SMALL, createRng(1), quietWork);
    expect(again.effects).toEqual(forest.effects);
    const fresh = stepped(300, 9);
    const { value } = await forest.predict(fresh.x, quietWork);
    expect(scoreEffects(value, fresh.effect).rootPehe).toBeLessThan(0.45);
  });

  it("has variances that agree with the spread of forests over fresh data", async () => {
    const at = Float64Array.of(0, 1, 0, 0, -1, 0, 1, 0.5, -1);
    const values: number[][] = [[], [], []];
    const variances = [0, 0, 0];
    const draws = 24;
    for (let draw = 0; draw < draws; draw++) {
      const forest = await fitCausalForest(
        stepped(300, 100 + draw),
        SMALL,
        createRng(1),
        quietWork,
      );
      const { value, variance } = await forest.predict(at, quietWork);
      value.forEach((v, k) => values[k]!.push(v));
      variance!.forEach((v, k) => (variances[k]! += v / draws));
    }
    values.forEach((v, k) => {
      const mean = v.reduce((s, a) => s + a, 0) / draws;
      const spread = v.reduce((s, a) => s + (a - mean) ** 2, 0) / (draws - 1);
      // A variance of 24 draws is itself known to a factor of about 1.8 either way (95 %)
      expect(variances[k]! / spread).toBeGreaterThan(0.4);
      expect(variances[k]! / spread).toBeLessThan(2.5);
    });
  });

  it("predicts means as a regression forest, out of bag for the rows it was grown on", async () => {
    const data = stepped(600, 5);
    const covariates = binCovariates(data.x, data.n, data.d);
    const options = { trees: 200, tried: 3, minimumLeaf: 5, balance: 0.05 };
    const forest = await growForest(
      covariates,
      { y: data.treatment },
      options,
      createRng(1),
      quietWork,
    );
    const { value } = await predictForest(forest, "mean", quietWork);
    const truth = Float64Array.from({ length: 600 }, (_, i) => 1 / (1 + Math.exp(-data.x[3 * i]!)));
    expect(scoreEffects(value, truth).rootPehe).toBeLessThan(0.1);
    expect(forest.seen.every((mark) => mark.reduce((s, v) => s + v, 0) === 300)).toBe(true);
  });

  it("hears Stop", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    const work = { signal: stop.signal, progress: (): void => {} };
    await expect(
      fitCausalForest(stepped(2000, 1), { ...SMALL, trees: 100_000 }, createRng(1), work),
    ).rejects.toThrow("enough");
  });
});

describe("forest as a method", () => {
  it("answers with an interval, errors of unit effects, and an honest note on them", async () => {
    const { x, treatment, outcome } = stepped(400, 3);
    const column = (j: number): Float64Array => treatment.map((_, i) => x[3 * i + j]!);
    const table = tableOf({ a: column(0), b: column(1), c: column(2), t: treatment, y: outcome });
    const spec = { treatment: "t", outcome: "y", adjustment: ["a", "b", "c"] };
    const method = forestMethod as unknown as Method;
    const result = await estimate(spec, table, { method, trees: 200 });
    if (result.kind !== "effect") throw new Error(result.message);
    expect(result.interval.low).toBeLessThan(result.estimate);
    expect(result.diagnostics.some((d) => d.title === "Errors of unit effects")).toBe(true);
    const bare = await estimate({ ...spec, adjustment: [] }, table, { method });
    expect(bare.kind).toBe("not-applicable");
    const few = tableOf({
      a: column(0).slice(0, 12),
      b: column(1).slice(0, 12),
      c: column(2).slice(0, 12),
      t: treatment.slice(0, 12).map((_, i) => i % 2),
      y: outcome.slice(0, 12),
    });
    expect((await estimate(spec, few, { method, trees: 4, overlap: "warn" })).kind).toBe(
      "not-estimable",
    );
  });
});

describe.skipIf(!hasIhdp)("on the IHDP replications", () => {
  const files = process.env["DAGBOK_LONG"] === "1" ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [1, 2, 3, 9];

  // grf 2.6.1 with 2000 trees: .59, .65, .58 on files 1-3, its 95 % interval of the ATE covers in all ten files
  it("matches the reference implementation", { timeout: 120_000 }, async () => {
    let covered = 0;
    const errors: number[] = [];
    for (const file of files) {
      const { inside } = splitIhdp(readIhdp(file), 1000 + file);
      const forest = await fitCausalForest(
        inside,
        { ...SMALL, trees: 1000 },
        createRng(file),
        quietWork,
      );
      errors.push(scoreEffects(forest.effects.value, inside.effect).rootPehe);
      const problem = { ...inside, estimand: { target: "ATE" } } as unknown as Parameters<
        typeof score
      >[0];
      const { estimate: ate, influence } = score(problem, forestNuisances(forest, 0.01));
      const error = Math.sqrt(influence.reduce((s, v) => s + v * v, 0)) / inside.n;
      const truth = inside.effect.reduce((s, v) => s + v / inside.n, 0);
      if (Math.abs(ate - truth) < 1.96 * error) covered++;
    }
    for (const rootPehe of errors.slice(0, 3)) expect(rootPehe).toBeLessThan(0.7);
    expect(covered).toBeGreaterThanOrEqual(files.length - 1);
  });
});

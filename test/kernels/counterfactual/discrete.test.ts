import { describe, expect, it } from "vitest";
import { counterfactual, parseModel, pointOf } from "../../../kernels/counterfactual/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { byEnumeration, randomCoinModel, runUnit, textOf } from "./random-model.ts";

const answer = (text: string, query: string) => counterfactual(parseModel(text), query);

describe("exact inference over several worlds", () => {
  it.each(["response", "function"] as const)("equals enumeration of all units (%s)", (style) => {
    const rng = createRng(77);
    for (let round = 0; round < 40; round++) {
      const model = randomCoinModel(rng, 7, 3);
      const text = textOf(model, style);
      const [a, b, c] = [rng.int(7), rng.int(7), rng.int(7)];
      const [va, vb, vc] = [rng.int(2), rng.int(2), rng.int(2)];
      const [x, y] = [rng.int(6), 6];
      const seen = (unit: number): boolean => runUnit(model, unit)[a] === va;
      const name = (i: number): string => model.names[i]!;
      const given = `${name(a)}=${va}`;
      const twin = answer(
        text,
        `P(${name(y)}_{${name(x)}=${vb}} = ${vc}, ${name(b)} = 1 | ${given})`,
      );
      const expected = byEnumeration(
        model,
        (unit) =>
          runUnit(model, unit, new Map([[x, vb]]))[y] === vc && runUnit(model, unit)[b] === 1,
        seen,
      );
      if (Number.isNaN(expected)) expect(twin.kind).toBe("impossible-evidence");
      else expect(pointOf(twin)).toBeCloseTo(expected, 12);
      // Three worlds at once, one of them in the evidence.
      const evidence = (unit: number): boolean => runUnit(model, unit, new Map([[c, vc]]))[y] === 1;
      const three = answer(
        text,
        `P(${name(y)}_{${name(x)}=0} = 1, ${name(y)}_{${name(x)}=1} = 0 | ${name(y)}_{${name(c)}=${vc}} = 1)`,
      );
      const joint = byEnumeration(
        model,
        (unit) =>
          runUnit(model, unit, new Map([[x, 0]]))[y] === 1 &&
          runUnit(model, unit, new Map([[x, 1]]))[y] === 0,
        evidence,
      );
      if (Number.isNaN(joint)) expect(three.kind).toBe("impossible-evidence");
      else expect(pointOf(three)).toBeCloseTo(joint, 12);
    }
  });

  it("takes nested counterfactuals, shifts and policies", () => {
    const text = `x ~ bernoulli(0.4); u ~ bernoulli(0.3); w ~ bernoulli(0.6)
m = x and u; y = (x or w) xor m`;
    let nde = 0;
    let policy = 0;
    for (const u of [0, 1]) {
      for (const w of [0, 1]) {
        const p = (u ? 0.3 : 0.7) * (w ? 0.6 : 0.4);
        const y = (x: number, m: number): number => Number((x === 1 || w === 1) !== (m === 1));
        nde += p * (y(1, 0) - y(0, 0));
        for (const x of [0, 1]) policy += p * (x === w ? 0.9 : 0.1) * y(x, x & u);
      }
    }
    expect(pointOf(answer(text, "NDE(x -> y)"))).toBeCloseTo(nde, 12);
    expect(pointOf(answer(text, "E[y_{x=1, m_{x=0}} - y_{x=0}]"))).toBeCloseTo(nde, 12);
    expect(pointOf(answer(text, "P(y | do(x ~ bernoulli(0.1 + 0.8*w)))"))).toBeCloseTo(policy, 12);
    expect(pointOf(answer(text, "P(y_{x = 1 - x} = 1)"))).toBeCloseTo(
      0.4 * pointOf(answer(text, "P(y | do(x=0))"))! +
        0.6 * pointOf(answer(text, "P(y | do(x=1))"))!,
      12,
    );
  });

  it("adds path-specific effects up to the total effect along a chain of two mediators", () => {
    const text = `x ~ bernoulli(0.4); u ~ bernoulli(0.35); v ~ bernoulli(0.8)
m = x or u; w = (m and v) xor x; y = (m + 2*w + 3*x >= 3)`;
    const value = (query: string): number => pointOf(answer(text, query))!;
    expect(value("PSE(x -> y; x -> m -> y; x -> w -> y; x -> m -> w -> y)")).toBeCloseTo(
      value("ATE(x -> y)"),
      12,
    );
    expect(value("PSE(x -> y)")).toBeCloseTo(value("NDE(x -> y)"), 12);
    // Through w alone, m stays at its reference.
    let expected = 0;
    for (const u of [0, 1]) {
      for (const v of [0, 1]) {
        const p = (u ? 0.35 : 0.65) * (v ? 0.8 : 0.2);
        const m = u;
        const w = (x: number): number => (m & v) ^ x;
        const y = (x: number): number => Number(m + 2 * w(x) >= 3);
        expected += p * (y(1) - y(0));
      }
    }
    expect(value("PSE(x -> w -> y)")).toBeCloseTo(expected, 12);
  });

  it("equals naive enumeration on 22 variables", () => {
    const model = randomCoinModel(createRng(19), 22, 3);
    const held = new Map([[3, 1]]);
    // One pass over 4 194 304 units is all that naive enumeration can do here.
    let top = 0;
    let bottom = 0;
    const values = new Uint8Array(22);
    const other = new Uint8Array(22);
    const run = (unit: number, out: Uint8Array, hold: boolean): void => {
      for (let i = 0; i < 22; i++) {
        let configuration = 0;
        for (const p of model.parents[i]!) configuration = configuration * 2 + out[p]!;
        out[i] =
          hold && held.has(i) ? held.get(i)! : model.tables[i]![configuration]![(unit >>> i) & 1]!;
      }
    };
    for (let unit = 0; unit < 2 ** 22; unit++) {
      run(unit, values, false);
      if (values[10] !== 1) continue;
      let p = 1;
      for (let i = 0; i < 22; i++) p *= (unit >>> i) & 1 ? model.coins[i]! : 1 - model.coins[i]!;
      bottom += p;
      run(unit, other, true);
      if (other[21] === 1) top += p;
    }
    const start = performance.now();
    const found = answer(textOf(model, "response"), "P(v21_{v3=1} = 1 | v10=1)");
    expect(performance.now() - start).toBeLessThan(2000);
    expect(top / bottom).toBeGreaterThan(0.1); // a seed whose answer is not 0 or 1
    expect(pointOf(found)).toBeCloseTo(top / bottom, 10);
  });

  it("answers on 40 variables of treewidth 8 in under a second, and reports the width", () => {
    const n = 40;
    const rng = createRng(8);
    // Each variable hears all of the eight before it: the moral graph is an 8-tree.
    const lines = Array.from({ length: n }, (_, i) => {
      const parents = Array.from({ length: Math.min(i, 8) }, (_, k) => `v${i - 1 - k}`);
      const sum = parents.map((p) => `${(rng.next() * 0.1).toFixed(4)}*${p}`).join(" + ");
      return `v${i} ~ bernoulli(${(0.05 + 0.1 * rng.next()).toFixed(4)}${sum === "" ? "" : ` + ${sum}`})`;
    });
    const model = parseModel(lines.join("\n"));
    const start = performance.now();
    const seen = counterfactual(model, "P(v39 | v0=1, v20=1)");
    const effect = counterfactual(model, "ATE(v5 -> v39)");
    const treated = counterfactual(model, "ETT(v5 -> v39)");
    const time = performance.now() - start;
    expect([seen.kind, effect.kind, treated.kind]).toEqual([
      "identified",
      "identified",
      "identified",
    ]);
    if (seen.kind !== "identified" || seen.method.name !== "variable-elimination")
      throw new Error("not exact");
    expect(seen.method.width).toBe(8);
    // Three queries, five eliminations; a loaded machine gets some slack over one second each.
    expect(time).toBeLessThan(3000);
    // The law of total probability ties the three together.
    const value = (query: string): number => pointOf(counterfactual(model, query))!;
    const treatedShare = value("P(v5=1)");
    expect(pointOf(effect)!).toBeCloseTo(
      treatedShare * pointOf(treated)! + (1 - treatedShare) * value("ATC(v5 -> v39)"),
      10,
    );
  });

  it("walks a chain of 2000 variables without nesting calls", () => {
    const lines = Array.from({ length: 2000 }, (_, i) => `v${i + 1} ~ bernoulli(0.2 + 0.6*v${i})`);
    const model = parseModel(["v0 ~ bernoulli(0.5)", ...lines].join("\n"));
    expect(pointOf(counterfactual(model, "P(v2000 | v0=1)"))).toBeCloseTo(0.5, 10);
    expect(pointOf(counterfactual(model, "ATE(v1990 -> v2000)"))).toBeCloseTo(0.6 ** 10, 10);
  });

  it("ties two Gumbel worlds by the closed form that simulation finds", async () => {
    const { gumbelPair } = await import("../../../kernels/counterfactual/gumbel.ts");
    const p = [0.5, 0.3, 0.2];
    const q = [0.1, 0.6, 0.3];
    const rng = createRng(4);
    const counts = new Float64Array(9);
    const n = 200_000;
    const argmax = (weights: number[], noise: number[]): number => {
      const scores = weights.map((w, k) => Math.log(w) + noise[k]!);
      return scores.indexOf(Math.max(...scores));
    };
    for (let i = 0; i < n; i++) {
      const noise = p.map(() => -Math.log(-Math.log(rng.next() || 0.5)));
      counts[argmax(p, noise) * 3 + argmax(q, noise)]! += 1 / n;
    }
    for (let i = 0; i < 3; i++) {
      let row = 0;
      let column = 0;
      for (let j = 0; j < 3; j++) {
        row += gumbelPair(p, q, i, j);
        column += gumbelPair(p, q, j, i);
        expect(Math.abs(gumbelPair(p, q, i, j) - counts[i * 3 + j]!)).toBeLessThan(0.006);
      }
      expect(row).toBeCloseTo(p[i]!, 12);
      expect(column).toBeCloseTo(q[i]!, 12);
    }
    expect(gumbelPair([0, 1], [0.5, 0.5], 1, 0)).toBeCloseTo(0.5, 12);
  });
});

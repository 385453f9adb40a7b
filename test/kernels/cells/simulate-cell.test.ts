import { describe, expect, test } from "vitest";
import { parseModel, sample } from "../../../kernels/counterfactual/index.ts";
import { numbersOf, tableOf, type Table } from "../../../kernels/data/table.ts";
import type { Effect } from "../../../kernels/estimate/effect.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import { identify } from "../../../kernels/identify/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { blocksOf, programOf, runCell } from "./cell-runs.ts";

const world = parseModel(`need ~ bernoulli(0.4)
training ~ bernoulli(0.2 + 0.6*need)
job ~ bernoulli(0.6 - 0.4*need + 0.1*training + 0.3*need*training)`);

const mean = (table: Table, name: string): number =>
  numbersOf(table, name).reduce((a, b) => a + b, 0) / table.n;

async function draw(source: string, inputs: Record<string, unknown> = {}): Promise<Table> {
  const { values } = await runCell(programOf("simulate", source, "d"), { world, ...inputs });
  return values["d"] as Table;
}

describe("a simulate cell", () => {
  test("draws with a seed, with interventions in the field's notation", async () => {
    const plain = await draw("4000 from world seed 3");
    expect(plain).toEqual(await draw("4000 from world seed 3"));
    expect(plain).not.toEqual(await draw("4000 from world seed 4"));
    const done = await draw("4000 from world seed 3 do(training=1)");
    expect(mean(done, "training")).toBe(1);
    // The same units: who is in need does not change.
    expect(numbersOf(done, "need")).toEqual(numbersOf(plain, "need"));
    expect(
      mean(await draw("4000 from world do(training ~ bernoulli(0.25))"), "training"),
    ).toBeCloseTo(0.25, 1);
    expect(mean(await draw("9 from world do (training: level)", { level: 1 }), "training")).toBe(1);
    expect(
      mean(
        await draw("n from world seed s do(training=${level})", { n: 9, s: 2, level: 1 }),
        "training",
      ),
    ).toBe(1);
    const shifted = await runCell(
      programOf("simulate", "100 from line seed 2 do(x = x + 1)", "d"),
      { line: parseModel("x ~ normal(0, 1); y = 2*x") },
    );
    expect(shifted.claim).toMatchObject({ rung: 2, query: "draws from line under do(x=x + 1)" });
    expect(shifted.text).toContain("under do(x=x + 1), seed 2");
  });

  test.each([
    ["", "simulate-empty"],
    ["0 from world", "simulate-size"],
    ["1e9 from world", "simulate-size"],
    ["10 from world do(x=)", "query-syntax"],
    ["10 from world do(x=1", "query-syntax"],
    ["10 from world\n20 from world", "simulate-one"],
    ["10 of world", "cell-syntax"],
  ])("%j is a mistake with its place", (source, code) => {
    const [one] = programOf("simulate", source, "d").diagnostics;
    expect(one?.code).toBe(code);
    expect(one?.place?.line).toBeGreaterThan(0);
    expect(one?.place?.end ?? 0).toBeLessThanOrEqual(Math.max(1, source.length));
  });

  test("what cannot be drawn is refused by name when it runs", async () => {
    await expect(draw("9 from world do(q=1)")).rejects.toThrow(/"q"/);
    await expect(draw("9 from need", { need: 4 })).rejects.toThrow(
      /need is not a structural model/,
    );
    await expect(draw("n from world", { n: 2.5 })).rejects.toThrow(/whole number/);
  });
});

describe("estimates from draws are shown against the truth", () => {
  const effect = identify(
    parseGraph("need -> training, job; training -> job"),
    "P(job | do(training))",
  );
  const crude = "job ~ training from d by regression(model: linear)".replace("linear", '"linear"');

  async function estimate(source: string, d: Table) {
    const run = await runCell(programOf("estimate", source, "e"), { d, effect });
    const table = blocksOf(run.reports).find(
      (b) => b.kind === "table" && b.columns.some(({ label }) => label === "truth"),
    );
    return { rows: table?.kind === "table" ? table.rows : undefined, value: run.values["e"], run };
  }

  test("each method with its own target's truth, its error, and whether it is covered", async () => {
    const d = sample(world, 6000, createRng(2));
    // By hand: ATE 0.22; effect on the treated 3.5/11, on the untreated 1/7.
    for (const [target, truth] of [
      ["ATE", "0.2200"],
      ["ATT", "0.3182"],
      ["ATC", "0.1429"],
    ] as const) {
      const { rows, value } = await estimate(
        `effect from d by ipw, aipw(seed: 1) for ${target}`,
        d,
      );
      expect(rows?.map((row) => row[1])).toEqual([truth, truth]);
      (value as readonly Effect[]).forEach(({ estimate: found, interval }, i) => {
        const shown = Number(rows?.[i]?.[2]?.replace("−", "-"));
        expect(shown).toBeCloseTo(found - Number(truth), 3);
        const covers = interval.low <= Number(truth) && Number(truth) <= interval.high;
        expect(rows?.[i]?.[3]).toBe(covers ? "yes" : "no");
      });
    }
    const wrong = await estimate(crude, d);
    expect(wrong.rows?.[0]?.[1]).toBe("0.2200");
    expect(wrong.rows?.[0]?.[3]).toBe("no");
    expect(wrong.run.text).toBeTruthy();
  });

  test("the truth is that of the model as drawn, so an intervention counts", async () => {
    const d = sample(world, 3000, createRng(2), { need: 1 });
    const { rows } = await estimate(crude, d);
    expect(rows?.[0]?.[1]).toBe("0.4000");
  });

  test("a table computed from draws, or read from a file, has no truth", async () => {
    const drawn = sample(world, 500, createRng(2));
    const copy = tableOf(
      Object.fromEntries(drawn.columns.map((c) => [c.name, numbersOf(drawn, c.name)])),
    );
    expect((await estimate(crude, copy)).rows).toBeUndefined();
    expect((await estimate(crude, drawn)).rows).toBeDefined();
  });

  test("a dose, a mediator, an instrument and a simulated truth", async () => {
    const line = parseModel("w ~ normal(0, 1); x ~ normal(w, 1); y ~ normal(2*x + w, 1)");
    const dose = await estimate(
      'y ~ x | w from d by regression(model: "linear")',
      sample(line, 2000, createRng(5)),
    );
    expect(dose.rows?.[0]?.[1]).toBe("2");
    expect(dose.rows?.[0]?.[3]).toBe("yes");

    const iv = parseModel(`u_c ~ categorical(0.5, 0.3, 0.2); z ~ bernoulli(0.5)
d = (u_c == 0 and z == 1) or u_c == 1; y = 2*d + 3*(u_c == 1) + d*(u_c == 0) + u_y; u_y ~ normal(0, 1)`);
    const late = await estimate(
      "y ~ d from d using z by iivm(seed: 1)".replace("from d using z", "using z from d"),
      sample(iv, 6000, createRng(6)),
    );
    // Compliers (level 0) gain 3, the others 2.
    expect(late.rows?.[0]?.[1]).toBe("3");

    const bent = parseModel(
      "a ~ uniform(0, 1); t ~ bernoulli(0.3 + 0.4*a); e ~ exponential(1); y = t*sqrt(a + e*e) + u_y; u_y ~ normal(0, 0.5)",
    );
    const simulated = await estimate(
      'y ~ t | a from d by regression(model: "linear")',
      sample(bent, 2000, createRng(7)),
    );
    // A large simulation of its own: E √(a + e²).
    const rng = createRng(99);
    let sum = 0;
    for (let i = 0; i < 400_000; i++) {
      sum += Math.sqrt(rng.next() + Math.log1p(-rng.next()) ** 2);
    }
    const [shown = "", error] = (simulated.rows?.[0]?.[1] ?? "").split(" ± ");
    expect(Math.abs(Number(shown) - sum / 400_000)).toBeLessThan(0.01);
    if (error !== undefined) expect(Number(error)).toBeLessThan(0.01);
  });

  test("the rows' own effects are compared with both outcomes of the same units", async () => {
    const varied = parseModel("v ~ normal(0, 1); t ~ bernoulli(0.5); y ~ normal(v + t*(1 + v), 1)");
    const d = sample(varied, 1500, createRng(8));
    const { rows, value } = await estimate(
      'y ~ t | v from d by regression(model: "linear", byArm: true)',
      d,
    );
    const effects = (value as Effect).unitEffects;
    const v = numbersOf(d, "v");
    const own = Math.sqrt(
      v.reduce((s, x, i) => s + ((effects?.[i] ?? NaN) - (1 + x)) ** 2, 0) / v.length,
    );
    expect(Number(rows?.[0]?.[4])).toBeCloseTo(own, 3);
    expect(own).toBeLessThan(0.3);
  });
});

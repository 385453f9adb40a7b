import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseNotebook, formatNotebook } from "../../app/notebook/format.ts";
import { mime } from "../../app/protocol/mime.ts";
import type { Attribution } from "../../kernels/counterfactual/attribution.ts";
import type { FairnessReport } from "../../kernels/counterfactual/fairness.ts";
import type { CounterfactualResult } from "../../kernels/counterfactual/result.ts";
import type { MechanismSpread } from "../../kernels/counterfactual/spread.ts";
import type { Effect } from "../../kernels/estimate/effect.ts";
import type { Identification } from "../../kernels/identify/result.ts";
import { createService } from "../renderer/editor/fixture.ts";
import { type NotebookRun, runNotebook, shipped } from "./run-notebook.ts";

/**
 * Known answers of the ladder. Each is counted here over the units of the story (every value of its private causes,
 * with its chance), by plain loops that share nothing with the engine.
 */
interface Unit {
  readonly chance: number;
}

/** Share of a property among units with another. */
function share<U extends Unit>(
  units: readonly U[],
  has: (unit: U) => boolean,
  among: (unit: U) => boolean = () => true,
): number {
  const mass = (test: (unit: U) => boolean): number =>
    units.reduce((sum, unit) => sum + (test(unit) ? unit.chance : 0), 0);
  return mass((unit) => among(unit) && has(unit)) / mass(among);
}

function numberOf(run: NotebookRun, name: string): number {
  const result = run.value(name) as CounterfactualResult;
  if (result.kind !== "identified") throw new Error(`${name} is ${result.kind}`);
  return result.value;
}

function rangeOf(run: NotebookRun, name: string): readonly [number, number] {
  const result = run.value(name) as CounterfactualResult;
  if (result.kind !== "bounded") throw new Error(`${name} is ${result.kind}`);
  return [result.value.lower, result.value.upper];
}

const rungOf = (run: NotebookRun, name: string): number =>
  (run.value(name) as CounterfactualResult).claim.rung;

const names: readonly string[] = [
  "simpson",
  "firing-squad",
  "smoking-tar-cancer",
  "treated",
  "fairness",
];

test.each(names)("ladder/%s is saved as it was opened", (name) => {
  const path = join(import.meta.dirname, `../../notebooks/ladder/${name}.dagbok.ts`);
  const text = readFileSync(path, "utf8");
  expect(formatNotebook(parseNotebook(text))).toBe(text);
});

test("no type error is underlined in any of them", () => {
  for (const name of names) {
    const service = createService();
    const cells = shipped(`ladder/${name}`).cells.map(({ id, kind, source, name: own }) => ({
      id,
      kind,
      source,
      ...(own === undefined ? {} : { name: own }),
    }));
    service.setCells(cells);
    const found = cells.flatMap(({ id }) => service.diagnostics(id).map(({ message }) => message));
    expect([name, found]).toEqual([name, []]);
  }
}, 30_000);

describe("ladder/firing-squad", () => {
  const units = (p: number, q: number) =>
    [0, 1].flatMap((court) =>
      [0, 1].map((nerves) => ({
        court,
        nerves,
        chance: (court === 1 ? p : 1 - p) * (nerves === 1 ? q : 1 - q),
        a: court === 1 || nerves === 1,
        b: court === 1,
      })),
    );
  const expected = (p: number, q: number) => {
    const all = units(p, q);
    const dead = (u: (typeof all)[number]): boolean => u.a || u.b;
    return {
      orderUnknown: share(all, (u) => u.b),
      seen: share(
        all,
        (u) => u.b,
        (u) => u.a,
      ),
      done: share(all, (u) => u.b), // A's rifle is ours now; B still hears the captain
      heldBack: share(all, (u) => u.b),
      lives: share(all, (u) => !u.b, dead),
      livesAfterShots: share(
        all,
        (u) => !u.b,
        (u) => u.a && u.b,
      ),
    };
  };

  test("climbs I, II, III with one answer each, and follows its sliders", async () => {
    const run = await runNotebook(shipped("ladder/firing-squad"));
    expect(run.failures).toEqual([]);
    const hold = (p: number, q: number): void => {
      for (const [name, value] of Object.entries(expected(p, q))) {
        expect([name, numberOf(run, name)]).toEqual([name, expect.closeTo(value, 12)]);
      }
    };
    hold(0.7, 0.1);
    // the reference anchor, q(1-p)/(1-(1-p)(1-q))
    expect(numberOf(run, "lives")).toBeCloseTo(0.03 / 0.73, 12);
    expect(["seen", "done", "lives"].map((name) => rungOf(run, name))).toEqual([1, 2, 3]);
    expect(run.value("largestGap")).toBeLessThan(1e-12);
    await run.set("order", 0.3);
    await run.set("nerves", 0.2);
    hold(0.3, 0.2);
    expect(numberOf(run, "lives")).toBeCloseTo(0.3181818181818182, 9);
  });
});

describe("ladder/smoking-tar-cancer", () => {
  const chance = (value: number, p: number): number => (value === 1 ? p : 1 - p);
  const cancerChance = (tar: number, gene: number): number => 0.1 + 0.3 * tar + 0.4 * gene;
  const units = [0, 1].flatMap((gene) =>
    [0, 1].flatMap((smoking) =>
      [0, 1].flatMap((tar) =>
        [0, 1].map((cancer) => ({
          smoking,
          cancer,
          chance:
            0.5 *
            chance(smoking, 0.2 + 0.6 * gene) *
            chance(tar, 0.1 + 0.8 * smoking) *
            chance(cancer, cancerChance(tar, gene)),
        })),
      ),
    ),
  );

  /**
   * P(ill smoking and healthy not, for gene g) over every way in which one unit's responses may hang together: `a` is
   * the chance of tar only because of smoking, `b` that of cancer only because of tar. Both tables fix the
   * differences, so the chances of the opposite are a - 0.8 and b - 0.3.
   */
  const harmed = (a: number, b: number): number => a * b + (a - 0.8) * (b - 0.3);
  const largest = (p0: number, p1: number): number => Math.min(p1, 1 - p0);

  test("doubles the effect when seen, finds it through the front door, and leaves necessity a range", async () => {
    const run = await runNotebook(shipped("ladder/smoking-tar-cancer"));
    expect(run.failures).toEqual([]);
    const risk = (smoking: number): number =>
      share(
        units,
        (u) => u.cancer === 1,
        (u) => u.smoking === smoking,
      );
    expect(numberOf(run, "smokers")).toBeCloseTo(risk(1), 12);
    expect(numberOf(run, "others")).toBeCloseTo(risk(0), 12);
    expect(numberOf(run, "truth")).toBeCloseTo(0.8 * 0.3, 12);
    expect((run.value("effect") as Identification).kind).toBe("identified");
    const frontDoor = run.value("frontDoor") as Effect;
    expect(frontDoor.interval.low).toBeLessThan(0.24);
    expect(frontDoor.interval.high).toBeGreaterThan(0.24);
    const crude = run.value("crude") as Effect;
    expect(crude.interval.low).toBeGreaterThan(0.4);
    expect(crude.claim.status).toBe("association");
    const byGene = (a: number, b: (gene: number) => number): number =>
      (0.2 * harmed(a, b(0)) + 0.8 * harmed(a, b(1))) / risk(1);
    const lowest = byGene(0.8, () => 0.3);
    const highest = byGene(largest(0.1, 0.9), (gene) =>
      largest(cancerChance(0, gene), cancerChance(1, gene)),
    );
    expect(rangeOf(run, "necessity")).toEqual([
      expect.closeTo(lowest, 9),
      expect.closeTo(highest, 9),
    ]);
    expect(highest).toBeCloseTo(0.45 / 0.69, 12);
    const classes = run.value("classes") as MechanismSpread;
    const points = classes.rows
      .slice(1)
      .map(({ result }) => (result.kind === "identified" ? result.value : Number.NaN));
    expect(points).toEqual([expect.closeTo(0.24 / 0.69, 9), expect.closeTo(0.24 / 0.69, 9)]);
    expect(classes.claim.status).toBe("bounded");
  });
});

describe("ladder/treated", () => {
  const jobChance = (need: number, training: number): number =>
    0.6 - 0.4 * need + 0.1 * training + 0.3 * need * training;
  const people = [0, 1].flatMap((need) =>
    [0, 1].map((training) => {
      const joins = 0.2 + 0.6 * need;
      return {
        need,
        training,
        chance: (need === 1 ? 0.4 : 0.6) * (training === 1 ? joins : 1 - joins),
        gain: jobChance(need, 1) - jobChance(need, 0),
        job: jobChance(need, training),
      };
    }),
  );
  const mean = (
    of: (person: (typeof people)[number]) => number,
    among: (person: (typeof people)[number]) => boolean = () => true,
  ): number => {
    const some = people.filter(among);
    const mass = some.reduce((sum, { chance }) => sum + chance, 0);
    return some.reduce((sum, person) => sum + person.chance * of(person), 0) / mass;
  };

  test("tells the effects on the treated, on the others and on all from the crude difference", async () => {
    const run = await runNotebook(shipped("ladder/treated"));
    expect(run.failures).toEqual([]);
    const came = (training: number) => (person: (typeof people)[number]) =>
      person.training === training;
    const truth = {
      crude: mean(({ job }) => job, came(1)) - mean(({ job }) => job, came(0)),
      everybody: mean(({ gain }) => gain),
      treated: mean(({ gain }) => gain, came(1)),
      untreated: mean(({ gain }) => gain, came(0)),
    };
    for (const [name, value] of Object.entries(truth)) {
      expect([name, numberOf(run, name)]).toEqual([name, expect.closeTo(value, 12)]);
    }
    expect(truth.treated).toBeCloseTo(3.5 / 11, 12);
    for (const [name, value] of [
      ["ate", truth.everybody],
      ["att", truth.treated],
    ] as const) {
      for (const { interval } of run.value(name) as readonly Effect[]) {
        expect(interval.low).toBeLessThan(value);
        expect(interval.high).toBeGreaterThan(value);
      }
    }
    // Fréchet: P(job without, job with | need) lies between p0 + p1 - 1 and min(p0, p1).
    const among = (needs: readonly number[]): readonly [number, number] => {
      const some = people.filter((p) => p.training === 1 && needs.includes(p.need));
      const total = some.reduce((sum, { chance, job }) => sum + chance * job, 0);
      const end = (of: (p0: number, p1: number) => number): number =>
        some.reduce((sum, p) => sum + p.chance * of(jobChance(p.need, 0), p.job), 0) / total;
      return [end((p0, p1) => Math.max(0, p0 + p1 - 1)), end(Math.min)];
    };
    for (const [name, needs] of [
      ["withoutIt", [0, 1]],
      ["ifNeedy", [1]],
    ] as const) {
      const [low, high] = among(needs);
      expect(rangeOf(run, name)).toEqual([expect.closeTo(low, 9), expect.closeTo(high, 9)]);
    }
  });
});

describe("ladder/fairness", () => {
  const engineering = (man: number): number => 0.2 + 0.5 * man;
  const admission = (man: number, field: number, talent: number, bias: number): number =>
    0.1 + 0.3 * field + 0.3 * talent + bias * man;
  /** Mean admission of people seen as `seen` who chose a department as `chosen` would; talent is even. */
  const mean = (seen: number, chosen: number, bias: number): number =>
    [0, 1].reduce(
      (sum, field) =>
        sum +
        (field === 1 ? engineering(chosen) : 1 - engineering(chosen)) *
          0.5 *
          (admission(seen, field, 0, bias) + admission(seen, field, 1, bias)),
      0,
    );

  test("takes the disparity apart, person by person and path by path, for every bias", async () => {
    const run = await runNotebook(shipped("ladder/fairness"));
    expect(run.failures).toEqual([]);
    const hold = (bias: number): void => {
      const truth = {
        disparity: mean(1, 1, bias) - mean(0, 0, bias),
        total: mean(1, 1, bias) - mean(0, 0, bias),
        sameDesk: bias,
        direct: mean(1, 0, bias) - mean(0, 0, bias),
        indirect: mean(0, 1, bias) - mean(0, 0, bias),
        throughChoice: mean(0, 1, bias) - mean(0, 0, bias),
      };
      for (const [name, value] of Object.entries(truth)) {
        expect([name, numberOf(run, name)]).toEqual([name, expect.closeTo(value, 12)]);
      }
      expect(run.outputs.get("people")?.[0]?.[mime.text]).toContain("fair to man? ");
    };
    hold(0.1);
    // Before 0.435, after 0.5: 0.3 (0.5 - 0.45) by the schools, 0.2 - (0.1 + 0.1/2) by the committee.
    const rise = run.value("rise") as Attribution;
    const parts = Object.fromEntries(rise.contributions.map((c) => [c.variable, c.value]));
    expect(parts["engineering"]).toBeCloseTo(0.015, 12);
    expect(parts["admitted"]).toBeCloseTo(0.05, 12);
    expect(numberOf(run, "after")).toBeCloseTo(0.06, 12);

    const fair = run.value("fair2") as FairnessReport;
    expect(fair.counterfactuallyFair).toBe("no");
    for (const { person, result } of fair.rows) {
      // Monotone choice: U uniform, engineering iff U is in the top share; given what was chosen, what would be?
      const [man, field, talent] = ["man", "engineering", "talent"].map((n) =>
        Number(person[n]),
      ) as [number, number, number];
      const other = 1 - man;
      const [here, there] = [engineering(man), engineering(other)];
      const stays =
        field === 1
          ? Math.min(here, there) / here
          : 1 - (there > here ? (there - here) / (1 - here) : 0);
      const would = field === 1 ? stays : 1 - stays;
      const expected =
        would * admission(other, 1, talent, 0.1) +
        (1 - would) * admission(other, 0, talent, 0.1) -
        admission(man, field, talent, 0.1);
      if (result.kind !== "identified") throw new Error(result.kind);
      expect(result.value).toBeCloseTo(expected, 9);
    }
    await run.set("bias", 0);
    hold(0);
    expect((run.value("fair2") as FairnessReport).counterfactuallyFair).toBe("no");
  });
});

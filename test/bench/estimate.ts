import { performance } from "node:perf_hooks";
import { tableOf } from "../../kernels/data/table.ts";
import { estimate } from "../../kernels/estimate/index.ts";
import { logistic } from "../../kernels/math/glm.ts";
import { createRng } from "../../kernels/math/rng.ts";

/**
 * Times of the estimators at n = 100 000, p = 20 on one thread, with peak memory. Prints a table; the seed is fixed,
 * the truth of the draw is known. Peers on one core, for orientation: 0.09, 0.48, 10.7 and 11.8 s.
 */
function draw(
  n: number,
  p: number,
  seed: number,
): { table: ReturnType<typeof tableOf>; names: string[]; truth: number } {
  const rng = createRng(seed);
  const columns: Record<string, Float64Array> = {};
  const names = Array.from({ length: p }, (_, j) => `x${j + 1}`);
  for (const name of names) columns[name] = Float64Array.from({ length: n }, () => rng.normal());
  const at = (j: number, i: number): number => columns[`x${j}`]![i]!;
  const t = new Float64Array(n);
  const y = new Float64Array(n);
  let truth = 0;
  for (let i = 0; i < n; i++) {
    const effect = 1 + 0.5 * at(1, i) + (at(2, i) > 0 ? 0.5 : 0);
    truth += effect / n;
    t[i] = rng.next() < logistic(0.5 * at(1, i) - 0.5 * at(3, i)) ? 1 : 0;
    y[i] =
      at(1, i) + Math.sin(at(3, i)) + 0.5 * at(4, i) * at(5, i) + effect * t[i]! + rng.normal();
  }
  return { table: tableOf({ ...columns, t, y }), names, truth };
}

const { table, names, truth } = draw(100_000, 20, 1);
const spec = { treatment: "t", outcome: "y", adjustment: names } as const;
const trees = { outcomeModel: "boosting", propensityModel: "boosting" };
const runs: readonly (readonly [string, Record<string, unknown>, number])[] = [
  ["OLS by arm", { method: "regression", byArm: true, errors: "HC0" }, 0.09],
  ["AIPW, OLS and logit, 5 folds", { method: "aipw" }, 0.48],
  ["AIPW, boosted trees, 5 folds", { method: "aipw", ...trees }, 10.7],
  ["PLR, boosted trees, 5 folds", { method: "plr", ...trees }, 11.8],
];

console.log(`n = ${table.n}, p = ${names.length}, true effect ${truth.toFixed(4)}`);
console.log("method                          seconds  cpu s   peer  estimate      se");
for (const [label, options, peer] of runs) {
  const start = performance.now();
  const before = process.cpuUsage();
  const effect = await estimate(spec, table, options);
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(before);
  const cpu = (used.user + used.system) / 1e6;
  if (effect.kind !== "effect") throw new Error(effect.message);
  const cells = [
    seconds.toFixed(2).padStart(7),
    cpu.toFixed(2).padStart(6),
    String(peer).padStart(6),
    effect.estimate.toFixed(4).padStart(9),
    effect.standardError.toFixed(4).padStart(7),
  ];
  console.log(label.padEnd(32) + cells.join(" "));
}
console.log(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);

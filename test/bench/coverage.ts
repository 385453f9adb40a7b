import { writeFileSync } from "node:fs";
import { estimate } from "../../kernels/estimate/index.ts";
import { createRng } from "../../kernels/math/rng.ts";
import { type Case, everyCase } from "./coverage-cases.ts";
import { type Design, designs } from "./coverage-designs.ts";

/**
 * How often 95 % intervals hold the truth, by simulation: `npm run bench:coverage -- [--draws N] [--only WORD] [--json FILE]`.
 * Without `--draws` each case takes its full number. Every draw follows from its design's name and number, so methods
 * see the same data. Printed per case: coverage with its Monte Carlo error, bias in units of the estimate's spread, the
 * ratio of the mean standard error to that spread, and draws that gave no number.
 */
export interface Coverage {
  readonly method: string;
  readonly variant: string;
  readonly target: string;
  readonly design: string;
  readonly n: number;
  readonly draws: number;
  readonly covered: number;
  readonly bias: number;
  readonly errorRatio: number;
  readonly none: number;
}

export async function coverageOf(one: Case, draws: number): Promise<Coverage> {
  const design: Design = designs[one.design];
  const truth = design.truth[one.target];
  if (truth === undefined) throw new Error(`${one.design} has no truth for ${one.target}`);
  const base = createRng(20_261_124).fork(one.design);
  let covered = 0;
  let none = 0;
  let errors = 0;
  const estimates: number[] = [];
  for (let k = 0; k < draws; k++) {
    const table = design.draw(base.fork(k));
    const effect = await estimate(one.spec, table, { ...one.options, seed: k + 1 });
    if (effect.kind !== "effect") {
      none += 1;
      continue;
    }
    const { low, high } = effect.interval;
    if (low <= truth && truth <= high) covered += 1;
    estimates.push(effect.estimate);
    errors += effect.standardError;
  }
  const m = estimates.length;
  const mean = estimates.reduce((a, b) => a + b, 0) / m;
  const sd = Math.sqrt(estimates.reduce((s, v) => s + (v - mean) ** 2, 0) / (m - 1));
  return {
    method: one.method,
    variant: one.variant,
    target: one.target,
    design: one.design,
    n: design.n,
    draws: m,
    covered: covered / m,
    bias: (mean - truth) / sd,
    errorRatio: errors / m / sd,
    none,
  };
}

function flag(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function run(): Promise<void> {
  const fewer = flag("--draws");
  const only = flag("--only");
  const wanted = everyCase.filter(
    (c) => only === undefined || `${c.method} ${c.variant} ${c.design}`.includes(only),
  );
  console.log(
    `${"method".padEnd(44)}${"design".padEnd(18)}    n  draws  coverage %   bias/sd  se/sd  none    s`,
  );
  const found: Coverage[] = [];
  for (const one of wanted) {
    const start = performance.now();
    const c = await coverageOf(one, fewer === undefined ? one.draws : Number(fewer));
    found.push(c);
    const se = Math.sqrt((c.covered * (1 - c.covered)) / c.draws);
    const label = `${c.method}${c.variant === "" ? "" : `, ${c.variant}`} (${c.target})`;
    const cells = [
      String(c.n).padStart(5),
      String(c.draws).padStart(6),
      `${(100 * c.covered).toFixed(1)} ± ${(100 * se).toFixed(1)}`.padStart(11),
      c.bias.toFixed(2).padStart(9),
      c.errorRatio.toFixed(2).padStart(6),
      String(c.none).padStart(5),
      ((performance.now() - start) / 1000).toFixed(0).padStart(4),
    ];
    console.log(
      `${label.padEnd(44)}${c.design.padEnd(18)}${cells.join(" ")}${c.covered < 0.93 ? "  <" : ""}`,
    );
  }
  const file = flag("--json");
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(found, undefined, 1)}\n`);
}

if (import.meta.main) await run();

import { readFileSync, writeFileSync } from "node:fs";
import { estimate, methodNamed, resolveOptions, toEstimand } from "../../kernels/estimate/index.ts";
import { createRng } from "../../kernels/math/rng.ts";
import { type Case, everyCase } from "./coverage-cases.ts";
import { type Design, designs } from "./coverage-designs.ts";

/**
 * How often 95 % intervals hold the truth, by simulation: `npm run bench:coverage -- [--draws N] [--only WORD] [--write]`.
 * Without `--draws` each case takes its full number; `--write` puts the figures of the cases that ran where the estimate
 * panel reads them. Every draw follows from its design's name and number, so methods
 * see the same data. Printed per case: coverage with its Monte Carlo error, bias in units of the estimate's spread, the
 * ratio of the mean standard error to that spread, and draws that gave no number.
 */
export interface Coverage {
  readonly key: string;
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
    key: keyOf(one),
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

/** Method, the options that tell its cases apart (filled in), and target, as an effect carries them. */
function keyOf(one: Case): string {
  const { options } = methodNamed(one.method);
  const told = new Set([
    ...TELLING.filter((name) => Object.hasOwn(options, name)),
    ...everyCase
      .filter((c) => c.method === one.method)
      .flatMap((c) => Object.keys(c.options).filter((name) => !GENERAL.has(name))),
  ]);
  const own = Object.fromEntries(Object.entries(one.options).filter(([k]) => told.has(k)));
  const filled = resolveOptions(methodNamed(one.method), own);
  const settings = [...told].map((name) => `${name}: ${String(filled[name])}`).join(", ");
  return `${one.method} | ${settings} | ${toEstimand(one.spec).target} | ${one.design}`;
}

/** Other values of these make other intervals, whatever was varied here. */
const TELLING = [
  "outcomeModel",
  "propensityModel",
  "effectModel",
  "model",
  "bandwidth",
  "order",
  "neighbours",
  "caliper",
];
const GENERAL = new Set(["method", "overlap", "clusters"]);
const FILE = new URL("../../kernels/estimate/measured-coverage.ts", import.meta.url);

/** Replaces the rows of the cases that ran between the marks of the kernel's file; the order is that of the cases. */
function write(found: readonly Coverage[]): void {
  const text = readFileSync(FILE, "utf8");
  const between = (name: string, body: string, from: string): string => {
    const start = from.indexOf(`const ${name} = \``) + `const ${name} = \``.length;
    return from.slice(0, start) + body + from.slice(from.indexOf("`", start));
  };
  const start = text.indexOf("const MEASURED = `") + "const MEASURED = `".length;
  const rows = new Map<string, string>();
  for (const line of text.slice(start, text.indexOf("`", start)).split("\n")) {
    if (line !== "") rows.set(line.split(" | ").slice(0, 4).join(" | "), line);
  }
  for (const c of found) {
    const figures = [
      c.n,
      c.draws,
      (100 * c.covered).toFixed(1),
      c.bias.toFixed(2),
      c.errorRatio.toFixed(2),
    ];
    rows.set(c.key, `${c.key} | ${figures.join(" | ")}`);
  }
  const lines = everyCase.flatMap((one) => rows.get(keyOf(one)) ?? []);
  const says = Object.entries(designs).map(([name, design]) => `${name} | ${design.says}`);
  const measured = between("MEASURED", `\n${lines.join("\n")}\n`, text);
  writeFileSync(FILE, between("DESIGNS", `\n${says.join("\n")}\n`, measured));
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
  if (process.argv.includes("--write")) write(found);
}

if (import.meta.main) await run();

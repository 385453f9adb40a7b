import { existsSync, readFileSync } from "node:fs";
import {
  counterfactual,
  formatCladderReport,
  parseModel,
  runCladder,
} from "../../kernels/counterfactual/index.ts";
import type {
  CladderModel,
  CladderQuestion,
  CounterfactualResult,
} from "../../kernels/counterfactual/index.ts";
import { createRng } from "../../kernels/math/rng.ts";

/** Times of exact inference by treewidth, then the CLadder report where the reference data are here. */

const ms = (since: number): string => `${(performance.now() - since).toFixed(0)} ms`;

/** A model of `n` 0/1 variables in which each hears the `width` before it: its moral graph has that treewidth. */
function bandedModel(n: number, width: number, seed: number): string {
  const rng = createRng(seed);
  return Array.from({ length: n }, (_, i) => {
    const terms = Array.from(
      { length: Math.min(i, width) },
      (__, k) => ` + ${(0.1 * rng.next()).toFixed(4)}*v${i - 1 - k}`,
    );
    return `v${i} ~ bernoulli(${(0.05 + 0.1 * rng.next()).toFixed(4)}${terms.join("")})`;
  }).join("\n");
}

function told(result: CounterfactualResult): string {
  if (result.kind !== "identified") return result.kind;
  const { method } = result;
  const width = method.name === "variable-elimination" ? `, width ${method.width}` : "";
  return `${result.value.toPrecision(8)} by ${method.name}${width}`;
}

for (const [n, width] of [
  [22, 3],
  [40, 4],
  [40, 8],
  [100, 8],
] as const) {
  const text = bandedModel(n, width, 8);
  const parsing = performance.now();
  const model = parseModel(text);
  console.log(`${n} variables, treewidth ${width}: read in ${ms(parsing)}`);
  const last = `v${n - 1}`;
  for (const query of [
    `P(${last}=1 | v0=1, v${n / 2}=1)`,
    `ATE(v5 -> ${last})`,
    `ETT(v5 -> ${last})`,
  ]) {
    const start = performance.now();
    const result = counterfactual(model, query);
    console.log(`  ${query}: ${ms(start)}, ${told(result)}`);
  }
}

const folder = new URL("../../../shared/data/cladder/", import.meta.url);
if (existsSync(folder)) {
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  const questions = read("questions.json") as readonly (CladderQuestion & {
    readonly exact: number | null;
    readonly answerExact: string;
  })[];
  const start = performance.now();
  const { answers, report } = runCladder(questions, read("models.json") as readonly CladderModel[]);
  const time = ms(start);
  const exact = answers.filter(({ value, answer }, i) => {
    const reference = questions[i];
    if (reference === undefined || answer !== reference.answerExact) return false;
    return reference.exact === null
      ? value === undefined
      : value !== undefined && Math.abs(value - reference.exact) < 1e-6;
  });
  const published = answers.filter((answer) => answer.agreesWithPublished);
  console.log(
    `\nCLadder: ${answers.length} questions in ${time}; ${exact.length} as exact, ${published.length} as published, ${report.differences.length} differences explained\n`,
  );
  console.log(formatCladderReport(report));
} else console.log("\nThe CLadder reference data are not here, so its report is not printed.");

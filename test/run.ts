/**
 * `npm test`: types, lint and format, unit and notebook tests, build, end-to-end in a real browser. Every part
 * runs even when one before it failed; the last line is the sum over the runners.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { needChromium } from "./chromium.ts";

const root = new URL("..", import.meta.url).pathname;
const bin = (name: string): string => join(root, "node_modules/.bin", name);
const output = join(root, "test/output");
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });

let passed = 0;
let failed = 0;
let skipped = 0;
const only = process.argv.slice(2);

function part(name: string, work: () => void): void {
  if (only.length > 0 && !only.includes(name)) return;
  const start = performance.now();
  console.log(`\n── ${name}`);
  try {
    work();
  } catch (error) {
    failed++;
    console.error(error instanceof Error ? error.message : error);
  }
  console.log(`   ${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** A check that is one test: it passes or it fails. */
function check(name: string, command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status === 0) passed++;
  else {
    failed++;
    console.error(`${name} failed.`);
  }
}

function vitest(name: string, config: string, env: NodeJS.ProcessEnv = {}): void {
  const report = join(output, `${name}.json`);
  const { status } = spawnSync(
    bin("vitest"),
    [
      "run",
      "--config",
      config,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
    { cwd: root, stdio: "inherit", env: { ...process.env, ...env } },
  );
  const result = JSON.parse(readFileSync(report, "utf8")) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numTotalTests: number;
    testResults: readonly { status: string; assertionResults: readonly unknown[] }[];
  };
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped += result.numPendingTests;
  // a file that does not load holds no tests, and would otherwise count for nothing
  failed += result.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  if (result.numTotalTests === 0) throw new Error(`${name}: no test was run.`);
  if (status !== 0 && result.numFailedTests === 0) throw new Error(`${name}: the runner failed.`);
}

part("types", () => check("tsc -b", bin("tsc"), ["-b"]));
part("lint", () => {
  check("oxlint", bin("oxlint"), ["--type-aware", "--max-warnings", "0"]);
  check("prettier", bin("prettier"), ["--check", "--log-level", "warn", "."]);
});
part("build", () => check("build", bin("node"), ["main/build.ts"]));
part("unit", () => vitest("unit", "test/vitest.config.ts"));
part("e2e", () => vitest("e2e", "test/e2e/vitest.config.ts", { DAGBOK_CHROMIUM: needChromium() }));

console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

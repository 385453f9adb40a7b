/**
 * Runs the public tests of @observablehq/runtime against our scheduler (or, with `--stock`, against the stock
 * one as a control). They are read from a git directory given as the argument and never become part of this
 * repository: node test/upstream-runtime.ts path/to/runtime.git [--stock]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const EXPECTED = 90;
const stock = process.argv.includes("--stock");
const repository = process.argv.slice(2).find((argument) => !argument.startsWith("--"));

interface Case {
  readonly name: string;
  readonly body: () => unknown;
}

if (repository === undefined) {
  console.error("usage: node test/upstream-runtime.ts GIT-DIRECTORY [--stock]");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "upstream-runtime-"));
let failed: number;
try {
  failed = await runIn(folder, repository);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);

async function runIn(folder: string, repository: string): Promise<number> {
  unpackTests(folder, repository);
  const cases: Case[] = [];
  const prefix: string[] = [];
  Object.assign(globalThis, {
    describe: (name: string, body: () => void) => {
      prefix.push(name);
      body();
      prefix.pop();
    },
    it: (name: string, body: () => unknown) => {
      cases.push({ name: [...prefix, name].join(": "), body });
    },
  });
  const files = readdirSync(join(folder, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("-test.js"))
    .sort();
  for (const file of files) await import(pathToFileURL(join(folder, "test", file)).href);

  const stray: unknown[] = [];
  process.on("unhandledRejection", (error) => stray.push(error));
  let passed = 0;
  for (const { name, body } of cases) {
    stray.length = 0;
    try {
      await body();
      await new Promise((resolve) => setImmediate(resolve));
      if (stray.length > 0) throw stray[0];
      passed++;
    } catch (error) {
      console.error(`not ok: ${name}\n${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  const missing = cases.length < EXPECTED ? EXPECTED - cases.length : 0;
  if (missing > 0) console.error(`${missing} of the ${EXPECTED} known tests were not found`);
  console.log(`${passed} passed, ${cases.length - passed + missing} failed`);
  return cases.length - passed + missing;
}

/** The tests import the package by name; that name leads to ours (or stock), and `src` to the stock source. */
function unpackTests(folder: string, repository: string): void {
  const archive = execFileSync("git", ["--git-dir", repository, "archive", "HEAD", "test"]);
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  const ours = new URL("../app/runtime/scheduler.ts", import.meta.url).href;
  const theirs = new URL("../node_modules/@observablehq/runtime", import.meta.url);
  const target = stock ? new URL("runtime/src/index.js", theirs).href : ours;
  const shim = join(folder, "node_modules", "@observablehq", "runtime");
  mkdirSync(shim, { recursive: true });
  writeFileSync(join(folder, "package.json"), `{"type": "module"}`);
  writeFileSync(
    join(shim, "package.json"),
    `{"name": "@observablehq/runtime", "type": "module", "exports": "./index.js"}`,
  );
  writeFileSync(
    join(shim, "index.js"),
    `export { Runtime, RuntimeError } from ${JSON.stringify(target)};\n`,
  );
  symlinkSync(join(fileURLToPath(theirs), "src"), join(folder, "src"), "dir");
}

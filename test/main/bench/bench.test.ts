import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BenchmarkLine, mergeLines, readLines } from "../../../main/bench/lines.ts";
import { tableOf } from "../../../main/bench/table.ts";

const root = join(import.meta.dirname, "../../..");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dagbok-bench-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

async function bench(
  ...args: readonly string[]
): Promise<{ out: string; err: string; code: number }> {
  const node = join(root, "node_modules/.bin/node");
  const options = { cwd: root, env: { ...process.env, DAGBOK_HOME: folder } };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      node,
      ["main/cli.ts", "bench", ...args],
      options,
    );
    // In a working tree the kernel is built when it is older than its source.
    return { out: stdout, err: stderr, code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { out: stdout, err: stderr, code };
  }
}

const WORK = [
  "--methods",
  "regression(byArm: true), aipw, 2sls",
  "--sets",
  "kang-schafer(n: 150), nie-wager-c(n: 150)",
  "--replications",
  "2",
  "--quiet",
];
const plain = (lines: readonly BenchmarkLine[]) =>
  lines.map((line) => ({ ...line, seconds: 0 })).toSorted((a, b) => (a.key < b.key ? -1 : 1));

describe("dagbok bench", { timeout: 120_000 }, () => {
  test("two shards put together are the whole; what is in the file is not run again", async () => {
    const whole = await bench(...WORK, "--out", at("whole.jsonl"));
    expect(whole.code, whole.err).toBe(0);
    expect(whole.out).toMatch(/^kang-schafer\(n: 150\)\n {2}method/mu);
    expect(whole.out).toMatch(/No number \(4 runs\):\n {2}2sls on /u);
    expect(whole.out).toMatch(/12 runs, 0 of them from before/u);
    for (const k of [1, 2]) {
      const part = await bench(...WORK, "--shard", `${k}/2`, "--out", at(`${k}.jsonl`), "--json");
      expect((JSON.parse(part.out) as { rows: unknown[] }).rows).toHaveLength(6);
    }
    const merged = await bench("--merge", at("1.jsonl"), at("2.jsonl"), "--out", at("all.jsonl"));
    expect(merged.code, merged.err).toBe(0);
    expect(merged.err).not.toMatch(/other numbers/u);
    expect(plain(await readLines(at("all.jsonl")))).toEqual(
      plain(await readLines(at("whole.jsonl"))),
    );
    // The same table, but for the times
    const told = (text: string): string =>
      text.replaceAll(/ +\S+$/gmu, "").replace(/\d+ runs, \d+.*/u, "");
    expect(told(merged.out)).toBe(told(whole.out));
    // A last line that was cut off is computed again, the rest is not.
    const text = readFileSync(at("all.jsonl"), "utf8");
    writeFileSync(at("cut.jsonl"), text.slice(0, -40));
    const again = await bench(...WORK, "--out", at("cut.jsonl"));
    expect(again.out).toMatch(/12 runs, 11 of them from before/u);
    expect(plain(await readLines(at("cut.jsonl")))).toEqual(
      plain(await readLines(at("whole.jsonl"))),
    );
  });

  test("mistakes are said in a sentence", async () => {
    const method = await bench("--methods", "aipww", "--sets", "kang-schafer");
    expect([method.code, method.err]).toEqual([1, expect.stringMatching(/no method "aipww"/u)]);
    expect((await bench("extra")).code).toBe(2);
    expect((await bench("--merge")).code).toBe(2);
    const absent = await bench("--methods", "aipw", "--sets", "ihdp", "--replications", "1");
    expect(absent.err).toMatch(/ihdp is not here: ihdp_1\.csv/u);
    expect(absent.code).toBe(1);
  });
});

describe("result files", () => {
  const line = (key: string, estimate: number): BenchmarkLine => ({
    key,
    set: "s",
    replication: 1,
    method: "m",
    seconds: 1,
    seed: 1,
    result: { kind: "scored", n: 3, truth: 1, estimate },
  });

  test("a line that is none is told with its number; a cut-off last one is left out", async () => {
    const good = JSON.stringify(line("a", 1));
    writeFileSync(at("bad.jsonl"), `${good}\n{"key": 3}\n${good}\n`);
    await expect(readLines(at("bad.jsonl"))).rejects.toThrow(/Line 2 of bad\.jsonl/u);
    writeFileSync(at("cut2.jsonl"), `${good}\n${good.slice(0, 30)}`);
    expect(await readLines(at("cut2.jsonl"))).toHaveLength(1);
  });

  test("the same run twice counts once; other numbers for it are counted", () => {
    const { lines, different } = mergeLines([
      [line("a", 1), line("b", 2)],
      [{ ...line("a", 1), seconds: 9 }, line("b", 3), line("c", 4)],
    ]);
    expect(lines.map(({ key }) => key)).toEqual(["a", "b", "c"]);
    expect(different).toBe(1);
  });

  test("a table of text: one set after another, columns aligned, gaps as dashes", () => {
    const spread = { count: 2, mean: 1.5, median: 1.25, standardError: 0.25 };
    const text = tableOf([
      {
        set: "a",
        method: "long name",
        scored: 2,
        failed: 0,
        covered: 1,
        rootPehe: spread,
        ateError: spread,
        length: spread,
        regret: null,
        seconds: spread,
      },
      {
        set: "b",
        method: "m",
        scored: 0,
        failed: 2,
        covered: 0,
        seconds: { ...spread, standardError: "NaN" },
      },
    ]);
    expect(text).toMatch(/1\.25 +1\.50 ± 0\.25/u);
    expect(text).toMatch(/\n\nb\n/u);
    expect(text).toMatch(/0 \(2 failed\) +– +– +– +– +– +–/u);
    const [, head, row] = text.split("\n");
    expect(row?.indexOf("2")).toBeGreaterThan(head?.indexOf("method") ?? 99);
  });
});

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tableOf, type Table } from "../../../../kernels/data/table.ts";
import { discover } from "../../../../kernels/discover/index.ts";

const folder = join(import.meta.dirname, "../../../../../shared/data/synthetic-linear");
const here = existsSync(folder);
if (!here)
  console.log("../shared/data is not here: peers' results on synthetic-linear are skipped");

function read(name: string): Table {
  const [head, ...lines] = readFileSync(join(folder, `${name}.csv`), "utf8")
    .trim()
    .split("\n");
  const rows = lines.map((line) => line.split(",").map(Number));
  const names = head!.split(",");
  return tableOf(
    Object.fromEntries(names.map((one, v) => [one, Float64Array.from(rows, (row) => row[v]!)])),
  );
}

// Results printed in the README of the shared data.
describe.skipIf(!here)("peers' results on the shared series", () => {
  test("PCMCI gives tigramite's 14 links: the 11 true ones and the same three others", async () => {
    const found = await discover(read("var_d6"), {
      method: "pcmci",
      lags: 3,
      selection: 0.05,
      alpha: 0.01,
    });
    const { links } = JSON.parse(readFileSync(join(folder, "var_d6.truth.json"), "utf8")) as {
      links: readonly { cause: string; effect: string; lag: number }[];
    };
    const expected = links.map(({ cause, effect, lag }) => `${cause} ${effect} ${lag}`);
    expected.push("V0 V5 1", "V1 V4 3", "V2 V5 3");
    expect(found.lagged!.map(({ from, to, lag }) => `${from} ${to} ${lag}`).toSorted()).toEqual(
      expected.toSorted(),
    );
  });
});

import { expect, test } from "vitest";
import type { Block, TableBlock } from "../../../app/protocol/report.ts";
import { estimateReport } from "../../../kernels/cells/estimate-report.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { estimate } from "../../../kernels/estimate/index.ts";
import type { Effect, Part } from "../../../kernels/estimate/effect.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import { reportToHtml } from "../../../main/backend/html/report.ts";

const rng = createRng(5);
const x = Float64Array.from({ length: 200 }, () => rng.normal());
const t = x.map((v) => (rng.next() < 1 / (1 + Math.exp(-v)) ? 1 : 0));
const y = x.map((v, i) => 1 + v + 2 * t[i]! + rng.normal());
const spec = { treatment: "t", outcome: "y", adjustment: ["x"] } as const;
const effect = (await estimate(spec, tableOf({ x, t, y }), { method: "aipw" })) as Effect;

const detailsOf = (effects: readonly Effect[]): Extract<Block, { kind: "details" }>[] =>
  estimateReport(effects).blocks.flatMap((block) =>
    block.kind === "details" && block.title.startsWith("More numbers") ? [block] : [],
  );
const tableIn = (block: Extract<Block, { kind: "details" }> | undefined): TableBlock =>
  block?.blocks.find((one): one is TableBlock => one.kind === "table") as TableBlock;
const withParts = (parts: readonly Part[]): Effect => ({ ...effect, parts });

test("the parts of a fit stand open below its number, each with its interval", () => {
  const [block] = detailsOf([effect]);
  expect(block?.open).toBe(true);
  const { rows } = tableIn(block);
  expect(rows.map((row) => row[0])).toEqual(effect.parts.map(({ name }) => name));
  const [first] = effect.parts;
  const low = Number(rows[0]?.[3]?.split(" ")[0]?.replace("−", "-"));
  expect(low).toBeCloseTo(first!.estimate - 1.959964 * first!.standardError!, 2);
});

test("a plug-in has no error; an interval of its own is marked and explained", () => {
  const interval = { low: 1, high: 9, level: 0.95, method: "simultaneous over 3 exposures" };
  const one = tableIn(detailsOf([withParts([{ name: "plug-in", estimate: 2 }])])[0]);
  expect(one.columns).toHaveLength(2);
  expect(one.rows).toEqual([["plug-in", "2"]]);
  const two = tableIn(
    detailsOf([
      withParts([
        { name: "plug-in", estimate: 2 },
        { name: "exposure 1", estimate: 5, standardError: 1, interval },
      ]),
    ])[0],
  );
  expect(two.rows[0]?.slice(2)).toEqual(["–", "–"]);
  expect(two.rows[1]?.[3]).toBe("1 to 9 *");
  expect(two.caption).toBe("* simultaneous over 3 exposures");
});

test("many parts and those of several methods wait behind their title; none, nothing", () => {
  const many = Array.from({ length: 9 }, (_, k) => ({ name: `level ${k}`, estimate: k }));
  expect(detailsOf([withParts(many)])[0]?.open).toBeUndefined();
  expect(detailsOf([effect, effect])).toHaveLength(2);
  expect(detailsOf([effect, effect])[0]?.open).toBeUndefined();
  expect(detailsOf([withParts([])])).toEqual([]);
});

test("the standalone page has them too", async () => {
  const html = await reportToHtml(estimateReport([effect]));
  for (const { name } of effect.parts) expect(html).toContain(name);
});

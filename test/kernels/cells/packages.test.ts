import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { mime } from "../../../app/protocol/mime.ts";
import { packages } from "../../../kernels/cells/packages.ts";
import { loadModule, moduleNames, versionsOf } from "../../../kernels/cells/modules.ts";
import { fromArquero } from "../../../kernels/data/arquero.ts";
import { toBundle } from "../../../kernels/output/display.ts";
import { projectFolder } from "../../../main/files.ts";
import { KernelHarness } from "../kernel-support.ts";

const manifest = JSON.parse(readFileSync(path.join(projectFolder, "package.json"), "utf8")) as {
  devDependencies: Readonly<Record<string, string>>;
};

test.each(Object.entries(packages))(
  "%s is there, in the version that is told",
  async (name, made) => {
    expect(made.version).toBe(manifest.devDependencies[name]);
    expect(Object.keys(await loadModule(name)).length).toBeGreaterThan(2);
    expect(moduleNames).toContain(name);
    expect(versionsOf(["dagbok/graph", name])).toEqual({ [name]: made.version });
  },
);

test("a cell uses them, and its result tells their versions", async () => {
  const kernel = new KernelHarness();
  await kernel.open([
    { id: "aaaa", source: 'import { mean } from "d3-array";\nconst m = mean([1, 2, 6]);\nm' },
    { id: "bbbb", source: 'import * as ss from "simple-statistics";\nss.median([m, 1, 100])' },
    {
      id: "cccc",
      source: 'import { Matrix } from "ml-matrix";\nnew Matrix([[2, 0], [0, 3]]).to2DArray()[1][1]',
    },
    { id: "dddd", source: 'import { read } from "lodash";\nread' },
  ]);
  expect(kernel.shown.get("aaaa")).toEqual(["3"]);
  expect(kernel.shown.get("bbbb")).toEqual(["3"]);
  expect(kernel.shown.get("cccc")).toEqual(["3"]);
  const failed = kernel.states.get("dddd");
  expect(failed?.kind).toBe("failed");
  expect(JSON.stringify(failed)).toContain("arquero, d3-array");
  expect(kernel.provenance.get("aaaa")?.versions).toMatchObject({ "d3-array": "3.2.4" });
  expect(kernel.provenance.get("bbbb")?.versions).not.toHaveProperty("d3-array");
});

test("an arquero table is shown as a table and can be given to the engines", async () => {
  const { table, desc, op } = await import("arquero");
  const made = table({
    x: [3, 1, 2, null],
    who: ["a", "b", null, "d"],
    ok: [true, false, true, true],
    at: [new Date(0), new Date(1), new Date(2), new Date(3)],
  });
  const sorted = made.orderby(desc("x")).filter((d: { x: number }) => op.is_finite(d.x));
  const ours = fromArquero(sorted);
  expect(ours).toMatchObject({
    kind: "table",
    n: 3,
    columns: [
      { name: "x", type: "integer", values: Float64Array.of(3, 2, 1) },
      { name: "who", type: "text", texts: ["a", "", "b"], missing: Uint8Array.of(0, 1, 0) },
      { name: "ok", type: "boolean", values: Float64Array.of(1, 1, 0) },
      { name: "at", type: "date", values: Float64Array.of(0, 2, 1) },
    ],
  });
  expect(fromArquero(made).columns[0]).toMatchObject({ missing: Uint8Array.of(0, 0, 0, 1) });
  expect(toBundle(sorted, () => undefined)[mime.table]).toMatchObject({ n: 3 });
});

test("a chart of vega-lite-api is drawn", async () => {
  const { markBar, x } = (await loadModule("vega-lite-api")) as Record<
    string,
    (...given: unknown[]) => { data(rows: unknown): { encode(...channels: unknown[]): unknown } }
  > & { x: () => { fieldQ(name: string): unknown } };
  const chart = markBar?.()
    .data([{ a: 1 }])
    .encode(x().fieldQ("a"));
  expect(toBundle(chart, () => undefined)[mime.vegaLite]).toMatchObject({
    mark: { type: "bar" },
    data: { values: [{ a: 1 }] },
  });
});

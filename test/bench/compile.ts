/**
 * Compiles a notebook of 250 TypeScript cells of 13 lines and, in turns with it, lets TypeScript's `transpileModule`
 * do the same cells: the step that the nearest peer (@observablehq/notebook-kit) spends most of its time in. With
 * PEER=path/to/notebook-kit's index.js the peer itself is timed too. Budget: 150 ms, warm.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { compileCell } from "../../app/cell/compile.ts";

const CELLS = 250;
const ROUNDS = 7;
const BUDGET = 150;

interface Transpiler {
  transpileModule(text: string, options: object): { outputText: string };
  readonly version: string;
}

interface Peer {
  transpile(input: string, mode: string): unknown;
}

const require = createRequire(createRequire(import.meta.url).resolve("ts-blank-space"));
const ts = require("typescript") as Transpiler;
const peerPath = process.env["PEER"];
const peer =
  peerPath === undefined ? undefined : ((await import(pathToFileURL(peerPath).href)) as Peer);

const cells = Array.from({ length: CELLS }, (_, i) => cellText(i));
const contestants: Record<string, (source: string, i: number) => unknown> = {
  dagbok: (source, i) => compileCell(source, { cell: `c${i}` }).body,
  [`transpileModule ${ts.version}`]: (source) =>
    ts.transpileModule(source, {
      compilerOptions: { target: 99, module: 99, verbatimModuleSyntax: true },
    }).outputText,
  ...(peer === undefined
    ? {}
    : { "notebook-kit": (source: string) => peer.transpile(source, "ts") }),
};

interface Time {
  readonly wall: number;
  /** Of this thread: what a busy machine does not add to. */
  readonly cpu: number;
}

const times = new Map<string, Time[]>(Object.keys(contestants).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(contestants)) {
    const start = performance.now();
    const before = process.threadCpuUsage();
    cells.forEach(run);
    const { user, system } = process.threadCpuUsage(before);
    times.get(name)?.push({ wall: performance.now() - start, cpu: (user + system) / 1000 });
  }
}

const errors = cells.flatMap((source) => compileCell(source, { cell: "x" }).diagnostics);
if (errors.length > 0) throw new Error(`The benchmark's cells have errors: ${errors[0]?.message}`);

const own = medians("dagbok");
console.log(
  `${CELLS} TypeScript cells of 13 lines, ms: median of ${ROUNDS - 1} rounds after a cold one`,
);
for (const [name, [cold]] of times) {
  const { wall, cpu } = medians(name);
  console.log(
    `${name.padEnd(24)} wall ${digits(wall)}  cpu ${digits(cpu)}  cold ${digits(cold?.wall ?? 0)}  ${(cpu / own.cpu).toFixed(1)}x our cpu`,
  );
}
const verdict = own.cpu <= BUDGET ? "within" : "OVER";
console.log(
  `${verdict} the budget of ${BUDGET} ms (by cpu time; wall time counts on a quiet machine)`,
);

function medians(name: string): Time {
  const warm = (times.get(name) ?? []).slice(1);
  const median = (list: readonly number[]): number =>
    list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
  return { wall: median(warm.map(({ wall }) => wall)), cpu: median(warm.map(({ cpu }) => cpu)) };
}

function digits(ms: number): string {
  return ms.toFixed(0).padStart(5);
}

function cellText(i: number): string {
  return `interface Row${i} { readonly x: number; readonly group: "a" | "b"; weight?: number }
const rows${i}: readonly Row${i}[] = Array.from({ length: 20 }, (_, k): Row${i} => ({
  x: k * ${i} + (seed${i} as number),
  group: k % 2 === 0 ? "a" : "b",
}));
// The mean of one group, or of all
function mean${i}<T extends Row${i}>(list: readonly T[], group?: T["group"]): number {
  const kept = group === undefined ? list : list.filter((row): row is T => row.group === group);
  return kept.reduce((sum: number, row) => sum + row.x * (row.weight ?? 1), 0) / kept.length;
}
const { a: a${i}, b: b${i} } = { a: mean${i}(rows${i}, "a"), b: mean${i}(rows${i}, "b") } satisfies Record<string, number>;
let difference${i}: number | undefined = a${i} - b${i};
if (!Number.isFinite(difference${i}!)) difference${i} = ${i === 0 ? "0" : `difference${i - 1}`};`;
}

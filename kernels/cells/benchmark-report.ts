import type { ActionsBlock, Block, BlockAction, Report } from "../../app/protocol/report.ts";
import type { KnownSet } from "../estimate/benchmark/known-set.ts";
import type { BenchmarkResult, SetInfo } from "../estimate/benchmark/run.ts";
import type { Spread, Standing } from "../estimate/benchmark/summary.ts";
import type { Method } from "../estimate/method.ts";
import { benchmarkCharts } from "./benchmark-charts.ts";
import { type BenchmarkText, labelOf, withItems, withReplications } from "./benchmark-text.ts";
import { count, formatNumber, listing } from "./format.ts";

/** What a reader can choose from, where the report has a cell's text to rewrite. */
export interface Choices {
  readonly text: BenchmarkText;
  readonly methods: readonly Method[];
  readonly sets: readonly KnownSet[];
}

export interface BenchmarkViews {
  readonly choices?: Choices;
  /** False while it is still running: what is not there yet is not called missing. */
  readonly finished: boolean;
}

/** As many sets stand open as a reader can compare; the rest wait behind their names. */
const OPEN_SETS = 4;

/** How near each method came to the truth: an overview over sets, then each set with its charts and its table. */
export function benchmarkReport(
  result: BenchmarkResult,
  standings: readonly Standing[],
  views: BenchmarkViews,
): Report {
  const sets = result.sets.filter(({ label }) => standings.some(({ set }) => set === label));
  const blocks: Block[] = [
    {
      kind: "text",
      text: `${progressText(result, views.finished)} ${views.finished ? bestText(sets, standings) : ""}`.trim(),
    },
    ...absentBlocks(result),
    ...(sets.length > 1 ? [overview(result, sets, standings)] : []),
    ...sets.map((set, k): Block => ({
      kind: "details",
      title: set.label === set.name ? set.title : `${set.title}, ${set.label}`,
      ...(k < OPEN_SETS ? { open: true as const } : {}),
      blocks: setBlocks(result, set, standings),
    })),
    ...failureBlocks(result),
    { kind: "text", text: caution(sets) },
    ...(views.choices === undefined ? [] : [formBlock(views.choices)]),
    {
      kind: "facts",
      footer: true,
      facts: [
        { label: "seed", value: String(result.seed) },
        { label: "replications", value: rangesOf(result.replications) },
        { label: "evaluated on", value: "the rows estimated from" },
        { label: "version", value: result.version },
      ],
    },
  ];
  return { summary: summaryOf(result, sets, standings, views.finished), blocks };
}

function progressText(result: BenchmarkResult, finished: boolean): string {
  const { rows, jobs, known } = result;
  const of = `${count(result.methods.length, "method")} on ${count(result.sets.length, "set")}`;
  if (!finished) return `${of}: ${formatNumber(rows.length)} of ${formatNumber(jobs)} runs done.`;
  const failed = rows.filter((row) => row.result.kind === "failed").length;
  return `${of}: ${count(rows.length, "run")}${known === 0 ? "" : known === rows.length ? ", all kept from before" : `, ${formatNumber(known)} of them kept from before`}${failed === 0 ? "" : `; ${formatNumber(failed)} gave no number`}.`;
}

/** Who is nearest on each set; said twice where mean and median do not agree. */
function bestText(sets: readonly SetInfo[], standings: readonly Standing[]): string {
  const sentences = sets.slice(0, 3).flatMap((set) => {
    const here = standings.filter((one) => one.set === set.label);
    const measured = here.some(({ rootPehe }) => rootPehe !== undefined);
    const of = (one: Standing): Spread | undefined => (measured ? one.rootPehe : one.ateError);
    const able = here.filter((one) => of(one) !== undefined);
    if (able.length < 2) return [];
    const least = (pick: (spread: Spread) => number): Standing =>
      able.reduce((best, one) => (pick(of(one)!) < pick(of(best)!) ? one : best));
    const [median, mean] = [least((s) => s.median), least((s) => s.mean)];
    const what = measured ? "root-PEHE" : "error of the average";
    return median === mean
      ? [
          `On ${set.title} ${median.method} has the least ${what}, by median (${formatNumber(of(median)!.median, 3)}) and by mean.`,
        ]
      : [
          `On ${set.title} ${median.method} has the least median ${what} (${formatNumber(of(median)!.median, 3)}), ${mean.method} the least mean (${formatNumber(of(mean)!.mean, 3)}).`,
        ];
  });
  return sentences.join(" ");
}

function absentBlocks(result: BenchmarkResult): readonly Block[] {
  return result.absent.map(({ set, files }): Block => {
    const info = result.sets.find(({ label }) => label === set);
    const named = files.length > 3 ? [...files.slice(0, 2), "…"] : files;
    return {
      kind: "notice",
      tone: "answer",
      title: `${info?.title ?? set} is not here: ${named.join(", ")}.`,
      hint: `Attach ${files.length === 1 ? "it" : "them"} to the notebook, or put ${files.length === 1 ? "it" : "them"} in the catalogue: dagbok data add ${info?.catalogue ?? set}`,
    };
  });
}

function overview(
  result: BenchmarkResult,
  sets: readonly SetInfo[],
  standings: readonly Standing[],
): Block {
  const at = (set: string, method: string): Standing | undefined =>
    standings.find((one) => one.set === set && one.method === method);
  const value = (one: Standing | undefined): number | undefined =>
    one?.rootPehe?.median ?? one?.ateError?.median;
  // A place among those that give unit effects, or among those that do not: the two are not compared.
  const place = (set: string, method: string): number | undefined => {
    const own = at(set, method);
    const mine = value(own);
    if (own === undefined || mine === undefined) return undefined;
    const alike = standings.filter(
      (one) => one.set === set && (one.rootPehe === undefined) === (own.rootPehe === undefined),
    );
    return 1 + alike.filter((one) => (value(one) ?? Infinity) < mine).length;
  };
  const rows = result.methods.map((method) => {
    const places = sets.flatMap(({ label }) => place(label, method) ?? []);
    const mean = places.reduce((sum, v) => sum + v / places.length, 0);
    const measured = standings.some((one) => one.method === method && one.rootPehe !== undefined);
    return { method, mean: places.length === 0 ? Infinity : mean, measured };
  });
  rows.sort((a, b) => Number(b.measured) - Number(a.measured) || a.mean - b.mean);
  return {
    kind: "table",
    caption:
      "Median root-PEHE on each set, with the place among the methods that give unit effects; in brackets the median error of the average, for those that give none.",
    columns: [
      { label: "method" },
      { label: "mean place", align: "right" },
      ...sets.map(({ title }) => ({ label: title, align: "right" as const })),
    ],
    rows: rows.map(({ method, mean }) => [
      method,
      Number.isFinite(mean) ? formatNumber(mean, 2) : "–",
      ...sets.map(({ label }) => {
        const one = at(label, method);
        const median = value(one);
        if (median === undefined) return "–";
        return one?.rootPehe === undefined
          ? `(${formatNumber(median, 3)})`
          : `${formatNumber(median, 3)} · ${place(label, method)}`;
      }),
    ]),
  };
}

function setBlocks(
  result: BenchmarkResult,
  set: SetInfo,
  standings: readonly Standing[],
): readonly Block[] {
  const here = standings.filter((one) => one.set === set.label);
  const rows = result.rows.filter((row) => row.set === set.label);
  return [
    { kind: "text", text: `${set.about} (${set.source}.)` },
    ...benchmarkCharts(rows, here, set),
    standingTable(here),
  ];
}

function standingTable(here: readonly Standing[]): Block {
  const units = here.some(({ rootPehe }) => rootPehe !== undefined);
  const right = (label: string) => ({ label, align: "right" as const });
  const median = (spread: Spread | undefined): string =>
    spread === undefined ? "–" : formatNumber(spread.median, 3);
  const mean = (spread: Spread | undefined): string =>
    spread === undefined
      ? "–"
      : Number.isNaN(spread.standardError)
        ? formatNumber(spread.mean, 3)
        : `${formatNumber(spread.mean, 3)}\u00a0±\u00a0${formatNumber(spread.standardError, 2)}`;
  return {
    kind: "table",
    caption:
      "Best median first. Means with their standard error over replications; “covered”: intervals that hold the truth.",
    columns: [
      { label: "method" },
      ...(units ? [right("root-PEHE, median"), right("mean")] : []),
      right("ATE error, median"),
      right("mean"),
      right("covered"),
      right("interval length"),
      ...(units ? [right("policy regret")] : []),
      { ...right("seconds"), timing: true },
    ],
    rows: here.map((one) => [
      one.method,
      ...(units ? [median(one.rootPehe), mean(one.rootPehe)] : []),
      median(one.ateError),
      mean(one.ateError),
      one.length === undefined ? "–" : `${one.covered} of ${one.length.count}`,
      median(one.length),
      ...(units ? [one.regret === undefined ? "–" : formatNumber(one.regret.mean, 2)] : []),
      formatNumber(one.seconds.median, 2),
    ]),
  };
}

function failureBlocks(result: BenchmarkResult): readonly Block[] {
  const failures = new Map<
    string,
    { method: string; set: string; message: string; times: number }
  >();
  for (const { method, set, result: one } of result.rows) {
    if (one.kind !== "failed") continue;
    const key = JSON.stringify([method, set, one.message]);
    const times = (failures.get(key)?.times ?? 0) + 1;
    failures.set(key, { method, set, message: one.message, times });
  }
  if (failures.size === 0) return [];
  const rows = [...failures.values()];
  return [
    {
      kind: "details",
      title: `Runs that gave no number (${rows.reduce((sum, { times }) => sum + times, 0)})`,
      open: true,
      blocks: [
        {
          kind: "table",
          columns: [
            { label: "method" },
            { label: "set" },
            { label: "runs", align: "right" },
            { label: "why" },
          ],
          rows: rows.map(({ method, set, message, times }) => [
            method,
            set,
            formatNumber(times),
            message,
          ]),
        },
      ],
    },
  ];
}

function caution(sets: readonly SetInfo[]): string {
  const realised = sets.filter((set) => set.realised).map(({ title }) => title);
  return [
    "A set rewards methods that think as its maker did: never judge by one alone, nor by one replication. Root-PEHE is the root mean squared error of the effects of single units; policy regret the mean effect lost by treating those predicted to gain instead of those who do.",
    ...(realised.length === 0
      ? []
      : [
          `On ${listing(realised)} the truth is realised outcomes, whose noise is in every root-PEHE.`,
        ]),
  ].join(" ");
}

/** What there is to choose from, one press each; every press edits the text and runs the cell. */
function formBlock({ text, methods, sets }: Choices): Block {
  const list = (
    label: string,
    which: "methods" | "sets",
    all: readonly { readonly name: string; readonly detail: string }[],
  ): ActionsBlock => {
    const calls = text[which];
    const labels = calls.map((call) => labelOf(call, text.source));
    const actions = all.flatMap(({ name, detail }): BlockAction[] => {
      const pressed = calls.some((call) => call.name === name);
      const items = pressed ? labels.filter((_, k) => calls[k]?.name !== name) : [...labels, name];
      // The last one cannot be taken out: nothing would be left to compare.
      if (items.length === 0) return [];
      const to = withItems(text, which, items.join(", "));
      return [{ label: name, detail, pressed, does: { kind: "rewrite", from: text.source, to } }];
    });
    return { kind: "actions", label, list: true, actions };
  };
  return {
    kind: "details",
    title: "Choose methods, sets and replications",
    blocks: [
      list(
        "Methods",
        "methods",
        methods.map(({ name, label, summary }) => ({ name, detail: `${label}. ${summary}` })),
      ),
      list(
        "Sets whose truth is known",
        "sets",
        sets.map(({ name, label, about }) => ({ name, detail: `${label}. ${about}` })),
      ),
      {
        kind: "actions",
        label: "Replications",
        actions: [1, 3, 5, 10, 30].map((many) => ({
          label: many === 1 ? "1 replication" : `${many} replications`,
          pressed: text.replications.length === many && text.replications.at(-1) === many,
          does: { kind: "rewrite", from: text.source, to: withReplications(text, many) },
        })),
      },
    ],
  };
}

function rangesOf(numbers: readonly number[]): string {
  const parts: string[] = [];
  let from = numbers[0];
  numbers.forEach((number, k) => {
    if (numbers[k + 1] === number + 1) return;
    parts.push(from === number ? String(number) : `${from}–${number}`);
    from = numbers[k + 1];
  });
  return parts.join(", ");
}

function summaryOf(
  result: BenchmarkResult,
  sets: readonly SetInfo[],
  standings: readonly Standing[],
  finished: boolean,
): string {
  const lines = standings.map(
    ({ set, method, rootPehe, ateError, covered, length }) =>
      `${set}, ${method}: ${rootPehe === undefined ? "" : `root-PEHE median ${formatNumber(rootPehe.median, 3)}, mean ${formatNumber(rootPehe.mean, 3)}; `}${ateError === undefined ? "no number" : `ATE error median ${formatNumber(ateError.median, 3)}, mean ${formatNumber(ateError.mean, 3)}`}${length === undefined ? "" : `; covered ${covered} of ${length.count}`}.`,
  );
  const missing = result.absent.map(({ set }) => `${set} is not here.`);
  return [progressText(result, finished), bestText(sets, standings), ...missing, ...lines]
    .filter((line) => line !== "")
    .join("\n");
}

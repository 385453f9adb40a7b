import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { type BenchmarkRow, packRows, RESULTS_KEY, unpackRows } from "../../app/benchmark.ts";
import { UserError } from "../../app/errors.ts";
import { createNotebook } from "../../app/notebook/document.ts";
import { toJson } from "../../app/notebook/json.ts";
import { checkKernelEvent } from "../../app/protocol/check.ts";
import { openCatalogue } from "../catalogue/catalogue.ts";
import { dataHome } from "../home.ts";
import { childKernel } from "../run/child.ts";
import { gather, type RemoteKernel } from "../run/results.ts";
import type { StandingLine } from "./table.ts";

/** What a run of the cell gave. */
export interface Board {
  readonly rows: readonly BenchmarkRow[];
  readonly standings: readonly StandingLine[];
  readonly seed: number;
  readonly jobs: number;
  readonly known: number;
  readonly absent: readonly { readonly set: string; readonly files: readonly string[] }[];
}

export interface BenchRequest {
  /** Text of the benchmark cell, without a name. */
  readonly source: string;
  readonly known: readonly BenchmarkRow[];
  /** Folders in which the sets' files are looked for before the catalogue. */
  readonly folders: readonly string[];
  readonly learn: (rows: readonly BenchmarkRow[]) => Promise<void>;
  readonly progress: (message: string) => void;
}

/** Runs a benchmark cell in a kernel of its own; rows are told as they come. Throws what keeps the cell from running. */
export async function runBoard(request: BenchRequest): Promise<Board> {
  const known = new Set(request.known.map(({ key }) => key));
  let writing: Promise<void> = Promise.resolve();
  const kernel = overheard(await childKernel(), (message) => {
    const event = checkKernelEvent(message);
    if (event?.type === "keep" && event.key === RESULTS_KEY) {
      const fresh = unpackRows(event.value).filter(({ key }) => !known.has(key));
      for (const { key } of fresh) known.add(key);
      if (fresh.length > 0) writing = writing.then(() => request.learn(fresh));
    } else if (event?.type === "state" && event.state.kind === "running") {
      const said = event.state.progress?.message;
      if (said !== undefined) request.progress(said);
    }
  });
  const notebook = createNotebook({
    id: "dagbokbench",
    title: "dagbok bench",
    cells: [
      {
        id: "board",
        kind: "benchmark",
        source: `board = ${request.source}`,
        inputs: { [RESULTS_KEY]: toJson(packRows(request.known)) },
      },
    ],
  });
  const catalogue = openCatalogue(dataHome());
  const { results } = await gather(kernel, notebook, {
    set: {},
    timeoutSeconds: undefined,
    file: async (name) => {
      const beside = request.folders
        .map((folder) => path.join(folder, path.basename(name)))
        .find((file) => existsSync(file));
      if (beside !== undefined) return readFile(beside);
      const found = catalogue.find(name);
      return found === undefined ? undefined : readFile(found.path);
    },
  });
  await writing;
  return boardOf(results);
}

/** How the methods stand by rows that are there, without running any. */
export async function standingsOf(rows: readonly BenchmarkRow[]): Promise<readonly StandingLine[]> {
  const notebook = createNotebook({
    id: "dagbokbench",
    title: "dagbok bench",
    cells: [
      {
        id: "board",
        source: `import { standingsOf } from "dagbok/benchmark";\nconst board = { standings: standingsOf(${JSON.stringify(rows)}) };`,
      },
    ],
  });
  const { results } = await gather(await childKernel(), notebook, {
    set: {},
    timeoutSeconds: undefined,
    file: () => Promise.resolve(undefined),
  });
  return boardOf(results).standings;
}

function boardOf(results: Awaited<ReturnType<typeof gather>>["results"]): Board {
  const [cell] = results.cells;
  if (cell?.state !== "done") {
    throw new UserError({
      code: "bench-failed",
      message: cell?.error ?? `The benchmark gave no answer. ${results.log.join(" ")}`.trim(),
      hint: "It is read as a notebook's benchmark cell: see the words of --methods and --sets.",
    });
  }
  return results.values["board"] as Board;
}

/** The kernel, with somebody hearing what it says. */
function overheard(kernel: RemoteKernel, hear: (message: unknown) => void): RemoteKernel {
  const outer: RemoteKernel = {
    post: (request) => kernel.post(request),
    onEvent: undefined,
    onEnd: undefined,
    close: () => kernel.close(),
  };
  kernel.onEvent = (message) => {
    hear(message);
    outer.onEvent?.(message);
  };
  kernel.onEnd = (reason) => outer.onEnd?.(reason);
  return outer;
}

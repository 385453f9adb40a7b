import { UserError } from "../../app/errors.ts";
import {
  type Cell,
  type CellSpec,
  checkId,
  createNotebook,
  FLAGS,
  type Notebook,
  type NotebookSpec,
} from "../../app/notebook/document.ts";
import { checkClaim } from "../../app/claim.ts";
import { claimLine, doubtLines } from "../../app/claim-text.ts";
import { doubtsOf } from "../../app/notebook/doubts.ts";
import { canonicalJson, toJson } from "../../app/notebook/json.ts";
import type { MimeBundle } from "../../app/protocol/mime.ts";
import type { SavedOutput, StoredNotebook } from "../../app/protocol/store.ts";
import type { Imported } from "./imported.ts";

// Jupyter's notebook format 4.5. Causal cells are code cells whose first line is a cell magic (`%%graph`); what
// Jupyter has no place for is kept under `metadata.dagbok`, so that a notebook comes back as it went.

interface JupyterCell {
  readonly cell_type: string;
  readonly id?: string;
  readonly source?: string | readonly string[];
  readonly metadata?: Record<string, unknown>;
  readonly outputs?: readonly JupyterOutput[];
}

interface JupyterOutput {
  readonly output_type: string;
  readonly data?: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
  readonly text?: string | readonly string[];
  readonly ename?: string;
  readonly evalue?: string;
}

export function exportIpynb({ notebook, outputs }: StoredNotebook): string {
  const byCell = new Map(outputs.map((output) => [output.cell, output]));
  const { id, title, attachments, settings, meta } = notebook;
  return `${JSON.stringify(
    {
      cells: notebook.cells.map((cell) => writeCell(cell, byCell.get(cell.id), doubtsOf(notebook))),
      metadata: {
        dagbok: { id, title, attachments, settings, meta },
        kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
        language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/x.typescript" },
      },
      nbformat: 4,
      nbformat_minor: 5,
    },
    null,
    1,
  )}\n`;
}

function writeCell(
  cell: Cell,
  output: SavedOutput | undefined,
  doubts: ReadonlySet<string>,
): JupyterCell {
  const { id, kind, name, source, flags, inputs, meta } = cell;
  const metadata = {
    dagbok: {
      kind,
      ...(name === undefined ? {} : { name }),
      flags: FLAGS.filter((flag) => flags[flag]),
      inputs,
      meta,
      ...(output === undefined
        ? {}
        : {
            output: {
              ...metadataOf(output),
              // Jupyter's Markdown shows nothing beside its text; ours may hold computed values
              ...(kind === "markdown" ? { bundles: output.bundles } : {}),
            },
          }),
    },
  };
  if (kind === "markdown") return { cell_type: "markdown", id, metadata, source: toLines(source) };
  const bundles = [
    ...claimNote(output, doubts),
    ...(output?.bundles ?? []).map((data) => ({
      output_type: "display_data",
      data: data as Record<string, unknown>,
      metadata: {},
    })),
  ];
  const failure = output?.failure?.error;
  return {
    cell_type: "code",
    execution_count: null,
    id,
    metadata,
    outputs:
      failure === undefined
        ? bundles
        : [
            ...bundles,
            { output_type: "error", ename: failure.name, evalue: failure.message, traceback: [] },
          ],
    source: toLines(kind === "ts" ? source : `${magic(kind)}\n${source}`),
  } as JupyterCell;
}

/**
 * What a cell's output claims, for readers in Jupyter: code inherits claims that nothing in its outputs would tell.
 * Marked as ours, so that it is not taken for an output when the notebook comes back.
 */
function claimNote(
  output: SavedOutput | undefined,
  doubts: ReadonlySet<string>,
): readonly JupyterOutput[] {
  const claim = checkClaim(output?.claim);
  if (claim === undefined || claim.status === "association") return [];
  const text = [claimLine(claim), ...doubtLines(claim, doubts)].join("\n");
  return [
    {
      output_type: "display_data",
      data: { "text/plain": text },
      metadata: { dagbok: { note: "claim" } },
    },
  ];
}

/** All of an output but its bundles, always in one order. */
function metadataOf(output: SavedOutput): Record<string, unknown> {
  const { digest, ms, at, claim, failure, provenance } = output;
  return { digest, ms, at, claim, failure, provenance };
}

export function importIpynb(text: string, fileName: string): Imported {
  const file = readJson(text);
  const list = file["cells"];
  if (!Array.isArray(list)) throw notJupyter("it has no list of cells");
  const own = recordOf(recordOf(file["metadata"])["dagbok"]);
  const language = languageOf(recordOf(file["metadata"]));
  const taken = new Set<string>();
  const read = (list as readonly unknown[]).map((cell, i) =>
    readCell(recordOf(cell), i, language, taken),
  );
  const notebook = createNotebook({
    ...pickSpec(own),
    ...(typeof own["title"] === "string"
      ? {}
      : { title: fileName.replace(/\.ipynb$/i, "") || "Untitled" }),
    cells: read.map(({ spec }) => spec),
  });
  return {
    notebook,
    outputs: notebook.cells.flatMap((cell, i) => read[i]?.output(cell.id) ?? []),
    files: [],
  };
}

function readCell(
  cell: Record<string, unknown>,
  index: number,
  language: string,
  taken: Set<string>,
): { readonly spec: CellSpec; readonly output: (id: string) => SavedOutput | undefined } {
  const type = cell["cell_type"];
  if (type !== "code" && type !== "markdown" && type !== "raw") {
    throw notJupyter(`cell ${index + 1} is of type ${JSON.stringify(type)}`);
  }
  const own = recordOf(recordOf(cell["metadata"])["dagbok"]);
  const written = joined(cell["source"]);
  const kind = typeof own["kind"] === "string" ? own["kind"] : kindOf(type, language, written);
  const first = `${magic(kind)}\n`;
  const source =
    type === "code" && written.startsWith(first) ? written.slice(first.length) : written;
  const flags = Array.isArray(own["flags"]) ? (own["flags"] as readonly unknown[]) : [];
  return {
    spec: {
      ...idOf(cell["id"], taken),
      kind,
      source,
      ...(typeof own["name"] === "string" ? { name: own["name"] } : {}),
      flags: Object.fromEntries(FLAGS.map((flag) => [flag, flags.includes(flag)])),
      inputs: recordOf(own["inputs"]),
      meta: recordOf(own["meta"]) as Record<string, string>,
    },
    output: (id) => readOutput(id, cell, recordOf(own["output"])),
  };
}

/** A cell of ours keeps its id; Jupyter's own (longer, with capitals) are made anew. */
function idOf(id: unknown, taken: Set<string>): { id?: string } {
  try {
    if (typeof id !== "string" || taken.has(checkId(id))) return {};
  } catch {
    return {};
  }
  taken.add(id);
  return { id };
}

function kindOf(type: string, language: string, source: string): string {
  if (type !== "code") return type === "markdown" ? "markdown" : "raw";
  const called = /^%%([a-z][a-z0-9-]{0,31})\n/.exec(source)?.[1];
  return called ?? language;
}

function languageOf(metadata: Record<string, unknown>): string {
  const named =
    recordOf(metadata["kernelspec"])["language"] ?? recordOf(metadata["language_info"])["name"];
  const name = typeof named === "string" ? named.toLowerCase() : "";
  // Code of another language is kept as it is, as a kind that does not run here.
  if (["", "typescript", "javascript"].includes(name)) return "ts";
  return (
    name
      .replace(/[^a-z0-9-]+/g, "-")
      .replace(/^[^a-z]+/, "")
      .slice(0, 32) || "raw"
  );
}

function readOutput(
  id: string,
  cell: Record<string, unknown>,
  own: Record<string, unknown>,
): SavedOutput | undefined {
  const all = Array.isArray(cell["outputs"]) ? (cell["outputs"] as readonly unknown[]) : [];
  const list = all.filter((one) => {
    const { metadata, output_type } = recordOf(one);
    // what is written for Jupyter's readers only: the claim in words, and the failure that is kept below
    if (recordOf(recordOf(metadata)["dagbok"])["note"] !== undefined) return false;
    return !(output_type === "error" && own["failure"] !== undefined);
  });
  const kept = own["bundles"];
  const bundles = Array.isArray(kept)
    ? (kept as readonly MimeBundle[])
    : list.flatMap((output) => readBundle(recordOf(output) as unknown as JupyterOutput));
  // A cell that only defines things has shown nothing, and claims something all the same.
  if (bundles.length === 0 && typeof own["digest"] !== "string") return undefined;
  return {
    // Without a digest of ours the output shows as stale: nobody knows what made it.
    digest: "",
    ms: 0,
    at: 0,
    ...(own as Partial<SavedOutput>),
    cell: id,
    bundles,
  };
}

function readBundle(output: JupyterOutput): readonly MimeBundle[] {
  if (output.output_type === "stream") return [{ "text/plain": joined(output.text) }];
  if (output.output_type === "error") {
    return [{ "text/plain": `${output.ename ?? "Error"}: ${output.evalue ?? ""}` }];
  }
  const data = Object.entries(recordOf(output.data)).map(([type, value]) => [
    type,
    Array.isArray(value) && !type.endsWith("json") ? joined(value) : value,
  ]);
  return data.length === 0
    ? []
    : [{ "text/plain": "", ...(Object.fromEntries(data) as MimeBundle) }];
}

function pickSpec(own: Record<string, unknown>): NotebookSpec {
  const { id, title, attachments, settings, meta } = own as Partial<Notebook>;
  return {
    ...(id === undefined ? {} : { id }),
    ...(title === undefined ? {} : { title }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(settings === undefined ? {} : { settings }),
    ...(meta === undefined ? {} : { meta }),
  };
}

function magic(kind: string): string {
  return `%%${kind}`;
}

/** Jupyter's list of lines, each with its end. */
function toLines(text: string): readonly string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function joined(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.filter((part) => typeof part === "string").join("") : "";
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function readJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    // Refuses what is nested too deeply to be worked with.
    canonicalJson(toJson(value));
    return recordOf(value);
  } catch (cause) {
    throw notJupyter((cause as Error).message, cause);
  }
}

function notJupyter(why: string, cause?: unknown): UserError {
  return new UserError(
    {
      code: "ipynb-invalid",
      message: `This is no Jupyter notebook: ${why}.`,
      expected: "a .ipynb file of format 4",
    },
    cause === undefined ? {} : { cause },
  );
}

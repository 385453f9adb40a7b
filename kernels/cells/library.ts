import { UserError } from "../../app/errors.ts";
import { Lazy } from "../../app/runtime/lazy.ts";
import { LatestStream } from "../../app/runtime/stream.ts";
import { mime } from "../../app/protocol/mime.ts";
import { createRng } from "../math/rng.ts";
import { rowsOf } from "../data/rows.ts";
import { columnOf, numbersOf, tableOf, type Table } from "../data/table.ts";
import { checkSpec, type Displayable, displayable } from "../output/display.ts";
import { Inputs } from "./inputs.ts";
import type { KernelHost } from "./kind.ts";

/** Names that every TypeScript cell has without declaring them. Engines are loaded when a cell first uses one. */
export function createLibrary(host: KernelHost): Readonly<Record<string, unknown>> {
  return {
    Inputs: Inputs,
    md: template((text) => displayable({ [mime.text]: text, [mime.markdown]: text })),
    html: template((text) => displayable({ [mime.text]: textOf(text), [mime.html]: text })),
    svg: template((text) => displayable({ [mime.text]: textOf(text), [mime.svg]: text })),
    tex: template((text) => displayable({ [mime.text]: text, [mime.markdown]: `$$\n${text}\n$$` })),
    chart,
    Mutable: (value: unknown) => new LatestStream(value),
    FileAttachment: (name: string) => fileAttachment(name, host),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    createRng,
    tableOf,
    columnOf,
    numbersOf,
    rowsOf,
    readTable: new Lazy(() => import("../data/read.ts").then((m) => m.readTable)),
    parseGraph: new Lazy(() => import("../graph/index.ts").then((m) => m.parseGraph)),
    mSeparated: new Lazy(() => import("../graph/index.ts").then((m) => m.mSeparated)),
    identify: new Lazy(() => import("../identify/index.ts").then((m) => m.identify)),
    estimate: new Lazy(() => import("./method-named.ts").then((m) => m.estimateNamed)),
    ...lazily(
      () => import("../counterfactual/index.ts"),
      [
        "parseModel",
        "fitModel",
        "fitFlowModel",
        "observe",
        "intervene",
        "counterfactual",
        "bounds",
        "sample",
        "mechanismSpread",
        "modelSpread",
        "assessFairness",
        "attributeChange",
        "attributeAnomaly",
        "admitConfounder",
        "pointOf",
      ],
    ),
  };
}

/** Names of an engine, which is loaded when one of them is first used. */
function lazily<Exports extends object>(
  load: () => Promise<Exports>,
  names: readonly (keyof Exports & string)[],
): Readonly<Record<string, Lazy>> {
  return Object.fromEntries(
    names.map((name) => [name, new Lazy(() => load().then((m) => m[name]))]),
  );
}

type Tag = (strings: readonly string[], ...values: readonly unknown[]) => Displayable;

function template(make: (text: string) => Displayable): Tag {
  return (strings, ...values) =>
    make(strings.map((part, i) => part + (i < values.length ? valueText(values[i]) : "")).join(""));
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join("");
  if (
    typeof value === "object" &&
    value !== null &&
    (value as Displayable).kind === "displayable"
  ) {
    const bundle = (value as Displayable).bundle;
    const shown = bundle[mime.html] ?? bundle[mime.markdown] ?? bundle[mime.text];
    return typeof shown === "string" ? shown : "";
  }
  return String(value);
}

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
}

/** A Vega-Lite specification to show; its data must be inline, for nothing is fetched. */
function chart(spec: unknown, summary?: string): Displayable {
  const checked = checkSpec(spec);
  const title = typeof checked["title"] === "string" ? checked["title"] : "Chart";
  return displayable({ [mime.text]: summary ?? title, [mime.vegaLite]: checked });
}

export interface FileAttachment {
  readonly name: string;
  readonly bytes: () => Promise<Uint8Array>;
  readonly text: () => Promise<string>;
  readonly json: () => Promise<unknown>;
  /** CSV, TSV, JSON or Arrow by the name's ending. */
  readonly table: () => Promise<Table>;
}

function fileAttachment(name: string, host: KernelHost): FileAttachment {
  const bytes = async (): Promise<Uint8Array> => {
    const found = await host.attachment(name);
    if (found !== undefined) return found;
    const names = host.attachmentNames();
    throw new UserError({
      code: "no-such-attachment",
      message: `No file "${name}" is attached to this notebook.`,
      value: name,
      expected:
        names.length === 0 ? "an attached file; there is none yet" : `one of ${names.join(", ")}`,
      hint: "Drop the file onto the notebook.",
    });
  };
  return {
    name,
    bytes,
    text: async () => new TextDecoder().decode(await bytes()),
    json: async () => JSON.parse(new TextDecoder().decode(await bytes())) as unknown,
    table: async () => (await import("../data/read.ts")).readTable(await bytes(), { name }),
  };
}

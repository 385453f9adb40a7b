/**
 * Types only: the names that every TypeScript cell has without declaring them (`createLibrary`, and what a run has
 * of its own). `test/renderer/editor` checks that none is missing.
 */
import type { InputDescription } from "../../../app/cell/program.ts";
import type { Displayable } from "../../output/display.ts";
import type { FileAttachment as Attached } from "../library.ts";

export { Inputs } from "../inputs.ts";
export { createRng } from "../../math/rng.ts";
export { readTable } from "../../data/read.ts";
export { mSeparated, parseGraph } from "../../graph/index.ts";
export { identify } from "../../identify/index.ts";
export {
  admitConfounder,
  assessFairness,
  attributeAnomaly,
  attributeChange,
  bounds,
  counterfactual,
  fitFlowModel,
  fitModel,
  intervene,
  mechanismSpread,
  modelSpread,
  observe,
  parseModel,
  pointOf,
  sample,
} from "../../counterfactual/index.ts";
export { columnOf, estimate, numbersOf, rowsOf, tableOf } from "./tables.ts";

/** Markdown with values put in. */
export declare function md(
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
): Displayable;

/** HTML with values put in; shown in a frame where nothing can run or be fetched. */
export declare function html(
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
): Displayable;

/** A drawing, as SVG with values put in. */
export declare function svg(
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
): Displayable;

/** A formula on a line of its own. */
export declare function tex(
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
): Displayable;

/** A Vega-Lite specification to show; its data must be inline, for nothing is fetched. */
export declare function chart(spec: object, summary?: string): Displayable;

/** A value that cells can share and change: other cells see what `value` holds, and follow when it is set. */
export declare function Mutable<T>(value: T): AsyncGenerator<T, void, void> & { value: T };

/** A file attached to the notebook, by name. */
export declare function FileAttachment(name: string): Attached;

/** The notebook's seed, from 1: what is drawn from it follows when it is changed. */
export declare const notebookSeed: number;

/** Resolves after so many milliseconds. */
export declare function sleep(ms: number): Promise<void>;

/** Shows a value below the cell, and gives it back to nobody: call it as often as there is something to show. */
export declare function display(value: unknown): void;

/** Shows an input below the cell. Other cells see its value, and follow when it is moved. */
export declare function view<T>(input: InputDescription<T>): AsyncGenerator<T, void, void>;

/** Resolves when this run is over: stopped, superseded or its cell removed. Clean-up hangs on it. */
export declare const invalidation: Promise<void>;

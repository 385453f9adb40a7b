import type { InputDescription } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import { inlineText } from "../output/inspect.ts";

/**
 * Constructors of input descriptions, named as in Observable's Inputs. A TypeScript cell writes
 * `const dose = view(Inputs.range([0, 10], {step: 0.5, label: "dose"}))`.
 * The page draws by `widget`; `options` of each widget are the types below.
 */

interface Common<T> {
  readonly label?: string;
  readonly value?: T;
  readonly disabled?: boolean;
}

/** `widget: "range"`: a slider with a number box. */
export interface RangeOptions {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** `widget: "select" | "multi-select" | "radio" | "checkbox"`: one or several of some values. */
export interface ChoiceOptions {
  /** What is shown; the value is the entry of `values` at the same place. */
  readonly labels: readonly string[];
  readonly values: readonly unknown[];
}

/** `widget: "number" | "text" | "textarea" | "color" | "date" | "toggle" | "button"`. */
export interface FieldOptions {
  readonly placeholder?: string;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly rows?: number;
}

/** `widget: "table"`: rows to tick; its value is the indices ticked. */
export interface TableOptions {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  readonly multiple: boolean;
}

function describe<T>(
  widget: string,
  initial: T,
  common: Common<unknown>,
  options: object = {},
): InputDescription<T> {
  return {
    kind: "input",
    widget,
    ...(common.label === undefined ? {} : { label: common.label }),
    initial,
    options: { ...options, ...(common.disabled === true ? { disabled: true } : {}) },
  };
}

/** A slider with a number box, from a smaller to a larger number. */
function range(
  extent: readonly [min: number, max: number],
  options: Common<number> & { readonly step?: number } = {},
): InputDescription<number> {
  const [min, max] = extent;
  if (!(Number.isFinite(min) && Number.isFinite(max) && min < max)) {
    throw new UserError({
      code: "input-range",
      message: `A range runs from a smaller to a larger number, not from ${min} to ${max}.`,
      value: extent,
      expected: "[minimum, maximum]",
    });
  }
  const step = options.step ?? niceStep(max - min);
  const value = options.value ?? min + Math.round((max - min) / 2 / step) * step;
  return describe("range", Math.min(max, Math.max(min, value)), options, { min, max, step });
}

/** About a hundred steps, each 1, 2 or 5 times a power of ten. */
function niceStep(width: number): number {
  const rough = width / 100;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = rough / power;
  return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power;
}

type Choices<T = unknown> = readonly T[] | ReadonlyMap<string, T> | Readonly<Record<string, T>>;

function choicesOf(choices: Choices): ChoiceOptions {
  if (Array.isArray(choices)) return { labels: choices.map(String), values: choices };
  const entries =
    choices instanceof Map
      ? [...(choices as ReadonlyMap<string, unknown>)]
      : Object.entries(choices);
  return { labels: entries.map(([label]) => label), values: entries.map(([, value]) => value) };
}

function checkSome(options: ChoiceOptions, name: string): void {
  if (options.values.length > 0) return;
  throw new UserError({
    code: "input-without-choices",
    message: `${name} has nothing to choose from.`,
    value: [],
    expected: "at least one choice",
  });
}

/** One of some values; with `multiple: true` several, as a list. */
function select<const T>(
  choices: Choices<T>,
  options: Common<readonly T[]> & { readonly multiple: true },
): InputDescription<readonly T[]>;
function select<const T>(
  choices: Choices<T>,
  options?: Common<T> & { readonly multiple?: false },
): InputDescription<T>;
function select(
  choices: Choices,
  options: Common<unknown> & { readonly multiple?: boolean } = {},
): InputDescription {
  const shown = choicesOf(choices);
  if (options.multiple === true) {
    return describe("multi-select", options.value ?? [], options, shown);
  }
  checkSome(shown, "Inputs.select");
  return describe("select", options.value ?? shown.values[0], options, shown);
}

/** One of some values, all in view. */
function radio<const T>(choices: Choices<T>, options?: Common<T>): InputDescription<T>;
function radio(choices: Choices, options: Common<unknown> = {}): InputDescription {
  const shown = choicesOf(choices);
  checkSome(shown, "Inputs.radio");
  return describe("radio", options.value ?? shown.values[0], options, shown);
}

/** Several of some values, all in view. */
function checkbox<const T>(
  choices: Choices<T>,
  options?: Common<readonly T[]>,
): InputDescription<readonly T[]>;
function checkbox(
  choices: Choices,
  options: Common<readonly unknown[]> = {},
): InputDescription<readonly unknown[]> {
  return describe("checkbox", options.value ?? [], options, choicesOf(choices));
}

/** Yes or no. */
function toggle(options: Common<boolean> = {}): InputDescription<boolean> {
  return describe("toggle", options.value ?? false, options);
}

/** A box for a number. */
function number(options: Common<number> & FieldOptions = {}): InputDescription<number> {
  const { min, max, step, placeholder } = options;
  return describe(
    "number",
    options.value ?? min ?? 0,
    options,
    defined({ min, max, step, placeholder }),
  );
}

/** A line of text. */
function text(
  options: Common<string> & { readonly placeholder?: string } = {},
): InputDescription<string> {
  return describe(
    "text",
    options.value ?? "",
    options,
    defined({ placeholder: options.placeholder }),
  );
}

/** Several lines of text. */
function textarea(
  options: Common<string> & { readonly placeholder?: string; readonly rows?: number } = {},
): InputDescription<string> {
  const { placeholder, rows } = options;
  return describe("textarea", options.value ?? "", options, defined({ placeholder, rows }));
}

/** A colour, as `#rrggbb`. */
function color(options: Common<string> = {}): InputDescription<string> {
  return describe("color", options.value ?? "#3b5fc0", options);
}

/** Its value is how often it was pressed. */
function button(label: string, options: Common<number> = {}): InputDescription<number> {
  return describe("button", options.value ?? 0, { ...options, label });
}

/** Plain values, so that users' objects become rows of text. */
function table(
  rows: readonly Readonly<Record<string, unknown>>[],
  options: Common<readonly number[]> & { readonly multiple?: boolean } = {},
): InputDescription<readonly number[]> {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return describe("table", options.value ?? [], options, {
    columns,
    rows: rows.map((row) => columns.map((name) => cellOf(row[name]))),
    multiple: options.multiple ?? true,
  });
}

function cellOf(value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "string") return value;
  return inlineText(value);
}

function defined(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

export const Inputs = {
  range,
  number,
  select,
  radio,
  checkbox,
  toggle,
  text,
  textarea,
  color,
  button,
  table,
} as const;

import { UserError } from "../../app/errors.ts";

/** `null` stands for "chosen by the method". */
export type OptionValue = number | boolean | string | readonly string[] | null;

/** One option of a method, as completion, form and help show it. */
export interface OptionSpec<T extends OptionValue = OptionValue> {
  readonly default: T;
  /** `column` and `columns` name columns of the table; `text` is free text with a grammar told in `doc`. */
  readonly type: "number" | "integer" | "boolean" | "choice" | "column" | "columns" | "text";
  /** For `choice`. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** One sentence; the default is shown beside it. */
  readonly doc: string;
}

export type OptionSpecs<O> = { readonly [K in keyof O]: OptionSpec<O[K] & OptionValue> };

interface Owner {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

/**
 * The options of a method with defaults filled in. Throws `UserError` (`unknown-option`, `bad-option`) naming what
 * would be accepted. O(options).
 */
export function resolveOptions(
  method: Owner,
  given: Readonly<Record<string, unknown>>,
): Record<string, OptionValue> {
  const known = Object.keys(method.options);
  const resolved: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(method.options)) resolved[name] = spec.default;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const spec = Object.hasOwn(method.options, name) ? method.options[name] : undefined;
    if (spec === undefined) {
      throw new UserError({
        code: "unknown-option",
        message: `The method ${method.name} has no option "${name}".`,
        value: name,
        expected: known.length === 0 ? "no options" : `one of ${known.join(", ")}`,
        hint: "Remove it, or pick a method that has it.",
      });
    }
    const accepted = accept(spec, value);
    if (accepted === undefined) {
      throw new UserError({
        code: "bad-option",
        message: `Option "${name}" of ${method.name} cannot be ${JSON.stringify(value)}.`,
        value,
        expected: describeOption(spec),
        hint: spec.doc,
      });
    }
    resolved[name] = accepted;
  }
  return resolved;
}

function accept(spec: OptionSpec, value: unknown): OptionValue | undefined {
  if (value === null) return spec.default === null ? null : undefined;
  switch (spec.type) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "text":
    case "column":
      return typeof value === "string" ? value : undefined;
    case "choice":
      return typeof value === "string" && (spec.choices ?? []).includes(value) ? value : undefined;
    case "columns":
      if (typeof value === "string") return [value];
      return Array.isArray(value) && value.every((v) => typeof v === "string") ? value : undefined;
    case "number":
    case "integer": {
      if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
      if (spec.type === "integer" && !Number.isInteger(value)) return undefined;
      const inRange = value >= (spec.minimum ?? -Infinity) && value <= (spec.maximum ?? Infinity);
      return inRange ? value : undefined;
    }
  }
}

/** What an option accepts, in words. */
export function describeOption(spec: OptionSpec): string {
  switch (spec.type) {
    case "choice":
      return `one of ${(spec.choices ?? []).join(", ")}`;
    case "boolean":
      return "true or false";
    case "column":
      return "a column's name in quotes";
    case "columns":
      return "a list of column names";
    case "text":
      return "a text in quotes";
    default: {
      const kind = spec.type === "integer" ? "a whole number" : "a number";
      const low = spec.minimum === undefined ? "" : ` of at least ${spec.minimum}`;
      const high = spec.maximum === undefined ? "" : ` up to ${spec.maximum}`;
      return `${kind}${low}${high}${spec.default === null ? ", or null to let the method choose" : ""}`;
    }
  }
}

import type { Diagnostic } from "../cell/program.ts";
import { type ErrorRecord, toErrorRecord, type Place } from "../errors.ts";
import type { CellFailure } from "../protocol/kernel.ts";

/** How messages name a cell. */
export type Label = (id: string) => string;

export function undefinedReference(name: string, unrun: string | undefined): CellFailure {
  const fields =
    unrun === undefined
      ? {
          message: `${name} is not defined`,
          hint: `Define ${name} in a cell, or correct the spelling.`,
        }
      : {
          message: `${name} is not defined yet`,
          hint: `Run the cell that defines ${name} first.`,
        };
  return {
    kind: "undefined_reference",
    error: { name: "ReferenceError", code: "undefined-reference", value: name, ...fields },
    ...(unrun === undefined ? {} : { cells: [unrun] }),
  };
}

export function duplicateDefinition(
  names: readonly string[],
  others: readonly string[],
  label: Label,
): CellFailure {
  const list = names.join(", ");
  const one = names.length === 1;
  return {
    kind: "duplicate_definition",
    error: {
      name: "UserError",
      code: "duplicate-definition",
      message: `${list} ${one ? "is" : "are"} defined more than once: also in ${others.map(label).join(", ")}`,
      value: list,
      expected: "each name defined by one cell",
      hint: `Rename or delete ${one ? "one of the definitions" : "all but one definition of each"}, or disable a cell.`,
    },
    cells: others,
  };
}

export function circularDefinition(ring: readonly string[], label: Label): CellFailure {
  const [first = ""] = ring;
  const message =
    ring.length === 1
      ? `The cell needs a name that it defines itself: ${label(first)}`
      : `The cells need one another in a circle: ${[...ring, first].map(label).join(" → ")}`;
  return {
    kind: "circular",
    error: {
      name: "UserError",
      code: "circular-definition",
      message,
      hint:
        ring.length === 1
          ? "Give the new value another name."
          : "Merge these cells into one, or break the circle at one of them.",
    },
    cells: ring,
  };
}

export function brokenProgram(diagnostics: readonly Diagnostic[]): CellFailure {
  const first = diagnostics.find((diagnostic) => diagnostic.severity === "error") ?? diagnostics[0];
  if (first === undefined) {
    throw new Error("A cell's program cannot be run, and no diagnostic says why.");
  }
  return {
    kind: "syntax",
    error: {
      name: "SyntaxError",
      message: first.message,
      code: first.code,
      ...(first.hint === undefined ? {} : { hint: first.hint }),
      ...(first.place === undefined ? {} : { place: first.place }),
    },
  };
}

export function interrupted(): CellFailure {
  return {
    kind: "interrupted",
    error: {
      name: "UserError",
      code: "interrupted",
      message: "The cell was stopped before it had finished.",
      hint: "Run it again when you want its result.",
    },
  };
}

export function thrown(error: unknown, place: Place | undefined): CellFailure {
  const record = toErrorRecord(error);
  return {
    kind: "runtime",
    error: place === undefined || record.place !== undefined ? record : { ...record, place },
  };
}

/** An input is missing because another cell failed; the error itself is kept as the cause. */
export function upstreamFailure(input: string, owner: string, above: CellFailure): CellFailure {
  const root: ErrorRecord =
    above.kind === "upstream" ? (above.error.cause ?? above.error) : above.error;
  return {
    kind: "upstream",
    error: {
      name: "UserError",
      code: "upstream-failed",
      message: `${input} has no value: ${root.message}`,
      value: input,
      cause: root,
    },
    origin: above.origin ?? owner,
  };
}

export function asDiagnostic(failure: CellFailure): Diagnostic {
  const { code, message, hint } = failure.error;
  return {
    code: code ?? failure.kind,
    severity: "error",
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}

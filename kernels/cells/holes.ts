import type { CellInputs } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";

const HOLE = /\$\{\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*\}/gu;

/** Names of other cells' numbers that a text puts in by `${name}`. */
export function holesOf(source: string): readonly string[] {
  return [...new Set([...source.matchAll(HOLE)].map((match) => match[1] ?? ""))];
}

/** The text with something harmless of the same length in every hole, so that mistakes show before anything runs. */
export function blankHoles(source: string): string {
  return source.replace(HOLE, (hole) => "0.5".padEnd(hole.length));
}

/** The text with numbers in its holes. Throws `UserError` for anything but a finite number. */
export function fillHoles(source: string, inputs: CellInputs, brackets: boolean): string {
  return source.replace(HOLE, (_, name: string) => {
    const value = inputs[name];
    if (typeof value === "number" && Number.isFinite(value)) {
      return brackets ? `(${value})` : String(value);
    }
    throw new UserError({
      code: "model-hole",
      message: `\${${name}} must be a number to stand here.`,
      value,
      expected: "a finite number, such as a slider's value",
    });
  });
}

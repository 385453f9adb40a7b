import { UserError } from "../../../app/errors.ts";

/** Rows by the columns that were set from outside in them. */
export interface Interventions {
  /** Target sets as column numbers, each once; the empty set is the observational rows. */
  readonly sets: readonly (readonly number[])[];
  /** `[n]`, the set of each row. */
  readonly of: Int32Array;
}

/**
 * Reads `level: x, y; other: z`: in rows whose condition is `level` the columns x and y were set from outside. Levels
 * not named are observational. Throws `UserError` (`targets-syntax`, `targets-unknown-level`, `targets-unknown-column`).
 */
export function readTargets(
  text: string,
  labels: readonly string[],
  names: readonly string[],
): Interventions {
  const byLevel = new Map<string, number[]>();
  const levels = new Set(labels);
  for (const part of text.split(";")) {
    if (part.trim() === "") continue;
    const colon = part.indexOf(":");
    const level = part.slice(0, colon).trim();
    if (colon < 0 || level === "") {
      throw new UserError({
        code: "targets-syntax",
        message: `"${part.trim()}" does not say which columns were set under which condition.`,
        value: part,
        expected: "level: column, column; other level: column",
      });
    }
    if (!levels.has(level)) {
      throw new UserError({
        code: "targets-unknown-level",
        message: `No row has the condition "${level}".`,
        value: level,
        expected: `one of ${[...levels].slice(0, 20).join(", ")}`,
      });
    }
    const columns = part
      .slice(colon + 1)
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    byLevel.set(
      level,
      columns.map((name) => {
        const v = names.indexOf(name);
        if (v >= 0) return v;
        throw new UserError({
          code: "targets-unknown-column",
          message: `The target "${name}" is not among the columns searched.`,
          value: name,
          expected: `one of ${names.slice(0, 20).join(", ")}`,
        });
      }),
    );
  }
  const sets: number[][] = [];
  const keys = new Map<string, number>();
  const of = Int32Array.from(labels, (label) => {
    const set = [...new Set(byLevel.get(label))].sort((a, b) => a - b);
    const key = set.join();
    let at = keys.get(key);
    if (at === undefined) keys.set(key, (at = sets.push(set) - 1));
    return at;
  });
  return { sets, of };
}

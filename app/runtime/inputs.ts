import type { InputDescription } from "../cell/program.ts";
import { LatestStream } from "./stream.ts";

interface Remembered {
  readonly value: unknown;
  /** What the control looked like; not known of a value saved with the notebook. */
  readonly print: string | undefined;
}

/**
 * The values of one cell's controls, by position. A control that is described as before keeps what the user
 * set when its cell runs again; one that was rewritten starts from its own initial value.
 */
export class InputMemory {
  readonly #values = new Map<string, Remembered>();

  constructor(saved: Readonly<Record<string, unknown>> = {}) {
    for (const [key, value] of Object.entries(saved)) {
      this.#values.set(key, { value, print: undefined });
    }
  }

  open(key: string, input: InputDescription): LatestStream<unknown> {
    const print = describe(input);
    const kept = this.#values.get(key);
    const usable =
      kept !== undefined &&
      (kept.print === undefined || kept.print === print) &&
      isLike(kept.value, input.initial);
    const value = usable ? kept.value : input.initial;
    this.#values.set(key, { value, print });
    return new LatestStream(value);
  }

  get(key: string): unknown {
    return this.#values.get(key)?.value;
  }

  set(key: string, value: unknown): void {
    this.#values.set(key, { value, print: this.#values.get(key)?.print });
  }

  /** Keys whose saved value was changed in the document (by undo, say) and differs from what is set. */
  changedIn(
    before: Readonly<Record<string, unknown>> = {},
    after: Readonly<Record<string, unknown>> = {},
  ): [key: string, value: unknown][] {
    if (before === after) return [];
    // A control stays where it is; what was kept under a name can be taken away.
    const gone = Object.keys(before).filter((key) => !/^\d+$/u.test(key) && !(key in after));
    return [...Object.entries(after), ...gone.map((key) => [key, undefined] as const)].flatMap(
      ([key, value]): [string, unknown][] =>
        !isEqualData(before[key], value) && !isEqualData(this.#values.get(key)?.value, value)
          ? [[key, value]]
          : [],
    );
  }
}

function describe({ widget, label, initial, options }: InputDescription): string {
  try {
    return JSON.stringify([widget, label, initial, options]);
  } catch {
    return widget; // options that are not plain data: better keep the value than lose it at each run
  }
}

function isLike(value: unknown, initial: unknown): boolean {
  if (initial === undefined || initial === null) return true;
  return typeof value === typeof initial && Array.isArray(value) === Array.isArray(initial);
}

function isEqualData(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || JSON.stringify(a) === JSON.stringify(b);
}

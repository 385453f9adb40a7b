import type { Claim } from "../claim.ts";
import type { Place } from "../errors.ts";
import type { Work } from "../work.ts";

export type Severity = "error" | "warning" | "info";

/** A finding about a cell's text, made without running it. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  readonly place?: Place;
}

/**
 * A cell ready to run, whatever its kind: a TypeScript cell after compiling, a causal cell after parsing.
 * `run` is absent when an error in `diagnostics` keeps it from running.
 */
export interface CellProgram {
  /** Names it needs from other cells or the library, in order of first appearance. */
  readonly inputs: readonly string[];
  /** Names it defines. */
  readonly outputs: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  readonly run?: (inputs: CellInputs, context: CellContext) => CellResult | Promise<CellResult>;
}

/** Values of a program's inputs by name: promises awaited, streams at their latest value. */
export type CellInputs = Readonly<Record<string, unknown>>;

/** What a run hands back. A value may be a promise (awaited before dependents run) or a generator (a stream of values). */
export interface CellResult {
  readonly values: Readonly<Record<string, unknown>>;
  /** Set by causal cells. Without it the cell inherits the union of its inputs' claims, marked as derived by code. */
  readonly claim?: Claim;
  /** Where a causal cell answers several questions: the claim of each named answer. `claim` is then all of them. */
  readonly claims?: Readonly<Record<string, Claim>>;
  /**
   * Begun when the values are out: what the cell goes on to find and show, reasons mostly. The run lasts until it
   * ends, dependents do not wait for it, and stopping it leaves the values standing. May end with better claims.
   */
  readonly rest?: () => Promise<CellClaims | undefined>;
}

export type CellClaims = Pick<CellResult, "claim" | "claims">;

/** What a running cell may use beside its inputs. Its signal aborts when the run is stopped, superseded or its cell removed. */
export interface CellContext extends Work {
  readonly cell: string;
  /** Resolves at the same moment as `signal` aborts; clean-up hangs on it. */
  readonly invalidation: Promise<void>;
  /** Shows a value below the cell; throws once the run is invalidated. */
  readonly display: (value: unknown) => void;
  /** Shows an input and streams its value, starting with the saved or initial one. */
  readonly view: <T>(input: InputDescription<T>) => AsyncGenerator<T, void, void>;
  /** What the document keeps for the cell under a name that no control has, e.g. a pinned result. */
  readonly saved?: (key: string) => unknown;
  /** Asks the document to keep plain data with the cell under such a name, to be found by `saved` in a later run. */
  readonly keep?: (key: string, value: unknown) => void;
  /** Shows a value in the place of what was shown last: a table that grows. Throws like `display`. */
  readonly redraw?: (value: unknown) => void;
  /** Claims of the inputs that carry one. */
  readonly inputClaims: Readonly<Record<string, Claim>>;
  /** What an engine has claimed to this run's code; the cell's values rest on it from now on. */
  readonly hear?: (claim: Claim) => void;
}

/** A control, as data; the page draws it (see `kernels/cells/inputs.ts` for the constructors users call). */
export interface InputDescription<T = unknown> {
  readonly kind: "input";
  readonly widget: string;
  readonly label?: string;
  /** The value before anybody has touched it. */
  readonly initial: T;
  /** Whatever the widget needs: minimum, maximum, step, options… Plain data. */
  readonly options: Readonly<Record<string, unknown>>;
}

export function isInputDescription(value: unknown): value is InputDescription {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as { kind?: unknown }).kind === "input" &&
    typeof (value as { widget?: unknown }).widget === "string"
  );
}

/** Shape of `test/fixtures/reactivity.json`; the file itself says what each field means. */
export interface Case {
  readonly id: string;
  readonly cells: readonly { readonly id: string; readonly code: string }[];
  readonly steps: readonly Step[];
}

export interface Step {
  readonly action: string;
  readonly cell?: string;
  readonly code?: string;
  readonly codes_from?: string;
  readonly count?: number;
  readonly key?: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly values?: readonly unknown[];
  readonly gap_ms?: number;
  readonly mode?: "auto" | "lazy";
  readonly timeout_ms?: number;
  readonly within_ms?: number;
  readonly expect?: Expectation;
}

export interface Expectation {
  readonly values?: Readonly<Record<string, unknown>>;
  readonly undefined?: readonly string[];
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  readonly error_mentions?: Readonly<Record<string, string>>;
  readonly runs?: Readonly<Record<string, number>>;
  readonly max_runs?: Readonly<Record<string, number>>;
  readonly order?: readonly (readonly [string, string])[];
  readonly never_seen?: Readonly<Record<string, readonly unknown[]>>;
  readonly seen_in_order?: Readonly<Record<string, readonly unknown[]>>;
  readonly pending?: readonly string[];
  readonly stale?: readonly string[];
  readonly marks?: Readonly<Record<string, number>>;
  readonly mark_order?: readonly string[];
  readonly max_concurrent?: Readonly<Record<string, number>>;
  readonly upstream_of?: Readonly<Record<string, string>>;
  readonly syntax_position?: Readonly<Record<string, { line: number; column: number }>>;
  readonly file_source_changed?: boolean;
}

/** These loop without end on purpose. */
export const WORKER_CASES = new Set(["interrupt-runaway-sync-loop", "interrupt-cancels-queue"]);

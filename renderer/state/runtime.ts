import { checkClaim, type Claim } from "../../app/claim.ts";
import type {
  CellAnalysis,
  CellState,
  KernelEvent,
  Provenance,
} from "../../app/protocol/kernel.ts";
import type { MimeBundle } from "../../app/protocol/mime.ts";
import type { SavedOutput } from "../../app/protocol/store.ts";

/** Points of the live charts of a run, by series. */
export type SeriesPoints = Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** What the page knows of a cell beside its text. Replaced, never changed, so that views can compare. */
export interface CellRuntime {
  readonly state: CellState;
  readonly analysis?: CellAnalysis;
  /** Of the last run that showed something; those of a run in progress replace them one by one. */
  readonly outputs: readonly MimeBundle[];
  /** Outputs are not those of the present text and inputs. */
  readonly stale: boolean;
  /** Why, in words for the user. */
  readonly staleReason?: string;
  readonly run: number;
  /** Outputs of the run in progress so far; those beyond are of the run before. */
  readonly fresh: number;
  readonly ms?: number;
  readonly claim?: Claim;
  readonly provenance?: Provenance;
  readonly logs: readonly LogLine[];
  readonly dropped: number;
  readonly series: SeriesPoints;
  /** Finished in this life of the kernel: its values are there. */
  readonly finished: boolean;
  /** Digest under which its outputs were saved, until the cell runs. */
  readonly saved?: string;
}

export interface LogLine {
  readonly level: "log" | "warn" | "error";
  readonly text: string;
}

export const idleRuntime: CellRuntime = {
  state: { kind: "idle" },
  outputs: [],
  stale: false,
  run: 0,
  fresh: 0,
  logs: [],
  dropped: 0,
  series: {},
  finished: false,
};

export const CHANGED_SINCE = "The cell or something it rests on has changed since.";
const MAX_LOGS = 500;
const MAX_POINTS = 4000;

export function fromSaved(saved: SavedOutput, current: boolean): CellRuntime {
  // It may have come with a file from anywhere.
  const claim = checkClaim(saved.claim);
  return {
    ...idleRuntime,
    state:
      saved.failure === undefined ? { kind: "idle" } : { kind: "failed", failure: saved.failure },
    outputs: saved.bundles,
    stale: !current,
    ...(current ? {} : { staleReason: CHANGED_SINCE }),
    ms: saved.ms,
    fresh: saved.bundles.length,
    ...(claim === undefined ? {} : { claim }),
    saved: saved.digest,
    ...(saved.provenance === undefined ? {} : { provenance: saved.provenance }),
  };
}

/** A cell after a kernel event that concerns it. */
export function reduceRuntime(runtime: CellRuntime, event: KernelEvent): CellRuntime {
  switch (event.type) {
    case "state":
      return withState(runtime, event.state);
    case "run-started": {
      const { saved: _, ...rest } = runtime;
      return {
        ...rest,
        run: event.run,
        fresh: 0,
        logs: [],
        dropped: 0,
        series: {},
        finished: false,
        // What it shows from now on rests on this, and what is still there of the run before on no more than that did.
        ...(event.claim === undefined ? {} : { claim: event.claim }),
      };
    }
    case "claim":
      return event.run === runtime.run ? { ...runtime, claim: event.claim } : runtime;
    case "output": {
      if (event.run !== runtime.run) return runtime;
      const outputs = [...runtime.outputs];
      outputs[event.index] = event.bundle;
      return { ...runtime, outputs, fresh: Math.max(runtime.fresh, event.index + 1) };
    }
    case "run-ended": {
      if (event.run !== runtime.run) return runtime;
      const { claim: _, provenance: __, staleReason: ___, ...rest } = runtime;
      return {
        ...rest,
        outputs: runtime.outputs.slice(0, runtime.fresh),
        stale: false,
        ms: event.ms,
        finished: event.ok,
        ...(event.claim === undefined ? {} : { claim: event.claim }),
        ...(event.provenance === undefined ? {} : { provenance: event.provenance }),
      };
    }
    case "log":
      return {
        ...runtime,
        logs: [...runtime.logs, { level: event.level, text: event.text }].slice(-MAX_LOGS),
      };
    case "overflow":
      return { ...runtime, dropped: runtime.dropped + event.dropped };
    default:
      return runtime;
  }
}

function withState(runtime: CellRuntime, state: CellState): CellRuntime {
  switch (state.kind) {
    case "running":
      return {
        ...runtime,
        state,
        series: appendSeries(runtime.series, state.progress?.series),
      };
    case "edited":
      return markStale(
        { ...runtime, state },
        "Edited since it ran, or an assumption was switched.",
      );
    case "stale":
      return markStale({ ...runtime, state }, "Something it rests on has changed.");
    case "idle":
      // A kernel that has just opened knows nothing of saved outputs; they stay what they were.
      return runtime.state.kind === "failed" && runtime.run === 0 ? runtime : { ...runtime, state };
    default:
      return { ...runtime, state };
  }
}

export function markStale(runtime: CellRuntime, reason: string): CellRuntime {
  if (runtime.outputs.length === 0) return runtime;
  return { ...runtime, stale: true, staleReason: reason };
}

/** After the kernel was lost or started anew: values are gone, outputs stay to be read. */
export function afterRestart(runtime: CellRuntime): CellRuntime {
  const next: CellRuntime = {
    ...runtime,
    state: runtime.state.kind === "disabled" ? runtime.state : { kind: "idle" },
    run: 0,
    fresh: runtime.outputs.length,
    series: {},
    finished: false,
  };
  return runtime.finished || runtime.state.kind === "running"
    ? markStale(next, "The kernel was restarted; run the cell to have its values again.")
    : next;
}

function appendSeries(series: SeriesPoints, more: SeriesPoints | undefined): SeriesPoints {
  if (more === undefined) return series;
  const next: Record<string, readonly (readonly [number, number])[]> = { ...series };
  for (const [name, points] of Object.entries(more)) {
    next[name] = thin([...(next[name] ?? []), ...points]);
  }
  return next;
}

/** Every other point once there are too many: the curve keeps its shape, the page its memory. */
function thin<T>(points: readonly T[]): readonly T[] {
  return points.length <= MAX_POINTS ? points : points.filter((_, i) => i % 2 === 0);
}

/** How far a long computation has come. */
export interface Progress {
  /** 0 to 1 when known. */
  readonly fraction?: number;
  readonly message?: string;
  /** Points for a live chart (e.g. the loss), appended to what was sent before under the same series. */
  readonly series?: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>>;
}

/** What a long computation is given: a way to be stopped and a way to report. */
export interface Work {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** For callers that need neither: never aborted, reports nowhere. */
export const quietWork: Work = { signal: new AbortController().signal, progress: () => {} };

/** Lets messages (Stop above all) in; call it in long loops every few milliseconds of work. Throws if stopped. */
export async function breathe(work: Work): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  work.signal.throwIfAborted();
}

/** Where in the user's own text something is wrong. Lines and columns count from 1. */
export interface Place {
  /** What the text is: a cell, a file, a column. */
  readonly source?: string;
  readonly line?: number;
  readonly column?: number;
  /** Offsets into the text, half open, when known. */
  readonly start?: number;
  readonly end?: number;
}

export interface UserErrorFields {
  /** Stable, kebab-case, e.g. `csv-ragged-row`. Tests and help pages refer to it. */
  readonly code: string;
  /** One sentence that names what is wrong, with the value seen in it where it is short. */
  readonly message: string;
  /** The offending value, as seen. */
  readonly value?: unknown;
  /** What would have been accepted. */
  readonly expected?: string;
  /** The next step for the user. */
  readonly hint?: string;
  readonly place?: Place;
}

/**
 * A mistake the user can mend. Anything else that is thrown is a broken invariant of ours (plain `Error`).
 * A negative answer (not identified, no overlap) is neither: it is a result.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly code: string;
  readonly value: unknown;
  readonly expected: string | undefined;
  readonly hint: string | undefined;
  readonly place: Place | undefined;

  constructor(fields: UserErrorFields, options?: ErrorOptions) {
    super(fields.message, options);
    this.code = fields.code;
    this.value = fields.value;
    this.expected = fields.expected;
    this.hint = fields.hint;
    this.place = fields.place;
  }
}

/** Errors cross workers and the network as data; `UserError` keeps its fields, others their name and stack. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly value?: string;
  readonly expected?: string;
  readonly hint?: string;
  readonly place?: Place;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
}

/** Any thrown value as data. Values are shortened, so that a record is always small. */
export function toErrorRecord(error: unknown, depth = 3): ErrorRecord {
  if (error instanceof UserError) {
    return {
      name: error.name,
      message: error.message,
      code: error.code,
      ...(error.value === undefined ? {} : { value: shorten(error.value) }),
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.place === undefined ? {} : { place: error.place }),
      ...causeOf(error, depth),
    };
  }
  if (error instanceof Error) {
    return {
      name: error.name,
      message: error.message,
      ...(error.stack === undefined ? {} : { stack: error.stack.slice(0, 8000) }),
      ...causeOf(error, depth),
    };
  }
  return { name: "Error", message: `A value was thrown that is not an Error: ${shorten(error)}` };
}

function causeOf(error: Error, depth: number): { cause?: ErrorRecord } {
  return error.cause === undefined || depth === 0
    ? {}
    : { cause: toErrorRecord(error.cause, depth - 1) };
}

function shorten(value: unknown): string {
  let text: string | undefined;
  try {
    text = typeof value === "string" ? value : JSON.stringify(value);
  } catch {
    text = undefined; // cyclic or throwing toJSON: fall through to String
  }
  text ??= String(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

import { type ErrorRecord, toErrorRecord, UserError } from "../../app/errors.ts";
import type { RouteError } from "../../app/protocol/routes.ts";
import { StoreError, type StoreErrorCode } from "../../app/protocol/store.ts";

/** A request that is answered with no: the HTTP status and why. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly record: ErrorRecord;

  constructor(
    status: number,
    code: string,
    message: string,
    more: Pick<ErrorRecord, "hint" | "expected" | "value"> = {},
  ) {
    super(message);
    this.status = status;
    this.record = { name: "Refusal", code, message, ...more };
  }
}

// No 502 to 504: those say that nobody answered, and are tried again.
const statuses: Readonly<Record<StoreErrorCode, number>> = {
  "not-found": 404,
  conflict: 409,
  "nothing-to-undo": 409,
  "read-only": 423,
  newer: 423,
  busy: 423,
  full: 507,
  damaged: 500,
  invalid: 422,
};

/** Any thrown value as status and body. A `StoreError` keeps its code in the record. */
export function toRouteError(error: unknown): { status: number; body: RouteError } {
  if (error instanceof Refusal) return { status: error.status, body: { error: error.record } };
  if (error instanceof StoreError) {
    const { stack: _stack, ...record } = toErrorRecord(error);
    return {
      status: statuses[error.code],
      body: {
        error: {
          ...record,
          code: error.code,
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        },
      },
    };
  }
  if (error instanceof UserError) return { status: 422, body: { error: toErrorRecord(error) } };
  console.error(error);
  const { stack: _stack, ...record } = toErrorRecord(error);
  return { status: 500, body: { error: record } };
}

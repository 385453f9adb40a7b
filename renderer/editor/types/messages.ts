import type {
  RenameAnswer,
  TypeCell,
  TypeCompletion,
  TypeDetails,
  TypeFinding,
  TypeFix,
  TypeHover,
  TypePlace,
  TypeSignatures,
} from "./cells.ts";

/** Questions about a place in a cell's text, each with its answer. */
export interface Questions {
  readonly completions: { readonly ask: object; readonly answer: readonly TypeCompletion[] };
  readonly details: {
    readonly ask: { readonly label: string };
    readonly answer: TypeDetails | undefined;
  };
  readonly hover: { readonly ask: object; readonly answer: TypeHover | undefined };
  readonly signatures: { readonly ask: object; readonly answer: TypeSignatures | undefined };
  readonly definition: { readonly ask: object; readonly answer: readonly TypePlace[] };
  readonly references: { readonly ask: object; readonly answer: readonly TypePlace[] };
  readonly "rename-at": {
    readonly ask: object;
    readonly answer:
      { readonly start: number; readonly end: number; readonly text: string } | string;
  };
  readonly rename: { readonly ask: { readonly to: string }; readonly answer: RenameAnswer };
  readonly fixes: { readonly ask: { readonly end: number }; readonly answer: readonly TypeFix[] };
}

export type Question = {
  [K in keyof Questions]: {
    readonly kind: K;
    readonly cell: string;
    readonly offset: number;
  } & Questions[K]["ask"];
}[keyof Questions];

/** Page to worker. */
export type TypesRequest =
  | {
      readonly type: "cells";
      /** Ids in page order. */
      readonly order: readonly string[];
      /** Those that are new or have changed. */
      readonly changed: readonly TypeCell[];
      /** Told back with what is found, so that findings of an older text are known as such. */
      readonly stamp: number;
    }
  /** Which cells are to be checked before others: the one being written, then those on the screen. */
  | { readonly type: "prefer"; readonly cells: readonly string[] }
  | { readonly type: "ask"; readonly request: number; readonly question: Question };

/** Worker to page. */
export type TypesEvent =
  | { readonly type: "ready"; readonly ms: number }
  | {
      readonly type: "findings";
      readonly stamp: number;
      readonly cell: string;
      readonly findings: readonly TypeFinding[];
    }
  /** Everything has been checked as of that stamp. */
  | { readonly type: "rest"; readonly stamp: number; readonly heapBytes?: number }
  | { readonly type: "answer"; readonly request: number; readonly answer: unknown }
  | { readonly type: "failed"; readonly request?: number; readonly message: string };

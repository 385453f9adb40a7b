import type { TablePage } from "../../app/protocol/mime.ts";
import type { BlockAction } from "../../app/protocol/report.ts";

/** What outputs need of the page around them. */
export interface OutputPorts {
  /** The cell the outputs belong to. */
  readonly cell: string;
  setInput(key: string, value: unknown): void;
  /** The value a control was left at, while its cell has not run: a saved output holds the one it started from. */
  savedInput(key: string): unknown;
  /** Rows of a table; absent when no variable holds it. */
  tablePage?: (offset: number, count: number) => Promise<TablePage>;
  /** Shows another cell. */
  goTo(cell: string, place?: { readonly start?: number; readonly line?: number }): void;
  /** A name a user knows the cell by. */
  nameOf(cell: string): string;
  /** The cell's own text, when a graph drawn from it may be edited. */
  graphSource?: {
    read(): string;
    write(text: string): void;
    /** Calls back after each change, whoever made it; returns what ends that. */
    watch(changed: () => void): () => void;
  };
  /** Does what a button of a report says; absent where nothing can be done. */
  act?: (does: BlockAction["does"]) => void;
  /** Whether the user holds an assumption to be true; absent ones are held. */
  assumption(id: string): boolean;
  setAssumption(id: string, held: boolean): void;
}

/** Something shown, with a life of its own. */
export interface Shown {
  readonly element: HTMLElement;
  /** Shows another value in the same place; `false` when a new element is needed. */
  update?: (value: unknown) => boolean;
  dispose?: () => void;
}

export type Show = (value: unknown, ports: OutputPorts, plain: string) => Shown;

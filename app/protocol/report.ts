import type { Diagnostic } from "../cell/program.ts";
import type { Assumption, Claim } from "../claim.ts";

/**
 * What a causal cell shows: a short column of blocks. Kinds of cell differ in which blocks they write, not in
 * how blocks are drawn, so the page, the standalone HTML and the print all draw the same thing.
 */
export interface Report {
  /** One paragraph of plain text that says all that matters; read by screen readers and text exports. */
  readonly summary: string;
  readonly claim?: Claim;
  /** What in the cell's own text the answer complains about, to be underlined there. */
  readonly findings?: readonly Diagnostic[];
  /** Columns of the table it tells of, for completion and for checking code that names them. */
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
  /** Relative difference that the last digit of another version's or backend's arithmetic can grow to in its numbers. */
  readonly tolerance?: number;
  readonly blocks: readonly Block[];
}

export type Block =
  /** Inline Markdown, one paragraph. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "formula"; readonly latex: string; readonly text: string }
  | StatBlock
  /** Label and value pairs; `footer` sets them small as provenance (n, seed, backend, interval). */
  | {
      readonly kind: "facts";
      readonly facts: readonly { readonly label: string; readonly value: string }[];
      readonly footer?: true;
    }
  /** Each with a box to switch it off; `label` where they are not what the answer rests on. */
  | {
      readonly kind: "assumptions";
      readonly assumptions: readonly Assumption[];
      readonly label?: string;
    }
  | TableBlock
  | ChartBlock
  | GraphBlock
  | {
      readonly kind: "notice";
      /** `answer` is a calm negative result, `warning` asks for care, `error` needs mending. */
      readonly tone: "info" | "answer" | "warning" | "error";
      readonly title: string;
      readonly text?: string;
      readonly hint?: string;
    }
  | {
      readonly kind: "details";
      readonly title: string;
      readonly open?: boolean;
      readonly blocks: readonly Block[];
    }
  /** Side by side where there is room. */
  | { readonly kind: "columns"; readonly columns: readonly (readonly Block[])[] }
  | { readonly kind: "code"; readonly text: string; readonly language: string }
  | ActionsBlock;

/**
 * What a reader may do with one press, and could do by hand: edit the cell's text, put a cell below it, keep a result.
 * A page that cannot do it shows the list without buttons, or nothing.
 */
export interface ActionsBlock {
  readonly kind: "actions";
  readonly label: string;
  /** One line each, with its detail; without it the actions stand side by side. */
  readonly list?: true;
  readonly actions: readonly BlockAction[];
}

export interface BlockAction {
  readonly label: string;
  readonly detail?: string;
  /** For choices: whether it is chosen now. */
  readonly pressed?: boolean;
  readonly does:
    /** The cell's own text, as long as it still is `from`; the cell then runs. */
    | { readonly kind: "rewrite"; readonly from: string; readonly to: string }
    /** A new cell below; it does not run by itself. */
    | { readonly kind: "insert"; readonly cell: string; readonly source: string }
    /** Kept with the cell under a name until it is `null`; the cell then runs. */
    | { readonly kind: "keep"; readonly key: string; readonly value: unknown };
}

/** A number that is the answer, with its interval. */
export interface StatBlock {
  readonly kind: "stat";
  readonly label: string;
  /** Ready to read, e.g. `3.46 kg`. */
  readonly value: string;
  readonly interval?: string;
  readonly note?: string;
}

export interface TableBlock {
  readonly kind: "table";
  readonly caption?: string;
  readonly columns: readonly {
    readonly label: string;
    readonly align?: "left" | "right";
    /** Holds measured times, which no other run will give again. */
    readonly timing?: true;
  }[];
  readonly rows: readonly (readonly string[])[];
}

/** A Vega-Lite chart with data inline; `summary` says in words what it shows. */
export interface ChartBlock {
  readonly kind: "chart";
  readonly spec: Readonly<Record<string, unknown>>;
  readonly summary: string;
}

export type NodeRole =
  "treatment" | "outcome" | "adjusted" | "instrument" | "mediator" | "selection" | "plain";

export interface GraphBlock {
  readonly kind: "graph";
  readonly nodes: readonly {
    readonly name: string;
    readonly role: NodeRole;
    readonly latent?: boolean;
    /** Given by the author, in layout units; otherwise the page lays the graph out. */
    readonly x?: number;
    readonly y?: number;
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    /** Marks at both ends as in the causal field. */
    readonly mark: "->" | "<->" | "--" | "o->" | "o-o" | "--o";
    /** Drawn as part of an open path, a hedge or a shown separation. */
    readonly highlight?: "open" | "blocked" | "effect";
    /** 0 to 1, e.g. a bootstrap frequency. */
    readonly weight?: number;
    /** Id of the assumption that is switched off and whose place the edge takes. */
    readonly doubt?: string;
  }[];
  readonly summary: string;
  /** Set when the page may edit it: the cell whose text the editor rewrites. */
  readonly editable?: boolean;
}

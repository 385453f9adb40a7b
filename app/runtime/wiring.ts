import { Lazy } from "./lazy.ts";
import type { Claim } from "../claim.ts";
import type { CellFailure } from "../protocol/kernel.ts";
import type { Entry } from "./entry.ts";
import type { CellGraph } from "./graph.ts";
import type { Module, Variable } from "./observable.ts";
import type { Run } from "./run.ts";
import {
  abandon,
  cutOff,
  endStream,
  fail,
  force,
  isUnsettled,
  occupy,
  Runtime,
  setRank,
} from "./scheduler.ts";
import { LatestStream } from "./stream.ts";
import { isStepper, isThenable } from "./task.ts";

/** What a cell's variable holds: the names are variables of their own that pick from it. */
export interface Outcome {
  readonly run: Run;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface WiringHost {
  ready(entry: Entry): "keep" | Promise<unknown> | undefined;
  execute(entry: Entry, values: readonly unknown[]): Outcome | Promise<Outcome>;
  superseded(entry: Entry): void;
  pending(entry: Entry): void;
  fulfilled(entry: Entry, outcome: Outcome): void;
  rejected(entry: Entry, error: unknown): void;
  kept(entry: Entry): void;
  nameChanged(owner: Entry, name: string, value: unknown): void;
  nameFailed(owner: Entry, error: unknown): void;
  nameGone(name: string): void;
  nameSettled(owner: Entry, name: string): void;
}

interface NameNode {
  readonly name: string;
  readonly variable: Variable;
  owner: Entry;
  conflict: boolean;
  present: boolean;
  value: unknown;
}

/** Thrown by the variable of a cell that cannot run, and of a name that several cells define. */
export class Blocked extends Error {
  readonly failure: CellFailure;

  constructor(failure: CellFailure) {
    super(failure.error.message);
    this.failure = failure;
  }
}

/** Keeps the runtime's variables in step with the cells: one per cell, one per name that a cell defines. */
export class Wiring {
  readonly runtime: Runtime;
  readonly #module: Module;
  readonly #host: WiringHost;
  readonly #names = new Map<string, NameNode>();

  constructor(library: Readonly<Record<string, unknown>>, host: WiringHost) {
    const builtins: Record<string, () => unknown> = {};
    for (const [name, value] of Object.entries(library)) {
      builtins[name] = value instanceof Lazy ? value.load : () => value;
    }
    this.runtime = new Runtime(builtins, (name) => {
      throw new ReferenceError(`${name} is not defined`);
    });
    this.#module = this.runtime.module();
    this.#host = host;
  }

  /** `blocked` says which of the live cells cannot run, and why. */
  relink(
    live: readonly Entry[],
    graph: CellGraph,
    blocked: (entry: Entry) => CellFailure | undefined,
    beforeRedefinition: (entry: Entry) => void,
  ): void {
    const byId = new Map(live.map((entry) => [entry.id, entry]));
    for (const [name, node] of this.#names) {
      if (!graph.definers.get(name)?.some((id) => byId.has(id))) this.#removeName(node);
    }
    for (const entry of live) {
      this.#defineCell(entry, blocked(entry), beforeRedefinition);
    }
    for (const [name, ids] of graph.definers) {
      const owner = ids.map((id) => byId.get(id)).find((entry) => entry !== undefined);
      if (owner !== undefined) this.#defineName(name, owner, ids.length > 1);
    }
    for (const [index, entry] of live.entries()) {
      if (entry.body !== undefined) setRank(this.runtime, entry.body, index);
    }
  }

  remove(entry: Entry): void {
    const { body } = entry;
    entry.body = undefined;
    entry.live = false;
    if (body === undefined) return;
    if (isUnsettled(body)) abandon(this.runtime, body);
    body.delete();
  }

  value(name: string): unknown {
    return this.#names.get(name)?.value;
  }

  owner(name: string): Entry | undefined {
    return this.#names.get(name)?.owner;
  }

  variables(): { readonly name: string; readonly cell: string; readonly value: unknown }[] {
    return [...this.#names.values()]
      .filter((node) => node.present)
      .map(({ name, owner, value }) => ({ name, cell: owner.id, value }));
  }

  claims(names: readonly string[]): Record<string, Claim> {
    const claims: Record<string, Claim> = {};
    for (const name of names) {
      const owner = this.#names.get(name)?.owner;
      const claim = owner?.claims[name] ?? owner?.claim;
      if (claim !== undefined) claims[name] = claim;
    }
    return claims;
  }

  /** Names of this cell that are its alone. */
  ownNames(entry: Entry): string[] {
    const outputs = entry.defined?.outputs ?? [];
    return outputs.filter((name) => {
      const node = this.#names.get(name);
      return node !== undefined && node.owner === entry && !node.conflict;
    });
  }

  /** Cells that the inputs of this one still wait for. */
  outstanding(entry: Entry): string[] {
    const ids = new Set<string>();
    for (const name of entry.defined?.program.inputs ?? []) {
      const node = this.#names.get(name);
      if (node !== undefined && isUnsettled(node.variable)) ids.add(node.owner.id);
    }
    return [...ids];
  }

  force(entry: Entry): void {
    if (entry.body !== undefined) force(this.runtime, entry.body);
  }

  /** The next run of the cell shall not wait for the one in flight. */
  abandon(entry: Entry): void {
    if (entry.body === undefined) return;
    abandon(this.runtime, entry.body);
    for (const node of this.#nodesOf(entry)) {
      if (isUnsettled(node.variable)) abandon(this.runtime, node.variable);
    }
  }

  fail(entry: Entry, error: unknown): void {
    if (entry.body === undefined) return;
    for (const node of this.#nodesOf(entry)) {
      if (isUnsettled(node.variable)) abandon(this.runtime, node.variable);
    }
    fail(this.runtime, entry.body, error);
  }

  /** Ends the cell's own generators where they stand; controls and shared state stay alive. */
  endStreams(entry: Entry): void {
    for (const node of this.#nodesOf(entry)) {
      const value = entry.values?.[node.name];
      if (isStepper(value) && !(value instanceof LatestStream)) endStream(node.variable);
    }
  }

  /** The cell's next run has to wait until these have settled. */
  holdFor(entry: Entry, promises: readonly unknown[]): void {
    if (entry.body !== undefined && promises.length > 0) {
      occupy(this.runtime, entry.body, Promise.allSettled(promises));
    }
  }

  dispose(): void {
    this.runtime.dispose();
  }

  *#nodesOf(entry: Entry): Generator<NameNode> {
    for (const node of this.#names.values()) if (node.owner === entry) yield node;
  }

  #defineCell(
    entry: Entry,
    blocked: CellFailure | undefined,
    beforeRedefinition: (entry: Entry) => void,
  ): void {
    const { accepted, defined, disabled } = entry;
    if (accepted === undefined) throw new Error(`Cell ${entry.id} is live, but has no program.`);
    if (disabled && defined !== undefined) return; // stays as it was when last enabled
    const { program } = accepted;
    const hollow = disabled;
    if (
      defined !== undefined &&
      defined.program === program &&
      defined.hollow === hollow &&
      isSameFailure(defined.blocked, blocked)
    ) {
      return;
    }
    if (defined !== undefined) beforeRedefinition(entry);
    entry.defined = { program, outputs: entry.outputsOf(program), blocked, hollow };
    entry.body ??= this.#module.variable(this.#observeCell(entry));
    if (blocked !== undefined) {
      entry.body.define(cellName(entry.id), [], () => {
        throw new Blocked(blocked);
      });
    } else {
      const inputs = hollow ? [] : program.inputs;
      entry.body.define(cellName(entry.id), inputs, (...values: unknown[]) =>
        this.#host.execute(entry, values),
      );
    }
  }

  #observeCell(entry: Entry): object {
    const host = this.#host;
    // Deleting a variable makes the runtime settle it once more; nobody wants to hear of that.
    const present = (): boolean => entry.body !== undefined;
    return {
      ready: () => (present() ? host.ready(entry) : undefined),
      superseded: () => {
        if (present()) host.superseded(entry);
      },
      pending: () => {
        if (present()) host.pending(entry);
      },
      fulfilled: (outcome: Outcome) => {
        if (present()) host.fulfilled(entry, outcome);
      },
      rejected: (error: unknown) => {
        if (present()) host.rejected(entry, error);
      },
      kept: () => {
        if (present()) host.kept(entry);
      },
    };
  }

  #defineName(name: string, owner: Entry, conflict: boolean): void {
    let node = this.#names.get(name);
    if (node === undefined) {
      node = this.#createName(name, owner);
    } else if (node.owner === owner && node.conflict === conflict) {
      return;
    } else if (isUnsettled(node.variable)) {
      abandon(this.runtime, node.variable);
    }
    node.owner = owner;
    node.conflict = conflict;
    if (conflict) {
      node.variable.define(name, [], () => {
        throw new Error(`${name} is defined more than once`);
      });
      return;
    }
    node.variable.define(
      name,
      [cellName(owner.id)],
      (outcome: Outcome | undefined) => outcome?.values[name],
    );
    // A generator can be read once only, and it was read before the name was taken away.
    if (isStepper(owner.values?.[name])) this.force(owner);
  }

  #createName(name: string, owner: Entry): NameNode {
    const host = this.#host;
    const settled = (): void => {
      host.nameSettled(node.owner, name);
    };
    const present = (): boolean => this.#names.get(name) === node;
    const variable = this.#module.variable({
      fulfilled: (value: unknown) => {
        if (!present()) return;
        node.value = value;
        node.present = true;
        host.nameChanged(node.owner, name, value);
        settled();
      },
      rejected: (error: unknown) => {
        if (!present()) return;
        this.#clear(node);
        if (!node.conflict) host.nameFailed(node.owner, error);
        settled();
      },
      kept: () => {
        if (present()) settled();
      },
    } as object);
    cutOff(variable, isSamePrimitive);
    const node: NameNode = {
      name,
      variable,
      owner,
      conflict: false,
      present: false,
      value: undefined,
    };
    this.#names.set(name, node);
    return node;
  }

  #removeName(node: NameNode): void {
    this.#names.delete(node.name);
    this.#clear(node);
    if (isUnsettled(node.variable)) abandon(this.runtime, node.variable);
    node.variable.delete();
  }

  #clear(node: NameNode): void {
    node.value = undefined;
    if (!node.present) return;
    node.present = false;
    this.#host.nameGone(node.name);
  }
}

/** A name no cell can define. */
function cellName(id: string): string {
  return `cell ${id}`;
}

function isSamePrimitive(before: unknown, after: unknown): boolean {
  return (
    Object.is(before, after) &&
    (before === null || (typeof before !== "object" && typeof before !== "function"))
  );
}

function isSameFailure(a: CellFailure | undefined, b: CellFailure | undefined): boolean {
  return (
    a?.kind === b?.kind &&
    a?.error.value === b?.error.value &&
    a?.cells?.join("\n") === b?.cells?.join("\n")
  );
}

export function promisesIn(values: Readonly<Record<string, unknown>>): unknown[] {
  return Object.values(values).filter((value) => isThenable(value));
}

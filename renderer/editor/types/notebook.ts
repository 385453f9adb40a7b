import type { TypeCell } from "./cells.ts";
import type { CellFacts, Output } from "./facts.ts";
import type { Source } from "./module.ts";

interface Known {
  readonly cell: TypeCell;
  readonly facts: CellFacts;
}

/** Who defines what, who needs whom, and in which order cells can be checked. */
export interface Links {
  /** Cells that define a name, in page order: those that give it a value, if any do. */
  readonly definers: ReadonlyMap<string, readonly string[]>;
  /** Where each name a cell needs comes from; names nobody has are left out. */
  readonly sources: ReadonlyMap<string, ReadonlyMap<string, Source>>;
  readonly upstream: ReadonlyMap<string, readonly string[]>;
  readonly downstream: ReadonlyMap<string, readonly string[]>;
  /** All cells, those that are needed first. */
  readonly order: readonly string[];
  /** Of a cell in a circle: all its members. */
  readonly rings: ReadonlyMap<string, readonly string[]>;
}

export function link(known: readonly Known[], library: ReadonlySet<string>): Links {
  const values = new Map<string, string[]>();
  const types = new Map<string, string[]>();
  for (const { cell, facts } of known) {
    for (const { name, pass } of facts.outputs) {
      const among = pass === "type" ? types : values;
      const by = among.get(name);
      if (by === undefined) among.set(name, [cell.id]);
      else by.push(cell.id);
    }
  }
  // A type that is called like another cell's value is its own cell's affair.
  const definers = new Map<string, readonly string[]>([...types, ...values]);
  const needsOf = new Map<string, readonly string[]>();
  for (const { cell, facts } of known) {
    needsOf.set(
      cell.id,
      facts.inputs.flatMap((name) => {
        const by = definers.get(name);
        return by?.length === 1 && by[0] !== cell.id ? by : [];
      }),
    );
  }
  const rings = findRings(needsOf);
  const sources = new Map<string, Map<string, Source>>();
  const upstream = new Map<string, readonly string[]>();
  const downstream = new Map<string, string[]>();
  for (const { cell, facts } of known) {
    const own = new Set(facts.outputs.map(({ name }) => name));
    const found = new Map<string, Source>();
    for (const name of facts.needs) {
      if (own.has(name)) continue;
      const by = definers.get(name) ?? [];
      const [first] = by;
      if (by.length > 1) found.set(name, { kind: "any" });
      else if (first !== undefined) {
        const ringed = rings.get(cell.id)?.includes(first) === true;
        found.set(name, ringed ? { kind: "any" } : { kind: "cell", cell: first });
      } else if (library.has(name)) found.set(name, { kind: "library" });
    }
    sources.set(cell.id, found);
    const needed = [
      ...new Set([...found.values()].flatMap((s) => (s.kind === "cell" ? [s.cell] : []))),
    ];
    upstream.set(cell.id, needed);
    for (const id of needed) downstream.set(id, [...(downstream.get(id) ?? []), cell.id]);
  }
  return {
    definers,
    sources,
    upstream,
    downstream,
    order: sorted(
      known.map(({ cell }) => cell.id),
      upstream,
    ),
    rings,
  };
}

/** The output of that name. */
export function outputNamed(facts: CellFacts, name: string): Output | undefined {
  return facts.outputs.find((output) => output.name === name);
}

/** Needed first; members of a circle (of types only) in page order. Linear. */
function sorted(
  ids: readonly string[],
  upstream: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  for (const root of ids) {
    const stack = [{ id: root, next: 0 }];
    if (seen.has(root)) continue;
    seen.add(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const needed = upstream.get(top.id)?.[top.next++];
      if (needed === undefined) {
        order.push(top.id);
        stack.pop();
      } else if (!seen.has(needed)) {
        seen.add(needed);
        stack.push({ id: needed, next: 0 });
      }
    }
  }
  return order;
}

/** Strongly connected cells (Tarjan 1972), without recursion: chains are as long as notebooks. */
function findRings(
  edges: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const rings = new Map<string, readonly string[]>();
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const on = new Set<string>();
  const enter = (id: string): void => {
    index.set(id, index.size);
    low.set(id, index.get(id) ?? 0);
    stack.push(id);
    on.add(id);
  };
  for (const root of edges.keys()) {
    if (index.has(root)) continue;
    enter(root);
    const work = [{ id: root, next: 0 }];
    for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
      const { id } = top;
      const target = edges.get(id)?.[top.next++];
      if (target !== undefined) {
        if (!index.has(target)) {
          enter(target);
          work.push({ id: target, next: 0 });
        } else if (on.has(target)) {
          low.set(id, Math.min(low.get(id) ?? 0, index.get(target) ?? 0));
        }
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.id;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(id) ?? 0));
      if (low.get(id) !== index.get(id)) continue;
      const members = stack.splice(stack.indexOf(id));
      for (const member of members) on.delete(member);
      if (members.length > 1) for (const member of members) rings.set(member, members);
    }
  }
  return rings;
}

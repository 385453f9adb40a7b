export interface GraphCell {
  readonly id: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Defines names only where no enabled cell does, and waits for nobody. */
  readonly disabled: boolean;
}

export interface CellGraph {
  /** Cells that define a name, in page order; more than one is a conflict. */
  readonly definers: ReadonlyMap<string, readonly string[]>;
  readonly upstream: ReadonlyMap<string, readonly string[]>;
  readonly downstream: ReadonlyMap<string, readonly string[]>;
  /** For each member of a ring of dependencies, the ring as seen from it: `[a, b, c]` for a → b → c → a. */
  readonly rings: ReadonlyMap<string, readonly string[]>;
}

/** Who depends on whom, from names alone. Cells come in page order. */
export function buildGraph(cells: readonly GraphCell[]): CellGraph {
  const definers = findDefiners(cells);
  const upstream = new Map<string, readonly string[]>();
  const downstream = new Map<string, string[]>();
  for (const cell of cells) downstream.set(cell.id, []);
  for (const cell of cells) {
    const above = new Set(cell.inputs.flatMap((name) => definers.get(name) ?? []));
    upstream.set(cell.id, [...above]);
    for (const id of above) downstream.get(id)?.push(cell.id);
  }
  return { definers, upstream, downstream, rings: findRings(cells, definers) };
}

function findDefiners(cells: readonly GraphCell[]): Map<string, string[]> {
  const definers = new Map<string, string[]>();
  for (const cell of cells) {
    if (cell.disabled) continue;
    for (const name of new Set(cell.outputs)) {
      const ids = definers.get(name);
      if (ids === undefined) definers.set(name, [cell.id]);
      else ids.push(cell.id);
    }
  }
  for (const cell of cells) {
    if (!cell.disabled) continue;
    for (const name of cell.outputs) if (!definers.has(name)) definers.set(name, [cell.id]);
  }
  return definers;
}

function findRings(
  cells: readonly GraphCell[],
  definers: ReadonlyMap<string, readonly string[]>,
): Map<string, readonly string[]> {
  const above = new Map<string, Set<string>>();
  for (const cell of cells) {
    const ids = new Set<string>();
    if (!cell.disabled) {
      for (const name of cell.inputs) {
        const owners = definers.get(name);
        if (owners?.length === 1) ids.add(owners[0] as string);
      }
    }
    above.set(cell.id, ids);
  }
  const suspects = trim(above);
  const rings = new Map<string, readonly string[]>();
  for (const id of suspects.keys()) {
    const ring = shortestRing(id, suspects);
    if (ring !== undefined) rings.set(id, ring);
  }
  return rings;
}

/** Only cells on a ring, or between two rings, keep both something above and something below. */
function trim(above: ReadonlyMap<string, ReadonlySet<string>>): Map<string, ReadonlySet<string>> {
  const left = new Map(above);
  for (let size = -1; size !== left.size;) {
    size = left.size;
    const needed = new Set<string>();
    for (const ids of left.values()) for (const id of ids) needed.add(id);
    for (const [id, ids] of left) {
      if (!needed.has(id) || ![...ids].some((upper) => left.has(upper))) left.delete(id);
    }
  }
  return left;
}

function shortestRing(
  start: string,
  above: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] | undefined {
  // Upwards from the start; `below` remembers by whom each was first reached.
  const below = new Map<string, string>();
  const queue = [start];
  for (let i = 0; i < queue.length; i++) {
    const id = queue[i] as string;
    for (const upper of above.get(id) ?? []) {
      if (upper === start) {
        const ring = [id];
        for (let at = id; at !== start;) ring.push((at = below.get(at) as string));
        // From the last reached (which needs the start) down to the start itself; begin with the start.
        return [start, ...ring.slice(0, -1)];
      }
      if (above.has(upper) && !below.has(upper)) {
        below.set(upper, id);
        queue.push(upper);
      }
    }
  }
  return undefined;
}

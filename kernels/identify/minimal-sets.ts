/**
 * All inclusion-minimal subsets of `universe` with a property that supersets within the universe keep ("some
 * subset of R works"): `works(R)` answers for a subset R. Each set once. Between two sets at most |set| times
 * |universe| calls, but a set may be met again many times before a new one is found: after `mostCalls` the search is
 * given up. Returns whether it was.
 */
export function* minimalSets<T>(
  universe: readonly T[],
  works: (subset: readonly T[]) => boolean,
  mostCalls = Infinity,
): Generator<readonly T[], boolean, undefined> {
  let calls = 0;
  const found = new Set<string>();
  const tried = new Set<string>();
  const position = new Map(universe.map((item, i) => [item, i]));
  const key = (set: readonly T[]): string => set.map((item) => position.get(item)).join(",");
  const stack: (readonly T[])[] = [universe];
  for (let within = stack.pop(); within !== undefined; within = stack.pop()) {
    if (tried.has(key(within))) continue;
    tried.add(key(within));
    if (++calls > mostCalls) return true;
    if (!works(within)) continue;
    let set = within;
    for (const item of within) {
      const less = set.filter((other) => other !== item);
      calls++;
      if (works(less)) set = less;
    }
    if (!found.has(key(set))) {
      found.add(key(set));
      yield set;
    }
    for (const item of set) stack.push(within.filter((other) => other !== item));
  }
  return false;
}

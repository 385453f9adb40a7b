import { checkClaim, type Claim } from "../claim.ts";
import { isThenable } from "./task.ts";

/** Values an engine's result is looked through for claims. */
const MAX_VISITED = 5000;
const MAX_DEPTH = 4;

/** The claims that an engine has put into its result: its own, those of a list, those of parts by name. */
export function claimsIn(value: unknown): readonly Claim[] {
  const found: Claim[] = [];
  const seen = new Set<unknown>();
  const visit = (one: unknown, depth: number): void => {
    if (typeof one !== "object" || one === null || ArrayBuffer.isView(one)) return;
    if (seen.has(one) || seen.size >= MAX_VISITED) return;
    seen.add(one);
    const claim = Array.isArray(one) ? undefined : checkClaim((one as { claim?: unknown }).claim);
    if (claim !== undefined) found.push(claim);
    // What an answer is made of is spoken of by its own claim.
    if (claim !== undefined || depth === 0) return;
    const parts =
      one instanceof Map || one instanceof Set ? one.values() : (Object.values(one) as unknown[]);
    for (const part of parts) visit(part, depth - 1);
  };
  visit(value, MAX_DEPTH);
  return found;
}

/**
 * An engine as code calls it: what its results claim is heard, however the code takes them apart. Anything but a
 * function is given back as it is; of a module (a plain object of functions) every function is listened to.
 */
export function listenTo<T>(engine: T, hear: (claim: Claim) => void): T {
  if (typeof engine !== "function") return engine;
  return new Proxy(engine, {
    apply: (target, self, given: unknown[]): unknown =>
      listened(Reflect.apply(target as unknown as () => unknown, self, given), hear),
  });
}

export function listenToModule<T extends Readonly<Record<string, unknown>>>(
  exported: T,
  hear: (claim: Claim) => void,
): T {
  return Object.fromEntries(
    Object.entries(exported).map(([name, value]) => [name, listenTo(value, hear)]),
  ) as T;
}

function listened(result: unknown, hear: (claim: Claim) => void): unknown {
  const note = (value: unknown): void => {
    for (const claim of claimsIn(value)) hear(claim);
  };
  if (isThenable(result)) {
    return result.then((value) => {
      note(value);
      return value;
    });
  }
  if (isStream(result)) return heardStream(result, note);
  note(result);
  return result;
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function* heardStream(
  stream: AsyncIterable<unknown>,
  note: (value: unknown) => void,
): AsyncGenerator {
  for await (const value of stream) {
    note(value);
    yield value;
  }
}

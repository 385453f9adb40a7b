import type { Notebook } from "./document.ts";

// Kept with the notebook under one key of its meta, so that older versions carry it along: a sorted JSON list of
// the ids of assumptions (see `app/claim.ts`) that the user has switched off.
export const DOUBTS = "doubts";

/** Ids of the assumptions that are switched off. What is no list of texts counts as none. */
export function doubtsOf({ meta }: Pick<Notebook, "meta">): ReadonlySet<string> {
  return readDoubts(meta[DOUBTS]);
}

export function readDoubts(text: string | undefined): ReadonlySet<string> {
  if (text === undefined) return new Set();
  try {
    const list: unknown = JSON.parse(text);
    const ids = Array.isArray(list) ? (list as readonly unknown[]) : [];
    return new Set(ids.filter((id): id is string => typeof id === "string" && id !== ""));
  } catch {
    return new Set(); // written by hand, or by a version to come
  }
}

/** Undefined when nothing is switched off. */
export function writeDoubts(doubts: ReadonlySet<string>): string | undefined {
  return doubts.size === 0 ? undefined : JSON.stringify([...doubts].sort());
}

/** Ids that are in one of the two and not in the other. */
export function changedDoubts(a: ReadonlySet<string>, b: ReadonlySet<string>): readonly string[] {
  return [...a].filter((id) => !b.has(id)).concat([...b].filter((id) => !a.has(id)));
}

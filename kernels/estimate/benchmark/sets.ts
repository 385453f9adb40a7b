import { fileSets } from "./file-sets.ts";
import { generatedSets } from "./generated-sets.ts";
import type { KnownSet } from "./known-set.ts";

/** Every set there is: published ones first, then those that are drawn. */
export const knownSets: readonly KnownSet[] = [...fileSets, ...generatedSets];

/** A set by name. */
export function knownSet(name: string): KnownSet | undefined {
  return knownSets.find((set) => set.name === name);
}

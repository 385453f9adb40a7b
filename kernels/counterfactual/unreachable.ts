/** Ends a switch over every kind of a union: the compiler refuses it when a kind is missing. */
export function unreachable(value: never): never {
  throw new Error(`No case for ${JSON.stringify(value)}.`);
}

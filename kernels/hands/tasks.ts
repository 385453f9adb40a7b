import type { HandTask } from "../../app/work.ts";

type AnyTask = HandTask<never, never, unknown>;

/** Every task that a hand can do. Engines load when the first item of theirs comes. */
const tasks: Readonly<Record<string, () => Promise<AnyTask>>> = {
  "forest-pairs": async () => (await import("../estimate/forest/forest.ts")).forestPairs,
};

/** Throws for a name that is none of ours. */
export async function findTask(name: string): Promise<AnyTask> {
  const find = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (find === undefined) throw new Error(`There is no task "${name}" for another thread.`);
  return find();
}

export const taskNames: readonly string[] = Object.keys(tasks);

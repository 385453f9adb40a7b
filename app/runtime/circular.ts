/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
import type { Task } from "./task.ts";

/** Those of the waiting variables that can never be computed because they wait, in a ring, for themselves. */
export function findCircular(waiting: Iterable<Task>): Task[] {
  const needs = new Map<Task, number>();
  const free: Task[] = [];
  for (const task of waiting) {
    if (task._indegree === 0) free.push(task);
    else needs.set(task, task._indegree);
  }
  for (let task = free.pop(); task !== undefined; task = free.pop()) {
    for (const output of task._outputs) release(needs, output, free);
  }
  if (needs.size === 0) return [];

  // What is left lies on a ring or below one; take away, from the bottom, what only lies below.
  const feeds = new Map<Task, number>();
  for (const task of needs.keys()) {
    let count = 0;
    for (const output of task._outputs) if (needs.has(output)) count++;
    if (count === 0) free.push(task);
    else feeds.set(task, count);
  }
  for (let task = free.pop(); task !== undefined; task = free.pop()) {
    for (const input of new Set(task._inputs)) release(feeds, input, free);
  }
  return [...feeds.keys()];
}

function release(counts: Map<Task, number>, task: Task, freed: Task[]): void {
  const count = counts.get(task);
  if (count === undefined) return;
  if (count > 1) {
    counts.set(task, count - 1);
  } else {
    counts.delete(task);
    freed.push(task);
  }
}

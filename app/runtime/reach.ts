/* oxlint-disable no-underscore-dangle -- the stock runtime names its inner fields so */
import { prepare, type Task } from "./task.ts";

let epoch = 0;

/**
 * Brings `_reachable` (observed, or needed by something observed) up to date after edges have changed at the
 * `dirty` variables. Linear in the variables above them: whatever lies elsewhere kept its answer.
 */
export function updateReachability(
  dirty: Iterable<Task>,
  isObserved: (task: Task) => boolean,
  onGained: (task: Task) => void,
  onLost: (task: Task) => void,
): void {
  const mark = ++epoch;
  const region: Task[] = [];
  const enter = (variable: Task): void => {
    const task = prepare(variable);
    if (task._reachEpoch === mark) return;
    task._reachEpoch = mark;
    task._reaches = false;
    region.push(task);
  };
  for (const task of dirty) enter(task);
  for (let i = 0; i < region.length; i++) (region[i] as Task)._inputs.forEach(enter);

  const reaching: Task[] = [];
  const reach = (task: Task): void => {
    if (task._reachEpoch !== mark || task._reaches) return;
    task._reaches = true;
    reaching.push(task);
  };
  for (const task of region) {
    if (isObserved(task) || leadsOut(task, mark)) reach(task);
  }
  for (let i = 0; i < reaching.length; i++) (reaching[i] as Task)._inputs.forEach(reach);

  for (const task of region) {
    const before = task._reachable;
    task._reachable = task._reaches;
    if (task._reaches && !before) onGained(task);
    else if (!task._reaches && before) onLost(task);
  }
}

function leadsOut(task: Task, mark: number): boolean {
  for (const output of task._outputs) {
    if (output._reachEpoch !== mark && output._reachable) return true;
  }
  return false;
}

import type { HandTask } from "../../app/work.ts";
import type { FromHand, Line, ToHand } from "./messages.ts";
import { findTask } from "./tasks.ts";

type AnyTask = HandTask<never, never, unknown>;

/** Does batches as they come. Knows no notebook and no user code: data in, data out. */
export function serve(
  line: Line<FromHand, ToHand>,
  close: () => void,
  find: (name: string) => Promise<AnyTask> = findTask,
): void {
  const jobs = new Map<number, Promise<(item: never) => unknown>>();
  line.addEventListener("message", ({ data }) => {
    switch (data.type) {
      case "begin": {
        const prepared = find(data.task).then((task) => task.prepare(data.shared as never));
        // the first batch tells; a job without one fails unheard
        prepared.catch(() => {});
        jobs.set(data.job, prepared);
        return;
      }
      case "items":
        void perform(data.job, data.items);
        return;
      case "end":
        jobs.delete(data.job);
        return;
      case "close":
        close();
        return;
    }
  });
  line.start();

  async function perform(job: number, items: readonly unknown[]): Promise<void> {
    try {
      const run = await jobs.get(job);
      if (run === undefined) return;
      const values: unknown[] = [];
      for (const item of items) values.push(await run(item as never));
      line.postMessage({ type: "results", job, values });
    } catch {
      line.postMessage({ type: "failed", job });
    }
  }
}

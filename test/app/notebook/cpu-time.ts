/** Milliseconds that `run` keeps this thread busy: a limit on it holds on a crowded machine too. */
export function cpuTime(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

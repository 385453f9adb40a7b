/** A fresh task of the event loop: timers, messages and input come in between. */
export const nextTask: () => Promise<void> = (() => {
  const host = globalThis as {
    setImmediate?: (task: () => void) => unknown;
    MessageChannel?: new () => {
      port1: { onmessage: (() => void) | null };
      port2: { postMessage(value: null): void };
    };
  };
  const { setImmediate, MessageChannel } = host;
  if (setImmediate !== undefined) return () => new Promise((resolve) => setImmediate(resolve));
  if (MessageChannel !== undefined) {
    const channel = new MessageChannel();
    const queue: (() => void)[] = [];
    // oxlint-disable-next-line prefer-add-event-listener -- a port starts by itself only this way
    channel.port1.onmessage = () => queue.shift()?.();
    return () =>
      new Promise((resolve) => {
        queue.push(resolve);
        channel.port2.postMessage(null);
      });
  }
  return () => new Promise((resolve) => setTimeout(resolve, 0));
})();

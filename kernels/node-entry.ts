import { openChannel } from "./channel.ts";
import { createEvaluator } from "./evaluator.ts";
import { Kernel } from "./kernel.ts";

/**
 * Entry of the kernel in a Node child process (`dagbok run`). Before any cell runs, what could reach the network, the
 * system or a child process is taken away. Node is no sandbox: this is defence in depth, not the claim (see
 * ARCHITECTURE.md); notebooks that were not written here are refused without `--trust`.
 */

interface ModuleHooks {
  registerHooks?(hooks: {
    resolve(specifier: string, context: unknown, next: (s: string, c: unknown) => unknown): unknown;
  }): void;
}

const taken = [
  "fetch",
  "WebSocket",
  "EventSource",
  "XMLHttpRequest",
  "Request",
  "Response",
  "Headers",
  "FormData",
  "BroadcastChannel",
  "navigator",
  "localStorage",
  "sessionStorage",
  "Storage",
  "require",
  "module",
  "process",
];

const channel = openChannel();
const evaluate = createEvaluator();
refuseBuiltins();
for (const name of taken) {
  if (name in globalThis && !Reflect.deleteProperty(globalThis, name)) {
    Object.defineProperty(globalThis, name, { value: undefined, configurable: false });
  }
}
new Kernel(channel, { evaluate });

/** Cells are data URLs, which may import Node's own modules: after start nothing may. */
function refuseBuiltins(): void {
  const node = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
  const hooks = node?.getBuiltinModule?.("node:module") as ModuleHooks | undefined;
  hooks?.registerHooks?.({
    resolve: (specifier, context, next) => {
      const parent = (context as { parentURL?: string }).parentURL ?? "";
      if (parent.startsWith("data:") && !specifier.startsWith("data:")) {
        throw new Error(`A cell cannot import "${specifier}".`);
      }
      return next(specifier, context);
    },
  });
}

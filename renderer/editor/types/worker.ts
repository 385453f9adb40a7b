import { files } from "virtual:cell-types";
import { methods } from "virtual:method-catalogue";
import { ts } from "virtual:typescript";
import type { Compiler } from "./compiler.ts";
import { TypesDesk } from "./desk.ts";
import type { TypesEvent, TypesRequest } from "./messages.ts";

// Runs in the page's own origin: it holds our code only, and reads the user's without ever running it.
const began = performance.now();
const scope = globalThis as unknown as {
  postMessage(message: TypesEvent): void;
  addEventListener(type: "message", listener: (event: MessageEvent<TypesRequest>) => void): void;
};

// A message to oneself comes after those that are waiting; a timer would be held back.
const { port1, port2 } = new MessageChannel();
const tasks: (() => void)[] = [];
port1.addEventListener("message", () => tasks.shift()?.());
port1.start();

const desk = new TypesDesk(ts as Compiler, files, methods, {
  post: (event) => scope.postMessage(event),
  later: (task) => {
    tasks.push(task);
    port2.postMessage(0);
  },
});
scope.addEventListener("message", ({ data }) => desk.handle(data));
scope.postMessage({ type: "ready", ms: performance.now() - began });

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { type RouteName, type Routes, routes, tokenHeader } from "../../../app/protocol/routes.ts";
import type { NotebookStore } from "../../../app/protocol/store.ts";
import { type Backend, createBackend } from "../../../main/backend/backend.ts";
import { createHandlers } from "../../../main/backend/handlers.ts";
import { browserPlaces, type Places } from "../../../main/backend/policies.ts";
import { Sessions } from "../../../main/backend/sessions.ts";
import { openCatalogue } from "../../../main/catalogue/catalogue.ts";
import { Library } from "../../../main/storage/library.ts";
import { projectFolder } from "../../../main/files.ts";
import { buildRequest } from "../../../renderer/client/api.ts";
import { temporaryFolder } from "../storage/support.ts";

export interface TestBackend {
  readonly backend: Backend;
  readonly library: Library;
  readonly sessions: Sessions;
  readonly places: Places;
  readonly token: string;
  readonly folder: string;
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
  readonly call: <R extends RouteName>(
    route: R,
    input: Routes[R]["in"],
  ) => Promise<Routes[R]["out"]>;
  readonly ask: (route: RouteName, input: Record<string, unknown>) => Promise<Response>;
}

/** The handler over a real library, without a socket. */
export function makeBackend(places: Places = browserPlaces(4321)): TestBackend {
  const folder = temporaryFolder();
  const page = path.join(folder, "renderer");
  const kernel = path.join(folder, "kernel");
  for (const [name, text] of [
    ["renderer/index.html", "<!doctype html><title>Dagbok</title>"],
    ["renderer/assets/page-1.js", "1"],
    ["renderer/secret.txt", "not a type that is served"],
    ["kernel/kernel.html", "<!doctype html>"],
    ["kernel/worker.js", "2"],
    ["outside.js", "outside"],
  ] as const) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  const library = new Library({ folder: path.join(folder, "home") });
  onTestFinished(() => library.close());
  const sessions = new Sessions();
  const token = sessions.start();
  const backend = createBackend({
    places,
    sessions,
    rendererFolder: page,
    kernelFolder: kernel,
    handlers: createHandlers({
      store: asStore(library),
      catalogue: openCatalogue(path.join(folder, "home")),
      shippedFolder: path.join(projectFolder, "notebooks"),
      version: "0.0.0",
      desktop: false,
    }),
  });
  const send = (at: string, init?: RequestInit): Promise<Response> =>
    backend(new Request(`${places.shell}${at}`, init));
  const ask = (route: RouteName, input: Record<string, unknown>): Promise<Response> => {
    const { method, path: at, headers, body } = buildRequest(route, input);
    return send(at, {
      method,
      headers: { ...headers, origin: places.shell, [tokenHeader]: token },
      ...(body === undefined ? {} : { body }),
    });
  };
  return {
    backend,
    library,
    sessions,
    places,
    token,
    folder,
    send,
    ask,
    async call(route, input) {
      const response = await ask(route, input ?? {});
      if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
      return (
        route === "getBlob" ? new Uint8Array(await response.arrayBuffer()) : await response.json()
      ) as never;
    },
  };
}

/** Every route of the table with some path that fits it. */
export const everyRoute = (Object.keys(routes) as RouteName[]).map((name) => ({
  name,
  method: routes[name].method,
  path: routes[name].path.replace(/:(\w+)/g, "abcd"),
}));

function asStore(library: Library): NotebookStore {
  return new Proxy(library, {
    get: (_, method) => {
      const work = Reflect.get(library, method) as (...args: unknown[]) => unknown;
      return async (...args: unknown[]) => work.apply(library, args);
    },
  }) as unknown as NotebookStore;
}

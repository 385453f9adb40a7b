import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { type RouteName, type Routes, tokenHeader } from "../../app/protocol/routes.ts";
import { buildRequest } from "../../renderer/client/api.ts";

/** As the page does (renderer/state): an edit waits at most this long for others to be sent with it. */
export const MAX_WAIT_MS = 120;

export interface Server {
  readonly child: ChildProcess;
  call<R extends RouteName>(route: R, input: Routes[R]["in"]): Promise<Routes[R]["out"]>;
}

/** Starts the real server on a home and exchanges its one-time token, as the page does. */
export async function startServer(home: string): Promise<Server> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "server.ts")], {
    env: { ...process.env, DAGBOK_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await readAddress(child);
  const { origin } = address;
  const send = (
    at: string,
    init: { method: string; headers: Record<string, string>; body?: BodyInit },
  ): Promise<Response> => fetch(origin + at, { ...init, headers: { ...init.headers, origin } });
  const exchanged = await send("/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: new URLSearchParams(address.hash.slice(1)).get("token") }),
  });
  const { token } = (await exchanged.json()) as { token: string };
  return {
    child,
    async call(route, input) {
      const { path: at, ...request } = buildRequest(route, input ?? {});
      const headers = { ...request.headers, [tokenHeader]: token };
      const response = await send(at, { ...request, headers });
      if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
      return (await response.json()) as never;
    },
  };
}

async function readAddress(child: ChildProcess): Promise<URL> {
  if (child.stdout === null) throw new Error("The server has no output to read.");
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    const address = /http:\S+/.exec(line)?.[0];
    if (address !== undefined) return new URL(address);
  }
  throw new Error("The server ended before it said where it is.");
}

export async function killHard({ child }: Server): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

export interface Typed {
  /** When each keystroke was made. */
  readonly keys: readonly { readonly text: string; readonly at: number }[];
  /** How many of them the server has acknowledged. */
  readonly acknowledged: number;
}

/** Types at the end of a cell until the server is gone, one request at a time. */
export async function typeUntilKilled(
  server: Server,
  notebook: {
    readonly id: string;
    readonly rev: number;
    readonly cell: string;
    readonly length: number;
  },
  name: string,
  signal: AbortSignal,
): Promise<Typed> {
  const keys: { text: string; at: number }[] = [];
  let { rev } = notebook;
  let sent = 0;
  let acknowledged = 0;
  let flight: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    const upTo = keys.length;
    const text = keys
      .slice(sent, upTo)
      .map((key) => key.text)
      .join("");
    const answer = await server.call("editNotebook", {
      id: notebook.id,
      baseRev: rev,
      group: name,
      batch: `${name}-${upTo}`,
      edits: [
        {
          kind: "splice",
          cell: notebook.cell,
          at: notebook.length + sent,
          remove: 0,
          insert: text,
        },
      ],
    });
    sent = upTo;
    acknowledged = upTo;
    ({ rev } = answer);
  };

  while (!signal.aborted) {
    keys.push({ text: String.fromCharCode(97 + (keys.length % 26)), at: performance.now() });
    const first = keys[sent];
    if (
      flight === undefined &&
      first !== undefined &&
      performance.now() - first.at >= MAX_WAIT_MS - 10
    ) {
      flight = flush().then(
        () => void (flight = undefined),
        (error: unknown) => {
          if (!signal.aborted) throw error;
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 8));
  }
  await flight;
  return { keys, acknowledged };
}

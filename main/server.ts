import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Backend } from "./backend/backend.ts";

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Browser mode's HTTP: loopback only. The back end needs the port for its origins, so it is made once the port
 * is known.
 */
export async function startServer(
  wantedPort: number,
  makeBackend: (port: number) => Backend,
): Promise<RunningServer> {
  const server = createServer();
  await listen(server, wantedPort);
  const { port } = server.address() as AddressInfo;
  const backend = makeBackend(port);
  server.on("request", (incoming, outgoing) => {
    answer(backend, incoming, outgoing).catch((error: unknown) => {
      // A page that is gone before its answer is no error of ours.
      if (!outgoing.destroyed) console.error(error);
      outgoing.destroy();
    });
  });
  return {
    port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function answer(
  backend: Backend,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = toRequest(incoming);
  if (request === undefined) {
    outgoing.writeHead(400).end();
    return;
  }
  const response = await backend(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null || outgoing.destroyed) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body), outgoing);
}

/** Nothing for what is no request to a host at all (`OPTIONS *`, a proxy's absolute URL, a missing Host). */
function toRequest(incoming: IncomingMessage): Request | undefined {
  const { method = "GET", url = "", headers } = incoming;
  const address = `http://${headers.host ?? ""}${url}`;
  if (!url.startsWith("/") || !URL.canParse(address)) return undefined;
  if (["CONNECT", "TRACE", "TRACK"].includes(method)) return undefined;
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) sent.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(address, {
    method,
    headers: sent,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" } : {}),
  });
}

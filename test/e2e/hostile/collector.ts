import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on this machine that counts whatever reaches it, by the last part of the path. */
export interface Collector {
  readonly url: (vector: string) => string;
  /** Names of the vectors that reached it. */
  readonly hits: ReadonlySet<string>;
  /** Connections and datagrams of any kind, also those that spoke no HTTP. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const hits = new Set<string>();
  let connections = 0;
  const server = createServer((request, response) => {
    hits.add(request.url?.split("/")[2]?.replace(/[?#].*$/, "") ?? "");
    response.writeHead(200, { "access-control-allow-origin": "*", "content-type": "text/plain" });
    response.end("x");
  });
  server.on("connection", () => connections++);
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const udp = createSocket("udp4");
  udp.on("message", () => {
    connections++;
    hits.add("udp");
  });
  await new Promise<void>((resolve) => udp.bind(port, "127.0.0.1", resolve));
  return {
    url: (vector) => `http://127.0.0.1:${port}/v/${vector}`,
    hits,
    connections: () => connections,
    close: async () => {
      udp.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

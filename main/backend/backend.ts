import type { RouteName } from "../../app/protocol/routes.ts";
import { MAX_BLOB, readBytes, readJson } from "./body.ts";
import { type Admission, admit } from "./gate.ts";
import type { Handlers } from "./handlers.ts";
import { checkPayload } from "./payloads.ts";
import { type Places, type Policy, securityHeaders } from "./policies.ts";
import { Refusal, toRouteError } from "./refusal.ts";
import { findRoute } from "./router.ts";
import type { Sessions } from "./sessions.ts";
import { readStatic } from "./static.ts";

export interface BackendOptions {
  readonly places: Places;
  readonly sessions: Sessions;
  readonly handlers: Handlers;
  /** Folder of the built page, with `index.html`. */
  readonly rendererFolder: string;
  /** Folder of the built kernel frame, with `kernel.html`. */
  readonly kernelFolder: string;
}

export type Backend = (request: Request) => Promise<Response>;

/** Everything the product answers, whoever asks: Electron's protocol, the HTTP adapter, tests. */
export function createBackend(options: BackendOptions): Backend {
  return async (request) => {
    let admission: Admission | undefined;
    try {
      const url = new URL(request.url);
      admission = admit(request, url, options.places, options.sessions);
      const response = await answer(request, url, admission, options);
      return request.method === "HEAD" ? new Response(null, response) : response;
    } catch (error) {
      const { status, body } = toRouteError(error);
      return json(body, options.places, status);
    }
  };
}

async function answer(
  request: Request,
  url: URL,
  admission: Admission,
  options: BackendOptions,
): Promise<Response> {
  const { places, rendererFolder, kernelFolder } = options;
  if (admission === "api") return answerRoute(request, url, options);
  if (admission === "session") return answerSession(request, options);
  if (admission === "kernel") return answerFile(kernelFolder, url.pathname, "frame", places);
  const name = url.pathname === "/" ? "/index.html" : url.pathname;
  return answerFile(rendererFolder, name, "shell", places);
}

async function answerRoute(request: Request, url: URL, options: BackendOptions): Promise<Response> {
  const { route, params } = findRoute(request.method, url.pathname);
  const payload = checkPayload(route, { ...(await readInput(route, request, url)), ...params });
  if (!payload.ok) {
    throw new Refusal(400, "payload", `${payload.at || "The request"} is not valid.`, {
      expected: payload.message,
    });
  }
  const handler = options.handlers[route] as (input: unknown) => Promise<unknown>;
  const out = await handler(payload.value);
  if (route === "getBlob") return blob(out as Uint8Array<ArrayBuffer>, options.places);
  return json(out, options.places);
}

async function readInput(
  route: RouteName,
  request: Request,
  url: URL,
): Promise<Record<string, unknown>> {
  if (route === "putBlob") {
    const mime = request.headers.get("content-type")?.split(";")[0]?.trim();
    return { mime: mime ?? "application/octet-stream", bytes: await readBytes(request, MAX_BLOB) };
  }
  if (request.method === "GET" || request.method === "DELETE") {
    return Object.fromEntries(url.searchParams);
  }
  return readJson(request);
}

async function answerSession(request: Request, options: BackendOptions): Promise<Response> {
  if (request.method !== "POST") throw new Refusal(405, "method", "Only POST is allowed here.");
  const { token } = await readJson(request);
  const session = typeof token === "string" ? options.sessions.exchange(token) : undefined;
  if (session === undefined) {
    throw new Refusal(401, "token", "This address has been used already.", {
      hint: "Open the newest address that Dagbok has printed.",
    });
  }
  return json({ token: session }, options.places);
}

async function answerFile(
  folder: string,
  pathname: string,
  policy: Policy,
  places: Places,
): Promise<Response> {
  const { bytes, headers, extension } = await readStatic(folder, pathname);
  const scripted = policy === "frame" && extension !== ".html" ? "worker" : policy;
  return new Response(bytes, { headers: { ...headers, ...securityHeaders(scripted, places) } });
}

function json(value: unknown, places: Places, status = 200): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      ...securityHeaders("api", places),
    },
  });
}

/** Bytes of a stranger: never of a type that a browser would show. */
function blob(bytes: Uint8Array<ArrayBuffer>, places: Places): Response {
  return new Response(bytes, {
    headers: {
      "content-type": "application/octet-stream",
      "content-disposition": "attachment",
      "cache-control": "no-store",
      ...securityHeaders("api", places),
    },
  });
}

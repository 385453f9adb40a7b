import { tokenHeader } from "../../app/protocol/routes.ts";
import { isKernelOrigin, type Places } from "./policies.ts";
import { Refusal } from "./refusal.ts";
import type { Sessions } from "./sessions.ts";

export const SESSION_PATH = "/api/session";

/** What a request may reach once it is let in. */
export type Admission = "api" | "session" | "page" | "kernel";

/**
 * The one place where a request is let in; what is not named here is refused. Nothing is trusted for what it
 * lacks: Electron, for one, takes `Origin: null` away before we see it.
 */
export function admit(request: Request, url: URL, places: Places, sessions: Sessions): Admission {
  const origin = `${url.protocol}//${url.host}`;
  const host = request.headers.get("host");
  if (host !== null && host !== url.host) throw new Refusal(403, "host", "The Host is not ours.");
  if (isKernelOrigin(origin, places)) return admitToKernel(request, origin);
  if (origin !== places.shell) throw new Refusal(403, "host", "The Host is not ours.");

  const isApi = url.pathname === "/api" || url.pathname.startsWith("/api/");
  checkSite(request, !isApi);
  checkOrigin(request, places.shell);
  if (!isApi) {
    checkReads(request);
    return "page";
  }
  if (url.pathname === SESSION_PATH) return "session";
  if (!sessions.isValid(request.headers.get(tokenHeader))) {
    throw new Refusal(401, "token", "The session is not known.", {
      hint: "Open the newest address that Dagbok has printed.",
    });
  }
  return "api";
}

/** Frames serve their own few files, and nothing that could change anything. */
function admitToKernel(request: Request, origin: string): "kernel" {
  checkReads(request);
  const sent = request.headers.get("origin");
  if (sent !== null && sent !== origin) throw new Refusal(403, "origin", "The Origin is not ours.");
  // The page's frame is another site; who else may frame it is said by `frame-ancestors`.
  const site = request.headers.get("sec-fetch-site");
  const framed = request.headers.get("sec-fetch-dest") === "iframe";
  if (site !== null && site !== "same-origin" && !framed) {
    throw new Refusal(403, "site", "The request comes from another site.");
  }
  return "kernel";
}

function checkSite(request: Request, isPage: boolean): void {
  const site = request.headers.get("sec-fetch-site");
  if (site === null || site === "same-origin") return;
  // An address that is typed, or a link that is followed: the page shows nothing without a token.
  const opens =
    request.method === "GET" &&
    request.headers.get("sec-fetch-mode") === "navigate" &&
    request.headers.get("sec-fetch-dest") === "document";
  if (isPage && opens) return;
  throw new Refusal(403, "site", "The request comes from another site.");
}

function checkOrigin(request: Request, shell: string): void {
  const origin = request.headers.get("origin");
  if (origin === shell) return;
  // Browsers leave it out of same-origin reads only.
  if (origin === null && (request.method === "GET" || request.method === "HEAD")) return;
  throw new Refusal(403, "origin", "The Origin is not ours.");
}

function checkReads(request: Request): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  throw new Refusal(405, "method", `${request.method} is not allowed here.`);
}

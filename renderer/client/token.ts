import { tokenHeader } from "../../app/protocol/routes.ts";

const KEY = "dagbok.token";

interface TokenPorts {
  readonly location: Pick<Location, "hash" | "pathname" | "search">;
  readonly history: Pick<History, "replaceState">;
  readonly storage: Pick<Storage, "getItem" | "setItem">;
  readonly fetch: typeof fetch;
}

/**
 * Browser mode hands over a one-time token in the URL's fragment (`#token=…`, optionally `&open=<id>`). It is
 * exchanged for a session token that lives in sessionStorage: not in a cookie, which ignores ports, and gone
 * from the address bar before anything else happens. The desktop shell needs none.
 */
export async function claimToken(ports: TokenPorts): Promise<string | undefined> {
  const { location, history, storage } = ports;
  const fragment = new URLSearchParams(location.hash.replace(/^#\/?/, ""));
  const oneTime = fragment.get("token");
  if (oneTime === null) return storage.getItem(KEY) ?? undefined;
  const open = fragment.get("open");
  history.replaceState(
    null,
    "",
    `${location.pathname}${location.search}#/${open === null ? "" : `n/${open}`}`,
  );
  const response = await ports.fetch("/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: oneTime }),
  });
  if (!response.ok) {
    // A reload of the first URL: the session token of this window may still be good.
    return storage.getItem(KEY) ?? undefined;
  }
  const answer = (await response.json()) as { token?: string };
  const token = answer.token ?? response.headers.get(tokenHeader) ?? undefined;
  if (token !== undefined) storage.setItem(KEY, token);
  return token;
}

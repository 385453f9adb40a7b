import { describe, expect, it } from "vitest";
import { tokenHeader } from "../../../app/protocol/routes.ts";
import { desktopPlaces } from "../../../main/backend/policies.ts";
import { everyRoute, makeBackend } from "./support.ts";

const shell = "http://127.0.0.1:4321";
const good = (token: string): Record<string, string> => ({
  host: "127.0.0.1:4321",
  origin: shell,
  "sec-fetch-site": "same-origin",
  [tokenHeader]: token,
});

describe("every route of the table", () => {
  it.each(everyRoute)("$name is refused without what it takes to be let in", async (route) => {
    const { send, backend, token, places } = makeBackend();
    const status = async (change: Record<string, string | undefined>, at = shell) => {
      const headers = Object.entries({ ...good(token), ...change }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const init = { method: route.method, headers };
      return (await backend(new Request(at + route.path, init))).status;
    };
    expect([401, 403]).not.toContain(await status({}));

    expect(await status({ [tokenHeader]: undefined })).toBe(401);
    expect(await status({ [tokenHeader]: "" })).toBe(401);
    expect(await status({ [tokenHeader]: `${token}x` })).toBe(401);
    expect(await status({ host: "evil.example" })).toBe(403);
    expect(await status({ host: "127.0.0.1:4322" })).toBe(403);
    expect(await status({ host: "localhost:4321" }, "http://localhost:4321")).toBe(403);
    expect(await status({ host: "evil.example:4321" }, "http://evil.example:4321")).toBe(403);
    expect(await status({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await status({ "sec-fetch-site": "same-site" })).toBe(403);
    expect(await status({ "sec-fetch-site": "none" })).toBe(403);
    for (const origin of [
      "null",
      "https://evil.example",
      "http://127.0.0.1:4321.evil.example",
      "http://127.0.0.1:43210",
      "http://localhost:4321",
      places.kernel("abcd"),
    ]) {
      expect(await status({ origin })).toBe(403);
    }
    // Left out of reads by browsers themselves; never trusted for the lack of it.
    expect(await status({ origin: undefined, [tokenHeader]: undefined })).toBe(
      route.method === "GET" ? 401 : 403,
    );
    if (route.method !== "GET") expect(await status({ origin: undefined })).toBe(403);

    const bare = await send(route.path, { method: route.method });
    expect([401, 403]).toContain(bare.status);
    expect(bare.headers.get("access-control-allow-origin")).toBeNull();
    expect(bare.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(bare.headers.get("set-cookie")).toBeNull();
    expect(await bare.json()).toMatchObject({ error: { code: expect.any(String) } });
  });

  it.each(everyRoute)("$name cannot be reached on a kernel's host", async (route) => {
    const { backend, token, places } = makeBackend();
    const origin = places.kernel("abcd");
    const response = await backend(
      new Request(origin + route.path, {
        method: route.method,
        headers: { origin, [tokenHeader]: token },
      }),
    );
    expect([403, 404, 405]).toContain(response.status);
  });

  it.each(everyRoute)(
    "$name is refused in the desktop app with the Origin taken away",
    async (route) => {
      const { backend, token } = makeBackend(desktopPlaces);
      const send = (headers: Record<string, string>) =>
        backend(new Request(`app://shell${route.path}`, { method: route.method, headers }));
      expect((await send({})).status).toBe(route.method === "GET" ? 401 : 403);
      if (route.method !== "GET") expect((await send({ [tokenHeader]: token })).status).toBe(403);
      expect([401, 403]).not.toContain(
        (await send({ origin: "app://shell", [tokenHeader]: token })).status,
      );
      expect(
        (await backend(new Request(`app://other${route.path}`, { method: route.method }))).status,
      ).toBe(403);
    },
  );
});

describe("sessions", () => {
  const exchange = (token: unknown, headers: Record<string, string> = {}) => ({
    method: "POST",
    headers: { origin: shell, "content-type": "application/json", ...headers },
    body: JSON.stringify({ token }),
  });

  it("exchanges a one-time token once for a session token", async () => {
    const { send, sessions } = makeBackend();
    const oneTime = sessions.invite();
    const first = await send("/api/session", exchange(oneTime));
    const { token } = (await first.json()) as { token: string };
    expect((await send("/api/notebooks", { headers: { [tokenHeader]: token } })).status).toBe(200);
    expect((await send("/api/notebooks", { headers: { [tokenHeader]: oneTime } })).status).toBe(
      401,
    );
    expect((await send("/api/session", exchange(oneTime))).status).toBe(401);
  });

  it("says no to guesses, other sites and other methods", async () => {
    const { send, sessions } = makeBackend();
    const oneTime = sessions.invite();
    expect((await send("/api/session", exchange("guess"))).status).toBe(401);
    expect((await send("/api/session", exchange(null))).status).toBe(401);
    expect((await send("/api/session", exchange(oneTime, { origin: "null" }))).status).toBe(403);
    expect(
      (await send("/api/session", exchange(oneTime, { "sec-fetch-site": "cross-site" }))).status,
    ).toBe(403);
    expect(
      (await send("/api/session", exchange(oneTime, { "content-type": "text/plain" }))).status,
    ).toBe(415);
    expect((await send("/api/session")).status).toBe(405);
    expect((await send("/api/session", exchange(oneTime))).status).toBe(200);
  });
});

describe("the page", () => {
  it("is served to whoever opens it, with the shell's policy", async () => {
    const { send } = makeBackend();
    const response = await send("/", {
      headers: {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
      },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")?.split("; ")).toEqual([
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "style-src 'self' 'unsafe-inline'",
      "font-src 'self' data:",
      "img-src 'self' data: blob:",
      "worker-src 'self'",
      "connect-src 'self'",
      "frame-src http://*.localhost:4321",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect((await send("/assets/page-1.js")).headers.get("cache-control")).toContain("immutable");
  });

  it.each(["cors", "no-cors", "navigate"])(
    "is not fetched or framed by another site (%s)",
    async (mode) => {
      const { send } = makeBackend();
      const headers = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": mode,
        "sec-fetch-dest": "iframe",
      };
      expect((await send("/", { headers })).status).toBe(403);
    },
  );

  it.each([
    "/../outside.js",
    "/..%2foutside.js",
    "/%2e%2e/outside.js",
    "/%2e%2e%2foutside.js",
    "/..%5coutside.js",
    "/assets/..%2f..%2foutside.js",
    "//outside.js",
    "/assets//page-1.js",
    "/.env.js",
    "/%00.js",
    "/C:%5coutside.js",
    "/secret.txt",
    "/assets",
    "/nothing.js",
  ])("serves nothing at %s", async (at) => {
    const { send } = makeBackend();
    expect((await send(at)).status).toBe(404);
  });

  it("takes broken escapes, other methods and unknown routes as what they are", async () => {
    const { send, token } = makeBackend();
    expect((await send("/%E0%A4%A.js")).status).toBe(400);
    expect((await send("/", { method: "POST", headers: { origin: shell } })).status).toBe(405);
    expect((await send("/api/nothing")).status).toBe(401);
    expect((await send("/api/nothing", { headers: { [tokenHeader]: token } })).status).toBe(404);
    expect((await send("/api/health", { method: "PUT", headers: good(token) })).status).toBe(405);
    expect(
      (await send("/api/notebooks/%E0%A4%A", { headers: { [tokenHeader]: token } })).status,
    ).toBe(400);
    const head = await send("/", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

describe("kernel frames", () => {
  const frame = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-dest": "iframe",
    "sec-fetch-mode": "navigate",
  };

  it("are served their files, the worker under a policy of its own", async () => {
    const { backend, places } = makeBackend();
    const page = await backend(
      new Request(`${places.kernel("abcd")}/kernel.html`, { headers: frame }),
    );
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("connect-src 'none'");
    expect(page.headers.get("content-security-policy")).toContain(`frame-ancestors ${shell}`);
    const worker = await backend(new Request(`${places.kernel("abcd")}/worker.js`));
    expect(worker.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval' blob:; connect-src 'none'; worker-src 'none'",
    );
  });

  it("are served nothing else", async () => {
    const { backend, places } = makeBackend();
    const status = async (at: string, init?: RequestInit) =>
      (await backend(new Request(at, init))).status;
    const origin = places.kernel("abcd");
    expect(await status(`${origin}/`)).toBe(404);
    expect(await status(`${origin}/index.html`)).toBe(404);
    expect(await status(`${origin}/..%2frenderer%2findex.html`)).toBe(404);
    expect(await status(`${origin}/kernel.html`, { method: "POST" })).toBe(405);
    expect(
      await status(`${origin}/worker.js`, { headers: { "sec-fetch-site": "cross-site" } }),
    ).toBe(403);
    expect(
      await status(`${origin}/worker.js`, { headers: { origin: places.kernel("efgh") } }),
    ).toBe(403);
    for (const host of [
      "n-ab.localhost:4321",
      "n-abcd.localhost",
      "x.localhost:4321",
      "n-abcd.evil:4321",
      "n-abcd.localhost.evil.example:4321",
    ]) {
      expect(await status(`http://${host}/kernel.html`, { headers: frame })).toBe(403);
    }
  });
});

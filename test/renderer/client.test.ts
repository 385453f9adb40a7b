import { expect, test, vi } from "vitest";
import { routes, type RouteName } from "../../app/protocol/routes.ts";
import { ApiError, buildRequest, createFetchApi } from "../../renderer/client/api.ts";
import { claimToken } from "../../renderer/client/token.ts";
import { kernelOrigin } from "../../renderer/kernel/frame.ts";
import { ago } from "../../renderer/library/time.ts";
import { MemoryStorage } from "./fakes/memory-storage.ts";

test("every route fills its path, and ids cannot leave their place in it", () => {
  for (const name of Object.keys(routes) as RouteName[]) {
    const built = buildRequest(name, {
      id: "../x?y#z",
      key: "k",
      rev: 3,
      to: "ts",
      sha256: "ab",
      name: "n",
      mime: "a/b",
      bytes: new Uint8Array(),
    });
    expect(built.path).not.toContain(":");
    expect(built.path).not.toContain("../");
    expect(built.path).not.toContain("#");
  }
});

test("what is not in the path goes to the query or the body", () => {
  expect(buildRequest("listNotebooks", { search: "a b" }).path).toBe("/api/notebooks?search=a+b");
  const edit = buildRequest("undo", { id: "abcd", baseRev: 4 });
  expect(edit).toMatchObject({ path: "/api/notebooks/abcd/undo", body: '{"baseRev":4}' });
});

test("nobody answering and a refusal are told apart", async () => {
  const away = createFetchApi({
    base: "",
    token: () => "t",
    fetch: () => Promise.reject(new TypeError("x")),
  });
  await expect(away.call("health", undefined)).rejects.toMatchObject({ kind: "away" });
  const refusing = createFetchApi({
    base: "",
    token: () => "t",
    fetch: () =>
      Promise.resolve(
        Response.json(
          { error: { name: "StoreError", message: "No.", code: "conflict" } },
          { status: 409 },
        ),
      ),
  });
  const error = await refusing.call("health", undefined).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ kind: "refused", conflict: true, message: "No." });
});

test("the token travels as a header", async () => {
  const fetch = vi.fn(() => Promise.resolve(Response.json([])));
  await createFetchApi({ base: "", token: () => "secret", fetch: fetch }).call(
    "shipped",
    undefined,
  );
  const [, options] = fetch.mock.calls[0] as unknown as [string, { headers: Headers }];
  expect(options.headers.get("x-dagbok-token")).toBe("secret");
});

test("a one-time token is exchanged, kept for this window and gone from the address", async () => {
  const storage = new MemoryStorage();
  const replaceState = vi.fn();
  const fetch = vi.fn(() => Promise.resolve(Response.json({ token: "session" })));
  const ports = {
    location: { hash: "#token=once&open=abcd", pathname: "/", search: "" },
    history: { replaceState },
    storage,
    fetch: fetch as never,
  };
  expect(await claimToken(ports)).toBe("session");
  expect(replaceState.mock.calls[0]?.[2]).toBe("/#/n/abcd");
  expect(
    await claimToken({ ...ports, location: { hash: "#/n/abcd", pathname: "/", search: "" } }),
  ).toBe("session");
});

test("each notebook's kernel has a host of its own", () => {
  expect(kernelOrigin("abcd", { protocol: "http:", port: "8123" })).toBe(
    "http://n-abcd.localhost:8123",
  );
  expect(kernelOrigin("abcd", { protocol: "app:", port: "" })).toBe("kernel://n-abcd");
});

test("times read as people say them", () => {
  const now = 1_700_000_000_000;
  expect(ago(now - 5000, now)).toBe("just now");
  expect(ago(now - 3 * 60_000, now)).toBe("3 min ago");
  expect(ago(now - 26 * 3_600_000, now)).toBe("yesterday");
});

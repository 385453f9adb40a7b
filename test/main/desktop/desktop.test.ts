import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { formatNotebook } from "../../../app/notebook/format.ts";
import { channelName, toPage } from "../../../main/desktop/channels.ts";
import { filesInArguments } from "../../../main/desktop/opening.ts";
import { mayNavigate, mayOpenOutside, mayRequest, mayUse } from "../../../main/desktop/policy.ts";
import { startDesktop } from "../../../main/desktop/start.ts";
import { projectFolder } from "../../../main/files.ts";
import { openStore } from "../../../main/storage/store.ts";
import { smallNotebook, temporaryFolder } from "../storage/support.ts";
import { StandIn } from "./stand-in.ts";

async function start(
  change: (stand: StandIn) => void = () => undefined,
  args: readonly string[] = [],
) {
  const stand = new StandIn();
  change(stand);
  const home = temporaryFolder();
  const opened = openStore({ folder: home });
  await startDesktop(stand.port, {
    home,
    folder: projectFolder,
    preload: "/app/preload.cjs",
    openStore: () => opened,
    args,
  });
  const store = await opened;
  return { stand, store, home };
}

describe("what the desktop allows", () => {
  it("navigates windows only to the shell and frames only to kernels", () => {
    expect(mayNavigate("app://shell/#x", true)).toBe(true);
    for (const url of [
      "https://example.org/",
      "app://shell.evil/",
      "app://shell@evil/",
      "kernel://n-abcd/kernel.html",
      "file:///etc/passwd",
      "about:blank",
      "javascript:alert(1)",
      "data:text/html,x",
      "not a url",
    ]) {
      expect(mayNavigate(url, true)).toBe(false);
    }
    expect(mayNavigate("kernel://n-abcd/kernel.html", false)).toBe(true);
    expect(mayNavigate("about:srcdoc", false)).toBe(true);
    for (const url of [
      "app://shell/",
      "kernel://evil/",
      "kernel://n-abcd.evil/",
      "kernel://n-AB!/",
      "https://n-abcd/",
      "blob:kernel://n-abcd/1",
    ]) {
      expect(mayNavigate(url, false)).toBe(false);
    }
  });

  it("hands the system only links that a browser or mail program opens", () => {
    expect(["https://a.b/", "http://a.b/", "mailto:a@b.c"].every(mayOpenOutside)).toBe(true);
    expect(
      ["file:///x", "smb://x/y", "ms-settings:x", "javascript:1", "app://shell/", "x"].some(
        mayOpenOutside,
      ),
    ).toBe(false);
  });

  it("loads nothing over a network", () => {
    expect(
      ["app://shell/a.js", "kernel://n-abcd/worker.js", "data:,x", "blob:app://shell/1"].every(
        mayRequest,
      ),
    ).toBe(true);
    expect(
      [
        "https://a.b/",
        "http://127.0.0.1:80/",
        "ws://a.b/",
        "wss://a.b/",
        "ftp://a.b/",
        "file:///etc/passwd",
        "x",
      ].some(mayRequest),
    ).toBe(false);
  });

  it("grants copying and full screen to the shell, and nothing else to anybody", () => {
    expect(mayUse("clipboard-sanitized-write", "app://shell/")).toBe(true);
    expect(mayUse("clipboard-sanitized-write", "kernel://n-abcd/")).toBe(false);
    for (const permission of [
      "clipboard-read",
      "media",
      "geolocation",
      "notifications",
      "openExternal",
      "usb",
      "serial",
      "hid",
      "midi",
      "local-network-access",
      "storage-access",
      "unknown",
    ]) {
      expect(mayUse(permission, "app://shell/")).toBe(false);
    }
  });

  it("finds notebooks among arguments, relative to where they were given", () => {
    expect(
      filesInArguments(["--flag", "a.dagbok.ts", "b.ts", "--c.ipynb", "/x/d.html"], "/home/u"),
    ).toEqual(["/home/u/a.dagbok.ts", "/x/d.html"]);
  });
});

describe("starting", () => {
  it("hardens before it shows anything, in order", async () => {
    const { stand, store } = await start();
    const at = (call: string): number => stand.calls.findIndex((made) => made.startsWith(call));
    expect(at("lock")).toBe(0);
    expect(at("enableSandbox")).toBeLessThan(at("whenReady"));
    expect(at("schemes")).toBeLessThan(at("whenReady"));
    for (const call of [
      "permissionRequest",
      "permissionCheck",
      "devicePermission",
      "beforeRequest",
    ]) {
      expect(at(call)).toBeGreaterThan(at("whenReady"));
      expect(at(call)).toBeLessThan(at("handle"));
    }
    expect(stand.calls[at("schemes")]).toBe(
      `schemes ${JSON.stringify([
        {
          scheme: "app",
          privileges: {
            standard: true,
            secure: true,
            supportFetchAPI: true,
            stream: true,
            codeCache: true,
          },
        },
        { scheme: "kernel", privileges: { standard: true, secure: true } },
      ])}`,
    );
    expect([...stand.protocols.keys()]).toEqual(["app", "kernel"]);
    const [window] = stand.windows;
    expect(window?.options).toMatchObject({
      webPreferences: {
        preload: "/app/preload.cjs",
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        webviewTag: false,
      },
    });
    expect(window?.webContents.policy).toBe("disable_non_proxied_udp");
    expect(window?.webContents.url).toMatch(/^app:\/\/shell\/#token=[\w-]{32}/);
    await store.close();
  });

  it("leaves to the first instance what a second one is asked", async () => {
    const stand = new StandIn();
    stand.lock = false;
    const never = vi.fn<() => never>();
    await startDesktop(stand.port, {
      home: "",
      folder: "",
      preload: "",
      openStore: never,
      args: [],
    });
    expect(stand.calls).toEqual(["lock", "ended"]);
    expect(never).not.toHaveBeenCalled();
  });

  it("answers the page over app:// with the token from its address", async () => {
    const { stand, store } = await start();
    const app = stand.protocols.get("app");
    const token = /token=([\w-]+)/.exec(stand.windows[0]?.webContents.url ?? "")?.[1];
    const ask = (at: string, init: RequestInit): Promise<Response> | undefined =>
      app?.(new Request(`app://shell${at}`, init));
    const headers = { origin: "app://shell", "content-type": "application/json" };
    const session = await ask("/api/session", {
      method: "POST",
      headers,
      body: JSON.stringify({ token }),
    });
    const { token: own } = (await (session as Response).json()) as { token: string };
    const health = await ask("/api/health", { headers: { "x-dagbok-token": own } });
    expect(await health?.json()).toMatchObject({ desktop: true, store: { kind: "ok" } });
    expect((await ask("/api/health", {}))?.status).toBe(401);
    const kernel = stand.protocols.get("kernel");
    expect(
      (
        await kernel?.(
          new Request("kernel://n-abcd/api/health", { headers: { "x-dagbok-token": own } }),
        )
      )?.status,
    ).toBe(404);
    expect((await kernel?.(new Request("kernel://evil/kernel.html")))?.status).toBe(403);
    await store.close();
  });

  it("opens the files it is started with, and those that come later", async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, "stones.dagbok.ts");
    const notebook = smallNotebook();
    writeFileSync(file, formatNotebook(notebook));
    const { stand, store } = await start(undefined, [file]);
    await vi.waitFor(() =>
      expect(
        stand.windows.some(({ webContents }) => webContents.url.endsWith(`&open=${notebook.id}`)),
      ).toBe(true),
    );
    expect(stand.calls).toContain(`recent ${JSON.stringify(file)}`);
    const count = stand.windows.length;
    stand.app.emit("open-file", { preventDefault: () => undefined }, file);
    await vi.waitFor(() => expect(stand.windows).toHaveLength(count + 1));
    stand.app.emit("second-instance", {}, ["dagbok", "missing.ipynb"], folder);
    await vi.waitFor(() =>
      expect(stand.calls.some((call) => call.startsWith("errorBox"))).toBe(true),
    );
    await store.close();
  });

  it("keeps pages where they are and asks before a link leaves", async () => {
    const { stand, store } = await start();
    const contents = stand.windows[0]?.webContents;
    const went = (event: string, url: string, isMainFrame: boolean): boolean => {
      let prevented = false;
      contents?.emit(event, { url, isMainFrame, preventDefault: () => (prevented = true) });
      return !prevented;
    };
    expect(went("will-frame-navigate", "https://example.org/", true)).toBe(false);
    expect(went("will-frame-navigate", "https://example.org/", false)).toBe(false);
    expect(went("will-redirect", "https://example.org/", true)).toBe(false);
    expect(went("will-frame-navigate", "kernel://n-abcd/kernel.html", false)).toBe(true);
    expect(went("will-attach-webview", "", true)).toBe(false);
    await vi.waitFor(() => expect(stand.dialogs).toHaveLength(1));
    expect(stand.opened).toEqual([]);
    stand.answer = { response: 0 };
    expect(contents?.opener?.({ url: "https://example.org/" })).toEqual({ action: "deny" });
    expect(contents?.opener?.({ url: "file:///etc/passwd" })).toEqual({ action: "deny" });
    await vi.waitFor(() => expect(stand.opened).toEqual(["https://example.org/"]));
    await store.close();
  });

  it("refuses requests to a network and permissions in the session", async () => {
    const { stand, store } = await start();
    const before = stand.session.get("beforeRequest") as (
      details: { url: string },
      answer: (say: { cancel: boolean }) => void,
    ) => void;
    const cancelled = (url: string): boolean => {
      let cancel = false;
      before({ url }, (say) => ({ cancel } = say));
      return cancel;
    };
    expect([cancelled("https://example.org/"), cancelled("app://shell/a.js")]).toEqual([
      true,
      false,
    ]);
    const check = stand.session.get("permissionCheck") as (
      contents: null,
      permission: string,
      origin: string,
    ) => boolean;
    expect(check(null, "geolocation", "app://shell/")).toBe(false);
    expect((stand.session.get("devicePermission") as () => boolean)()).toBe(false);
    await store.close();
  });
});

describe("the bridge", () => {
  const shellFrame = { url: "app://shell/#/", parent: null };

  it("hears only the shell's own top frame, and only what was agreed", async () => {
    const { stand, store } = await start();
    const sender = stand.windows[0]?.webContents;
    const call = (
      channel: "setTheme" | "openPaths" | "save",
      input: unknown,
      senderFrame: unknown = shellFrame,
    ): unknown =>
      (
        stand.handlers.get(channelName(channel)) as
          ((event: unknown, input: unknown) => unknown) | undefined
      )?.({ sender, senderFrame }, input);
    await call("setTheme", "dark");
    expect(stand.port.nativeTheme.themeSource).toBe("dark");
    for (const frame of [
      null,
      { url: "kernel://n-abcd/", parent: null },
      { ...shellFrame, parent: {} },
      { url: "app://shell.evil/", parent: null },
    ]) {
      expect(() => call("setTheme", "light", frame)).toThrow("not for this frame");
    }
    for (const [channel, input] of [
      ["setTheme", "red"],
      ["openPaths", "a"],
      ["save", { fileName: "../../x", text: "" }],
      ["save", { fileName: "x" }],
    ] as const) {
      expect(() => call(channel, input)).toThrow();
    }
    expect(stand.port.nativeTheme.themeSource).toBe("dark");
    const place = path.join(temporaryFolder(), "saved.html");
    stand.answer = { canceled: false, filePath: place };
    expect(await call("save", { fileName: "x.html", text: "text" })).toBe(place);
    expect(readFileSync(place, "utf8")).toBe("text");
    await store.close();
  });

  it("lets pages send what they hold before it ends, and does not wait for ever", async () => {
    const { stand, store } = await start();
    const sender = stand.windows[0]?.webContents;
    const began = performance.now();
    stand.port.app.quit();
    expect(sender?.sent).toEqual([[toPage.flush]]);
    expect(stand.calls).not.toContain("ended");
    await (
      stand.handlers.get(channelName("flushed")) as
        ((event: unknown, input: unknown) => Promise<unknown>) | undefined
    )?.({ sender, senderFrame: shellFrame }, undefined);
    await vi.waitFor(() => expect(stand.calls).toContain("ended"));
    expect(performance.now() - began).toBeLessThan(450);
    await expect(store.list()).rejects.toThrow("closed");

    const silent = await start();
    silent.stand.port.app.quit();
    await vi.waitFor(() => expect(silent.stand.calls).toContain("ended"), 2000);
  });
});

import type { Session, WebContents } from "electron";
import type { ElectronPort } from "./electron-port.ts";
import { mayNavigate, mayOpenOutside, mayRequest, mayUse, originOf } from "./policy.ts";

/** Before anything is shown: what every page of the app may never do. */
export function hardenContents({ app, dialog, shell }: ElectronPort): void {
  const openOutside = async (address: string): Promise<void> => {
    if (!mayOpenOutside(address)) return;
    const { response } = await dialog.showMessageBox({
      type: "question",
      message: "Open this link outside Dagbok?",
      detail: address,
      buttons: ["Open", "Cancel"],
      defaultId: 1,
      cancelId: 1,
    });
    if (response === 0) await shell.openExternal(address);
  };
  app.on("web-contents-created", (_event, contents) => {
    contents.on("will-frame-navigate", (event) => {
      if (mayNavigate(event.url, event.isMainFrame)) return;
      event.preventDefault();
      if (event.isMainFrame) void openOutside(event.url);
    });
    contents.on("will-redirect", (event) => {
      if (!mayNavigate(event.url, event.isMainFrame)) event.preventDefault();
    });
    contents.on("will-attach-webview", (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      void openOutside(url);
      return { action: "deny" };
    });
    contents.setWebRTCIPHandlingPolicy("disable_non_proxied_udp");
  });
}

/** The one session that there is: no permissions, no devices, no network. */
export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer, { requestingUrl }) => {
    answer(mayUse(permission, requestingUrl) && isTop(contents, requestingUrl));
  });
  session.setPermissionCheckHandler((_contents, permission, requester) =>
    mayUse(permission, requester),
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler(null);
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !mayRequest(url) }));
  session.on("will-download", (event, item) => {
    // Exports go through the save dialog; the page itself may offer data that it has made.
    if (!/^(?:blob|data):/.test(item.getURL())) event.preventDefault();
  });
}

function isTop(contents: WebContents | null, requester: string): boolean {
  return contents !== null && originOf(contents.getURL()) === originOf(requester);
}

import { desktopPlaces, isKernelOrigin } from "../backend/policies.ts";

// What the desktop shell allows, as questions with yes or no for an answer. Addresses are parsed, never searched.

/** `app://shell` of `app://shell/index.html#x`. Custom schemes have no origin of their own in `URL`. */
export function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, host, username, password } = new URL(address);
  return username === "" && password === "" ? `${protocol}//${host}` : undefined;
}

export function isShell(address: string): boolean {
  return originOf(address) === desktopPlaces.shell;
}

/** A window shows the shell, its frames show kernels; script-less outputs are `about:srcdoc`. */
export function mayNavigate(address: string, isMainFrame: boolean): boolean {
  if (isMainFrame) return isShell(address);
  const origin = originOf(address);
  return (
    address === "about:srcdoc" || (origin !== undefined && isKernelOrigin(origin, desktopPlaces))
  );
}

/** Whether a link may be handed to the system, after the user has been asked. */
export function mayOpenOutside(address: string): boolean {
  return (
    URL.canParse(address) && ["https:", "http:", "mailto:"].includes(new URL(address).protocol)
  );
}

/** Nothing leaves: only our own schemes and data that is in the page already are loaded at all. */
export function mayRequest(address: string): boolean {
  return (
    URL.canParse(address) &&
    ["app:", "kernel:", "data:", "blob:", "devtools:"].includes(new URL(address).protocol)
  );
}

/** Copying from the page, and showing it on the whole screen; nothing else, and nobody else. */
export function mayUse(permission: string, requester: string): boolean {
  return ["clipboard-sanitized-write", "fullscreen"].includes(permission) && isShell(requester);
}

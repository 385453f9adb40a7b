/** Where the page and the kernel frames live. Origins as browsers write them, without a slash at the end. */
export interface Places {
  /** `http://127.0.0.1:PORT` or `app://shell`. */
  readonly shell: string;
  /** Of one notebook's frame: `http://n-ID.localhost:PORT` or `kernel://n-ID`. */
  readonly kernel: (notebook: string) => string;
  /** All kernel origins, as a CSP source. */
  readonly kernels: string;
}

export function browserPlaces(port: number): Places {
  return {
    shell: `http://127.0.0.1:${port}`,
    kernel: (notebook) => `http://n-${notebook}.localhost:${port}`,
    kernels: `http://*.localhost:${port}`,
  };
}

export const desktopPlaces: Places = {
  shell: "app://shell",
  kernel: (notebook) => `kernel://n-${notebook}`,
  kernels: "kernel:",
};

/** Whether an origin is one of the kernel frames': built from the id it names, and compared whole. */
export function isKernelOrigin(origin: string, places: Places): boolean {
  const id = /^[a-z]+:\/\/n-([a-z0-9]{4,32})(?=[.:]|$)/.exec(origin)?.[1];
  return id !== undefined && places.kernel(id) === origin;
}

export type Policy = "shell" | "frame" | "worker" | "api";

export function contentPolicy(policy: Policy, places: Places): string {
  return Object.entries(directives(policy, places))
    .map(([name, sources]) => `${name} ${sources}`)
    .join("; ");
}

function directives(policy: Policy, places: Places): Readonly<Record<string, string>> {
  const all: Readonly<Record<Policy, Readonly<Record<string, string>>>> = {
    shell: {
      "default-src": "'none'",
      "script-src": "'self' 'wasm-unsafe-eval'",
      // Monaco sets style elements and attributes by the dozen.
      "style-src": "'self' 'unsafe-inline'",
      "font-src": "'self' data:",
      "img-src": "'self' data: blob:",
      "worker-src": "'self'",
      "connect-src": "'self'",
      "frame-src": places.kernels,
      "object-src": "'none'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
    },
    frame: {
      "default-src": "'none'",
      "script-src": "'self'",
      "worker-src": "'self'",
      "connect-src": "'none'",
      "frame-src": "'none'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": places.shell,
    },
    // A worker that is loaded by URL does not inherit the frame's policy: this is what holds user code.
    worker: {
      "default-src": "'none'",
      // It runs any code its user writes: text made into functions (arquero's expressions) is no more than that.
      "script-src": "'self' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
      "connect-src": "'none'",
      "worker-src": "'none'",
    },
    api: { "default-src": "'none'", "frame-ancestors": "'none'", sandbox: "" },
  };
  return all[policy];
}

export function securityHeaders(policy: Policy, places: Places): Record<string, string> {
  return {
    "content-security-policy": contentPolicy(policy, places),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    ...(policy === "shell" ? { "cross-origin-opener-policy": "same-origin" } : {}),
  };
}

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** A Chromium to test in: named, the system's, Playwright's, or undefined. */
export function findChromium(): string | undefined {
  const named = process.env["DAGBOK_CHROMIUM"];
  if (named !== undefined && existsSync(named)) return named;
  return SYSTEM.find((path) => existsSync(path)) ?? playwrightChromium();
}

function playwrightChromium(): string | undefined {
  const roots = [
    process.env["PLAYWRIGHT_BROWSERS_PATH"],
    join(homedir(), ".cache/ms-playwright"),
    join(homedir(), "Library/Caches/ms-playwright"),
  ];
  for (const root of roots) {
    if (root === undefined || !existsSync(root)) continue;
    for (const folder of readdirSync(root).filter((name) => name.startsWith("chromium"))) {
      for (const path of [
        "chrome-linux/chrome",
        "chrome-linux64/chrome",
        "chrome-linux/headless_shell",
      ]) {
        if (existsSync(join(root, folder, path))) return join(root, folder, path);
      }
    }
  }
  return undefined;
}

/** The same, after trying Debian's package where that is allowed. Throws the sentence that says how to get one. */
export function needChromium(): string {
  const found = findChromium() ?? installChromium();
  if (found !== undefined) return found;
  throw new Error(
    "No Chromium was found for the end-to-end tests. Install one (Debian: apt-get install chromium; elsewhere: npx playwright-core install chromium) or name its path in DAGBOK_CHROMIUM.",
  );
}

function installChromium(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  console.log("Installing Chromium from the system's packages for the end-to-end tests …");
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], {
      stdio: ["ignore", "ignore", "inherit"],
      env,
    });
  } catch (error) {
    console.error(`The package manager could not install it: ${String(error)}`);
    return undefined;
  }
  return findChromium();
}

/** Flags for a quiet headless Chromium that also runs as root and on machines without a GPU. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

import { homedir } from "node:os";
import path from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the library lives: `DAGBOK_HOME`, or the place the system has for data of programs. */
export function dataHome(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const own = env["DAGBOK_HOME"];
  if (own !== undefined && own !== "") return path.resolve(own);
  const join = (...parts: string[]): string =>
    platform === "win32" ? path.win32.join(...parts) : path.posix.join(...parts);
  if (platform === "win32") {
    return join(env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "Dagbok");
  }
  if (platform === "darwin") return join(home, "Library", "Application Support", "Dagbok");
  // The specification of XDG asks to ignore a relative path.
  const xdg = env["XDG_DATA_HOME"];
  const base = xdg?.startsWith("/") === true ? xdg : join(home, ".local", "share");
  return join(base, "dagbok");
}

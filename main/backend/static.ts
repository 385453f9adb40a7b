import { readFile } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "./refusal.ts";
import { decode } from "./router.ts";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};

export interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Record<string, string>;
  readonly extension: string;
}

/** A file below `folder`; nothing else, however the path is written. */
export async function readStatic(folder: string, pathname: string): Promise<StaticFile> {
  const parts = pathname
    .split("/")
    .slice(1)
    .map((part) => decode(part));
  if (parts.some((part) => part === "" || part.startsWith(".") || /[/\\:\0]/.test(part))) {
    throw new Refusal(404, "file", "There is no such file.");
  }
  const extension = path.extname(parts.at(-1) ?? "");
  const type = types[extension];
  if (type === undefined) throw new Refusal(404, "file", "There is no such file.");
  try {
    return {
      bytes: await readFile(path.join(folder, ...parts)),
      extension,
      headers: {
        "content-type": type,
        // Files under assets carry a hash of their content in their name.
        "cache-control": parts[0] === "assets" ? "max-age=31536000, immutable" : "no-cache",
      },
    };
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR" || code === "ENAMETOOLONG") {
      throw new Refusal(404, "file", "There is no such file.");
    }
    throw error;
  }
}

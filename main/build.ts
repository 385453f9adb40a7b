import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { InlineConfig, Plugin } from "vite";
import { projectFolder } from "./files.ts";

/** One thing to build: made again when a file of its sources is newer than its stamp. */
interface Target {
  readonly entry: string;
  readonly sources: readonly string[];
  readonly configs: () => readonly InlineConfig[];
}

const inProject = (...parts: readonly string[]): string => path.join(projectFolder, ...parts);

const targets: Readonly<Record<TargetName, Target>> = {
  renderer: {
    entry: "renderer/index.html",
    sources: ["app", "kernels", "renderer"],
    configs: () => [
      {
        ...common,
        root: inProject("renderer"),
        build: { ...buildOptions("renderer"), modulePreload: { polyfill: false } },
        worker: {
          format: "es",
          rolldownOptions: { checks },
          plugins: () => [singleTypeScriptWorker, cellTypeModules],
        },
        plugins: [singleTypeScriptWorker],
      },
    ],
  },
  kernel: {
    entry: "renderer/kernel-frame/kernel.html",
    sources: ["app", "kernels", "renderer/kernel-frame"],
    configs: () => [
      {
        ...common,
        root: inProject("renderer", "kernel-frame"),
        build: {
          ...buildOptions("kernel"),
          modulePreload: { polyfill: false },
          rolldownOptions: {
            checks,
            input: inProject("renderer", "kernel-frame", "kernel.html"),
          },
        },
        worker: {
          format: "es",
          rolldownOptions: { checks, output: { entryFileNames: "[name].js" } },
        },
      },
    ],
  },
  "kernel-node": {
    entry: "kernels/node-entry.ts",
    sources: ["app", "kernels"],
    configs: () => [nodeBundle("kernel-node", "kernels/node-entry.ts", "node-entry.js", "es")],
  },
  main: {
    entry: "main/electron.ts",
    sources: ["app", "main"],
    configs: () => [
      nodeBundle("main", "main/electron.ts", "electron.cjs", "cjs"),
      nodeBundle("main", "main/storage/worker.ts", "storage-worker.cjs", "cjs"),
      nodeBundle("main", "main/backend/html/chart-process.ts", "chart-process.mjs", "es"),
      nodeBundle("main", "main/preload.ts", "preload.cjs", "cjs"),
    ],
  },
};

export type TargetName = "renderer" | "kernel" | "kernel-node" | "main";

const common = {
  configFile: false,
  envDir: false,
  base: "./",
  publicDir: false,
  logLevel: "warn",
  // Preact is the only user of JSX here.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
} satisfies InlineConfig;

/** What the bundler would remark upon and is meant so. */
const checks = { ineffectiveDynamicImport: false, bundlerTimings: false };

function buildOptions(folder: string): NonNullable<InlineConfig["build"]> {
  return {
    outDir: inProject("dist", folder),
    emptyOutDir: true,
    target: "es2024",
    sourcemap: false,
    minify: true,
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: { checks },
  };
}

// `canvas` is an option of Vega that nobody has installed.
const outside = ["electron", "better-sqlite3", "canvas"];

/** A bundle for Node or Electron's main process; native and runtime packages stay outside. */
function nodeBundle(
  folder: string,
  entry: string,
  file: string,
  format: "es" | "cjs",
): InlineConfig {
  return {
    ...common,
    root: projectFolder,
    build: {
      ...buildOptions(folder),
      emptyOutDir: false,
      ssr: true,
      target: "node24",
      rolldownOptions: {
        checks,
        input: inProject(entry),
        external: (id: string) => isBuiltin(id) || outside.includes(id),
        output: {
          format,
          entryFileNames: file,
          ...(file === "node-entry.js" ? {} : { codeSplitting: false }),
        },
      },
    },
    ssr: { noExternal: true, external: [...outside] },
    // What is built for Electron finds its files beside itself.
    ...(format === "cjs" ? { define: { "import.meta.url": "__bundleUrl" } } : {}),
    plugins: format === "cjs" ? [bundleUrl] : [],
  };
}

const bundleUrl: Plugin = {
  name: "dagbok:bundle-url",
  renderChunk: (code) =>
    code.includes("__bundleUrl")
      ? `const __bundleUrl = require("node:url").pathToFileURL(__filename).href;\n${code}`
      : null,
};

/**
 * Monaco falls back to a TypeScript worker of its own where the page gives none. The page gives one, so the
 * second would only be 7 MB that nothing loads.
 */
const singleTypeScriptWorker: Plugin = {
  name: "dagbok:single-typescript-worker",
  transform(code, id) {
    if (!/monaco-editor\/.*\/typescript\/workerManager\.js$/.test(id.replaceAll("\\", "/"))) {
      return null;
    }
    const without = code.replace(
      /createWorker:\s*\(\)\s*=>\s*new Worker\((?:[^()]|\([^()]*\))*\),?/,
      "",
    );
    if (without === code)
      throw new Error("Monaco's own TypeScript worker is started elsewhere now.");
    return { code: without, map: null };
  },
};

/** What the page's type checker is given as modules: TypeScript, declarations, the methods with their help. */
const cellTypeModules: Plugin = {
  name: "dagbok:cell-types",
  resolveId: (id) =>
    /^virtual:(?:typescript|cell-types|method-catalogue)$/.test(id) ? `\0${id}` : null,
  async load(id) {
    if (!id.startsWith("\0virtual:")) return null;
    const { cellTypes, methodCatalogue, typescriptFile } = await import("./cell-types.ts");
    // Parsed at run time: a text is read many times faster than the code of an object.
    const json = (value: unknown): string => `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
    switch (id) {
      case "\0virtual:typescript":
        return `export { default as ts } from ${JSON.stringify(typescriptFile)};`;
      case "\0virtual:cell-types":
        return `export const files = ${json(cellTypes())};`;
      case "\0virtual:method-catalogue":
        return `export const methods = ${json(methodCatalogue())};`;
      default:
        return null;
    }
  },
};

/** Builds what has an entry already; without `force` only what is older than its sources. */
export async function build(
  names: readonly TargetName[] = Object.keys(targets) as TargetName[],
  force = true,
): Promise<readonly TargetName[]> {
  // Tests build once, beforehand.
  if (!force && process.env["DAGBOK_NO_BUILD"] === "1") return [];
  const due = names.filter(
    (name) => existsSync(inProject(targets[name].entry)) && (force || isStale(name)),
  );
  const vite = await import("vite");
  for (const name of due) {
    const began = Date.now();
    for (const config of targets[name].configs()) {
      const entry = config.build?.rolldownOptions?.input;
      if (typeof entry === "string" && !existsSync(entry)) continue;
      await vite.build(config);
    }
    mkdirSync(inProject("dist"), { recursive: true });
    // The time before the build: what changed during it is newer.
    writeFileSync(stampOf(name), `${began}\n`);
    // not on the standard output, which belongs to the command that needed the build
    console.error(`Built ${name} in ${((Date.now() - began) / 1000).toFixed(1)} s.`);
  }
  return due;
}

/**
 * For `npm start`: builds what is older than its sources. In a process of its own, since a bundler's memory
 * would stay with the server.
 */
export function buildIfStale(): void {
  if (process.env["DAGBOK_NO_BUILD"] === "1") return;
  const due = (Object.keys(targets) as TargetName[]).filter(
    (name) => existsSync(inProject(targets[name].entry)) && isStale(name),
  );
  if (due.length === 0) return;
  const { status } = spawnSync(process.execPath, [import.meta.filename, ...due], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`The build of ${due.join(", ")} failed.`);
}

function stampOf(name: TargetName): string {
  return inProject("dist", `.${name}.built`);
}

function isStale(name: TargetName): boolean {
  if (!existsSync(stampOf(name))) return true;
  const built = statSync(stampOf(name)).mtimeMs;
  const { sources } = targets[name];
  return [...sources, "main/build.ts", "main/cell-types.ts", "package-lock.json"].some(
    (source) => newestIn(inProject(source)) > built,
  );
}

function newestIn(place: string): number {
  const stat = statSync(place);
  if (!stat.isDirectory()) return stat.mtimeMs;
  // The folder's own time tells of deletions.
  return readdirSync(place).reduce(
    (newest, name) => Math.max(newest, newestIn(path.join(place, name))),
    stat.mtimeMs,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !(name in targets));
  if (unknown.length > 0) {
    console.error(
      `Not known: ${unknown.join(", ")}. There are: ${Object.keys(targets).join(", ")}.`,
    );
    process.exitCode = 2;
  } else {
    await build(names.length === 0 ? undefined : (names as TargetName[]));
  }
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { projectFolder } from "./files.ts";

/** Texts of the declarations that cells are checked against, by path: `/lib/…`, `/kernels/…`, `/app/…`. */
export type TypeFiles = Readonly<Record<string, string>>;

const require = createRequire(import.meta.url);

/**
 * The TypeScript with an interface for JavaScript: TypeScript 7 has none yet. It is the one that strips types from
 * cells, so that what is checked is what runs.
 */
export const typescriptFile: string = createRequire(require.resolve("ts-blank-space")).resolve(
  "typescript",
);

/**
 * Everything the page's type checker knows beside the notebook: TypeScript's own library (no DOM), the kernels'
 * public declarations with their comments, and which module and which library name stands for which file. Made
 * from the sources as they are, even when some do not type-check at the moment. About a second.
 */
export function cellTypes(): TypeFiles {
  const modules = moduleFiles();
  const entries = [
    ...modules.map(([, file]) => file),
    "kernels/cells/types/library.ts",
    "kernels/cells/types/tables.ts",
    "kernels/cells/types/values.ts",
  ];
  const files: Record<string, string> = { ...libraryFiles(), ...declarationsOf(entries) };
  const packages = Object.fromEntries(packageNames().map((name) => [name, packageTypes(name)]));
  files["/modules.json"] = JSON.stringify(
    Object.fromEntries([
      ...modules.map(([name, file]) => [name, `/${file.replace(/\.ts$/, ".d.ts")}`]),
      ...Object.keys(packages).map((name) => [name, packages[name]?.entry]),
      ["dagbok/data", "/overlay/data.d.ts"],
      ["dagbok/estimate", "/overlay/estimate.d.ts"],
    ]),
  );
  for (const made of Object.values(packages)) Object.assign(files, made.files);
  const overlay = (name: string, names: readonly string[]): string =>
    `export * from "/kernels/${name}.ts";\nexport { ${names.join(", ")} } from "/kernels/cells/types/tables.ts";\n`;
  files["/overlay/data.d.ts"] = overlay("cells/data-module", [
    "columnOf",
    "numbersOf",
    "tableOf",
    "selectColumns",
    "selectRows",
    "completeCases",
    "takeRows",
  ]);
  files["/overlay/estimate.d.ts"] = overlay("estimate/index", ["estimate"]);
  files["/overlay/library.d.ts"] = libraryModule(files["/kernels/cells/types/library.d.ts"] ?? "");
  return files;
}

/** Modules of ours that cells may import, with the file each is in. */
function moduleFiles(): readonly (readonly [string, string])[] {
  const text = readFileSync(path.join(projectFolder, "kernels/cells/modules.ts"), "utf8");
  return [...text.matchAll(/"([\w/-]+)":\s*\(\)\s*=>\s*import\("(\.{1,2}\/[^"]+)"\)/g)].map(
    (match) => [match[1] ?? "", path.posix.join("kernels/cells", match[2] ?? "")] as const,
  );
}

/** Packages of others that cells may import. */
function packageNames(): readonly string[] {
  const text = readFileSync(path.join(projectFolder, "kernels/cells/packages.ts"), "utf8");
  return [...text.matchAll(/import\("([\w@/-]+)"\)/g)].map((match) => match[1] ?? "");
}

/** A package's declarations: its own, or those that were written for it; all that they import of their own. */
function packageTypes(name: string): { readonly entry: string; readonly files: TypeFiles } {
  const root = path.join(projectFolder, "node_modules");
  for (const folder of [name, `@types/${name}`]) {
    const manifest = path.join(root, folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { types, typings } = JSON.parse(readFileSync(manifest, "utf8")) as {
      readonly types?: string;
      readonly typings?: string;
    };
    const start = types ?? typings;
    if (start === undefined) continue;
    const files: Record<string, string> = {};
    const add = (file: string): void => {
      const key = `/npm/${name}/${path.relative(path.join(root, folder), file).replaceAll("\\", "/")}`;
      if (key in files) return;
      const text = readFileSync(file, "utf8");
      files[key] = text;
      for (const [, from] of text.matchAll(/(?:from|import\()\s*["'](\.[^"']+)["']/g)) {
        const stem = path.join(path.dirname(file), from ?? "").replace(/\.js$/, "");
        const next = [`${stem}.d.ts`, path.join(stem, "index.d.ts")].find(existsSync);
        if (next !== undefined) add(next);
      }
    };
    const entry = path.join(root, folder, start);
    add(entry);
    return { entry: `/npm/${name}/${path.relative(path.join(root, folder), entry)}`, files };
  }
  return untypedPackage(name);
}

/** A package without types: its names are known, and what they are is not. */
function untypedPackage(name: string): { readonly entry: string; readonly files: TypeFiles } {
  const script = `import(${JSON.stringify(name)}).then((all) => console.log(JSON.stringify(Object.keys(all))))`;
  const ran = spawnSync(process.execPath, ["-e", script], { cwd: projectFolder, encoding: "utf8" });
  const names = JSON.parse(ran.stdout) as readonly string[];
  const entry = `/npm/${name}/index.d.ts`;
  const text = names.map((each) => `declare const ${each}_: any;\nexport { ${each}_ as ${each} };`);
  return { entry, files: { [entry]: text.join("\n") } };
}

/** The names of `createLibrary`. One whose type nobody has written down is `any`: never a false alarm. */
function libraryModule(types: string): string {
  const names = libraryNames();
  const missing = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(types));
  return [
    'export * from "/kernels/cells/types/library.ts";',
    ...missing.map((name) => `export declare const ${name}: any;`),
  ].join("\n");
}

/** Names of the library, read off its source. */
export function libraryNames(): readonly string[] {
  const text = readFileSync(path.join(projectFolder, "kernels/cells/library.ts"), "utf8");
  const body = /createLibrary\([^)]*\)[^{]*\{\s*return \{([\s\S]*?)\n {2}\};/.exec(text)?.[1] ?? "";
  const names = [...body.matchAll(/^ {4}([A-Za-z_$][\w$]*)[,:]/gm)].map((match) => match[1] ?? "");
  if (names.length < 10) throw new Error("The library's names are written in another way now.");
  return names;
}

/** TypeScript's own declarations for the newest language, without anything of a page. */
function libraryFiles(): Record<string, string> {
  const folder = path.dirname(typescriptFile);
  const found: Record<string, string> = {};
  const add = (name: string): void => {
    const key = `/lib/lib.${name}.d.ts`;
    if (key in found) return;
    const text = readFileSync(path.join(folder, `lib.${name}.d.ts`), "utf8");
    found[key] = text.replace(/^\/\*![\s\S]*?\*\/\s*/, "");
    for (const match of text.matchAll(/^\/\/\/ <reference lib="([^"]+)"/gm)) add(match[1] ?? "");
  };
  add("esnext");
  add("decorators");
  add("decorators.legacy");
  return found;
}

/** What `tsc` declares for the entries and all they need. Errors in the sources are somebody else's to tell. */
function declarationsOf(entries: readonly string[]): Record<string, string> {
  const folder = mkdtempSync(path.join(tmpdir(), "dagbok-types-"));
  try {
    const config = path.join(folder, "tsconfig.json");
    const compilerOptions = {
      composite: false,
      incremental: false,
      noCheck: true,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: projectFolder,
      outDir: path.join(folder, "out"),
      lib: ["ES2024", "WebWorker"],
      types: [],
    };
    const files = entries.map((entry) => path.join(projectFolder, entry));
    const base = path.join(projectFolder, "tsconfig.json");
    writeFileSync(
      config,
      JSON.stringify({ extends: base, compilerOptions, files, references: [] }),
    );
    const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin/tsc");
    const ran = spawnSync(process.execPath, [tsc, "-p", config], { encoding: "utf8" });
    const out = path.join(folder, "out");
    const found: Record<string, string> = {};
    for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".d.ts")) continue;
      const file = path.join(entry.parentPath, entry.name);
      found[`/${path.relative(out, file).replaceAll("\\", "/")}`] = readFileSync(file, "utf8");
    }
    if (Object.keys(found).length < entries.length) {
      throw new Error(`The kernels' declarations could not be made:\n${ran.stdout}${ran.stderr}`);
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The methods of estimation with their options and documentation, as `MethodInfo`s: read off their registries in a
 * process of its own, since only the kernels may load them.
 */
export function methodCatalogue(): readonly unknown[] {
  const script = `
    const load = (file) => import(new URL(file, ${JSON.stringify(pathToFileURL(`${projectFolder}/`).href)}).href);
    const [{ methods }, { neuralMethods }, { forestMethod, neuralForestMethod }] = await Promise.all(
      ["kernels/estimate/methods.ts", "kernels/estimate/neural/index.ts", "kernels/estimate/forest/index.ts"].map(load),
    );
    const accepts = (o) => {
      if (o.type === "choice") return (o.choices ?? []).join(", ");
      if (o.type === "boolean") return "true or false";
      if (o.type === "columns") return "names of columns";
      const low = o.minimum === undefined ? "" : " from " + o.minimum;
      const high = o.maximum === undefined ? "" : " to " + o.maximum;
      return (o.type === "integer" ? "a whole number" : "a number") + low + high;
    };
    const all = [...methods, ...neuralMethods, forestMethod, neuralForestMethod].map((m) => ({
      name: m.name, label: m.label, summary: m.summary, source: m.source,
      options: Object.entries(m.options).map(([name, o]) => ({
        name, accepts: accepts(o), default: JSON.stringify(o.default), doc: o.doc,
        ...(o.choices === undefined ? {} : { choices: o.choices }),
      })),
    }));
    process.stdout.write(JSON.stringify(all));`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ran.status !== 0) throw new Error(`The methods could not be listed:\n${ran.stderr}`);
  return JSON.parse(ran.stdout) as readonly unknown[];
}

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** What each folder may import of ours, and which packages. Type-only imports count. */
const layers: Readonly<Record<string, { ours: readonly string[]; packages: readonly RegExp[] }>> = {
  app: {
    ours: ["app"],
    packages: [
      /^@observablehq\/runtime$/,
      /^acorn(-walk)?$/,
      /^ts-blank-space$/,
      /^typescript$/,
      /^@noble\/hashes\//,
    ],
  },
  kernels: {
    ours: ["app", "kernels"],
    packages: [
      /^@tensorflow\//,
      /^ml-matrix$/,
      /^papaparse$/,
      /^@uwdata\/flechette$/,
      /^@noble\/hashes\//,
      // what notebooks may import: `kernels/cells/packages.ts`
      /^(?:arquero|simple-statistics|vega-lite-api)$/,
      /^sql\.js(?:\/|$)/,
      /^d3-(?:array|format|time|time-format)$/,
    ],
  },
  renderer: {
    ours: ["app", "kernels", "renderer"],
    packages: [
      /^preact(\/|$)/,
      /^@preact\/signals$/,
      /^monaco-editor(\/|$)/,
      /^vega(-lite(\/vega-lite-schema\.json)?|-interpreter)?$/,
      /^katex(\/|$)/,
      /^markdown-it$/,
      /^@dagrejs\/dagre$/,
      /^lucide-static\//,
      /^@fontsource-variable\//,
      /^dompurify$/,
      /^diff$/,
      /^virtual:/,
    ],
  },
  main: {
    ours: ["app", "main"],
    packages: [
      /^node:/,
      /^better-sqlite3$/,
      /^electron(\/|$)/,
      /^valibot$/,
      /^diff$/,
      /^parse5$/,
      /^vite$/,
      /^rolldown$/,
      /^markdown-it$/,
      /^katex$/,
      /^vega(-lite|-interpreter)?$/,
      /^vega-lite\/vega-lite-schema\.json$/,
      /^playwright-core$/,
      /^@dagrejs\/dagre$/,
    ],
  },
};

/** Inside the kernels: what a folder may import of the others. */
const engines: Readonly<Record<string, readonly string[]>> = {
  math: [],
  data: ["math"],
  graph: ["data", "math"],
  identify: ["graph", "data", "math"],
  tensor: ["math"],
  estimate: ["tensor", "data", "math"],
  discover: ["tensor", "graph", "data", "math"],
  counterfactual: ["tensor", "graph", "data", "math"],
  robust: ["tensor", "graph", "data", "math"],
  output: ["data", "math"],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts"),
    )
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), "utf8")
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "");
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;'"`]*?from\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*(?:\/\*[^*]*\*\/\s*)?["']([^"']+)["']\s*\)/g,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

const files = Object.keys(layers).flatMap(sourcesIn);
const imports: readonly Import[] = files.flatMap((from) =>
  importsOf(from).map((specifier) => ({
    from,
    to: specifier.startsWith(".")
      ? relative(root, resolve(root, dirname(from), specifier.replace(/\?.*$/, ""))).replaceAll(
          "\\",
          "/",
        )
      : specifier,
  })),
);
const isOurs = (to: string): boolean =>
  Object.keys(layers).some((layer) => to.startsWith(`${layer}/`));

describe("imports go one way", () => {
  test("there is something to check", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(imports.length).toBeGreaterThan(200);
  });

  test("between the folders and to packages", () => {
    const wrong = imports.filter(({ from, to }) => {
      const layer = layers[from.split("/")[0] ?? ""];
      if (layer === undefined) return true;
      return isOurs(to)
        ? !layer.ours.some((name) => to.startsWith(`${name}/`))
        : !layer.packages.some((name) => name.test(to));
    });
    expect(wrong).toEqual([]);
  });

  test("between the engines", () => {
    const wrong = imports.filter(({ from, to }) => {
      const [layer, engine = ""] = from.split("/");
      const [toLayer, toEngine = ""] = to.split("/");
      if (layer !== "kernels" || toLayer !== "kernels" || engine === toEngine) return false;
      const allowed = engines[engine];
      // cells and the kernel itself stand above all engines
      return allowed !== undefined && !allowed.includes(toEngine);
    });
    expect(wrong).toEqual([]);
  });

  test("the page imports no heavy engine", () => {
    const light =
      /^kernels\/(cells\/(catalogue|format|graph-block|rungs|inputs|language)\.ts|graph\/|data\/sql\/statement\.ts|math\/rng\.ts|worker\.ts)/;
    const wrong = imports.filter(
      ({ from, to }) =>
        from.startsWith("renderer/") && to.startsWith("kernels/") && !light.test(to),
    );
    expect(wrong).toEqual([]);
  });

  test("without circles", () => {
    const edges = new Map<string, string[]>();
    for (const { from, to } of imports)
      if (isOurs(to)) edges.set(from, [...(edges.get(from) ?? []), to]);
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) circles.push([...path.slice(at), file].join(" -> "));
      if (at >= 0 || done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of edges.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });
});

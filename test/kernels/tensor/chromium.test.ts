import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTensorEngine } from "../../../kernels/tensor/backend.ts";
import type { BackendName } from "../../../kernels/tensor/backend.ts";
import { CONFORMANCE, largestDifference, runConformance } from "./conformance.ts";
import type { CaseValues } from "./conformance.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((p) =>
  existsSync(p),
);

/** Emulated GPUs take some 10 s each; the quick run keeps to wasm. */
const LONG = process.env["DAGBOK_LONG"] === "1";

/** The policy a kernel worker is served with: no network at all. */
const POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval' blob:; connect-src 'none'; worker-src 'none'";

interface Answer {
  readonly backend: BackendName;
  readonly adapter: string;
  readonly tensors: number;
  readonly values: CaseValues;
  readonly error?: string;
}

describe.skipIf(executablePath === undefined)("tensor operations in a Chromium worker", () => {
  let browser: Browser;
  let page: Page;
  let reference: CaseValues;
  const missing: string[] = [];

  beforeAll(async () => {
    const built = await build({
      configFile: false,
      logLevel: "error",
      root: new URL(".", import.meta.url).pathname,
      build: {
        write: false,
        minify: true,
        modulePreload: false,
        rolldownOptions: {
          input: new URL("conformance-worker.ts", import.meta.url).pathname,
          output: { entryFileNames: "worker.js" },
        },
      },
    });
    const outputs = (Array.isArray(built) ? built : [built]).flatMap((b) =>
      "output" in b ? b.output : [],
    );
    const files = new Map(outputs.map((o) => [o.fileName, o.type === "chunk" ? o.code : o.source]));
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    });
    page = await browser.newPage();
    await page.route("**/*", (route) => {
      const path = new URL(route.request().url()).pathname.slice(1);
      if (path === "") return route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
      const body = files.get(path);
      if (body === undefined) {
        missing.push(path);
        return route.fulfill({ status: 404 });
      }
      return route.fulfill({
        contentType: "text/javascript",
        headers: { "content-security-policy": POLICY },
        body: typeof body === "string" ? body : Buffer.from(body),
      });
    });
    await page.goto("https://kernel.test/");
    reference = await runConformance(await openTensorEngine("cpu"));
  }, 60_000);

  afterAll(async () => {
    await browser.close();
  });

  const ask = async (message: { backend?: BackendName; bare?: boolean }): Promise<Answer> => {
    const text = await page.evaluate(
      (message) =>
        new Promise<string>((resolve) => {
          const worker = new Worker("/worker.js", { type: "module" });
          const plain = (_: string, v: unknown): unknown => {
            if (v instanceof Float32Array) return Array.from(v, (x) => String(x));
            return v;
          };
          worker.addEventListener("message", (event) => {
            worker.terminate();
            resolve(JSON.stringify(event.data, plain));
          });
          worker.addEventListener("error", (event) =>
            resolve(JSON.stringify({ error: event.message })),
          );
          worker.postMessage(message);
        }),
      message,
    );
    const answer = JSON.parse(text) as Answer & { values?: Record<string, string[][]> };
    const values = Object.fromEntries(
      Object.entries(answer.values ?? {}).map(([name, list]) => [
        name,
        (list as unknown as string[][]).map((v) => Float32Array.from(v, Number)),
      ]),
    );
    return { ...answer, values };
  };

  // GPUs, emulated ones too, compute exp and its kin to some 4 digits
  it.each([
    ["wasm", 2e-5] as const,
    ...(LONG
      ? ([
          ["webgl", 2e-3],
          ["webgpu", 2e-3],
        ] as const)
      : []),
  ])("agree with plain JavaScript on %s", { timeout: 60_000 }, async (backend, tolerance) => {
    const answer = await ask({ backend });
    expect(answer.error).toBeUndefined();
    expect(answer.backend).toBe(backend);
    const apart = CONFORMANCE.map(({ name }) => ({
      name,
      by: largestDifference(reference, answer.values, name),
    }));
    expect(apart.filter(({ by }) => !(by < tolerance))).toEqual([]);
    expect(missing).toEqual([]);
  });

  it("pass over emulated GPUs when none is asked for", async () => {
    const answer = await ask({});
    expect(answer.error).toBeUndefined();
    expect(["wasm", "webgl", "webgpu"]).toContain(answer.backend);
    expect(answer.adapter.toLowerCase()).not.toContain("swiftshader");
  });

  it("disagree on wasm when the reshape workaround is removed", async () => {
    const answer = await ask({ backend: "wasm", bare: true });
    expect(largestDifference(reference, answer.values, "matMul after reshape")).toBeGreaterThan(
      0.01,
    );
  });
});

it.skipIf(LONG || executablePath === undefined)(
  "webgl and webgpu are compared with DAGBOK_LONG=1 only",
  () => {
    expect(LONG).toBe(false);
  },
);

it.skipIf(executablePath !== undefined)(
  "no Chromium here: browser backends were not tested",
  () => {
    expect(executablePath).toBeUndefined();
  },
);

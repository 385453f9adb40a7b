import { defineConfig } from "vite";

const here = new URL(".", import.meta.url).pathname;

/** The page with stand-ins: `vite build --config test/renderer/dev/vite.config.ts`, then serve `dist/dev`. */
export default defineConfig({
  root: here,
  base: "./",
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: new URL("../../../dist/dev", import.meta.url).pathname,
    emptyOutDir: true,
    target: "es2024",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 10_000,
  },
  worker: { format: "es" },
});

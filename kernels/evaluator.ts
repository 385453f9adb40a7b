import type { Evaluator } from "../app/cell/evaluate.ts";

/**
 * Turns a compiled module's text into its default export: by a blob in browsers (their policy refuses `eval`), by a
 * data URL in Node, which has no blob imports.
 */
export function createEvaluator(): Evaluator {
  const inNode = "process" in globalThis && !("WorkerGlobalScope" in globalThis);
  return inNode ? evaluateInNode : evaluateInBrowser;
}

const evaluateInBrowser: Evaluator = async (text) => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return ((await import(/* @vite-ignore */ url)) as { default: unknown }).default as never;
  } finally {
    URL.revokeObjectURL(url);
  }
};

const evaluateInNode: Evaluator = async (text) => {
  // the count keeps equal texts apart: each cell gets a module of its own
  const url = `data:text/javascript;charset=utf-8,${encodeURIComponent(`${text}\n// ${modules++}`)}`;
  return ((await import(/* @vite-ignore */ url)) as { default: unknown }).default as never;
};

let modules = 0;

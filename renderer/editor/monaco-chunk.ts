import "monaco-editor/features/register.all";
import "monaco-editor/languages/definitions/typescript/register";
import "monaco-editor/languages/definitions/markdown/register";
import "monaco-editor/languages/features/json/register";
import * as monaco from "monaco-editor/editor";
// oxlint-disable-next-line import/default -- Vite makes the default export of `?worker`
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
// oxlint-disable-next-line import/default -- as above
import JsonWorker from "monaco-editor/languages/features/json/json.worker?worker";
import { onThemeChange } from "../theme/theme.ts";
import { registerCausalLanguage } from "./causal-language.ts";
import { defineTheme } from "./monaco-theme.ts";
import { registerProviders } from "./types/providers.ts";

globalThis.MonacoEnvironment = {
  getWorker: (_, label) => (label === "json" ? new JsonWorker() : new EditorWorker()),
};

registerCausalLanguage(monaco);
registerProviders(monaco);
defineTheme(monaco);
onThemeChange(() => defineTheme(monaco));

export { monaco };

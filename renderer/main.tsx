import "./styles.ts";
import { startApp } from "./app.tsx";
import { createFetchApi } from "./client/api.ts";
import { claimToken } from "./client/token.ts";
import { connectFrame } from "./kernel/frame.ts";
import { applyTheme } from "./theme/theme.ts";

applyTheme();

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no root.");

const token = await claimToken({
  location,
  history,
  storage: sessionStorage,
  fetch: fetch.bind(globalThis),
});

startApp(root, {
  api: createFetchApi({ base: "", token: () => token }),
  connect: (notebook) => connectFrame(notebook, document.body),
});

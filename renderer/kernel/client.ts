import type {
  KernelEvent,
  KernelRequest,
  SupervisorEvent,
  SupervisorRequest,
} from "../../app/protocol/kernel.ts";

export type FromFrame = KernelEvent | SupervisorEvent;
export type ToFrame = KernelRequest | SupervisorRequest;

/** A frame with a kernel behind it. Disposing it takes the frame out of the page, and with it its process. */
export interface KernelConnection {
  readonly post: (message: ToFrame, transfer?: Transferable[]) => void;
  /** Set once, by the client. */
  receiver: ((message: FromFrame) => void) | undefined;
  dispose(): void;
}

export type KernelStatus =
  | { readonly kind: "off" }
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly version: string }
  | { readonly kind: "stopping"; readonly step: 1 | 2 | 3 }
  | { readonly kind: "lost"; readonly reason: string };

export interface KernelClientOptions {
  readonly connect: () => Promise<KernelConnection>;
  /** The first message of every kernel life: the notebook as it is then. */
  readonly open: () => Extract<KernelRequest, { type: "open" }>;
  readonly onEvent: (event: KernelEvent) => void;
  readonly onStatus: (status: KernelStatus) => void;
  /** All values are gone; outputs shown so far are of an earlier life. */
  readonly onRestart: () => void;
  /** Whether silence may mean something: timers of hidden pages are held back. */
  readonly visible?: () => boolean;
}

export const timing = {
  /** A cooperative stop has this long. */
  stop: 250,
  /** A worker restart has this long to answer. */
  restart: 500,
  /** A frame has this long to come up. */
  start: 15_000,
  /** This much silence means the kernel is lost. */
  silence: 2500,
  check: 500,
} as const;

/**
 * The page's end of the kernel: starts it when first needed, speaks the protocol, stops what runs by a ladder
 * (ask, end the worker, remove the frame) and notices when nobody is there any more.
 */
export class KernelClient {
  readonly #options: KernelClientOptions;
  readonly #running = new Set<string>();
  /** Were running when the kernel was ended: the next one is told, and shows them as stopped. */
  #interrupted: readonly string[] = [];
  #status: KernelStatus = { kind: "off" };
  #connection: KernelConnection | undefined;
  /** Rises with every connection, so that late answers of an earlier one are not mistaken for this one's. */
  #life = 0;
  #lastHeard = 0;
  #lastCheck = 0;
  #version = "";
  #checkTimer: ReturnType<typeof setInterval> | undefined;
  #ladder: ReturnType<typeof setTimeout> | undefined;
  #queue: (() => void)[] = [];
  #starting: Promise<void> | undefined;

  constructor(options: KernelClientOptions) {
    this.#options = options;
  }

  get status(): KernelStatus {
    return this.#status;
  }

  /** Cells the kernel says are running. */
  get running(): ReadonlySet<string> {
    return this.#running;
  }

  start(): Promise<void> {
    this.#starting ??= this.#connect().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** Sends now, or as soon as the kernel is there; starts it if it is not. */
  send(request: KernelRequest, transfer?: Transferable[]): void {
    // a kernel that is being stopped may be ended, and would take the request along
    const open = this.#status.kind === "ready" || this.#status.kind === "lost";
    if (this.#connection !== undefined && open) {
      this.#connection.post(request, transfer);
      return;
    }
    this.#queue.push(() => this.#connection?.post(request, transfer));
    if (this.#status.kind === "off") void this.start();
  }

  /** Whether a kernel is there to be told of edits (there is no need to start one for that). */
  get listening(): boolean {
    return this.#status.kind === "ready" || this.#status.kind === "stopping";
  }

  stop(target: "all" | readonly string[]): void {
    if (!this.listening) return;
    this.#connection?.post({ type: "stop", target });
    const concerned = [...this.#running].filter((id) => target === "all" || target.includes(id));
    if (concerned.length === 0) return;
    this.#setStatus({ kind: "stopping", step: 1 });
    clearTimeout(this.#ladder);
    const life = this.#life;
    this.#ladder = setTimeout(() => {
      if (life !== this.#life) return;
      if (concerned.some((id) => this.#running.has(id))) this.#restartWorker();
      else this.#stoppedInTime();
    }, timing.stop);
  }

  /** A fresh kernel with the same notebook; starts one if there is none. */
  restart(): void {
    if (this.#connection === undefined || this.#status.kind === "lost") void this.#replaceFrame();
    else this.#restartWorker();
  }

  dispose(): void {
    this.#life++;
    clearTimeout(this.#ladder);
    clearInterval(this.#checkTimer);
    this.#connection?.dispose();
    this.#connection = undefined;
    this.#queue = [];
    this.#running.clear();
    this.#status = { kind: "off" };
  }

  #restartWorker(): void {
    this.#setStatus({ kind: "stopping", step: 2 });
    this.#connection?.post({ type: "restart-worker" });
    clearTimeout(this.#ladder);
    const life = this.#life;
    this.#ladder = setTimeout(() => {
      if (life === this.#life) void this.#replaceFrame();
    }, timing.restart);
  }

  async #replaceFrame(): Promise<void> {
    this.#setStatus({ kind: "stopping", step: 3 });
    this.#forget();
    this.#options.onRestart();
    await this.start();
  }

  #forget(): void {
    this.#life++;
    clearTimeout(this.#ladder);
    this.#connection?.dispose();
    this.#connection = undefined;
    this.#loseRunning();
  }

  async #connect(): Promise<void> {
    this.#setStatus({ kind: "starting" });
    const life = ++this.#life;
    let connection: KernelConnection;
    try {
      connection = await withTimeout(this.#options.connect(), timing.start);
    } catch (error) {
      if (life !== this.#life) return;
      this.#setStatus({
        kind: "lost",
        reason: error instanceof Error ? error.message : String(error),
      });
      return;
    }
    if (life !== this.#life) {
      connection.dispose();
      return;
    }
    this.#connection = connection;
    connection.receiver = (message) => {
      if (life === this.#life) this.#receive(message);
    };
    this.#heard();
    clearInterval(this.#checkTimer);
    this.#lastCheck = Date.now();
    this.#checkTimer = setInterval(() => this.#check(), timing.check);
    connection.post(this.#openMessage());
  }

  #receive(message: FromFrame): void {
    this.#heard();
    switch (message.type) {
      case "beat":
        return;
      case "worker-lost":
        this.#loseRunning();
        this.#options.onRestart();
        this.#setStatus({ kind: "lost", reason: message.reason });
        return;
      case "worker-started":
        // The first start is part of connecting: its `open` is on its way already.
        if (this.#status.kind === "starting") return;
        clearTimeout(this.#ladder);
        this.#loseRunning();
        this.#options.onRestart();
        this.#setStatus({ kind: "starting" });
        this.#connection?.post(this.#openMessage());
        return;
      case "ready":
        this.#version = message.version;
        this.#setStatus({ kind: "ready", version: message.version });
        this.#drain();
        break;
      case "state":
        if (message.state.kind === "running") this.#running.add(message.cell);
        else if (this.#running.delete(message.cell)) this.#stopped();
        break;
      case "run-ended":
        if (this.#running.delete(message.cell)) this.#stopped();
        break;
      case "settled":
        this.#running.clear();
        this.#stopped();
        break;
      default:
    }
    this.#options.onEvent(message);
  }

  #loseRunning(): void {
    if (this.#running.size > 0) this.#interrupted = [...this.#running];
    this.#running.clear();
  }

  #openMessage(): KernelRequest {
    const interrupted = this.#interrupted;
    this.#interrupted = [];
    const open = this.#options.open();
    return interrupted.length === 0 ? open : { ...open, interrupted };
  }

  #stopped(): void {
    if (this.#running.size > 0) return;
    if (this.#status.kind === "stopping" && this.#status.step === 1) {
      clearTimeout(this.#ladder);
      this.#stoppedInTime();
    }
  }

  #stoppedInTime(): void {
    this.#setStatus({ kind: "ready", version: this.#version });
    this.#drain();
  }

  #drain(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const send of queue) send();
  }

  #heard(): void {
    this.#lastHeard = Date.now();
  }

  #check(): void {
    const now = Date.now();
    // When this very timer comes late the page itself was busy or asleep: the beats are still in its queue.
    const late = now - this.#lastCheck > timing.check * 2;
    this.#lastCheck = now;
    if (late || this.#options.visible?.() === false) {
      this.#heard();
      return;
    }
    const alive = this.#status.kind === "ready" || this.#status.kind === "stopping";
    if (alive && now - this.#lastHeard > timing.silence) {
      this.#loseRunning();
      this.#options.onRestart();
      this.#setStatus({ kind: "lost", reason: "It has not answered for a while." });
    }
  }

  #setStatus(status: KernelStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}

function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The kernel did not start.")), ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

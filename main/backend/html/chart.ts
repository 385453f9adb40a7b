import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { escapeHtml } from "./escape.ts";

export interface ChartRequest {
  readonly id: number;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface ChartAnswer {
  readonly id: number;
  readonly svg?: string;
  readonly error?: string;
}

/** A process that draws; Electron starts it in a way of its own. */
export interface ChartProcess {
  post(request: ChartRequest): void;
  onAnswer(listener: (answer: ChartAnswer) => void): void;
  onExit(listener: () => void): void;
  kill(): void;
}

const TIME_LIMIT_MS = 15_000;
const IDLE_MS = 5_000;
export const chartProcessArguments: readonly string[] = ["--max-old-space-size=256"];

let startProcess = startNode;

/** For the desktop, whose binary does not run as Node. */
export function setChartProcess(start: () => ChartProcess): void {
  startProcess = start;
}

function startNode(): ChartProcess {
  const file = fileURLToPath(new URL("./chart-process.ts", import.meta.url));
  const child = fork(file, { execArgv: [...chartProcessArguments], stdio: "ignore" });
  child.unref();
  child.channel?.unref();
  return {
    post: (request) => void child.send(request),
    onAnswer: (listener) => void child.on("message", listener as (message: unknown) => void),
    onExit: (listener) => void child.on("exit", listener),
    kill: () => void child.kill("SIGKILL"),
  };
}

interface Waiting {
  readonly resolve: (svg: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Charts are drawn in a process of their own, ended when one of them takes too long: a specification can ask
 * for any amount of work, and a thread that runs out of memory takes its whole process with it.
 */
class ChartPainter {
  readonly #waiting = new Map<number, Waiting>();
  #process: ChartProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** One after the other, so that a bad one takes no other with it. */
  draw(spec: Readonly<Record<string, unknown>>): Promise<string> {
    const drawn = this.#tail.then(() => this.#draw(spec));
    this.#tail = drawn.catch(() => undefined);
    return drawn;
  }

  #draw(spec: Readonly<Record<string, unknown>>): Promise<string> {
    const running = (this.#process ??= this.#start());
    return new Promise((resolve, reject) => {
      this.#waiting.set(++this.#last, { resolve, reject });
      running.post({ id: this.#last, spec });
      this.#watch();
    });
  }

  #start(): ChartProcess {
    const started = startProcess();
    started.onAnswer(({ id, svg, error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (svg === undefined) waiting?.reject(new Error(error ?? "no answer"));
      else waiting?.resolve(svg);
      this.#watch();
    });
    started.onExit(() => this.#end(started, "it needed too much memory"));
    return started;
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const busy = this.#waiting.size > 0;
    const running = this.#process;
    this.#timer = setTimeout(
      () => running !== undefined && this.#end(running, "it took too long"),
      busy ? TIME_LIMIT_MS : IDLE_MS,
    );
    if (!busy) this.#timer.unref();
  }

  #end(ended: ChartProcess, why: string): void {
    if (this.#process !== ended) return;
    this.#process = undefined;
    clearTimeout(this.#timer);
    ended.kill();
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}

const painter = new ChartPainter();

/** A Vega-Lite chart as a figure with its summary as accessible name. */
export async function chartToSvg(
  spec: Readonly<Record<string, unknown>>,
  summary: string,
): Promise<string> {
  const svg = await painter.draw(spec);
  const label = escapeHtml(summary === "" ? "Chart" : summary);
  return `<figure class="chart"><div role="img" aria-label="${label}">${svg}</div></figure>`;
}

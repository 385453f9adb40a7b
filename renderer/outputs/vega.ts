import { el } from "../ui/dom.ts";
import { onThemeChange } from "../theme/theme.ts";
import type { Shown } from "./ports.ts";

type Chunk = typeof import("./vega-chunk.ts");
type Spec = Readonly<Record<string, unknown>>;

let chunk: Promise<Chunk> | undefined;

function load(): Promise<Chunk> {
  chunk ??= import("./vega-chunk.ts");
  return chunk;
}

/** Fetches the chart code ahead of the first chart. */
export function prefetchVega(): void {
  void load();
}

/**
 * A Vega-Lite chart, drawn when it comes near the screen. Its summary in words is its accessible name and can
 * be unfolded by everyone.
 */
export function showChart(spec: Spec, summary: string): Shown {
  const canvas = el("div", {
    class: "chart-canvas",
    role: "img",
    "aria-label": summary || "Chart",
  });
  const element = el("figure", { class: "chart" }, canvas);
  if (summary !== "") {
    element.append(
      el(
        "details",
        { class: "chart-summary" },
        el("summary", {}, "In words"),
        el("p", {}, summary),
      ),
    );
  }
  let current = spec;
  let finalize: (() => void) | undefined;
  let generation = 0;
  let near = false;

  const draw = async (): Promise<void> => {
    const mine = ++generation;
    try {
      const { renderChart } = await load();
      if (mine !== generation) return;
      // The old chart stays until the new one is there, so that nothing jumps or blinks.
      canvas.style.minHeight = `${canvas.offsetHeight}px`;
      const next = el("div", { class: "chart-view" });
      canvas.append(next);
      const end = await renderChart(next, current);
      if (mine !== generation) {
        end();
        next.remove();
        return;
      }
      finalize?.();
      finalize = end;
      canvas.replaceChildren(next);
      canvas.style.minHeight = "";
    } catch (error) {
      if (mine !== generation) return;
      canvas.replaceChildren(
        el(
          "p",
          { class: "output-problem" },
          `This chart cannot be drawn: ${error instanceof Error ? error.message : String(error)}`,
        ),
      );
    }
  };

  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near = true;
      observer.disconnect();
      void draw();
    },
    { rootMargin: "600px" },
  );
  observer.observe(element);
  canvas.style.minHeight = `${expectedHeight(spec)}px`;
  const offTheme = onThemeChange(() => {
    if (near) void draw();
  });
  return {
    element,
    update(value) {
      current = value as Spec;
      if (near) void draw();
      return true;
    },
    dispose() {
      generation++;
      observer.disconnect();
      offTheme();
      finalize?.();
    },
  };
}

function expectedHeight(spec: Spec): number {
  return typeof spec["height"] === "number" ? spec["height"] + 40 : 240;
}

import type { SeriesPoints } from "../state/runtime.ts";
import { el, svg } from "../ui/dom.ts";

const WIDTH = 640;
const HEIGHT = 132;
const PAD = { left: 46, right: 84, top: 8, bottom: 20 };

/** The live chart of long work: a few polylines redrawn at most once a frame, so that it never holds the page. */
export class LossChart {
  readonly element = el("figure", { class: "loss-chart" });
  #frame: number | undefined;
  #series: SeriesPoints = {};

  update(series: SeriesPoints): void {
    if (series === this.#series) return;
    this.#series = series;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  }

  dispose(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.element.remove();
  }

  #draw(): void {
    const entries = Object.entries(this.#series).filter(([, points]) => points.length > 0);
    if (entries.length === 0) return;
    const all = entries.flatMap(([, points]) => points).filter(([, y]) => Number.isFinite(y));
    const xs = extent(all.map(([x]) => x));
    const ys = extent(all.map(([, y]) => y));
    const x = scale(xs, [PAD.left, WIDTH - PAD.right]);
    const y = scale(ys, [HEIGHT - PAD.bottom, PAD.top]);
    const last = entries.map(
      ([name, points]) =>
        `${name} ${short(points.at(-1)?.[1] ?? 0)} at ${short(points.at(-1)?.[0] ?? 0)}`,
    );
    const picture = svg("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `Live chart: ${last.join(", ")}`,
    });
    for (const tick of ticks(ys)) {
      picture.append(
        svg("line", {
          class: "grid",
          x1: PAD.left,
          x2: WIDTH - PAD.right,
          y1: y(tick),
          y2: y(tick),
        }),
        svg(
          "text",
          { class: "tick", x: PAD.left - 8, y: y(tick) + 4, "text-anchor": "end" },
          short(tick),
        ),
      );
    }
    for (const [tick, anchor] of [
      [xs[0], "start"],
      [xs[1], "end"],
    ] as const) {
      picture.append(
        svg(
          "text",
          { class: "tick", x: x(tick), y: HEIGHT - 4, "text-anchor": anchor },
          short(tick),
        ),
      );
    }
    let lastLabel = -Infinity;
    entries
      .map(([name, points], i) => ({ name, points, i, end: y(points.at(-1)?.[1] ?? 0) }))
      .sort((a, b) => a.end - b.end)
      .forEach(({ name, points, i, end }) => {
        const line = points
          .filter(([, value]) => Number.isFinite(value))
          .map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`)
          .join(" ");
        lastLabel = Math.max(end, lastLabel + 14);
        picture.append(
          svg("polyline", { class: `series series-${i % 4}`, points: line }),
          svg(
            "text",
            { class: `series-label series-${i % 4}`, x: WIDTH - PAD.right + 8, y: lastLabel + 4 },
            name,
          ),
        );
      });
    this.element.replaceChildren(picture);
  }
}

function extent(values: readonly number[]): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!Number.isFinite(low)) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function scale(
  [d0, d1]: readonly [number, number],
  [r0, r1]: readonly [number, number],
): (value: number) => number {
  return (value) => r0 + ((value - d0) / (d1 - d0)) * (r1 - r0);
}

function ticks([low, high]: readonly [number, number]): readonly number[] {
  const step = 10 ** Math.floor(Math.log10((high - low) / 2));
  const wide = [1, 2, 5, 10].map((f) => f * step).find((s) => (high - low) / s <= 4) ?? step;
  const made: number[] = [];
  for (let at = Math.ceil(low / wide) * wide; at <= high; at += wide) made.push(at);
  return made;
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}

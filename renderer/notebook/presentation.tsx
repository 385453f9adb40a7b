import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Cell } from "../../app/notebook/document.ts";
import type { NotebookModel } from "../state/notebook-model.ts";
import { announce } from "../ui/toast.tsx";
import { Icon } from "../ui/icons.tsx";
import { useNotebook } from "./context.ts";
import { sectionLevel } from "./folding.ts";

/** `write` shows all; `app` only prose, controls and results; `slides` the same, a section at a time. */
export type View = "write" | "app" | "slides";

export const view = signal<View>("write");
const slide = signal(0);

/** Slides begin at headings of the first two levels. What stands before the first is a slide too. */
export function slidesOf(cells: readonly Cell[]): readonly (readonly string[])[] {
  const slides: string[][] = [];
  for (const cell of cells) {
    const level = sectionLevel(cell);
    if (slides.length === 0 || (level !== undefined && level <= 2)) slides.push([]);
    slides.at(-1)?.push(cell.id);
  }
  return slides;
}

/** The cells of the present view, in order, out of those that are shown. */
export function presentedCells(
  model: NotebookModel,
  shown: () => readonly string[],
): ReadonlySignal<readonly string[]> {
  return computed(() => {
    if (view.value !== "slides") return shown();
    const slides = slidesOf(model.notebook.value.cells);
    return slides[Math.min(slide.value, slides.length - 1)] ?? [];
  });
}

export function present(next: View): void {
  if (next === view.value) return;
  view.value = next;
  slide.value = 0;
  scrollTo({ top: 0 });
  announce(
    { write: "Writing.", app: "App view: text, controls and results.", slides: "Slides." }[next],
  );
  if (next === "slides") void document.documentElement.requestFullscreen?.().catch(() => undefined);
  else if (document.fullscreenElement !== null) void document.exitFullscreen();
}

/** The strip by which a reader leaves the view, and goes from slide to slide. */
export function PresentationBar() {
  const { model } = useNotebook();
  const slides = slidesOf(model.notebook.value.cells);
  const at = Math.min(slide.value, slides.length - 1);
  const go = (step: number): void => {
    const next = Math.max(0, Math.min(slides.length - 1, at + step));
    if (next === at) return;
    slide.value = next;
    scrollTo({ top: 0 });
    announce(`Slide ${next + 1} of ${slides.length}`);
  };
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") {
        event.preventDefault();
        present("write");
        return;
      }
      const target = event.target as Element;
      if (view.value !== "slides" || target.closest("input, textarea, select") !== null) return;
      const step = /^(?:ArrowRight|PageDown| )$/.test(event.key)
        ? 1
        : /^(?:ArrowLeft|PageUp)$/.test(event.key)
          ? -1
          : 0;
      if (step === 0 || (event.key === " " && target.closest("button, summary") !== null)) return;
      event.preventDefault();
      go(step);
    };
    // A browser that leaves full screen by its own key has left the slides.
    const onLeave = (): void => {
      if (document.fullscreenElement === null && view.value === "slides") present("write");
    };
    addEventListener("keydown", onKeyDown, true);
    document.addEventListener("fullscreenchange", onLeave);
    return () => {
      removeEventListener("keydown", onKeyDown, true);
      document.removeEventListener("fullscreenchange", onLeave);
    };
  });
  return (
    <nav class="presentation" aria-label="Presentation">
      {view.value === "slides" && (
        <>
          <button
            type="button"
            class="icon-button"
            aria-label="Previous slide"
            disabled={at === 0}
            onClick={() => go(-1)}
          >
            <Icon name="arrowLeft" />
          </button>
          <span>
            {at + 1} / {slides.length}
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label="Next slide"
            disabled={at >= slides.length - 1}
            onClick={() => go(1)}
          >
            <Icon name="chevronRight" />
          </button>
        </>
      )}
      <button type="button" class="button" onClick={() => present("write")}>
        Back to writing
      </button>
    </nav>
  );
}

import type { ErrorRecord } from "../../app/errors.ts";
import {
  type InputOutput,
  type InspectNode,
  mime,
  type MimeBundle,
  type TablePage,
} from "../../app/protocol/mime.ts";
import type { Report } from "../../app/protocol/report.ts";
import { el } from "../ui/dom.ts";
import { showError } from "./error.ts";
import { showHtml } from "./html-frame.ts";
import { showInput } from "./inputs.ts";
import { showValue } from "./inspect.ts";
import { renderMarkdown } from "./markdown.ts";
import type { OutputPorts, Show, Shown } from "./ports.ts";
import { showReport } from "./report.ts";
import { showTable } from "./table.ts";
import { showChart } from "./vega.ts";

/** Richest first: the first of these that a bundle has is drawn. */
const shows: readonly (readonly [type: string, show: Show])[] = [
  [mime.report, (value, ports) => showReport(value as Report, ports)],
  [mime.input, (value, ports) => showInput(value as InputOutput, ports)],
  [mime.error, (value, ports) => showError(value as ErrorRecord, ports)],
  [
    mime.vegaLite,
    (value, _, plain) => showChart(value as Readonly<Record<string, unknown>>, plain),
  ],
  [mime.table, (value, ports) => showTable(value as TablePage, ports)],
  [mime.markdown, (value) => showMarkdown(String(value))],
  [mime.svg, (value, _, plain) => showImage(svgUrl(String(value)), plain, svgUrl)],
  [mime.png, (value, _, plain) => showImage(`data:image/png;base64,${String(value)}`, plain)],
  [mime.jpeg, (value, _, plain) => showImage(`data:image/jpeg;base64,${String(value)}`, plain)],
  [mime.html, (value) => showHtml(String(value))],
  [mime.value, (value) => showValue(value as InspectNode)],
  [mime.json, (value) => showText(JSON.stringify(value, null, 2))],
  [mime.text, (value) => showText(String(value))],
];

interface Slot {
  readonly type: string;
  readonly shown: Shown;
  bundle: MimeBundle;
}

/** Owns what a cell shows: an island in the page that Preact mounts and never renders. */
export class OutputController {
  readonly element = el("div", { class: "outputs" });
  readonly #ports: OutputPorts;
  #slots: Slot[] = [];

  constructor(ports: OutputPorts) {
    this.#ports = ports;
  }

  update(bundles: readonly MimeBundle[]): void {
    bundles.forEach((bundle, i) => {
      if (bundle === undefined) return;
      const slot = this.#slots[i];
      if (slot?.bundle === bundle) return;
      const [type, show] = choose(bundle);
      const value = bundle[type];
      if (slot?.type === type && slot.shown.update?.(value) === true) {
        slot.bundle = bundle;
        return;
      }
      const shown = this.#draw(show, value, bundle);
      if (slot === undefined) this.element.append(shown.element);
      else {
        slot.shown.dispose?.();
        slot.shown.element.replaceWith(shown.element);
      }
      this.#slots[i] = { type, shown, bundle };
    });
    for (const slot of this.#slots.splice(bundles.length)) {
      slot.shown.dispose?.();
      slot.shown.element.remove();
    }
  }

  dispose(): void {
    for (const slot of this.#slots) slot.shown.dispose?.();
    this.#slots = [];
    this.element.remove();
  }

  /** A bundle that is not what its type promises must not take the page with it. */
  #draw(show: Show, value: unknown, bundle: MimeBundle): Shown {
    const text = bundle[mime.text];
    const plain = typeof text === "string" ? text : "";
    try {
      return show(value, this.#ports, plain);
    } catch (error) {
      console.error("An output could not be drawn", error);
      return showText(plain || "This output cannot be drawn.");
    }
  }
}

function choose(bundle: MimeBundle): readonly [string, Show] {
  return (
    shows.find(([type]) => bundle[type] !== undefined && bundle[type] !== null) ?? [
      mime.text,
      () => showText("Nothing that can be shown."),
    ]
  );
}

function showMarkdown(text: string): Shown {
  const element = el("div", {}, renderMarkdown(text));
  return {
    element,
    update(value) {
      element.replaceChildren(renderMarkdown(String(value)));
      return true;
    },
  };
}

function showText(text: string): Shown {
  const element = el("pre", { class: "output-text", tabindex: 0 }, text);
  return {
    element,
    update(value) {
      element.textContent = typeof value === "string" ? value : JSON.stringify(value, null, 2);
      return true;
    },
  };
}

/** SVG goes into an image, where nothing in it can run or load. */
function svgUrl(text: string): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

function showImage(src: string, plain: string, toUrl?: (text: string) => string): Shown {
  const image = el("img", {
    src,
    alt: plain || "Image without a description",
    class: "output-image",
  });
  return {
    element: el("div", { class: "output-image-box" }, image),
    ...(toUrl === undefined
      ? {}
      : {
          update(value: unknown) {
            image.src = toUrl(String(value));
            return true;
          },
        }),
  };
}

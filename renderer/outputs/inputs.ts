import type { InputOutput } from "../../app/protocol/mime.ts";
import { el } from "../ui/dom.ts";
import type { OutputPorts, Shown } from "./ports.ts";

interface Widget {
  readonly element: HTMLElement;
  set(value: unknown): void;
}

interface Choice {
  readonly labels: readonly string[];
  readonly values: readonly unknown[];
}

type Options = Readonly<Record<string, unknown>>;

let nextId = 0;

/**
 * A control drawn from its description. A re-run that describes the same control keeps it (and the focus in
 * it); a value that comes back is shown unless the user is at it.
 */
export function showInput(output: InputOutput, ports: OutputPorts): Shown {
  let current = output;
  const send = (value: unknown): void => ports.setInput(current.key, value);
  const widget = makeWidget(output, send);
  widget.set(ports.savedInput(output.key) ?? output.value);
  const same = signature(output);
  return {
    element: widget.element,
    update(value) {
      const next = value as InputOutput;
      if (signature(next) !== same) return false;
      current = next;
      if (!widget.element.contains(document.activeElement)) widget.set(next.value);
      return true;
    },
  };
}

function signature({ key, input }: InputOutput): string {
  return JSON.stringify([key, input.widget, input.label, input.options]);
}

function makeWidget({ input }: InputOutput, send: (value: unknown) => void): Widget {
  const { widget, options } = input;
  const label = input.label ?? "";
  switch (widget) {
    case "range":
    case "slider":
      return slider(label, options, send);
    case "number":
      return field(label, options, "number", Number, send);
    case "text":
    case "date":
      return field(label, options, widget, String, send);
    case "color":
      return field(label, options, "color", String, send);
    case "textarea":
      return textarea(label, options, send);
    case "select":
      return select(label, options, send);
    case "multi-select":
    case "checkbox":
      return choices(label, options, "checkbox", send);
    case "radio":
      return choices(label, options, "radio", send);
    case "toggle":
      return toggle(label, options, send);
    case "button":
      return button(options, send);
    case "table":
      return tableInput(label, options, send);
    default:
      return {
        element: el("p", { class: "output-problem" }, `There is no control named “${widget}”.`),
        set: () => {},
      };
  }
}

function slider(label: string, options: Options, send: (value: unknown) => void): Widget {
  const id = `input-${nextId++}`;
  const bounds = {
    min: numberOf(options["min"], 0),
    max: numberOf(options["max"], 1),
    step: numberOf(options["step"], 0.01),
  };
  const disabled = options["disabled"] === true;
  const range = el("input", {
    type: "range",
    id,
    ...bounds,
    disabled,
    "aria-label": label || "Value",
  });
  const box = el("input", {
    type: "number",
    ...bounds,
    disabled,
    class: "number-box",
    "aria-label": `${label || "Value"}, number`,
  });
  const paint = (): void => {
    const share = (Number(range.value) - bounds.min) / (bounds.max - bounds.min || 1);
    range.style.setProperty("--share", `${Math.max(0, Math.min(1, share)) * 100}%`);
  };
  range.addEventListener("input", () => {
    box.value = range.value;
    paint();
    send(Number(range.value));
  });
  box.addEventListener("input", () => {
    const value = Number(box.value);
    if (box.value === "" || !Number.isFinite(value)) return;
    range.value = String(value);
    paint();
    if (box.checkValidity()) send(value);
  });
  box.addEventListener("change", () => {
    box.value = range.value;
    send(Number(range.value));
  });
  return {
    element: row(label, id, range, box),
    set(value) {
      range.value = String(value);
      box.value = String(value);
      paint();
    },
  };
}

function field(
  label: string,
  options: Options,
  type: string,
  read: (text: string) => unknown,
  send: (value: unknown) => void,
): Widget {
  const id = `input-${nextId++}`;
  const input = el("input", {
    type,
    id,
    placeholder: textOf(options["placeholder"]),
    min: boundOf(options["min"]),
    max: boundOf(options["max"]),
    step: boundOf(options["step"]) ?? (type === "number" ? "any" : undefined),
    disabled: options["disabled"] === true,
    "aria-label": label === "" ? type : undefined,
  });
  input.addEventListener("input", () => {
    if (input.checkValidity() && !(type === "number" && input.value === ""))
      send(read(input.value));
  });
  return {
    element: row(label, id, input),
    set(value) {
      input.value = textOf(value) ?? "";
    },
  };
}

function textarea(label: string, options: Options, send: (value: unknown) => void): Widget {
  const id = `input-${nextId++}`;
  const input = el("textarea", {
    id,
    rows: numberOf(options["rows"], 3),
    placeholder: textOf(options["placeholder"]),
    disabled: options["disabled"] === true,
    "aria-label": label === "" ? "Text" : undefined,
  });
  input.addEventListener("input", () => send(input.value));
  return {
    element: row(label, id, input),
    set(value) {
      input.value = textOf(value) ?? "";
    },
  };
}

function select(label: string, options: Options, send: (value: unknown) => void): Widget {
  const id = `input-${nextId++}`;
  const choice = choiceOf(options);
  const input = el("select", {
    id,
    disabled: options["disabled"] === true,
    "aria-label": label === "" ? "Choice" : undefined,
  });
  choice.labels.forEach((text, i) => input.append(el("option", { value: i }, text)));
  input.addEventListener("change", () => send(choice.values[Number(input.value)]));
  return {
    element: row(label, id, input),
    set(value) {
      input.value = String(indexOf(choice, value));
    },
  };
}

function choices(
  label: string,
  options: Options,
  type: "checkbox" | "radio",
  send: (value: unknown) => void,
): Widget {
  const choice = choiceOf(options);
  const name = `input-${nextId++}`;
  const boxes = choice.labels.map((_, i) =>
    el("input", { type, name, value: i, disabled: options["disabled"] === true }),
  );
  const group = el("div", { class: "choices" });
  boxes.forEach((box, i) => group.append(el("label", {}, box, choice.labels[i] ?? "")));
  group.addEventListener("change", () => {
    const ticked = boxes.flatMap((box, i) => (box.checked ? [choice.values[i]] : []));
    send(type === "radio" ? ticked[0] : ticked);
  });
  const element = el("fieldset", { class: "input-row" });
  element.append(el("legend", {}, label || (type === "radio" ? "Choice" : "Choices")), group);
  return {
    element,
    set(value) {
      const wanted = type === "radio" ? [value] : Array.isArray(value) ? value : [];
      const ticked = new Set(wanted.map((each) => indexOf(choice, each)));
      boxes.forEach((box, i) => (box.checked = ticked.has(i)));
    },
  };
}

function toggle(label: string, options: Options, send: (value: unknown) => void): Widget {
  const box = el("input", {
    type: "checkbox",
    role: "switch",
    disabled: options["disabled"] === true,
  });
  box.addEventListener("change", () => send(box.checked));
  return {
    element: el(
      "div",
      { class: "input-row" },
      el("label", { class: "toggle" }, box, label || "On"),
    ),
    set(value) {
      box.checked = value === true;
    },
  };
}

function button(options: Options, send: (value: unknown) => void): Widget {
  let count = 0;
  const element = el(
    "button",
    { type: "button", class: "button", disabled: options["disabled"] === true },
    textOf(options["label"]) ?? "Go",
  );
  element.addEventListener("click", () => send(++count));
  return {
    element: el("div", { class: "input-row" }, element),
    set(value) {
      count = numberOf(value, 0);
    },
  };
}

function tableInput(label: string, options: Options, send: (value: unknown) => void): Widget {
  const columns = (options["columns"] ?? []) as readonly string[];
  const rows = (options["rows"] ?? []) as readonly (readonly (string | number | null)[])[];
  const type = options["multiple"] === false ? "radio" : "checkbox";
  const name = `input-${nextId++}`;
  const boxes = rows.map((_, i) => el("input", { type, name, "aria-label": `Row ${i + 1}` }));
  const head = el("tr", {}, el("th", {}, el("span", { class: "visually-hidden" }, "Pick")));
  for (const column of columns) head.append(el("th", { scope: "col" }, column));
  const body = el("tbody");
  rows.forEach((row, i) => {
    const line = el("tr", {}, el("td", {}, boxes[i]));
    for (const value of row) {
      line.append(
        el(
          "td",
          { class: typeof value === "number" ? "numeric" : undefined },
          String(value ?? "–"),
        ),
      );
    }
    body.append(line);
  });
  const table = el(
    "table",
    { "aria-label": label || "Rows to pick from" },
    el("thead", {}, head),
    body,
  );
  table.addEventListener("change", () => send(boxes.flatMap((box, i) => (box.checked ? [i] : []))));
  return {
    element: el(
      "div",
      { class: "data-table input-table" },
      label !== "" && el("p", { class: "input-label" }, label),
      el(
        "div",
        { class: "data-table-scroll", tabindex: 0, role: "region", "aria-label": label || "Rows" },
        table,
      ),
    ),
    set(value) {
      const ticked = new Set(Array.isArray(value) ? value : []);
      boxes.forEach((box, i) => (box.checked = ticked.has(i)));
    },
  };
}

function row(label: string, id: string, ...controls: HTMLElement[]): HTMLElement {
  return el(
    "div",
    { class: "input-row" },
    label !== "" && el("label", { class: "input-label", for: id }, label),
    ...controls,
  );
}

function choiceOf(options: Options): Choice {
  const labels = (options["labels"] ?? []) as readonly string[];
  return { labels, values: (options["values"] ?? labels) as readonly unknown[] };
}

/** Values cross a wire, so that equality is of content. */
function indexOf({ values }: Choice, value: unknown): number {
  const text = JSON.stringify(value);
  return values.findIndex((each) => JSON.stringify(each) === text);
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}

function boundOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

import type { ErrorRecord } from "../../app/errors.ts";
import type { CellFailure } from "../../app/protocol/kernel.ts";
import { iconMarkup } from "../ui/icons.tsx";
import { el } from "../ui/dom.ts";
import type { OutputPorts, Shown } from "./ports.ts";

/** A user's mistake: what is wrong, what was seen, what was expected, what to do next, and where. */
export function showError(record: ErrorRecord, ports: OutputPorts): Shown {
  return { element: errorElement(record, ports) };
}

/** Why a cell failed; when it is another cell's doing, that one is one press away. */
export function failureElement(failure: CellFailure, ports: OutputPorts): HTMLElement {
  if (failure.kind === "interrupted") {
    return el("p", { class: "failure failure-quiet", role: "status" }, "Stopped.");
  }
  const { origin } = failure;
  if (origin !== undefined && origin !== ports.cell) {
    return el(
      "p",
      { class: "failure failure-upstream" },
      "It rests on ",
      cellLink(origin, ports),
      `, which failed: ${failure.error.message}`,
    );
  }
  const element = errorElement(failure.error, ports);
  const others = (failure.cells ?? []).filter((id) => id !== ports.cell);
  if (others.length > 0) {
    const list = el(
      "p",
      { class: "error-cells" },
      failure.kind === "circular" ? "Cycle: " : "Also: ",
    );
    others.forEach((id, i) => {
      if (i > 0) list.append(failure.kind === "circular" ? " → " : ", ");
      list.append(cellLink(id, ports));
    });
    element.append(list);
  }
  return element;
}

function errorElement(record: ErrorRecord, ports: OutputPorts): HTMLElement {
  const sign = el("span", { class: "error-sign" });
  sign.innerHTML = iconMarkup("circleAlert");
  const head = el(
    "p",
    { class: "error-message" },
    sign,
    el("span", {}, record.code === undefined ? `${record.name}: ` : "", record.message),
  );
  const element = el("div", { class: "failure failure-error" }, head);
  const facts = el("dl", { class: "error-facts" });
  const fact = (label: string, value: string | undefined): void => {
    if (value !== undefined) facts.append(el("dt", {}, label), el("dd", {}, value));
  };
  fact("Seen", record.value);
  fact("Expected", record.expected);
  fact("Try", record.hint);
  if (facts.childElementCount > 0) element.append(facts);
  const foot = el("p", { class: "error-foot" });
  const { place } = record;
  if (place?.line !== undefined || place?.start !== undefined) {
    const where =
      place.line === undefined
        ? "Show the place"
        : `Line ${place.line}${place.column === undefined ? "" : `, column ${place.column}`}`;
    if (place.source === undefined || /^[a-z0-9]{4,32}$/.test(place.source)) {
      const button = el("button", { type: "button", class: "link" }, where);
      button.addEventListener("click", () =>
        ports.goTo(place.source ?? ports.cell, {
          ...(place.start === undefined ? {} : { start: place.start }),
          ...(place.line === undefined ? {} : { line: place.line }),
        }),
      );
      foot.append(button);
    } else foot.append(`${place.source}, ${where.toLowerCase()}`);
  }
  if (record.code !== undefined) foot.append(el("code", { class: "error-code" }, record.code));
  if (foot.childNodes.length > 0) element.append(foot);
  if (record.stack !== undefined && record.code === undefined) {
    element.append(
      el(
        "details",
        { class: "error-stack" },
        el("summary", {}, "Stack"),
        el("pre", { tabindex: 0 }, record.stack),
      ),
    );
  }
  return element;
}

function cellLink(id: string, ports: OutputPorts): HTMLElement {
  const button = el("button", { type: "button", class: "link" }, ports.nameOf(id));
  button.addEventListener("click", () => ports.goTo(id));
  return button;
}

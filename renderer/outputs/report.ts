import type { Claim, ClaimStatus, Rung } from "../../app/claim.ts";
import type { ActionsBlock, Block, Report, TableBlock } from "../../app/protocol/report.ts";
import { highlight } from "../editor/highlight.ts";
import { iconMarkup, type IconName } from "../ui/icons.tsx";
import { el } from "../ui/dom.ts";
import { showGraph } from "./graph/show.ts";
import { renderInline } from "./markdown.ts";
import { formula } from "./math.ts";
import type { OutputPorts, Shown } from "./ports.ts";
import { showChart } from "./vega.ts";

/**
 * A report as a column of blocks. On a re-run charts and graphs of the same place are kept and updated, so that
 * nothing blinks and the focus stays.
 */
export function showReport(report: Report, ports: OutputPorts): Shown {
  const element = el("section", { class: "report" });
  let parts: readonly Part[] = [];
  const draw = (next: Report): void => {
    const pool = [...parts];
    const made: Part[] = [];
    const context: Context = {
      ports,
      take(kind, value) {
        const at = pool.findIndex((part) => part.kind === kind);
        const part = pool[at];
        if (part?.shown.update?.(value) === true) {
          pool.splice(at, 1);
          made.push(part);
          return part.shown.element;
        }
        return undefined;
      },
      keep(kind, shown) {
        made.push({ kind, shown });
        return shown.element;
      },
    };
    const children: HTMLElement[] = [];
    if (next.claim !== undefined) children.push(claimElement(next.claim));
    for (const block of next.blocks) children.push(blockElement(block, context));
    element.setAttribute("aria-label", next.summary);
    for (const part of pool) part.shown.dispose?.();
    // Moving an element takes the focus out of it.
    const active = document.activeElement;
    element.replaceChildren(...children);
    if (active instanceof HTMLElement && element.contains(active)) {
      active.focus({ preventScroll: true });
    }
    parts = made;
  };
  draw(report);
  return {
    element,
    update(value) {
      draw(value as Report);
      return true;
    },
    dispose() {
      for (const part of parts) part.shown.dispose?.();
    },
  };
}

interface Part {
  readonly kind: "chart" | "graph";
  readonly shown: Shown;
}

interface Context {
  readonly ports: OutputPorts;
  take(kind: Part["kind"], value: unknown): HTMLElement | undefined;
  keep(kind: Part["kind"], shown: Shown): HTMLElement;
}

const numerals: Readonly<Record<Rung, string>> = { 1: "I", 2: "II", 3: "III" };
const verbs: Readonly<Record<Rung, string>> = { 1: "see", 2: "do", 3: "imagine" };

const statusWords: Readonly<Record<ClaimStatus, string>> = {
  identified: "identified",
  bounded: "bounded",
  "not-identified": "not identified",
  "not-certified": "not certified",
  "zero-by-structure": "zero by structure",
  "needs-mechanism": "needs a mechanism",
  association: "association",
};

/** Rung, query and status: always a numeral and words besides the colour. */
export function claimElement(claim: Claim): HTMLElement {
  return el(
    "p",
    { class: "claim", "data-rung": claim.rung },
    el(
      "span",
      { class: "rung", title: `Rung ${numerals[claim.rung]}: ${verbs[claim.rung]}` },
      numerals[claim.rung],
    ),
    el("span", { class: "claim-query" }, claim.query),
    el("span", { class: "claim-status", "data-status": claim.status }, statusWords[claim.status]),
    claim.derivedByCode === true && el("span", { class: "claim-status" }, "derived by code"),
  );
}

const noticeIcons: Readonly<Record<string, IconName>> = {
  info: "info",
  answer: "scale",
  warning: "triangleAlert",
  error: "circleAlert",
};

function blockElement(block: Block, context: Context): HTMLElement {
  switch (block.kind) {
    case "text": {
      const text = renderInline(block.text);
      text.className = "report-text";
      return text;
    }
    case "heading":
      return el("h4", { class: "report-heading" }, block.text);
    case "formula": {
      const element = formula(block.latex, block.text);
      element.className = "report-formula";
      element.tabIndex = 0;
      element.setAttribute("role", "math");
      element.setAttribute("aria-label", block.text);
      return element;
    }
    case "stat":
      return el(
        "div",
        { class: "stat" },
        el("span", { class: "stat-label" }, block.label),
        el("span", { class: "stat-value" }, block.value),
        block.interval !== undefined && el("span", { class: "stat-interval" }, block.interval),
        block.note !== undefined && el("span", { class: "stat-note" }, block.note),
      );
    case "facts": {
      const list = el("dl", { class: block.footer === true ? "facts facts-footer" : "facts" });
      for (const { label, value } of block.facts) {
        list.append(el("div", {}, el("dt", {}, label), el("dd", {}, value)));
      }
      return list;
    }
    case "assumptions":
      return assumptionsElement(block, context.ports);
    case "table":
      return tableElement(block);
    case "chart":
      return (
        context.take("chart", block.spec) ??
        context.keep("chart", showChart(block.spec, block.summary))
      );
    case "graph":
      return context.take("graph", block) ?? context.keep("graph", showGraph(block, context.ports));
    case "notice": {
      const sign = el("span", { class: "notice-sign" });
      sign.innerHTML = iconMarkup(noticeIcons[block.tone] ?? "info");
      const body = el("div", {}, el("p", { class: "notice-title" }, block.title));
      if (block.text !== undefined) body.append(renderInline(block.text));
      if (block.hint !== undefined) body.append(el("p", { class: "notice-hint" }, block.hint));
      return el("div", { class: "notice", "data-tone": block.tone }, sign, body);
    }
    case "details": {
      const details = el("details", { class: "report-details", open: block.open === true });
      details.append(el("summary", {}, block.title));
      const body = el("div", { class: "report-details-body" });
      for (const inner of block.blocks) body.append(blockElement(inner, context));
      details.append(body);
      return details;
    }
    case "columns": {
      const row = el("div", { class: "report-columns" });
      for (const column of block.columns) {
        const part = el("div", {});
        for (const inner of column) part.append(blockElement(inner, context));
        row.append(part);
      }
      return row;
    }
    case "code": {
      const pre = el("pre", { class: "report-code", tabindex: 0 });
      pre.append(highlight(block.text, block.language));
      return pre;
    }
    case "actions":
      return actionsElement(block, context.ports);
    default:
      return el("p", { class: "output-problem" }, "A part of this report is of a newer kind.");
  }
}

function actionsElement(block: ActionsBlock, ports: OutputPorts): HTMLElement {
  const box = el("div", {
    class: block.list === true ? "actions actions-list" : "actions",
    role: "group",
    "aria-label": block.label,
  });
  if (block.list === true) box.append(el("p", { class: "block-label" }, block.label));
  for (const action of block.actions) {
    const button = el(
      "button",
      {
        type: "button",
        class: block.list === true ? "action action-line" : "action",
        disabled: ports.act === undefined,
        ...(action.pressed === undefined ? {} : { "aria-pressed": String(action.pressed) }),
      },
      el("span", { class: "action-label" }, action.label),
      action.detail !== undefined && el("span", { class: "action-detail" }, action.detail),
    );
    button.addEventListener("click", () => ports.act?.(action.does));
    box.append(button);
  }
  return box;
}

function assumptionsElement(
  { assumptions, label }: Extract<Block, { kind: "assumptions" }>,
  ports: OutputPorts,
): HTMLElement {
  const said =
    label ??
    `Rests on ${assumptions.length === 1 ? "one assumption" : `${assumptions.length} assumptions`}`;
  const list = el("ul", { class: "assumptions", "aria-label": said });
  for (const assumption of assumptions) {
    const box = el("input", {
      type: "checkbox",
      checked: ports.assumption(assumption.id),
      "data-assumption": assumption.id,
    });
    const text = renderInline(assumption.text, "span");
    const item = el("li", {}, el("label", {}, box, text));
    item.classList.toggle("doubted", !box.checked);
    box.addEventListener("change", () => {
      ports.setAssumption(assumption.id, box.checked);
      item.classList.toggle("doubted", !box.checked);
    });
    list.append(item);
  }
  return el("div", { class: "assumptions-box" }, el("p", { class: "block-label" }, said), list);
}

function tableElement(block: TableBlock): HTMLElement {
  const table = el("table", { class: "report-table" });
  if (block.caption !== undefined) table.append(el("caption", {}, block.caption));
  const head = el("tr");
  for (const { label, align } of block.columns) {
    head.append(
      el("th", { scope: "col", class: align === "right" ? "numeric" : undefined }, label),
    );
  }
  table.append(el("thead", {}, head));
  const body = el("tbody");
  for (const row of block.rows) {
    const line = el("tr");
    row.forEach((text, i) => {
      const right = block.columns[i]?.align === "right";
      line.append(el("td", { class: right ? "numeric" : undefined }, text));
    });
    body.append(line);
  }
  table.append(body);
  return el(
    "div",
    {
      class: "report-table-box",
      tabindex: 0,
      role: "region",
      "aria-label": block.caption ?? "Table",
    },
    table,
  );
}

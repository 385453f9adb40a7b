import type { TablePage } from "../../app/protocol/mime.ts";
import { el } from "../ui/dom.ts";
import type { OutputPorts, Shown } from "./ports.ts";

const ROW = 28;
const PAGE = 200;
const VISIBLE = 12;
/** Browsers cap the height of an element; beyond this many rows the scrollbar is scaled. */
const MAX_HEIGHT = 8_000_000;

/** A table of any length: only the rows in view are in the page, and more are asked for as one scrolls. */
export function showTable(first: TablePage, ports: OutputPorts): Shown {
  const element = el("div", { class: "data-table" });
  const controller = new AbortController();
  const draw = (page: TablePage): void => {
    const rows = new Map<number, TablePage["rows"]>();
    const asked = new Set<number>();
    keep(rows, page);
    const numeric = page.columns.map(({ type }) => /int|float|num|double|real/i.test(type));
    const wrap = el("div", {
      class: "data-table-scroll",
      tabindex: 0,
      role: "region",
      "aria-label": `Table, ${page.n} rows, ${page.columns.length} columns`,
    });
    const table = el("table", { "aria-rowcount": page.n + 1 });
    const head = el("tr");
    head.append(
      el(
        "th",
        { class: "row-number", scope: "col" },
        el("span", { class: "visually-hidden" }, "Row"),
      ),
    );
    page.columns.forEach((column, i) => {
      head.append(
        el(
          "th",
          { scope: "col", class: numeric[i] === true ? "numeric" : undefined },
          el("span", { class: "column-name" }, column.name),
          el("span", { class: "column-type" }, column.type),
        ),
      );
    });
    const body = el("tbody");
    table.append(el("thead", {}, head), body);
    wrap.append(table);
    const total = ports.tablePage === undefined ? page.offset + page.rows.length : page.n;
    const scale = Math.max(1, (total * ROW) / MAX_HEIGHT);
    const fill = (): void => {
      const start = Math.max(0, Math.floor((wrap.scrollTop * scale) / ROW) - 4);
      const end = Math.min(total, start + VISIBLE + 16);
      const made: HTMLElement[] = [spacer((start * ROW) / scale, page.columns.length)];
      for (let i = start; i < end; i++) made.push(rowElement(i, rowAt(rows, i), numeric));
      made.push(spacer(((total - end) * ROW) / scale, page.columns.length));
      body.replaceChildren(...made);
      ask(start, end);
    };
    /** Pages are asked for only when a row in view is not here. */
    const ask = (start: number, end: number): void => {
      for (const at of new Set([pageOf(start), pageOf(Math.max(start, end - 1))])) {
        const first = Math.max(start, at);
        const last = Math.min(end, at + PAGE);
        let missing = false;
        for (let i = first; i < last; i++) missing ||= rowAt(rows, i) === undefined;
        if (!missing || asked.has(at) || ports.tablePage === undefined) continue;
        asked.add(at);
        ports.tablePage(at, PAGE).then(
          (answer) => {
            if (controller.signal.aborted) return;
            keep(rows, answer);
            foot.textContent = summary;
            fill();
          },
          (error: unknown) => {
            asked.delete(at);
            foot.textContent = `${summary}. ${error instanceof Error ? error.message : ""}`;
          },
        );
      }
    };
    let frame: number | undefined;
    wrap.addEventListener(
      "scroll",
      () => {
        frame ??= requestAnimationFrame(() => {
          frame = undefined;
          fill();
        });
      },
      { signal: controller.signal, passive: true },
    );
    const summary = `${page.n.toLocaleString("en")} rows × ${page.columns.length} columns${total < page.n ? `; the first ${total} are shown` : ""}`;
    const foot = el("p", { class: "output-foot" }, summary);
    wrap.style.maxHeight = `${(VISIBLE + 1) * ROW + 18}px`;
    element.replaceChildren(wrap, foot);
    fill();
  };
  draw(first);
  return {
    element,
    update(value) {
      draw(value as TablePage);
      return true;
    },
    dispose: () => controller.abort(),
  };
}

function keep(rows: Map<number, TablePage["rows"]>, page: TablePage): void {
  for (let i = 0; i < page.rows.length; i += PAGE) {
    const at = pageOf(page.offset + i);
    // A first page shorter than ours is kept under its place and completed when more is asked for.
    const complete = page.rows.length - i >= PAGE || page.offset + page.rows.length >= page.n;
    if (complete) rows.set(at, page.rows.slice(i, i + PAGE));
    else partial.set(rows, { at: page.offset + i, rows: page.rows.slice(i) });
  }
}

const partial = new WeakMap<
  Map<number, TablePage["rows"]>,
  { readonly at: number; readonly rows: TablePage["rows"] }
>();

function rowAt(
  rows: Map<number, TablePage["rows"]>,
  index: number,
): readonly (string | null)[] | undefined {
  const full = rows.get(pageOf(index))?.[index % PAGE];
  if (full !== undefined) return full;
  const rest = partial.get(rows);
  return rest === undefined ? undefined : rest.rows[index - rest.at];
}

function pageOf(index: number): number {
  return Math.floor(index / PAGE) * PAGE;
}

function spacer(height: number, columns: number): HTMLElement {
  const cell = el("td", { colspan: columns + 1, style: `height:${height}px` });
  return el("tr", { class: "spacer", "aria-hidden": "true" }, cell);
}

function rowElement(
  index: number,
  row: readonly (string | null)[] | undefined,
  numeric: readonly boolean[],
): HTMLElement {
  const line = el("tr", { "aria-rowindex": index + 2 });
  line.append(el("th", { class: "row-number", scope: "row" }, String(index + 1)));
  numeric.forEach((isNumber, i) => {
    const text = row?.[i];
    line.append(
      row === undefined
        ? el("td", { class: "loading" }, "…")
        : text === null || text === undefined
          ? el(
              "td",
              { class: isNumber ? "missing numeric" : "missing" },
              el("span", { "aria-label": "missing" }, "–"),
            )
          : el("td", { class: isNumber ? "numeric" : undefined }, text),
    );
  });
  return line;
}

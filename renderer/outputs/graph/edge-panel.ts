import type { EdgeMark } from "../../../kernels/graph/index.ts";
import type { GraphBlock } from "../../../app/protocol/report.ts";
import { el } from "../../ui/dom.ts";
import { type BlockEdge, describeEdge, describeNode } from "./draw.ts";
import type { GraphEdit } from "./edit.ts";

/** Lists beyond this are for the text. */
const MOST = 400;

/** The graph as lists: what a reader without the picture reads, and what a hand on the keyboard edits. */
export function edgePanel(
  block: GraphBlock,
  edit: ((edit: GraphEdit, focus?: string) => void) | undefined,
  open: boolean,
  renaming?: string,
): HTMLElement {
  const details = el("details", { class: "edge-panel", open });
  const count = `${block.edges.length} ${block.edges.length === 1 ? "arrow" : "arrows"}, ${block.nodes.length} ${block.nodes.length === 1 ? "variable" : "variables"}`;
  details.append(el("summary", {}, edit === undefined ? `As a list: ${count}` : `Edit: ${count}`));
  const edges = el("ul", { class: "edge-list", "aria-label": "Arrows" });
  block.edges.slice(0, MOST).forEach((edge, i) => {
    const item = el("li", {}, el("span", { class: "edge-text" }, describeEdge(edge)));
    // What the ledger has added is not in the text: it goes when the assumption is switched on again.
    if (edit !== undefined && edge.doubt === undefined) {
      const plain = plainEdge(edge);
      item.append(
        action("Turn", `Turn ${describeEdge(edge)} round`, `turn-${i}`, () =>
          edit({ kind: "reverse-edge", edge: plain }, `turn-${i}`),
        ),
        action("Remove", `Remove ${describeEdge(edge)}`, `remove-${i}`, () =>
          edit({ kind: "remove-edge", edge: plain }, `remove-${Math.max(0, i - 1)}`),
        ),
      );
    }
    edges.append(item);
  });
  const nodes = el("ul", { class: "edge-list", "aria-label": "Variables" });
  block.nodes.slice(0, MOST).forEach((node, i) => {
    const item = el("li", {}, el("span", { class: "edge-text" }, describeNode(node)));
    if (edit !== undefined) {
      const rename = (): void => {
        item.replaceChildren(renameForm(node.name, i, edit, () => item.replaceChildren(...shown)));
        item.querySelector("input")?.select();
      };
      item.append(
        action("Rename", `Rename ${node.name}`, `rename-${i}`, rename),
        action(
          node.latent === true ? "Measured" : "Unmeasured",
          `Mark ${node.name} as ${node.latent === true ? "measured" : "unmeasured"}`,
          `latent-${i}`,
          () => edit({ kind: "toggle-latent", name: node.name }, `latent-${i}`),
        ),
        action("Remove", `Remove ${node.name}`, `remove-node-${i}`, () =>
          edit({ kind: "remove-node", name: node.name }, "add-from"),
        ),
      );
      const shown = [...item.childNodes];
      // Focus comes when it stands in the page.
      if (renaming === node.name) queueMicrotask(rename);
    }
    nodes.append(item);
  });
  const body = el("div", { class: "edge-panel-body" }, edges, nodes);
  if (Math.max(block.edges.length, block.nodes.length) > MOST) {
    body.append(el("p", {}, `The first ${MOST} of each; the cell’s text has them all.`));
  }
  if (edit !== undefined) body.append(addForm(block, edit));
  details.append(body);
  return details;
}

function renameForm(
  name: string,
  index: number,
  edit: (edit: GraphEdit, focus?: string) => void,
  leave: () => void,
): HTMLElement {
  const input = el("input", { type: "text", value: name, "aria-label": `New name of ${name}` });
  const form = el(
    "form",
    { class: "edge-add" },
    input,
    el("button", { class: "button" }, "Rename"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const to = input.value.trim();
    if (to === "" || to === name) leave();
    else edit({ kind: "rename-node", name, to }, `rename-${index}`);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    leave();
  });
  return form;
}

function addForm(block: GraphBlock, edit: (edit: GraphEdit, focus?: string) => void): HTMLElement {
  const names = el("datalist", { id: `nodes-${Math.random().toString(36).slice(2)}` });
  for (const { name } of block.nodes) names.append(el("option", { value: name }));
  const from = el("input", {
    type: "text",
    list: names.id,
    required: true,
    placeholder: "from",
    "aria-label": "From",
    "data-focus": "add-from",
  });
  const mark = el("select", { "aria-label": "Kind of arrow" });
  for (const [value, text] of [
    ["->", "→ causes"],
    ["<->", "↔ shares a hidden cause with"],
    ["--", "— undirected"],
  ] as const) {
    mark.append(el("option", { value }, text));
  }
  const to = el("input", {
    type: "text",
    list: names.id,
    placeholder: "to (empty: only a variable)",
    "aria-label": "To",
  });
  const form = el(
    "form",
    { class: "edge-add" },
    names,
    from,
    mark,
    to,
    el("button", { class: "button" }, "Add"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [a, b] = [from.value.trim(), to.value.trim()];
    edit(
      b === ""
        ? { kind: "add-node", name: a }
        : { kind: "add-edge", from: a, to: b, mark: mark.value as EdgeMark },
      "add-from",
    );
  });
  return form;
}

function action(text: string, label: string, focus: string, run: () => void): HTMLElement {
  const button = el(
    "button",
    { type: "button", class: "link", "aria-label": label, "data-focus": focus },
    text,
  );
  button.addEventListener("click", run);
  return button;
}

function plainEdge({ from, to, mark }: BlockEdge): { from: string; to: string; mark: EdgeMark } {
  return { from, to, mark };
}

import type { EdgeMark } from "../../../kernels/graph/index.ts";
import type { GraphBlock } from "../../../app/protocol/report.ts";
import { el } from "../../ui/dom.ts";
import { type BlockEdge, describeEdge, describeNode } from "./draw.ts";
import type { GraphEdit } from "./edit.ts";

/** The graph as lists: what a reader without the picture reads, and what a hand on the keyboard edits. */
export function edgePanel(
  block: GraphBlock,
  edit: ((edit: GraphEdit, focus?: string) => void) | undefined,
  open: boolean,
): HTMLElement {
  const details = el("details", { class: "edge-panel", open });
  const count = `${block.edges.length} ${block.edges.length === 1 ? "arrow" : "arrows"}, ${block.nodes.length} ${block.nodes.length === 1 ? "variable" : "variables"}`;
  details.append(el("summary", {}, edit === undefined ? `As a list: ${count}` : `Edit: ${count}`));
  const edges = el("ul", { class: "edge-list", "aria-label": "Arrows" });
  block.edges.forEach((edge, i) => {
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
  block.nodes.forEach((node, i) => {
    const item = el("li", {}, el("span", { class: "edge-text" }, describeNode(node)));
    if (edit !== undefined) {
      item.append(
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
    }
    nodes.append(item);
  });
  const body = el("div", { class: "edge-panel-body" }, edges, nodes);
  if (edit !== undefined) body.append(addForm(block, edit));
  details.append(body);
  return details;
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

import type { InspectNode } from "../../app/protocol/mime.ts";
import { el } from "../ui/dom.ts";
import type { Shown } from "./ports.ts";

/** Any value as a tree that unfolds; a leaf is one line. */
export function showValue(node: InspectNode): Shown {
  const element = el("div", { class: "inspect" }, nodeElement(node, undefined, true));
  return {
    element,
    update(value) {
      element.replaceChildren(nodeElement(value as InspectNode, undefined, true));
      return true;
    },
  };
}

function nodeElement(node: InspectNode, key: string | undefined, open: boolean): HTMLElement {
  const label = el(
    "span",
    { class: "inspect-line" },
    key !== undefined && el("span", { class: "inspect-key" }, `${key}: `),
    el("span", { class: `inspect-${node.type}` }, node.summary),
  );
  const entries = node.entries ?? [];
  if (entries.length === 0) return el("div", { class: "inspect-leaf" }, label);
  const details = el("details", { class: "inspect-node", open: open && entries.length <= 12 });
  details.append(el("summary", {}, label));
  const fill = (): void => {
    if (details.childElementCount > 1) return;
    const list = el("div", { class: "inspect-entries" });
    for (const entry of entries) list.append(nodeElement(entry.node, entry.key, false));
    if (node.more !== undefined && node.more > 0) {
      list.append(el("div", { class: "inspect-more" }, `… ${node.more.toLocaleString("en")} more`));
    }
    details.append(list);
  };
  if (details.open) fill();
  else details.addEventListener("toggle", fill, { once: true });
  return details;
}

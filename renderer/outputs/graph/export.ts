import type { GraphBlock } from "../../../app/protocol/report.ts";
import {
  createGraph,
  formatGraph,
  type Graph,
  type GraphSyntax,
} from "../../../kernels/graph/index.ts";
import { el } from "../../ui/dom.ts";
import type { Positions } from "./layout.ts";

const syntaxes: readonly (readonly [GraphSyntax | "tikz", string])[] = [
  ["dagitty", "dagitty"],
  ["dot", "DOT"],
  ["gml", "GML"],
  ["lavaan", "lavaan"],
  ["tikz", "TikZ"],
];

/** Copies the graph as text of another program, one button each. */
export function exportRow(
  block: GraphBlock,
  positions: Positions,
  tell: (message: string) => void,
): HTMLElement {
  const row = el("p", { class: "graph-export" }, el("span", {}, "Copy as"));
  for (const [syntax, name] of syntaxes) {
    const button = el(
      "button",
      { type: "button", class: "link", "aria-label": `Copy the graph as ${name}` },
      name,
    );
    button.addEventListener("click", () => {
      try {
        const text = formatGraph(graphOf(block, syntax === "tikz" ? positions : undefined), syntax);
        copy(text).then(
          () => tell(`Copied as ${name}.`),
          () => tell("The clipboard cannot be written here."),
        );
      } catch (error) {
        tell(error instanceof Error ? error.message : String(error));
      }
    });
    row.append(button);
  }
  return row;
}

/** TikZ gets the places seen on the page, in units of about a centimetre, y upwards. */
function graphOf(block: GraphBlock, positions: Positions | undefined): Graph {
  const unit = (pixels: number): number => Math.round((pixels / 48) * 100) / 100;
  return createGraph({
    nodes: block.nodes.map(({ name, latent, role, x, y }) => {
      const at = positions?.get(name);
      return {
        name,
        ...(latent === true ? { latent } : {}),
        ...(role === "treatment" || role === "outcome" || role === "adjusted" ? { role } : {}),
        ...(role === "selection" ? { role: "selected" as const } : {}),
        ...(at !== undefined
          ? { x: unit(at.x), y: unit(-at.y) }
          : x === undefined || y === undefined
            ? {}
            : { x, y }),
      };
    }),
    edges: block.edges.map(({ from, to, mark }) => ({ from, to, mark })),
  });
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without the permission: the old way, from a field that is selected.
    const field = el("textarea", { value: text, "aria-hidden": "true" });
    field.style.position = "fixed";
    field.style.opacity = "0";
    const active = document.activeElement;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (active instanceof HTMLElement) active.focus({ preventScroll: true });
    if (!done) throw new Error("copy was refused");
  }
}

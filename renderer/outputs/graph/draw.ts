import type { GraphBlock, NodeRole } from "../../../app/protocol/report.ts";
import { svg } from "../../ui/dom.ts";
import { type Curve, MANY, type Point, type Positions, routeEdge, type Size } from "./layout.ts";

export type BlockEdge = GraphBlock["edges"][number];
export type BlockNode = GraphBlock["nodes"][number];

const HEIGHT = 32;

const roleLetters: Readonly<Record<NodeRole, string>> = {
  treatment: "T",
  outcome: "Y",
  adjusted: "A",
  instrument: "I",
  mediator: "M",
  selection: "S",
  plain: "",
};

export const roleNames: Readonly<Record<NodeRole, string>> = {
  treatment: "treatment",
  outcome: "outcome",
  adjusted: "adjusted",
  instrument: "instrument",
  mediator: "mediator",
  selection: "selection",
  plain: "",
};

const ruler = document.createElement("canvas").getContext("2d");

export function nodeSize(node: BlockNode): Size {
  if (ruler !== null) ruler.font = "500 13px Inter Variable, Inter, system-ui, sans-serif";
  const text = ruler?.measureText(node.name).width ?? node.name.length * 7.5;
  return {
    width: Math.ceil(Math.max(34, text + 24 + (node.role === "plain" ? 0 : 20))),
    height: HEIGHT,
  };
}

export function drawNode(node: BlockNode, at: Point, size: Size): SVGGElement {
  const group = svg("g", {
    class: `graph-node role-${node.role}${node.latent === true ? " latent" : ""}`,
    transform: `translate(${at.x},${at.y})`,
    "data-node": node.name,
  });
  const { width, height } = size;
  // What is conditioned on is boxed, as the field draws it; everything else is round.
  const radius = node.role === "adjusted" || node.role === "selection" ? 3 : height / 2;
  group.append(
    svg("rect", {
      class: "node-shape",
      x: -width / 2,
      y: -height / 2,
      width,
      height,
      rx: radius,
    }),
  );
  const letter = roleLetters[node.role];
  if (letter !== "") {
    group.append(
      svg("circle", { class: "node-badge", cx: -width / 2 + 17, cy: 0, r: 8.5 }),
      svg(
        "text",
        { class: "node-letter", x: -width / 2 + 17, y: 3.8, "text-anchor": "middle" },
        letter,
      ),
    );
  }
  const shift = letter === "" ? 0 : 9;
  group.append(
    svg("text", { class: "node-name", x: shift, y: 4.5, "text-anchor": "middle" }, node.name),
    svg("title", {}, describeNode(node)),
  );
  return group;
}

export function describeNode(node: BlockNode): string {
  const role = roleNames[node.role];
  return [node.name, role, node.latent === true ? "unmeasured" : ""].filter(Boolean).join(", ");
}

export function drawEdge(
  edge: BlockEdge,
  positions: Positions,
  sizes: ReadonlyMap<string, Size>,
  index: number,
): { readonly group: SVGGElement; readonly curve: Curve } {
  const box = (name: string): Point & Size => ({
    ...(positions.get(name) ?? { x: 0, y: 0 }),
    ...(sizes.get(name) ?? { width: 40, height: HEIGHT }),
  });
  const others = positions.size > MANY ? [] : [...positions.keys()];
  const obstacles = others.filter((n) => n !== edge.from && n !== edge.to).map(box);
  const from = box(edge.from);
  const to = box(edge.to);
  const bow = Math.sign(to.x - from.x || 1) * -0.32;
  const curve = routeEdge(from, to, obstacles, edge.mark === "<->" ? bow : 0);
  const path = `M${round(curve.from)}Q${round(curve.control)} ${round(curve.to)}`;
  const group = svg("g", {
    class: [
      "graph-edge",
      edge.mark === "<->" ? "bidirected" : "",
      edge.highlight ?? "",
      edge.doubt === undefined ? "" : "doubt",
    ].join(" "),
    "data-edge": index,
    style: edge.weight === undefined ? undefined : `--weight:${edge.weight}`,
  });
  group.append(
    svg("path", { class: "edge-hit", d: path }),
    svg("path", { class: "edge-line", d: path }),
  );
  const [start, end] = endMarks(edge.mark);
  group.append(...mark(start, curve.from, curve.control), ...mark(end, curve.to, curve.control));
  group.append(svg("title", {}, describeEdge(edge)));
  return { group, curve };
}

export function describeEdge({ from, to, mark, highlight, weight, doubt }: BlockEdge): string {
  const arrow = { "->": "→", "<->": "↔", "--": "—", "o->": "o→", "o-o": "o—o", "--o": "—o" }[mark];
  const notes = [
    highlight === "open" ? "open path" : highlight === "blocked" ? "blocked path" : "",
    highlight === "effect" ? "causal path" : "",
    weight === undefined ? "" : `${Math.round(weight * 100)} %`,
    doubt === undefined ? "" : "added by the ledger",
  ].filter(Boolean);
  return `${from} ${arrow} ${to}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

type End = "arrow" | "circle" | "none";

function endMarks(mark: string): readonly [End, End] {
  const start: End = mark.startsWith("<") ? "arrow" : mark.startsWith("o") ? "circle" : "none";
  const end: End = mark.endsWith(">") ? "arrow" : mark.endsWith("o") ? "circle" : "none";
  return [start, end];
}

function mark(end: End, at: Point, control: Point): SVGElement[] {
  if (end === "none") return [];
  if (end === "circle")
    return [svg("circle", { class: "edge-circle", cx: at.x, cy: at.y, r: 3.6 })];
  const angle = (Math.atan2(at.y - control.y, at.x - control.x) * 180) / Math.PI;
  return [
    svg("path", {
      class: "edge-arrow",
      d: "M2.5 0 L-7 -4 L-5 0 L-7 4 Z",
      transform: `translate(${at.x},${at.y}) rotate(${angle})`,
    }),
  ];
}

function round({ x, y }: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

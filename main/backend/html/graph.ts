import { Graph, layout } from "@dagrejs/dagre";
import type { GraphBlock } from "../../../app/protocol/report.ts";
import { escapeHtml } from "./escape.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const HEIGHT = 30;
const MARGIN = 16;

/** A causal graph as SVG: latent nodes dashed, what is conditioned on boxed, bidirected edges as dashed arcs. */
export function graphToSvg(block: GraphBlock): string {
  const boxes = place(block);
  const all = [...boxes.values()];
  const left = Math.min(0, ...all.map((box) => box.x - box.width / 2)) - MARGIN;
  const top = Math.min(0, ...all.map((box) => box.y - box.height / 2)) - MARGIN - 24;
  const right = Math.max(1, ...all.map((box) => box.x + box.width / 2)) + MARGIN;
  const bottom = Math.max(1, ...all.map((box) => box.y + box.height / 2)) + MARGIN;
  const edges = block.edges.map((edge) => drawEdge(edge, boxes)).join("");
  const nodes = block.nodes.map((node) => drawNode(node, boxes)).join("");
  const size = `width="${Math.round(right - left)}" viewBox="${left} ${top} ${right - left} ${bottom - top}"`;
  return `<figure class="graph"><svg role="img" aria-label="${escapeHtml(block.summary)}" ${size}>${MARKERS}${edges}${nodes}</svg></figure>`;
}

const MARKERS =
  '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>' +
  '<marker id="ring" viewBox="0 0 8 8" refX="6" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto"><circle cx="4" cy="4" r="2.5" fill="#fff" stroke="#1b1e23"/></marker></defs>';

function place(block: GraphBlock): ReadonlyMap<string, Box> {
  const widths = new Map(
    block.nodes.map(({ name }) => [name, Math.max(36, 20 + name.length * 7.6)]),
  );
  const given = block.nodes.every(({ x, y }) => x !== undefined && y !== undefined);
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 32, ranksep: 60 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [name, width] of widths) graph.setNode(name, { width, height: HEIGHT });
  for (const { from, to, mark } of block.edges) if (mark !== "<->") graph.setEdge(from, to);
  if (!given) layout(graph);
  const scale = given ? spread(block) : 1;
  return new Map(
    block.nodes.map(({ name, x = 0, y = 0 }) => {
      const at = given ? { x: x * scale, y: y * scale } : (graph.node(name) as Box);
      return [name, { x: at.x, y: at.y, width: widths.get(name) ?? 36, height: HEIGHT }];
    }),
  );
}

/** The author's units, stretched until the closest two nodes are well apart. */
function spread({ nodes }: GraphBlock): number {
  let closest = Infinity;
  for (const [i, a] of nodes.entries()) {
    for (const b of nodes.slice(i + 1)) {
      const apart = Math.hypot(((a.x ?? 0) - (b.x ?? 0)) / 1.6, (a.y ?? 0) - (b.y ?? 0));
      if (apart > 0) closest = Math.min(closest, apart);
    }
  }
  return Number.isFinite(closest) ? Math.min(400, 78 / closest) : 1;
}

function drawEdge(edge: GraphBlock["edges"][number], boxes: ReadonlyMap<string, Box>): string {
  const from = boxes.get(edge.from);
  const to = boxes.get(edge.to);
  if (from === undefined || to === undefined) return "";
  const arc = edge.mark === "<->";
  const bend = arc ? -0.35 : 0;
  const cx = (from.x + to.x) / 2 - (to.y - from.y) * bend;
  const cy = (from.y + to.y) / 2 + (to.x - from.x) * bend;
  const start = border(from, cx, cy);
  const end = border(to, cx, cy);
  const first = edge.mark[0];
  const last = edge.mark.at(-1);
  const heads = [
    first === "<" ? 'marker-start="url(#head)"' : first === "o" ? 'marker-start="url(#ring)"' : "",
    last === ">" ? 'marker-end="url(#head)"' : last === "o" ? 'marker-end="url(#ring)"' : "",
  ].join(" ");
  const kind = `edge${arc ? " arc" : ""}${edge.highlight === undefined ? "" : ` ${edge.highlight}`}${edge.doubt === undefined ? "" : " doubt"}`;
  return `<path class="${escapeHtml(kind)}" d="M${start} Q${cx} ${cy} ${end}" ${heads}/>`;
}

function border(box: Box, towardsX: number, towardsY: number): string {
  const dx = towardsX - box.x;
  const dy = towardsY - box.y;
  const length = Math.hypot(dx, dy) || 1;
  const share = Math.min(
    dx === 0 ? Infinity : box.width / 2 / Math.abs(dx),
    dy === 0 ? Infinity : box.height / 2 / Math.abs(dy),
  );
  const x = box.x + dx * share + (dx / length) * 3;
  const y = box.y + dy * share + (dy / length) * 3;
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

function drawNode(node: GraphBlock["nodes"][number], boxes: ReadonlyMap<string, Box>): string {
  const box = boxes.get(node.name);
  if (box === undefined) return "";
  const boxed = node.role === "adjusted" || node.role === "selection";
  const kind = `node ${node.role}${node.latent === true ? " latent" : ""}`;
  return (
    `<g class="${escapeHtml(kind)}" transform="translate(${box.x.toFixed(1)} ${box.y.toFixed(1)})">` +
    `<rect x="${-box.width / 2}" y="${-box.height / 2}" width="${box.width}" height="${box.height}" rx="${boxed ? 3 : box.height / 2}"/>` +
    `<text text-anchor="middle" dy="0.35em">${escapeHtml(node.name)}</text></g>`
  );
}

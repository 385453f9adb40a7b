import { Graph as DagreGraph, layout as dagreLayout } from "@dagrejs/dagre";
import type { GraphBlock } from "../../../app/protocol/report.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}
export type Positions = ReadonlyMap<string, Point>;

/**
 * Where the nodes go. Nodes that had a place keep it, so that an edit moves nothing a reader has learnt; a new
 * node goes where the layout of the whole graph puts it relative to its old neighbours.
 */
export function placeNodes(
  block: GraphBlock,
  sizes: ReadonlyMap<string, Size>,
  before: Positions,
): Positions {
  const ideal = idealLayout(block, sizes);
  const kept = block.nodes.filter(({ name }) => before.has(name));
  if (kept.length === 0) return ideal;
  const shift = meanShift(
    kept.map(({ name }) => name),
    ideal,
    before,
  );
  const placed = new Map<string, Point>();
  for (const { name } of kept) placed.set(name, before.get(name) as Point);
  for (const { name } of block.nodes) {
    if (placed.has(name)) continue;
    const neighbours = block.edges
      .flatMap(({ from, to }) => (from === name ? [to] : to === name ? [from] : []))
      .filter((other) => before.has(other));
    const local = neighbours.length > 0 ? meanShift(neighbours, ideal, before) : shift;
    const at = ideal.get(name) ?? { x: 0, y: 0 };
    placed.set(name, freeSpot({ x: at.x + local.x, y: at.y + local.y }, placed));
  }
  return placed;
}

function idealLayout(block: GraphBlock, sizes: ReadonlyMap<string, Size>): Positions {
  const given = block.nodes.filter((node) => node.x !== undefined && node.y !== undefined);
  if (given.length === block.nodes.length && given.length > 0) return scaleGiven(block);
  if (block.nodes.length > MANY) return inLayers(block, sizes);
  const graph = new DagreGraph();
  graph.setGraph({ rankdir: "LR", nodesep: 40, edgesep: 36, ranksep: 64, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { name } of block.nodes) {
    const size = sizes.get(name) ?? { width: 60, height: 30 };
    graph.setNode(name, { ...size });
  }
  // Dashed arcs say nothing about order: they are drawn round what the arrows have laid out.
  for (const { from, to, mark } of block.edges) {
    if (mark === "<->") continue;
    graph.setEdge(from, to);
  }
  dagreLayout(graph);
  const positions = new Map<string, Point>();
  for (const { name } of block.nodes) {
    const node = graph.node(name) as Point;
    positions.set(name, { x: node.x, y: node.y });
  }
  return positions;
}

/** From here on the layout that minds crossings takes seconds, and lines are straight. */
export const MANY = 120;

/** Causes left of effects, in columns; each node near the mean height of its causes. O(n log n + m). */
function inLayers(block: GraphBlock, sizes: ReadonlyMap<string, Size>): Positions {
  const causes = new Map<string, string[]>(block.nodes.map(({ name }) => [name, []]));
  for (const { from, to, mark } of block.edges) if (mark === "->") causes.get(to)?.push(from);
  const layer = new Map<string, number>();
  const depth = (start: string): number => {
    // A stack of our own: chains may be longer than the engine's.
    const stack = [start];
    const seen = new Set(stack);
    for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
      const open = (causes.get(name) ?? []).filter(
        (cause) => !layer.has(cause) && !seen.has(cause),
      );
      for (const cause of open) seen.add(cause);
      if (open.length > 0) stack.push(...open);
      else {
        const own = (causes.get(name) ?? []).map((cause) => (layer.get(cause) ?? 0) + 1);
        layer.set(name, Math.max(0, ...own));
        stack.pop();
      }
    }
    return layer.get(start) ?? 0;
  };
  const columns: string[][] = [];
  for (const { name } of block.nodes) (columns[depth(name)] ??= []).push(name);
  const positions = new Map<string, Point>();
  let x = 0;
  for (const column of columns) {
    const height = new Map(
      column.map((name, i) => {
        const known = (causes.get(name) ?? []).map((cause) => positions.get(cause)?.y ?? 0);
        const mean = known.reduce((sum, y) => sum + y, 0) / Math.max(1, known.length);
        return [name, known.length === 0 ? i * 44 : mean];
      }),
    );
    column.sort((a, b) => (height.get(a) ?? 0) - (height.get(b) ?? 0));
    // Long columns are folded so that the picture does not become a thread.
    const rows = Math.max(24, Math.ceil(column.length / 3));
    const wide = Math.max(...column.map((name) => sizes.get(name)?.width ?? 60)) + 24;
    for (const [i, name] of column.entries()) {
      const row = i % rows;
      const count = Math.min(rows, column.length - (i - row));
      const y = (row - (count - 1) / 2) * 44;
      positions.set(name, { x: x + Math.floor(i / rows) * wide, y });
    }
    x += Math.ceil(column.length / rows) * wide + 40;
  }
  return positions;
}

/** Positions of the text are in any unit: stretched so that the closest two nodes are well apart. */
function scaleGiven(block: GraphBlock): Positions {
  const points = block.nodes.map(({ name, x = 0, y = 0 }) => ({ name, x, y }));
  let closest = Infinity;
  points.forEach((a, i) => {
    for (const b of points.slice(i + 1)) {
      closest = Math.min(closest, Math.hypot((a.x - b.x) / 1.6, a.y - b.y) || Infinity);
    }
  });
  const factor = Number.isFinite(closest) ? Math.min(400, 78 / closest) : 1;
  return new Map(points.map(({ name, x, y }) => [name, { x: x * factor, y: y * factor }]));
}

function meanShift(names: readonly string[], from: Positions, to: Positions): Point {
  let x = 0;
  let y = 0;
  for (const name of names) {
    const a = from.get(name);
    const b = to.get(name);
    if (a === undefined || b === undefined) continue;
    x += (b.x - a.x) / names.length;
    y += (b.y - a.y) / names.length;
  }
  return { x, y };
}

function freeSpot(at: Point, taken: ReadonlyMap<string, Point>): Point {
  let { x, y } = at;
  for (let tries = 0; tries < 40; tries++) {
    const hit = [...taken.values()].some(
      (other) => Math.abs(other.x - x) < 90 && Math.abs(other.y - y) < 44,
    );
    if (!hit) break;
    y += 52;
    if (tries % 8 === 7) x += 100;
  }
  return { x, y };
}

export interface Curve {
  readonly from: Point;
  readonly to: Point;
  readonly control: Point;
}

/** From border to border; bent when asked for, or when a straight line would run through a third node. */
export function routeEdge(
  from: Point & Size,
  to: Point & Size,
  obstacles: readonly (Point & Size)[],
  bend: number,
): Curve {
  let curve = curveWith(from, to, bend);
  if (bend === 0) {
    for (const trial of [0, 0.22, -0.22, 0.4, -0.4, 0.62, -0.62]) {
      curve = curveWith(from, to, trial);
      if (!obstacles.some((box) => crosses(curve, box))) return curve;
    }
    curve = curveWith(from, to, 0.3);
  }
  return curve;
}

function curveWith(from: Point & Size, to: Point & Size, bend: number): Curve {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const control = { x: (from.x + to.x) / 2 - dy * bend, y: (from.y + to.y) / 2 + dx * bend };
  return { from: border(from, control, 1), to: border(to, control, 5), control };
}

/** Where the line from a box's centre towards a point leaves the box, plus a gap. */
function border(box: Point & Size, towards: Point, gap: number): Point {
  const dx = towards.x - box.x;
  const dy = towards.y - box.y;
  const length = Math.hypot(dx, dy) || 1;
  const t = Math.min(
    dx === 0 ? Infinity : box.width / 2 / Math.abs(dx),
    dy === 0 ? Infinity : box.height / 2 / Math.abs(dy),
  );
  return { x: box.x + dx * t + (dx / length) * gap, y: box.y + dy * t + (dy / length) * gap };
}

function crosses({ from, control, to }: Curve, box: Point & Size): boolean {
  for (let i = 1; i < 24; i++) {
    const t = i / 24;
    const x = (1 - t) ** 2 * from.x + 2 * t * (1 - t) * control.x + t ** 2 * to.x;
    const y = (1 - t) ** 2 * from.y + 2 * t * (1 - t) * control.y + t ** 2 * to.y;
    if (Math.abs(x - box.x) < box.width / 2 + 5 && Math.abs(y - box.y) < box.height / 2 + 5)
      return true;
  }
  return false;
}

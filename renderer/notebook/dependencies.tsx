import { useComputed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { MANY, placeNodes, type Point, routeEdge, type Size } from "../outputs/graph/layout.ts";
import { Dialog } from "../ui/dialog.tsx";
import { useNotebook } from "./context.ts";
import { kindLabel, moodOf, moodWords, rungOf } from "./describe.ts";

export interface Link {
  readonly from: string;
  readonly to: string;
}

/** Which cell rests directly on which, by the kernel's analysis; cells that stand alone are left out. */
export function linksOf(
  order: readonly string[],
  upstreamOf: (cell: string) => readonly string[],
): { readonly cells: readonly string[]; readonly links: readonly Link[] } {
  const there = new Set(order);
  const links = order.flatMap((to) =>
    [...new Set(upstreamOf(to))].filter((from) => there.has(from)).map((from) => ({ from, to })),
  );
  const linked = new Set(links.flatMap(({ from, to }) => [from, to]));
  return { cells: order.filter((id) => linked.has(id)), links };
}

const MARGIN = 16;

/** The cells and what rests on what, from left to right; each leads to its cell. */
export function Dependencies({ onClose }: { readonly onClose: () => void }) {
  const { model, commands } = useNotebook();
  const near = useSignal<string | undefined>(undefined);
  const { value: found } = useComputed(() =>
    linksOf(model.order.value, (id) => model.runtime(id).value.analysis?.upstream ?? []),
  );
  const drawing = useMemo(
    () => layOut(found, (id) => model.nameOf(id)),
    // A run changes states, not places.
    [found.cells.join(" "), found.links.map(({ from, to }) => `${from}>${to}`).join(" ")],
  );
  const go = (id: string): void => {
    onClose();
    // After the dialog has given the focus back.
    setTimeout(() => {
      model.select(id);
      commands.page.focus(id, "cell");
    }, 0);
  };
  return (
    <Dialog label="Dependencies" onClose={onClose} class="dependencies" title>
      {found.cells.length === 0 ? (
        <p class="side-empty">
          No cell uses what another one defines, or the kernel has not read the cells yet.
        </p>
      ) : (
        <>
          <p class="dependencies-sum">
            {found.cells.length} cells, {found.links.length}{" "}
            {found.links.length === 1 ? "dependency" : "dependencies"}. What stands to the right
            rests on what stands to its left.
          </p>
          <div class="dependencies-view">
            <div
              class="dependencies-plane"
              style={{ width: `${drawing.width}px`, height: `${drawing.height}px` }}
            >
              <svg width={drawing.width} height={drawing.height} aria-hidden="true">
                <defs>
                  <marker
                    id="dependency-head"
                    viewBox="0 0 8 8"
                    refX="7"
                    refY="4"
                    markerWidth="7"
                    markerHeight="7"
                    orient="auto"
                  >
                    <path d="M0 0.8L8 4L0 7.2z" fill="context-stroke" />
                  </marker>
                </defs>
                {drawing.edges.map(({ from, to, path }) => (
                  <path
                    key={`${from} ${to}`}
                    d={path}
                    data-near={near.value === from || near.value === to}
                    marker-end="url(#dependency-head)"
                  />
                ))}
              </svg>
              {drawing.nodes.map((node) => (
                <Node
                  key={node.id}
                  id={node.id}
                  at={node}
                  needs={found.links.filter(({ to }) => to === node.id).map(({ from }) => from)}
                  hover={(on) => (near.value = on ? node.id : undefined)}
                  go={() => go(node.id)}
                />
              ))}
            </div>
          </div>
        </>
      )}
    </Dialog>
  );
}

function Node(props: {
  readonly id: string;
  readonly at: Point & Size;
  readonly needs: readonly string[];
  readonly hover: (on: boolean) => void;
  readonly go: () => void;
}) {
  const { model } = useNotebook();
  const { id, at } = props;
  const cell = model.frame(id).value;
  const runtime = model.runtime(id).value;
  const mood = moodOf(cell, runtime);
  const rung = rungOf(cell, runtime);
  const needs =
    props.needs.length === 0
      ? ""
      : `, rests on ${props.needs.map((each) => model.nameOf(each)).join(", ")}`;
  return (
    <button
      type="button"
      class="dependency"
      data-dependency={id}
      data-mood={mood}
      data-rung={rung}
      data-here={model.selection.value.head === id}
      style={{
        left: `${at.x - at.width / 2}px`,
        top: `${at.y - at.height / 2}px`,
        width: `${at.width}px`,
        height: `${at.height}px`,
      }}
      onMouseEnter={() => props.hover(true)}
      onMouseLeave={() => props.hover(false)}
      onFocus={() => props.hover(true)}
      onBlur={() => props.hover(false)}
      onClick={props.go}
    >
      <span class="dependency-name">
        <code>{model.nameOf(id)}</code>
        {rung !== undefined && (
          <b class="rung-mark" data-rung={rung}>
            {["I", "II", "III"][rung - 1]}
          </b>
        )}
      </span>
      <span class="dependency-kind">
        {kindLabel(cell.kind)}
        {moodWords[mood] !== "" && <b> · {moodWords[mood]}</b>}
        {needs !== "" && <span class="visually-hidden">{needs}</span>}
      </span>
    </button>
  );
}

const HEIGHT = 44;

function layOut(
  found: ReturnType<typeof linksOf>,
  nameOf: (cell: string) => string,
): {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly ({ readonly id: string } & Point & Size)[];
  readonly edges: readonly (Link & { readonly path: string })[];
} {
  const sizes = new Map(
    found.cells.map((id): [string, Size] => [
      id,
      { width: Math.min(220, Math.max(138, nameOf(id).length * 7.7 + 56)), height: HEIGHT },
    ]),
  );
  const places = placeNodes(
    {
      kind: "graph",
      summary: "",
      nodes: found.cells.map((name) => ({ name, role: "plain" })),
      edges: found.links.map(({ from, to }) => ({ from, to, mark: "->" })),
    },
    sizes,
    new Map(),
  );
  const size = (id: string): Size => sizes.get(id) ?? { width: 138, height: HEIGHT };
  const raw = found.cells.map((id) => ({ id, ...(places.get(id) ?? { x: 0, y: 0 }), ...size(id) }));
  const left = Math.min(...raw.map(({ x, width }) => x - width / 2));
  const top = Math.min(...raw.map(({ y, height }) => y - height / 2));
  const nodes = raw.map((node) => ({
    ...node,
    x: node.x - left + MARGIN,
    y: node.y - top + MARGIN,
  }));
  const boxes = new Map(nodes.map((node) => [node.id, node]));
  const edges = found.links.flatMap(({ from, to }) => {
    const [a, b] = [boxes.get(from), boxes.get(to)];
    if (a === undefined || b === undefined) return [];
    const others = nodes.length > MANY ? [] : nodes.filter((node) => node !== a && node !== b);
    const curve = routeEdge(a, b, others, 0);
    return [{ from, to, path: `M${text(curve.from)}Q${text(curve.control)} ${text(curve.to)}` }];
  });
  return {
    width: Math.max(...nodes.map(({ x, width }) => x + width / 2)) + MARGIN,
    height: Math.max(...nodes.map(({ y, height }) => y + height / 2)) + MARGIN + 24,
    nodes,
    edges,
  };
}

function text({ x, y }: Point): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

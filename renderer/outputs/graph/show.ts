import { UserError } from "../../../app/errors.ts";
import type { GraphBlock } from "../../../app/protocol/report.ts";
import { graphBlock } from "../../../kernels/cells/graph-block.ts";
import { type Graph, parseGraph } from "../../../kernels/graph/index.ts";
import { el, svg } from "../../ui/dom.ts";
import type { OutputPorts, Shown } from "../ports.ts";
import { describeEdge, drawEdge, drawNode, nodeSize, roleNames } from "./draw.ts";
import { editGraphText, type GraphEdit } from "./edit.ts";
import { edgePanel } from "./edge-panel.ts";
import { exportRow } from "./export.ts";
import { MANY, placeNodes, type Point, type Positions } from "./layout.ts";

const MARGIN = 26;

/** A causal graph, drawn by us; with the mouse and by keyboard it can be changed where the cell allows it. */
export function showGraph(given: GraphBlock, ports: OutputPorts): Shown {
  let ran = given;
  let block = asWritten(given, ports) ?? given;
  let positions: Positions = new Map();
  let selected: number | undefined;
  let chosen: string | undefined;
  let renaming: string | undefined;
  let wantFocus: string | undefined;
  const picture = svg("svg", { class: "graph-picture" });
  const stage = el("div", { class: "graph-stage" }, picture as unknown as HTMLElement);
  const problem = el("p", { class: "graph-problem", role: "alert" });
  const aside = el("div", { class: "graph-aside" });
  const element = el("figure", { class: "graph" }, stage, problem, aside);

  const edit = (change: GraphEdit, focus?: string): void => {
    const source = ports.graphSource;
    if (source === undefined) return;
    try {
      const text = editGraphText(source.read(), change);
      problem.textContent = "";
      selected = undefined;
      chosen = undefined;
      wantFocus = focus;
      // A renamed node stays where it is.
      const at = change.kind === "rename-node" ? positions.get(change.name) : undefined;
      if (change.kind === "rename-node" && at !== undefined)
        positions = new Map(positions).set(change.to, at);
      source.write(text);
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
  };

  const editableNow = (): boolean => block.editable === true && ports.graphSource !== undefined;

  const draw = (): void => {
    const sizes = new Map(block.nodes.map((node) => [node.name, nodeSize(node)]));
    positions = placeNodes(block, sizes, positions);
    const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    const grow = ({ x, y }: Point, w = 0, h = 0): void => {
      bounds.left = Math.min(bounds.left, x - w);
      bounds.right = Math.max(bounds.right, x + w);
      bounds.top = Math.min(bounds.top, y - h);
      bounds.bottom = Math.max(bounds.bottom, y + h);
    };
    const edges = block.edges.map((edge, i) => {
      const { group, curve } = drawEdge(edge, positions, sizes, i);
      grow({
        x: (curve.from.x + curve.to.x) / 4 + curve.control.x / 2,
        y: (curve.from.y + curve.to.y) / 4 + curve.control.y / 2,
      });
      group.classList.toggle("selected", selected === i);
      return group;
    });
    const nodes = block.nodes.map((node) => {
      const at = positions.get(node.name) as Point;
      const size = sizes.get(node.name) ?? { width: 40, height: 30 };
      grow(at, size.width / 2, size.height / 2);
      const group = drawNode(node, at, size);
      group.classList.toggle("selected", chosen === node.name);
      return group;
    });
    if (block.nodes.length === 0) grow({ x: 0, y: 0 }, 40, 20);
    const width = bounds.right - bounds.left + 2 * MARGIN;
    const height = bounds.bottom - bounds.top + 2 * MARGIN;
    picture.setAttribute(
      "viewBox",
      `${bounds.left - MARGIN} ${bounds.top - MARGIN} ${width} ${height}`,
    );
    picture.setAttribute("width", String(width));
    picture.setAttribute("height", String(height));
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", block.summary);
    picture.replaceChildren(...edges, ...nodes);
    const editable = editableNow();
    element.classList.toggle("editable", editable);
    const open = renaming !== undefined || (aside.querySelector("details")?.open ?? false);
    // The list is made anew: whoever was at one of its buttons stays there.
    const active = document.activeElement;
    if (wantFocus === undefined && active instanceof HTMLElement && aside.contains(active)) {
      wantFocus = active.dataset["focus"];
    }
    const panel = edgePanel(block, editable ? edit : undefined, open, renaming);
    renaming = undefined;
    const tell = (message: string): void => {
      problem.textContent = message;
    };
    const copies = exportRow(block, positions, tell);
    if (!editable) panel.append(copies);
    aside.replaceChildren(legend(block), ...(editable ? [copies] : []), panel);
    if (wantFocus !== undefined) {
      aside.querySelector<HTMLElement>(`[data-focus="${wantFocus}"]`)?.focus();
      wantFocus = undefined;
    }
  };

  mouse(picture, stage, {
    editable: editableNow,
    move(name, to) {
      positions = new Map(positions).set(name, to);
      draw();
    },
    at: (name) => positions.get(name) ?? { x: 0, y: 0 },
    connect: (from, to) => edit({ kind: "add-edge", from, to, mark: "->" }),
    select(index) {
      selected = index;
      chosen = undefined;
      draw();
      const edge = index === undefined ? undefined : block.edges[index];
      problem.textContent = "";
      if (edge !== undefined && editableNow()) {
        problem.textContent =
          edge.doubt === undefined
            ? `${describeEdge(edge)}: Delete removes it, R turns it round.`
            : `${describeEdge(edge)}: it goes when the assumption is switched on again.`;
      }
    },
    choose(name) {
      selected = undefined;
      chosen = name;
      draw();
      problem.textContent = editableNow()
        ? `${name}: Delete removes it, R renames it, U marks it unmeasured or measured. Drag with Shift to draw an arrow from it.`
        : "";
      stage.tabIndex = -1;
      stage.focus({ preventScroll: true });
    },
    rename(name) {
      renaming = name;
      draw();
    },
    add(at) {
      const taken = new Set(block.nodes.map(({ name }) => name));
      let name = "v1";
      for (let i = 2; taken.has(name); i++) name = `v${i}`;
      positions = new Map(positions).set(name, at);
      renaming = name;
      edit({ kind: "add-node", name });
    },
  });
  stage.addEventListener("keydown", (event) => {
    if (!editableNow()) return;
    if (chosen !== undefined) {
      if (event.key === "Delete" || event.key === "Backspace")
        edit({ kind: "remove-node", name: chosen });
      else if (event.key.toLowerCase() === "r") {
        renaming = chosen;
        draw();
      } else if (event.key.toLowerCase() === "u") edit({ kind: "toggle-latent", name: chosen });
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const edge = selected === undefined ? undefined : block.edges[selected];
    if (edge === undefined || edge.doubt !== undefined) return;
    const plain = { from: edge.from, to: edge.to, mark: edge.mark };
    if (event.key === "Delete" || event.key === "Backspace")
      edit({ kind: "remove-edge", edge: plain });
    else if (event.key.toLowerCase() === "r") edit({ kind: "reverse-edge", edge: plain });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const change = (to: GraphBlock): void => {
    if (sameGraph(block, to)) {
      block = to;
      return;
    }
    block = to;
    selected = undefined;
    if (!block.nodes.some(({ name }) => name === chosen)) chosen = undefined;
    draw();
  };
  // The text is what the picture shows, also while it is written, undone or not run yet.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const unwatch = ports.graphSource?.watch(() => {
    clearTimeout(timer);
    const wait = block.nodes.length > MANY ? 500 : 0;
    timer = setTimeout(() => {
      const written = asWritten(ran, ports);
      if (written !== undefined) change(written);
    }, wait);
  });
  draw();
  return {
    element,
    update(value) {
      ran = value as GraphBlock;
      change(asWritten(ran, ports) ?? ran);
      return true;
    },
    dispose() {
      clearTimeout(timer);
      unwatch?.();
    },
  };
}

/** The graph of the cell's text as it stands, with what the ledger has added; nothing while the text is no graph. */
function asWritten(ran: GraphBlock, { graphSource }: OutputPorts): GraphBlock | undefined {
  if (ran.editable !== true || graphSource === undefined) return undefined;
  const graph = readGraph(graphSource.read());
  if (graph === undefined) return undefined;
  const written = graphBlock(graph, {}, true);
  const names = new Set(written.nodes.map(({ name }) => name));
  const added = ran.edges.filter(
    ({ doubt, from, to }) => doubt !== undefined && names.has(from) && names.has(to),
  );
  return { ...written, edges: [...written.edges, ...added] };
}

function readGraph(text: string): Graph | undefined {
  try {
    return parseGraph(text);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function sameGraph(a: GraphBlock, b: GraphBlock): boolean {
  return JSON.stringify([a.nodes, a.edges]) === JSON.stringify([b.nodes, b.edges]);
}

function legend(block: GraphBlock): HTMLElement {
  const roles = [...new Set(block.nodes.map(({ role }) => role))].filter(
    (role) => role !== "plain",
  );
  const row = el("p", { class: "graph-legend" });
  for (const role of roles) {
    row.append(
      el(
        "span",
        { class: `legend-item role-${role}` },
        el("b", {}, roleNames[role].slice(0, 1).toUpperCase().replace("O", "Y")),
        roleNames[role],
      ),
    );
  }
  if (block.nodes.some(({ latent }) => latent === true)) {
    row.append(el("span", { class: "legend-item legend-latent" }, "dashed: unmeasured"));
  }
  if (block.edges.some(({ doubt }) => doubt !== undefined)) {
    row.append(el("span", { class: "legend-item legend-doubt" }, "dotted: added by the ledger"));
  }
  return row;
}

interface MousePorts {
  editable(): boolean;
  at(name: string): Point;
  move(name: string, to: Point): void;
  connect(from: string, to: string): void;
  select(edge: number | undefined): void;
  choose(name: string): void;
  rename(name: string): void;
  /** A new node at this place. */
  add(at: Point): void;
}

/** A click chooses, a second one renames, a double click on the paper adds a node. Dragging a node moves it; dragging with Shift (or from its rim) draws an arrow to another. */
function mouse(picture: SVGSVGElement, stage: HTMLElement, ports: MousePorts): void {
  picture.addEventListener("pointerdown", (down) => {
    const target = down.target as Element;
    const name = target.closest<SVGElement>("[data-node]")?.dataset["node"];
    const edge = target.closest<SVGElement>("[data-edge]")?.dataset["edge"];
    if (name === undefined) {
      ports.select(edge === undefined ? undefined : Number(edge));
      stage.tabIndex = -1;
      stage.focus({ preventScroll: true });
      return;
    }
    down.preventDefault();
    const start = ports.at(name);
    const scale = picture.viewBox.baseVal.width / picture.getBoundingClientRect().width;
    const arrow = ports.editable() && down.shiftKey;
    let moved = false;
    const line = svg("line", {
      class: "edge-draft",
      x1: start.x,
      y1: start.y,
      x2: start.x,
      y2: start.y,
    });
    if (arrow) picture.append(line);
    const follow = (event: PointerEvent): void => {
      const to = {
        x: start.x + (event.clientX - down.clientX) * scale,
        y: start.y + (event.clientY - down.clientY) * scale,
      };
      if (arrow) {
        line.setAttribute("x2", String(to.x));
        line.setAttribute("y2", String(to.y));
      } else if (Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > 3) {
        moved = true;
        ports.move(name, to);
      }
    };
    const end = (event: PointerEvent): void => {
      removeEventListener("pointermove", follow);
      line.remove();
      if (!arrow) {
        if (!moved) ports.choose(name);
        return;
      }
      const over = document.elementFromPoint(event.clientX, event.clientY);
      const other = over?.closest<SVGElement>("[data-node]")?.dataset["node"];
      if (other !== undefined && other !== name) ports.connect(name, other);
    };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", end, { once: true });
  });
  picture.addEventListener("dblclick", (event) => {
    if (!ports.editable()) return;
    const target = event.target as Element;
    const name = target.closest<SVGElement>("[data-node]")?.dataset["node"];
    if (name !== undefined) ports.rename(name);
    else if (target.closest("[data-edge]") === null) {
      const box = picture.getBoundingClientRect();
      const view = picture.viewBox.baseVal;
      const scale = view.width / box.width;
      ports.add({
        x: view.x + (event.clientX - box.left) * scale,
        y: view.y + (event.clientY - box.top) * scale,
      });
    }
  });
}

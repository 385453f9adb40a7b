import { UserError } from "../../app/errors.ts";
import type { Edge, Graph, GraphNode } from "./graph.ts";
import type { GraphSyntax } from "./parse.ts";
import { quoteName } from "./scanner.ts";

/**
 * The graph as text in one of the syntaxes it can be read from, or as TikZ. Reading the text back gives the same
 * nodes, latent flags and edges (`edge-list`, `matrix` and `lavaan` have no place for roles and positions;
 * `lavaan` and `matrix` throw `UserError` `graph-syntax-cannot-say` for marks they lack). O(n + m); matrix O(n²).
 */
export function formatGraph(graph: Graph, syntax: GraphSyntax | "tikz" = "short"): string {
  return writers[syntax](graph);
}

const writers: Readonly<Record<GraphSyntax | "tikz", (graph: Graph) => string>> = {
  short: toShortForm,
  dagitty: toDagitty,
  dot: toDot,
  gml: toGml,
  lavaan: toLavaan,
  "edge-list": toEdgeList,
  matrix: toMatrix,
  tikz: toTikz,
};

function toShortForm(graph: Graph): string {
  const quote = (name: string): string => quoteName(name);
  const statements = graph.edges.map(
    (edge) => `${quote(edge.from)} ${edge.mark} ${quote(edge.to)}`,
  );
  const mentioned = new Set(graph.edges.flatMap((edge) => [edge.from, edge.to]));
  for (const node of graph.nodes) {
    const words = attributesOf(node, (x, y) => `pos="${x},${y}"`);
    if (words.length > 0) statements.push(`${quote(node.name)} [${words.join(", ")}]`);
    else if (!mentioned.has(node.name)) statements.push(quote(node.name));
  }
  return statements.join("\n");
}

function attributesOf(node: GraphNode, position: (x: number, y: number) => string): string[] {
  return [
    ...(node.latent ? ["latent"] : []),
    ...(node.role === undefined ? [] : [node.role]),
    ...(node.x === undefined || node.y === undefined ? [] : [position(node.x, node.y)]),
  ];
}

const heads = { admg: "dag", cpdag: "pdag", mag: "mag", pag: "pag" } as const;
const braceWords = /^(subgraph|node|edge|graph|strict|digraph)$/i;

function toDagitty(graph: Graph): string {
  const quote = (name: string): string => quoteName(name, (word) => braceWords.test(word));
  const nodes = graph.nodes.map((node) => {
    const words = attributesOf(node, (x, y) => `pos="${x.toFixed(3)},${y.toFixed(3)}"`);
    const named = words.map((word) => (word === "treatment" ? "exposure" : word));
    return named.length === 0 ? quote(node.name) : `${quote(node.name)} [${named.join(",")}]`;
  });
  const edges = graph.edges.map(
    (edge) => `${quote(edge.from)} ${edge.mark.replaceAll("o", "@")} ${quote(edge.to)}`,
  );
  return `${heads[graph.type]} {\n${[...nodes, ...edges].join("\n")}\n}`;
}

const dotText = (name: string): string => `"${name.replace(/[\\"]/g, (char) => `\\${char}`)}"`;

function toDot(graph: Graph): string {
  const lines = graph.nodes.map((node) => {
    const words = [
      ...(node.latent ? ["latent=true", "style=dashed"] : []),
      ...(node.role === undefined ? [] : [`${node.role}=true`]),
      ...(node.x === undefined || node.y === undefined ? [] : [`pos="${node.x},${node.y}"`]),
    ];
    return `  ${dotText(node.name)}${words.length === 0 ? "" : ` [${words.join(", ")}]`};`;
  });
  for (const edge of graph.edges) {
    const how: Readonly<Record<string, string>> = {
      "->": "",
      "<->": " [dir=both, style=dashed]",
      "--": " [dir=none]",
    };
    const attribute = how[edge.mark];
    if (attribute === undefined) throw cannotSay("DOT", edge);
    lines.push(`  ${dotText(edge.from)} -> ${dotText(edge.to)}${attribute};`);
  }
  return `digraph {\n${lines.join("\n")}\n}`;
}

const gmlText = (text: string): string =>
  `"${text.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"`;

function toGml(graph: Graph): string {
  const ids = new Map(graph.nodes.map((node, i) => [node.name, i]));
  const nodes = graph.nodes.map((node, i) => {
    const parts = [
      `id ${i}`,
      `label ${gmlText(node.name)}`,
      ...(node.latent ? ["latent 1"] : []),
      ...(node.role === undefined ? [] : [`role "${node.role}"`]),
      ...(node.x === undefined || node.y === undefined
        ? []
        : [`graphics [ x ${node.x} y ${node.y} ]`]),
    ];
    return `  node [ ${parts.join(" ")} ]`;
  });
  const edges = graph.edges.map(
    (edge) =>
      `  edge [ source ${ids.get(edge.from)} target ${ids.get(edge.to)} mark "${edge.mark}" ]`,
  );
  return `graph [\n  directed 1\n  type "${graph.type}"\n${[...nodes, ...edges].join("\n")}\n]`;
}

function toLavaan(graph: Graph): string {
  const quote = (name: string): string =>
    quoteName(name, (word) => /^[0-9.]/.test(word) || /['’′]/.test(word));
  const latent = new Set(graph.nodes.filter((node) => node.latent).map((node) => node.name));
  const mentioned = new Set(graph.edges.flatMap((edge) => [edge.from, edge.to]));
  const lines = graph.edges.map((edge) => {
    if (edge.mark === "<->") return `${quote(edge.from)} ~~ ${quote(edge.to)}`;
    if (edge.mark !== "->") throw cannotSay("lavaan", edge);
    if (latent.has(edge.from)) return `${quote(edge.from)} =~ ${quote(edge.to)}`;
    return `${quote(edge.to)} ~ ${quote(edge.from)}`;
  });
  for (const { name } of graph.nodes)
    if (!mentioned.has(name)) lines.push(`${quote(name)} ~~ ${quote(name)}`);
  return lines.join("\n");
}

const cell = (name: string): string => (/^[^\s",;#]+$/.test(name) ? name : dotText(name));

function toEdgeList(graph: Graph): string {
  const mentioned = new Set(graph.edges.flatMap((edge) => [edge.from, edge.to]));
  const lone = graph.nodes
    .filter((node) => !mentioned.has(node.name))
    .map((node) => `${cell(node.name)},`);
  return [
    "from,to,mark",
    ...graph.edges.map((edge) => `${cell(edge.from)},${cell(edge.to)},${edge.mark}`),
    ...lone.map((line) => line.slice(0, -1)),
  ].join("\n");
}

function toMatrix(graph: Graph): string {
  const ids = new Map(graph.nodes.map((node, i) => [node.name, i]));
  const n = graph.nodes.length;
  const values = Array.from({ length: n }, () => new Uint8Array(n));
  for (const edge of graph.edges) {
    const from = ids.get(edge.from) ?? 0;
    const to = ids.get(edge.to) ?? 0;
    const row = values[from];
    const mirror = values[to];
    if (row === undefined || mirror === undefined) continue;
    const taken = row[to] !== 0 || mirror[from] !== 0;
    if (taken || edge.mark.includes("o")) throw cannotSay("An adjacency matrix", edge);
    row[to] = edge.mark === "<->" ? 2 : 1;
    if (edge.mark !== "->") mirror[from] = edge.mark === "<->" ? 2 : 1;
  }
  const head = ["", ...graph.nodes.map((node) => cell(node.name))].join(",");
  return [
    head,
    ...graph.nodes.map((node, i) => [cell(node.name), ...(values[i] ?? [])].join(",")),
  ].join("\n");
}

function toTikz(graph: Graph): string {
  const ids = new Map(graph.nodes.map((node, i) => [node.name, `n${i}`]));
  const columns = Math.max(1, Math.ceil(Math.sqrt(graph.nodes.length)));
  const nodes = graph.nodes.map((node, i) => {
    const x = node.x ?? 2 * (i % columns);
    const y = node.y ?? -2 * Math.floor(i / columns);
    const style = node.latent ? "[draw,dashed,circle] " : "";
    return `  \\node ${style}(n${i}) at (${x},${y}) {${texText(node.name)}};`;
  });
  const styles = {
    "->": "->",
    "<->": "<->,dashed,bend left",
    "--": "-",
    "o->": "o->",
    "o-o": "o-o",
    "--o": "-o",
  };
  const edges = graph.edges.map(
    (edge) => `  \\draw[${styles[edge.mark]}] (${ids.get(edge.from)}) to (${ids.get(edge.to)});`,
  );
  return `% \\usetikzlibrary{arrows.meta}\n\\begin{tikzpicture}[o/.tip={Circle[open]}]\n${[...nodes, ...edges].join("\n")}\n\\end{tikzpicture}`;
}

/** A name as LaTeX text. */
export function texText(name: string): string {
  const signs: Readonly<Record<string, string>> = {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
  };
  return name.replace(/[\\~^]|[&%$#_{}]/g, (char) => signs[char] ?? `\\${char}`);
}

function cannotSay(syntax: string, edge: Edge): UserError {
  return new UserError({
    code: "graph-syntax-cannot-say",
    message: `${syntax} has no way to write ${edge.from} ${edge.mark} ${edge.to}.`,
    value: edge.mark,
    expected: "a graph whose edges the syntax knows",
    hint: "Write the graph in the short form or as dagitty text instead.",
  });
}

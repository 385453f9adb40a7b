import { describe, expect, it, vi } from "vitest";
import { UserError } from "../../../app/errors.ts";
import {
  checkGraphText,
  createGraph,
  detectSyntax,
  formatGraph,
  parseGraph,
} from "../../../kernels/graph/index.ts";
import type { Graph, GraphSyntax } from "../../../kernels/graph/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";
import type { Rng } from "../../../kernels/math/rng.ts";
import { long, randomGraph } from "../identify/random-graphs.ts";

const arrows = (graph: Graph): string[] =>
  graph.edges.map((edge) => `${edge.from} ${edge.mark} ${edge.to}`);

function errorOf(read: () => unknown): UserError {
  try {
    read();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}

if (long) vi.setConfig({ testTimeout: 900_000 });

describe("the short form", () => {
  it("reads chains, lists, latent nodes and bidirected edges", () => {
    const graph = parseGraph(
      'a -> b -> c; U -> a, b; U [latent]; x <-> y # and a comment\n"lung cancer" <- a',
    );
    expect(arrows(graph)).toEqual([
      "a -> b",
      "b -> c",
      "U -> a",
      "U -> b",
      "x <-> y",
      "a -> lung cancer",
    ]);
    expect(graph.nodes.filter((node) => node.latent).map((node) => node.name)).toEqual(["U"]);
  });

  it("reads roles, positions and circle marks", () => {
    const graph = parseGraph('x [treatment, pos="0,1.5"]; x o-> y; y o-o z; a, b -> c, d');
    expect(graph.nodes[0]).toEqual({ name: "x", latent: false, role: "treatment", x: 0, y: 1.5 });
    expect(arrows(graph)).toEqual(["x o-> y", "y o-o z", "a -> c", "a -> d", "b -> c", "b -> d"]);
    expect(graph.type).toBe("pag");
  });

  it("takes any name", () => {
    const graph = parseGraph('P -> do -> E; "x y" -> µ -> 变量; 1 -> o; "say \\"hi\\"" -> o');
    expect(graph.nodes.map((node) => node.name)).toEqual([
      "P",
      "do",
      "E",
      "x y",
      "µ",
      "变量",
      "1",
      "o",
      'say "hi"',
    ]);
  });

  it.each([
    ["a -> ", 1, 6],
    ["a -> b\nc - d", 2, 3],
    ["a -> b; c [latent", 1, 11],
    ["a\nb [wrong]", 2, 4],
    ['a -> "b', 1, 6],
    ["a -> b -> a", 1, 1],
    ["a -> a", 1, 1],
  ])("names the place in %j", (text, line, column) => {
    const error = errorOf(() => parseGraph(text));
    expect(error.place).toMatchObject({ line, column });
    expect(checkGraphText(text)[0]).toMatchObject({ severity: "error", place: { line, column } });
  });

  it("reports a cycle by naming it", () => {
    const error = errorOf(() => parseGraph("a -> b\nb -> c\nc -> a"));
    expect(error.code).toBe("graph-cycle");
    expect(error.message).toContain("a -> b -> c -> a");
    expect(error.place).toMatchObject({ line: 3, column: 1 });
  });
});

describe("other syntaxes", () => {
  it("reads dagitty text", () => {
    const graph = parseGraph(
      'dag {\nbb="0,0,1,1"\nX [exposure,pos="-1.2,0.3"]\nY [outcome]\nU [latent]\nX -> Y [beta=0.5]\nU -> {X Y}\nA <-> Y\n}',
    );
    expect(arrows(graph)).toEqual(["X -> Y", "U -> X", "U -> Y", "A <-> Y"]);
    expect(graph.nodes.map((node) => [node.name, node.role, node.latent])).toEqual([
      ["X", "treatment", false],
      ["Y", "outcome", false],
      ["U", undefined, true],
      ["A", undefined, false],
    ]);
    expect(graph.nodes[0]).toMatchObject({ x: -1.2, y: 0.3 });
    expect(parseGraph("pag { a @-> b @-@ c }").type).toBe("pag");
  });

  it("reads a subset of DOT", () => {
    const graph = parseGraph(
      'digraph G { rankdir=LR; node [shape=box]; a -> b -> c; a -> c [dir=both]; U [observed="no"]; U -> {a; b}; subgraph s { d } -> a; /* end */ }',
    );
    expect(arrows(graph)).toEqual(["a -> b", "b -> c", "a <-> c", "U -> a", "U -> b", "d -> a"]);
    expect(graph.nodes.find((node) => node.name === "U")?.latent).toBe(true);
  });

  it("reads GML", () => {
    const graph = parseGraph(
      'graph [ directed 1 node [ id 0 label "x y" ] node [ id 1 label "b" ] edge [ source 0 target 1 ] ]',
    );
    expect(arrows(graph)).toEqual(["x y -> b"]);
  });

  it("reads lavaan's models", () => {
    const graph = parseGraph(
      "# measurement\nf =~ a + 0.5*b\ny ~ c1*x + f\nx ~~ z\ny ~~ y\ny ~ 1\nind := c1*2",
    );
    expect(arrows(graph)).toEqual(["f -> a", "f -> b", "x -> y", "f -> y", "x <-> z"]);
    expect(graph.nodes.find((node) => node.name === "f")?.latent).toBe(true);
  });

  it("reads edge lists and adjacency matrices", () => {
    expect(arrows(parseGraph("from,to\na,b\nb,c"))).toEqual(["a -> b", "b -> c"]);
    expect(arrows(parseGraph("a b\nb c"))).toEqual(["a -> b", "b -> c"]);
    expect(arrows(parseGraph(",a,b,c\na,0,1,0\nb,0,0,2\nc,0,2,0"))).toEqual(["a -> b", "b <-> c"]);
    expect(arrows(parseGraph("a b\n0 1\n1 0"))).toEqual(["a -- b"]);
  });

  it("tells them apart by their first words", () => {
    const expected: Record<GraphSyntax, string> = {
      short: "a -> b",
      dagitty: "dag { a -> b }",
      dot: "digraph { a -> b }",
      gml: "graph [ node [ id 1 ] ]",
      lavaan: "y ~ x",
      "edge-list": "a b\nb c",
      matrix: "a b\n0 1\n0 0",
    };
    for (const [syntax, text] of Object.entries(expected)) expect(detectSyntax(text)).toBe(syntax);
    for (const text of ["a; b", "a, b", "a", "a\nb", ""]) expect(detectSyntax(text)).toBe("short");
  });
});

const strange = [
  "a b",
  "P",
  "do",
  "E",
  "node",
  "graph",
  "1",
  "µ-x",
  'q"q',
  "back\\slash",
  "x;y",
  "o",
  "a->b",
  "t~u",
  "#1",
  "r'",
];

describe("writers", () => {
  it.each(["short", "dagitty", "dot", "gml", "lavaan", "edge-list", "matrix"] as const)(
    "%s reads back what it wrote",
    (syntax) => {
      const rng = createRng(21);
      for (let round = 0; round < 60; round++) {
        const plain = randomGraph(rng, 2 + rng.int(8), 0.3, syntax === "matrix" ? 0 : 0.15);
        const names = new Map(
          plain.nodes.map((node, i) => [node.name, strange[(i + round) % strange.length] ?? ""]),
        );
        const parentless = (name: string): boolean =>
          !plain.edges.some(
            (edge) => edge.mark === "<->" && (edge.from === name || edge.to === name),
          );
        const roles =
          syntax === "short" || syntax === "dagitty" || syntax === "gml" || syntax === "dot";
        const graph = createGraph({
          nodes: plain.nodes.map((node, i) => ({
            name: names.get(node.name) ?? "",
            latent: roles && i === 0 && parentless(node.name),
            ...(roles && i === 1 ? { role: "treatment" as const, x: 1, y: -2.5 } : {}),
          })),
          edges: plain.edges.map((edge) => ({
            ...edge,
            from: names.get(edge.from) ?? "",
            to: names.get(edge.to) ?? "",
          })),
        });
        const text = formatGraph(graph, syntax);
        const back = parseGraph(text, syntax);
        const byName = (a: { name: string }, b: { name: string }): number =>
          a.name < b.name ? -1 : 1;
        expect([...back.nodes].sort(byName), text).toEqual([...graph.nodes].sort(byName));
        expect(arrows(back).sort((a, b) => (a < b ? -1 : 1))).toEqual(
          arrows(graph).sort((a, b) => (a < b ? -1 : 1)),
        );
      }
    },
  );

  it("writes TikZ with names escaped", () => {
    const text = formatGraph(parseGraph('"a_b & c" -> y; U -> y; U [latent]'), "tikz");
    expect(text).toContain("a\\_b \\& c");
    expect(text).toContain("dashed");
  });
});

const pieces = [
  "a",
  "b",
  "é",
  "x1",
  "->",
  "<-",
  "<->",
  "--",
  "o->",
  "o-o",
  "{",
  "}",
  "[",
  "]",
  ",",
  ";",
  "\n",
  " ",
  '"',
  "\\",
  "#",
  "//",
  "/*",
  "~",
  "~~",
  "=~",
  "=",
  "+",
  "*",
  "0",
  "1",
  "-1",
  ".",
  "dag",
  "digraph",
  "graph",
  "node",
  "edge",
  "id",
  "label",
  "source",
  "target",
  "latent",
  "pos",
  "\t",
  "\u0000",
  "😀",
  "@",
];

function randomText(rng: Rng, head: string): string {
  let text = head;
  for (let i = rng.int(14); i > 0; i--) text += pieces[rng.int(pieces.length)] ?? "";
  return text;
}

describe("hostile texts", () => {
  const heads: Record<GraphSyntax, string> = {
    short: "",
    dagitty: "dag {",
    dot: "digraph {",
    gml: "graph [",
    lavaan: "y ~ ",
    "edge-list": "a b\n",
    matrix: "a b\n",
  };
  it.each(Object.keys(heads) as GraphSyntax[])(
    "%s never crashes and every error has a place",
    (syntax) => {
      const rng = createRng(31);
      for (let round = 0; round < (long ? 1_000_000 : 100_000); round++) {
        const text = randomText(rng, round % 2 === 0 ? heads[syntax] : "");
        try {
          parseGraph(text, syntax);
        } catch (error) {
          if (
            !(error instanceof UserError) ||
            error.place?.line === undefined ||
            error.place.column === undefined
          ) {
            throw new Error(`Not a placed error for ${JSON.stringify(text)}`, { cause: error });
          }
        }
      }
    },
  );

  it("survives deep nesting and long texts", () => {
    expect(errorOf(() => parseGraph(`dag ${"{".repeat(100_000)}`)).place).toBeDefined();
    const chain = Array.from({ length: 20_000 }, (_, i) => `v${i}`).join(" -> ");
    expect(parseGraph(chain).edges.length).toBe(19_999);
    expect(errorOf(() => parseGraph(`${chain} -> v0`)).code).toBe("graph-cycle");
  });
});

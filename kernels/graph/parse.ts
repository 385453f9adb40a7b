import type { Diagnostic } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import { parseBraces } from "./braces.ts";
import type { Graph } from "./graph.ts";
import { parseGml } from "./gml.ts";
import { parseLavaan } from "./lavaan.ts";
import { parseShortForm } from "./short-form.ts";
import { parseEdgeList, parseMatrix } from "./tabular.ts";

/** Syntaxes a graph can be read from; `format.ts` writes the same and `tikz`. */
export type GraphSyntax = "short" | "dagitty" | "dot" | "gml" | "lavaan" | "edge-list" | "matrix";

/**
 * The graph of a text, in any of the syntaxes; which one is told by its first words unless given. Throws
 * `UserError` with line and column: `graph-syntax`, `graph-cycle` (naming the cycle), `graph-self-loop`,
 * `graph-duplicate-node`. O(length).
 */
export function parseGraph(text: string, syntax: GraphSyntax = detectSyntax(text)): Graph {
  return readers[syntax](text);
}

const readers: Readonly<Record<GraphSyntax, (text: string) => Graph>> = {
  short: parseShortForm,
  dagitty: parseBraces,
  dot: parseBraces,
  gml: parseGml,
  lavaan: parseLavaan,
  "edge-list": parseEdgeList,
  matrix: parseMatrix,
};

/** Which syntax a text is written in, by its first words and signs; `short` when nothing else fits. */
export function detectSyntax(text: string): GraphSyntax {
  const bare = text.replace(/(#|\/\/).*$/gm, "");
  if (/^\s*(dag|pdag|cpdag|mag|pag|admg)\b[^[;>]*\{/i.test(bare)) return "dagitty";
  if (/^\s*(strict\s+)?(di)?graph\b[^[;>]*\{/i.test(bare)) return "dot";
  if (/^\s*(Creator\b[^\n]*\n\s*)?(Version\b[^\n]*\n\s*)?graph\s*\[/i.test(bare)) return "gml";
  const unquoted = bare.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  if (isHeader(unquoted.split("\n").find((line) => line.trim() !== ""))) return "edge-list";
  if (/->|<-|--|→|←|↔|—|–|o-o|\[/.test(unquoted)) {
    return /^\s*"?[^"\n]*[,\t;]\s*"?[^"\n]*[,\t;]\s*(->|<->|--|o->|o-o)/.test(unquoted)
      ? "edge-list"
      : "short";
  }
  if (/=~|~/.test(unquoted)) return "lavaan";
  const lines = unquoted.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > 1 && lines.slice(1).every((line) => /[\s,;]-?[0-9.]+\s*$/.test(line)))
    return "matrix";
  // `a; b` and `a, b` on one line are two nodes in the short form; several such lines, or blanks, are edges.
  if (/;/.test(unquoted) || (lines.length === 1 && /,/.test(unquoted))) return "short";
  const columns = lines.map(
    (line) =>
      line
        .trim()
        .split(/[,\t]|\s+/)
        .filter((cell) => cell !== "").length,
  );
  return lines.length > 0 && columns.every((count) => count === 2 || count === 3)
    ? "edge-list"
    : "short";
}

const isHeader = (line: string | undefined): boolean =>
  /^\s*(from|source|cause|parent)\s*[,;\t]/i.test(line ?? "");

/**
 * What is wrong or doubtful in a graph's text, with places, without throwing: the error that keeps it from
 * being read, or warnings about nodes that stand alone and latent nodes that confound nothing.
 */
export function checkGraphText(text: string, syntax?: GraphSyntax): readonly Diagnostic[] {
  let graph: Graph;
  try {
    graph = parseGraph(text, syntax);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [
      {
        code: error.code,
        severity: "error",
        message: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        ...(error.place === undefined ? {} : { place: error.place }),
      },
    ];
  }
  return doubtsAbout(graph);
}

function doubtsAbout(graph: Graph): Diagnostic[] {
  const touching = new Map<string, number>();
  for (const edge of graph.edges) {
    for (const name of [edge.from, edge.to]) touching.set(name, (touching.get(name) ?? 0) + 1);
  }
  return graph.nodes.flatMap((node): Diagnostic[] => {
    const count = touching.get(node.name) ?? 0;
    if (count === 0 && graph.nodes.length > 1) {
      return [
        {
          code: "graph-lone-node",
          severity: "info",
          message: `"${node.name}" has no edge: the graph says that it is independent of everything.`,
        },
      ];
    }
    if (node.latent && count === 1) {
      return [
        {
          code: "graph-idle-latent",
          severity: "info",
          message: `The unmeasured "${node.name}" touches one edge only, so it confounds nothing.`,
        },
      ];
    }
    return [];
  });
}

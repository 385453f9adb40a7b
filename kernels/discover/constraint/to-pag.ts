import type { Graph } from "../../graph/graph.ts";
import { mSeparated } from "../../graph/separation.ts";
import { toMag } from "../core/mag.ts";
import type { Finding } from "../result.ts";
import { oracleTest } from "../tests/independence.ts";
import { fciSearch } from "./fci.ts";

/**
 * The PAG of a causal graph: the marks shared by all graphs with the same separations among its measured nodes (nodes
 * of role `selected` are conditioned on). FCI on true separations, which agrees with brute force. Exponential in the
 * degree at worst. Throws `UserError` `mag-needs-admg` for a class.
 */
export async function toPag(graph: Graph): Promise<Graph> {
  const mag = toMag(graph);
  const names = mag.nodes.map((node) => node.name);
  const test = oracleTest({
    variables: names,
    independent: (x, y, given) => mSeparated(mag, x, y, given),
  });
  const finding: Finding = await fciSearch(names, test, {
    colliders: "standard",
    depth: -1,
    selection: true,
    fast: false,
  });
  return finding.graph;
}

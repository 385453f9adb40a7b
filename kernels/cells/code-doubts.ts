import type { CellProgram, CellResult } from "../../app/cell/program.ts";
import type { Claim } from "../../app/claim.ts";
import type { Graph } from "../graph/graph.ts";
import { admitDoubts, claimOfDoubted } from "./graph-doubts.ts";

/**
 * A program of code whose graphs do without some of the assumptions that their missing edges make, as a graph cell's
 * does: what the code returns is given on with the edges added; its text and what it shows stay as they are.
 */
export function withoutDoubts(program: CellProgram, doubts: readonly string[]): CellProgram {
  const { run } = program;
  if (run === undefined || doubts.length === 0) return program;
  return {
    ...program,
    run: (inputs, context) => {
      const result = run(inputs, context);
      return result instanceof Promise
        ? result.then((settled) => admitted(settled, doubts))
        : admitted(result, doubts);
    },
  };
}

function admitted(result: CellResult, doubts: readonly string[]): CellResult {
  const values: Record<string, unknown> = { ...result.values };
  const claims: Record<string, Claim> = {};
  for (const [name, value] of Object.entries(result.values)) {
    if (!isGraph(value)) continue;
    const doubted = admitDoubts(value, doubts);
    const claim = claimOfDoubted(doubted, name);
    if (claim === undefined) continue;
    values[name] = doubted.graph;
    claims[name] = claim;
  }
  const [first] = Object.values(claims);
  return first === undefined ? result : { ...result, values, claim: first, claims };
}

function isGraph(value: unknown): value is Graph {
  return typeof value === "object" && value !== null && (value as Graph).kind === "graph";
}

import type { Claim } from "../../app/claim.ts";
import type { CellContext, CellInputs, CellProgram } from "../../app/cell/program.ts";
import { UserError } from "../../app/errors.ts";
import { gatherClaims } from "../../app/runtime/claims.ts";
import type { Work } from "../../app/work.ts";
import { isTable, type Table } from "../data/table.ts";
import type { Discovery, Method } from "../discover/index.ts";
import { displayable, reportBundle } from "../output/display.ts";
import { discoverReport } from "./discover-report.ts";
import { type DiscoverText, readDiscover } from "./discover-text.ts";
import { type CellKind, outputName, parsing, uniqueNames } from "./kind.ts";
import { type Call, evaluateArgument, mistake, statementsOf, variablesOf } from "./language.ts";
import { nearest } from "./nearest.ts";

/**
 * `found = boss from data`: the graph that a search finds, or those of several, side by side. The value is the graph
 * itself, with its class (undecided edges stay undecided), so that a question can be asked `in found`; with several
 * methods it is a list of graphs.
 */
export const discoverCell: CellKind = {
  kind: "discover",
  parse: (cell) =>
    parsing(cell.source, () => {
      const [statement, second] = statementsOf(cell.source);
      if (statement === undefined) {
        throw new UserError({
          code: "discover-empty",
          message: "It is not said what to search.",
          expected: "e.g. found = boss from data",
          place: { start: 0, end: 1 },
        });
      }
      if (second !== undefined) {
        const hint = "Indent a continuation line, or use a second cell.";
        const message = "A discover cell holds one statement.";
        throw mistake("discover-one", message, second, 0, second.body.length, { hint });
      }
      const name = statement.name ?? outputName(cell, "found");
      return programOf(readDiscover(statement, name, cell.source), name);
    }),
};

function programOf(text: DiscoverText, name: string): CellProgram {
  return {
    inputs: uniqueNames([
      text.table,
      ...variablesOf(text.methods),
      ...(text.seed === undefined ? ["notebookSeed"] : []),
    ]),
    outputs: [name],
    diagnostics: [],
    run: async (inputs, context) => {
      const { methods } = await import("../discover/index.ts");
      const { rememberDiscovery } = await import("../discover/origin.ts");
      const table = tableIn(inputs, text.table);
      const wanted = text.methods.map((call) => methodOf(call, methods));
      const found: Discovery[] = [];
      for (const [k, method] of wanted.entries()) {
        const work = part(context, k, wanted.length, method.label);
        found.push(await search(method, text.methods[k]!, text, table, inputs, work));
      }
      for (const discovery of found) rememberDiscovery(discovery.graph, discovery);
      const report = discoverReport(found, wanted, { text, methods });
      context.display(displayable(reportBundle(report)));
      const claims = found.map(({ claim }) => claim);
      const claim: Claim | undefined = gatherClaims(claims);
      const graphs = found.map(({ graph }) => graph);
      return {
        values: { [name]: graphs.length === 1 ? graphs[0] : graphs },
        ...(claim === undefined ? {} : { claim }),
      };
    },
  };
}

async function search(
  method: Method,
  call: Call,
  text: DiscoverText,
  table: Table,
  inputs: CellInputs,
  work: Work,
): Promise<Discovery> {
  const { discoverBy } = await import("../discover/index.ts");
  const given = Object.fromEntries(
    call.options.map(({ name, value }) => [name, evaluateArgument(value, inputs)]),
  );
  const seed = inputs["notebookSeed"];
  try {
    return await discoverBy(
      method,
      table,
      {
        ...given,
        seed: text.seed ?? (typeof seed === "number" ? seed : 1),
        bootstrap: text.bootstrap,
        ...(text.columns === undefined ? {} : { columns: text.columns }),
        ...(text.knowledge === undefined ? {} : { knowledge: text.knowledge }),
        ...(text.missing === undefined ? {} : { missing: text.missing }),
      },
      work,
    );
  } catch (error) {
    throw placed(error, call);
  }
}

/** The engine's complaint, at the option it names or else at the method. */
function placed(error: unknown, call: Call): unknown {
  if (!(error instanceof UserError) || error.place !== undefined) return error;
  const { code, message, value, expected, hint } = error;
  const named = call.options.find(({ name }) => message.includes(`"${name}"`));
  const place =
    named === undefined
      ? { start: call.start, end: call.end }
      : { start: named.start, end: named.start + named.name.length };
  return new UserError(
    {
      code,
      message,
      value,
      ...(expected === undefined ? {} : { expected }),
      ...(hint === undefined ? {} : { hint }),
      place,
    },
    { cause: error },
  );
}

/** The share of the cell's work that one method is, with the time that is left as far as it has gone. */
function part(context: CellContext, k: number, of: number, label: string): Work {
  return {
    ...context,
    progress: ({ fraction, message, ...rest }) => {
      context.progress({
        ...rest,
        ...(fraction === undefined ? {} : { fraction: (k + fraction) / of }),
        message:
          of === 1 ? (message ?? label) : `${label}${message === undefined ? "" : `: ${message}`}`,
      });
    },
  };
}

function methodOf(call: Call, methods: readonly Method[]): Method {
  const method = methods.find(({ name }) => name === call.name.toLowerCase());
  if (method !== undefined) return method;
  const names = methods.map(({ name }) => name);
  const close = nearest(call.name, names);
  throw new UserError({
    code: "unknown-method",
    message: `No method of discovery is called "${call.name}".`,
    value: call.name,
    expected: `one of ${names.join(", ")}`,
    hint: close === undefined ? "Check the spelling." : `Did you mean ${close}?`,
    place: { start: call.start, end: call.start + call.name.length },
  });
}

function tableIn(inputs: CellInputs, name: string): Table {
  const value = inputs[name];
  if (isTable(value)) return value;
  throw new UserError({
    code: "not-a-table",
    message: `${name} is not a table.`,
    value: typeof value,
    expected: "the name of a data, simulate or SQL cell, or a table made in code",
  });
}

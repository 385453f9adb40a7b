import { UserError } from "../../../app/errors.ts";
import type { Constraints } from "../knowledge.ts";
import type { Method } from "../method.ts";
import type { OptionSpec } from "../options.ts";
import { alphaOption, readingFor, testFor, testOption, type TestName } from "../tests/choose.ts";
import { fciSearch } from "./fci.ts";
import { pcSearch } from "./pc.ts";
import type { ColliderRule } from "./triples.ts";

const depthOption: OptionSpec<number> = {
  default: -1,
  type: "integer",
  minimum: -1,
  maximum: 50,
  doc: "Largest set conditioned on; -1 for no limit. Limit it when tests run out of rows or time.",
};

const collidersOption: OptionSpec<ColliderRule> = {
  default: "standard",
  type: "choice",
  choices: ["standard", "conservative", "majority"],
  doc: "When two causes meet: standard goes by the separating set found, conservative needs every such set to agree, majority more than half of them.",
};

const faithful =
  "Columns are independent exactly where the graph says so: no two paths cancel out (faithfulness).";
const rows = "Rows are independent draws from one population.";
const right = "The test fits the form of the relations, and its errors are few.";
const sufficient = "No unmeasured variable causes two of the columns.";
const acyclic = "No column causes itself through others.";

type Common = { readonly test: TestName; readonly alpha: number; readonly depth: number };
type PcOptions = Common & { readonly colliders: ColliderRule };

/** PC on a table. */
export const pcMethod: Method<PcOptions> = {
  name: "pc",
  label: "PC (stable)",
  family: "constraint",
  summary:
    "Removes edges by tests of independence and directs what the colliders decide. Quick and with any test; weak where many columns crowd together.",
  assumes: [sufficient, acyclic, faithful, rows, right],
  source: "Spirtes, Glymour & Scheines 2000; Colombo & Maathuis 2014",
  takes: {
    columns: "auto",
    missing: true,
    allowCollinear: true,
    knowledge: ["tiers", "required", "forbidden"],
  },
  gives: "cpdag",
  stochastic: false,
  options: {
    alpha: alphaOption,
    test: testOption,
    colliders: collidersOption,
    depth: depthOption,
  },
  reading: (options) => readingFor(options.test),
  run: async (data, { alpha, test, colliders, depth }, { knowledge, rng, work }) => {
    const found = await pcSearch(
      data.names,
      testFor(data, test, alpha, rng),
      { colliders, depth, knowledge },
      work,
    );
    const { skeleton: _, ...finding } = found;
    return finding;
  },
};

type FciOptions = PcOptions & { readonly selection: boolean };

function fciMethodNamed(name: "fci" | "rfci"): Method<FciOptions> {
  const fast = name === "rfci";
  return {
    name,
    label: fast ? "RFCI" : "FCI",
    family: "constraint",
    summary: fast
      ? "FCI without its long search for separating sets: much quicker with many columns, sometimes with an edge more."
      : "As PC, but allows for unmeasured common causes (and selection): circles are ends the data leave open, <-> a hidden cause.",
    assumes: [acyclic, faithful, rows, right],
    source: fast
      ? "Colombo, Maathuis, Kalisch & Richardson 2012"
      : "Spirtes, Glymour & Scheines 2000; Zhang 2008",
    takes: {
      columns: "auto",
      missing: true,
      allowCollinear: true,
      knowledge: ["tiers", "required", "forbidden"],
    },
    gives: "pag",
    stochastic: false,
    options: {
      alpha: alphaOption,
      test: testOption,
      colliders: fast
        ? { ...collidersOption, doc: "Used by fci only: rfci checks each triple in its own way." }
        : collidersOption,
      depth: depthOption,
      selection: {
        default: false,
        type: "boolean",
        doc: "Allow for rows having been selected by what is in the graph (rules 5 to 7).",
      },
    },
    reading: (options) => readingFor(options.test),
    run: (data, { alpha, test, colliders, depth, selection }, { knowledge, rng, work }) =>
      fciSearch(
        data.names,
        testFor(data, test, alpha, rng),
        { colliders, depth, selection, fast, knowledge },
        work,
      ),
  };
}

export const fciMethod = fciMethodNamed("fci");
export const rfciMethod = fciMethodNamed("rfci");

type CdNodOptions = PcOptions & { readonly environment: string };

/** PC with the environment as a column that nothing causes. */
export const cdNodMethod: Method<CdNodOptions> = {
  name: "cd-nod",
  label: "CD-NOD",
  family: "constraint",
  summary:
    "PC on data from several environments or times: the environment is a column that nothing causes, its neighbours are the mechanisms that change, and the changes help to direct edges.",
  assumes: [
    "What differs between environments acts on the columns, and no column changes the environment.",
    sufficient,
    acyclic,
    faithful,
    "Rows are independent draws given the environment.",
    right,
  ],
  source: "Huang, Zhang, Zhang, Ramsey, Sanchez-Romero, Glymour & Schölkopf 2020",
  takes: { columns: "mixed", knowledge: ["tiers", "required", "forbidden"] },
  gives: "mpdag",
  stochastic: false,
  options: {
    environment: {
      default: "environment",
      type: "column",
      doc: "The column that says which environment, or when.",
    },
    alpha: alphaOption,
    test: { ...testOption, default: "mixed" },
    colliders: collidersOption,
    depth: depthOption,
  },
  reading: (options) => readingFor(options.test === "auto" ? "mixed" : options.test),
  run: async (data, options, { knowledge, rng, work }) => {
    const { environment, alpha, test, colliders, depth } = options;
    const at = data.names.indexOf(environment);
    if (at < 0) {
      throw new UserError({
        code: "no-environment",
        message: `There is no column "${environment}" among those searched.`,
        value: environment,
        expected: `one of ${data.names.slice(0, 20).join(", ")}`,
        hint: 'Name the column of environments, as in cd-nod(environment: "site").',
      });
    }
    const { skeleton: _, ...finding } = await pcSearch(
      data.names,
      testFor(data, test, alpha, rng),
      { colliders, depth, knowledge: causedByNothing(knowledge, at) },
      work,
    );
    const changing = finding.graph.edges.filter((e) => e.from === environment).map((e) => e.to);
    return {
      ...finding,
      diagnostics: [
        ...(finding.diagnostics ?? []),
        {
          kind: "fact",
          label: "Mechanisms that change",
          value: changing.length === 0 ? "none found" : changing.join(", "),
        },
      ],
    };
  },
};

function causedByNothing(knowledge: Constraints, at: number): Constraints {
  const { d } = knowledge;
  const forbidden = knowledge.forbidden.slice();
  for (let v = 0; v < d; v++) if (v !== at) forbidden[v * d + at] = 1;
  return { ...knowledge, any: true, forbidden };
}

export const constraintMethods: readonly Method[] = [pcMethod, fciMethod, rfciMethod, cdNodMethod];

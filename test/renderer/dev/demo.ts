import { createNotebook, type Notebook } from "../../../app/notebook/document.ts";
import type { KernelCell } from "../../../app/protocol/kernel.ts";
import { mime } from "../../../app/protocol/mime.ts";
import type { Block, Report } from "../../../app/protocol/report.ts";
import { parseGraph } from "../../../kernels/graph/index.ts";
import type { FakeCell } from "../fakes/fake-kernel.ts";

export const shipped = [
  {
    path: "guide/welcome",
    title: "Welcome",
    about: "What a cell is, what a claim is, and how to run.",
  },
  {
    path: "guide/nhefs",
    title: "Quitting smoking and weight",
    about: "NHEFS: one question asked six ways.",
  },
  {
    path: "ladder/simpson",
    title: "Simpson's paradox",
    about: "Kidney stones 1986: which treatment is better?",
  },
  {
    path: "ladder/firing-squad",
    title: "Would he be alive?",
    about: "Counterfactuals in a five-node model.",
  },
  {
    path: "survey/dragonnet-ihdp",
    title: "Dragonnet on IHDP",
    about: "A network with three heads and targeted regularization.",
  },
];

export function emptyNotebook(): Notebook {
  return createNotebook({ id: "empty00000", title: "An empty notebook" });
}

export function bigNotebook(n: number): Notebook {
  return createNotebook({
    id: "big0000000",
    title: `${n} cells`,
    cells: Array.from({ length: n }, (_, i) =>
      i % 10 === 0
        ? {
            id: `md${String(i).padStart(4, "0")}`,
            kind: "markdown",
            source: `## Section ${i / 10 + 1}\n\nSome text with $x_{${i}}$ in it.`,
          }
        : {
            id: `ts${String(i).padStart(4, "0")}`,
            kind: "ts",
            source: `// cell ${i}\nconst v${i} = ${i < 2 ? i : `v${i - 1 - ((i - 1) % 10 === 0 ? 1 : 0)} + 1`};\nconst rows${i} = Array.from({ length: 20 }, (_, k) => ({ k, value: Math.sin(k / ${i + 1}) }));\nfunction helper${i}(x: number): number {\n  return x * ${i};\n}`,
          },
    ),
  });
}

export function demoNotebook(): Notebook {
  return createNotebook({
    id: "demo000000",
    title: "Does quitting smoking make people gain weight?",
    cells: [
      {
        id: "text1",
        kind: "markdown",
        source:
          "# Quitting smoking and weight\n\nThe NHEFS follow-up asked 1,566 smokers in 1971 and again in 1982. Those who quit had gained more, but **quitters differ from the rest** in age, sex and how much they smoked. The question is causal: what is $E[Y \\mid do(A=1)] - E[Y \\mid do(A=0)]$?\n\n## The graph",
      },
      {
        id: "graph1",
        kind: "graph",
        name: "world",
        source:
          "age, sex, intensity -> quit\nage, sex, intensity -> weight\nquit -> weight\nquit <-> exercise; exercise -> weight\nU -> sex, intensity\nU [latent]\nquit [treatment]\nweight [outcome]",
      },
      {
        id: "ident1",
        kind: "identify",
        name: "effect",
        source: "effect = P(weight | do(quit)) in world",
      },
      {
        id: "text2",
        kind: "markdown",
        source: "## The data\n\nNine columns of 1,566 people, and what we may change about them:",
      },
      { id: "data1", kind: "data", name: "survey", source: 'survey = "nhefs.csv"' },
      {
        id: "tscell",
        kind: "ts",
        source:
          'const epochs = view(Inputs.range([50, 600], { step: 50, label: "epochs" }));\nconst arm = view(Inputs.radio(["quit", "stayed"], { label: "arm" }));\n// Everyone who was asked twice\nconst complete = survey.filter((row) => row.weight82 !== null);',
      },
      {
        id: "esti1",
        kind: "estimate",
        name: "ate",
        source: "ate = effect from survey by dragonnet(epochs: 300, seed: 7)",
      },
      {
        id: "nope1",
        kind: "identify",
        name: "hidden",
        source: "hidden = P(weight | do(exercise)) in world",
      },
      {
        id: "run01",
        kind: "estimate",
        name: "training",
        source: "training = effect from survey by dragonnet(epochs: 2000)",
      },
      {
        id: "fail1",
        kind: "ts",
        name: "broken",
        source: "const share = survey.column('wieght').mean();",
      },
      { id: "down1", kind: "ts", source: "const twice = share * 2;" },
      {
        id: "value",
        kind: "ts",
        source: 'const settings = { seed: 7, folds: [1, 2, 3], model: "dragonnet" };\nsettings',
      },
      { id: "htmlc", kind: "ts", source: "display(html)" },
      {
        id: "cf001",
        kind: "counterfactual",
        name: "would",
        source: "P(weight_{quit=0} > 5 | quit=1, weight=8) in fitted",
      },
    ],
  });
}

export function demoScript(cell: KernelCell): FakeCell {
  switch (cell.kind) {
    case "graph":
      return {
        outputs: [cell.name ?? "graph"],
        bundles: [reportBundle(graphReport(cell.source))],
        ms: 4,
      };
    case "data":
      return { bundles: [table()], ms: 38 };
    default:
  }
  switch (cell.id) {
    case "ident1":
      return {
        inputs: ["world"],
        outputs: ["effect"],
        ms: 12,
        bundles: [reportBundle(identified)],
      };
    case "nope1":
      return {
        inputs: ["world"],
        outputs: ["hidden"],
        ms: 9,
        bundles: [reportBundle(notIdentified())],
      };
    case "esti1":
      return {
        inputs: ["effect", "survey"],
        outputs: ["ate"],
        ms: 18_400,
        bundles: [reportBundle(estimate)],
      };
    case "tscell":
      return {
        inputs: ["survey", "Inputs"],
        outputs: ["epochs", "arm", "complete"],
        bundles: [
          {
            [mime.text]: "epochs",
            [mime.input]: {
              key: "epochs",
              value: 300,
              input: {
                kind: "input",
                widget: "range",
                label: "epochs",
                initial: 300,
                options: { min: 50, max: 600, step: 50 },
              },
            },
          },
          {
            [mime.text]: "arm",
            [mime.input]: {
              key: "arm",
              value: "quit",
              input: {
                kind: "input",
                widget: "radio",
                label: "arm",
                initial: "quit",
                options: { labels: ["quit", "stayed"], values: ["quit", "stayed"] },
              },
            },
          },
        ],
      };
    case "value":
      return {
        outputs: ["settings"],
        bundles: [
          {
            [mime.text]: "Object",
            [mime.value]: {
              summary: "Object(3)",
              type: "object",
              entries: [
                { key: "seed", node: { summary: "7", type: "number" } },
                {
                  key: "folds",
                  node: {
                    summary: "Array(3)",
                    type: "array",
                    entries: [1, 2, 3].map((n) => ({
                      key: String(n - 1),
                      node: { summary: String(n), type: "number" as const },
                    })),
                  },
                },
                { key: "model", node: { summary: '"dragonnet"', type: "string" } },
              ],
            },
          },
        ],
      };
    case "htmlc":
      return {
        bundles: [
          {
            [mime.text]: "html",
            [mime.html]:
              "<h3>HTML from a cell</h3><p>In a frame that may do <b>nothing</b>.</p><script>parent.document.title='hit'</script>",
          },
        ],
        events: (id, _run, post) => {
          for (let i = 0; i < 4; i++)
            post({ type: "log", cell: id, level: i === 3 ? "warn" : "log", text: `line ${i}` });
          post({ type: "overflow", cell: id, dropped: 12_345 });
          return false;
        },
      };
    case "fail1":
      return {
        inputs: ["survey"],
        outputs: ["share"],
        events: (id, run, post) => {
          post({ type: "run-ended", cell: id, run, ms: 2, ok: false });
          post({
            type: "state",
            cell: id,
            state: {
              kind: "failed",
              failure: {
                kind: "runtime",
                error: {
                  name: "UserError",
                  code: "table-no-column",
                  message: "The table has no column “wieght”.",
                  value: "wieght",
                  expected:
                    "one of age, sex, race, education, intensity, exercise, weight, quit, death",
                  hint: "Did you mean weight?",
                  place: { line: 1, column: 29, start: 28, end: 34 },
                },
              },
            },
          });
          return true;
        },
      };
    case "down1":
      return {
        inputs: ["share"],
        outputs: ["twice"],
        events: (id, run, post) => {
          post({ type: "run-ended", cell: id, run, ms: 0, ok: false });
          post({
            type: "state",
            cell: id,
            state: {
              kind: "failed",
              failure: {
                kind: "upstream",
                origin: "fail1",
                error: { name: "UserError", message: "The table has no column “wieght”." },
              },
            },
          });
          return true;
        },
      };
    case "run01":
      return {
        inputs: ["effect", "survey"],
        outputs: ["training"],
        events: (id, _run, post) => {
          let step = 0;
          const tick = (): void => {
            step += 1;
            const loss = 1.9 * Math.exp(-step / 30) + 0.4 + Math.random() * 0.04;
            post({
              type: "state",
              cell: id,
              state: {
                kind: "running",
                since: Date.now() - step * 60,
                progress: {
                  fraction: Math.min(1, step / 200),
                  message: `epoch ${step * 10} of 2,000`,
                  series: {
                    training: [[step * 10, loss]],
                    validation: [[step * 10, loss + 0.12 + step / 1500]],
                  },
                },
              },
            });
            if (step < 150) setTimeout(tick, 20);
          };
          tick();
          return true;
        },
      };
    default:
      return { bundles: [{ [mime.text]: cell.id }] };
  }
}

function reportBundle(report: Report) {
  return { [mime.text]: report.summary, [mime.report]: report };
}

function graphBlock(source: string, highlight: Record<string, "open" | "effect"> = {}): Block {
  const graph = parseGraph(source);
  return {
    kind: "graph",
    editable: true,
    summary: `Graph of ${graph.nodes.length} variables`,
    nodes: graph.nodes.map(({ name, latent, role }) => ({
      name,
      role:
        name === "exercise"
          ? "adjusted"
          : role === "treatment" || role === "outcome"
            ? role
            : "plain",
      ...(latent ? { latent: true } : {}),
    })),
    edges: graph.edges.map((edge) => {
      const mark = highlight[`${edge.from} ${edge.to}`];
      return { ...edge, ...(mark === undefined ? {} : { highlight: mark }) };
    }),
  };
}

function graphReport(source: string): Report {
  return { summary: "The graph.", blocks: [graphBlock(source)] };
}

const assumptions = [
  {
    id: "a1",
    kind: "no-confounder",
    text: "Nothing outside the graph causes both **quit** and **weight**.",
    variables: ["quit", "weight"],
  },
  {
    id: "a2",
    kind: "positivity",
    text: "At every age, sex and intensity some quit and some do not.",
    variables: ["quit"],
  },
  {
    id: "a3",
    kind: "consistency",
    text: "Quitting is one thing: however people quit, the effect is the same.",
    variables: ["quit"],
  },
];

const identified: Report = {
  summary: "The effect is identified by adjusting for age, sex and intensity.",
  claim: { rung: 2, query: "P(weight | do(quit))", status: "identified", assumptions },
  blocks: [
    {
      kind: "formula",
      latex:
        "P(\\text{weight} \\mid do(\\text{quit})) = \\sum_{a,s,i} P(\\text{weight} \\mid \\text{quit}, a, s, i)\\,P(a, s, i)",
      text: "P(weight | do(quit)) = Σ P(weight | quit, age, sex, intensity) P(age, sex, intensity)",
    },
    { kind: "assumptions", assumptions },
    {
      kind: "details",
      title: "Derivation, 3 steps",
      blocks: [
        {
          kind: "table",
          columns: [{ label: "Step" }, { label: "Rule" }],
          rows: [
            ["1", "Back-door criterion holds for {age, sex, intensity}"],
            ["2", "Rule 2 of the do-calculus"],
            ["3", "Rule 3 of the do-calculus"],
          ],
        },
      ],
    },
  ],
};

function notIdentified(): Report {
  return {
    summary: "The effect is not identified.",
    claim: {
      rung: 2,
      query: "P(weight | do(exercise))",
      status: "not-identified",
      assumptions: [],
    },
    blocks: [
      {
        kind: "notice",
        tone: "answer",
        title: "These data cannot answer this question.",
        text: "A hidden cause joins **quit** and **exercise**; two models agree on everything that was measured and disagree on the effect.",
        hint: "Measure what joins them, or ask for bounds.",
      },
      graphBlock("quit <-> exercise; exercise -> weight; quit -> weight", {
        "quit exercise": "open",
        "quit weight": "open",
      }),
    ],
  };
}

const points = Array.from({ length: 60 }, (_, i) => ({
  propensity: i / 60,
  density: Math.exp(-(((i / 60 - 0.32) / 0.14) ** 2)),
  arm: "stayed",
})).concat(
  Array.from({ length: 60 }, (_, i) => ({
    propensity: i / 60,
    density: 0.7 * Math.exp(-(((i / 60 - 0.55) / 0.17) ** 2)),
    arm: "quit",
  })),
);

const estimate: Report = {
  summary: "Quitting adds 3.46 kg (2.59 to 4.33).",
  claim: { rung: 2, query: "E[weight | do(quit)]", status: "identified", assumptions },
  blocks: [
    {
      kind: "stat",
      label: "Average effect of quitting on weight",
      value: "3.46 kg",
      interval: "95 % interval 2.59 to 4.33",
      note: "Dragonnet with targeted regularization, cross-fitted in 5 folds",
    },
    {
      kind: "columns",
      columns: [
        [
          {
            kind: "chart",
            summary:
              "The propensities of the two arms overlap between 0.1 and 0.8; quitters lie higher.",
            spec: {
              data: { values: points },
              title: "Overlap of the two arms",
              mark: { type: "area", opacity: 0.45, line: true },
              encoding: {
                x: { field: "propensity", type: "quantitative", title: "propensity to quit" },
                y: { field: "density", type: "quantitative", title: "density", stack: null },
                color: { field: "arm", type: "nominal", title: null, legend: { orient: "top" } },
              },
            },
          },
        ],
        [
          {
            kind: "chart",
            summary: "All three methods agree within their intervals.",
            spec: {
              title: "By three methods",
              data: {
                values: [
                  { m: "adjustment", e: 3.46, l: 2.5, h: 4.4 },
                  { m: "AIPW", e: 3.41, l: 2.48, h: 4.3 },
                  { m: "dragonnet", e: 3.46, l: 2.59, h: 4.33 },
                ],
              },
              encoding: { y: { field: "m", type: "nominal", title: null } },
              layer: [
                {
                  mark: "rule",
                  encoding: {
                    x: { field: "l", type: "quantitative", title: "kg", scale: { zero: true } },
                    x2: { field: "h" },
                  },
                },
                { mark: "point", encoding: { x: { field: "e", type: "quantitative" } } },
              ],
            },
          },
        ],
      ],
    },
    {
      kind: "notice",
      tone: "warning",
      title: "Three people have a propensity under 0.02",
      text: "Their weights were trimmed.",
    },
    {
      kind: "details",
      title: "Diagnostics",
      blocks: [
        {
          kind: "table",
          caption: "Balance after weighting",
          columns: [
            { label: "variable" },
            { label: "before", align: "right" },
            { label: "after", align: "right" },
          ],
          rows: [
            ["age", "0.28", "0.01"],
            ["sex", "−0.16", "0.00"],
            ["intensity", "−0.22", "0.02"],
          ],
        },
      ],
    },
    {
      kind: "facts",
      footer: true,
      facts: [
        { label: "n", value: "1,566" },
        { label: "seed", value: "7" },
        { label: "backend", value: "WASM" },
        { label: "interval", value: "influence function" },
      ],
    },
  ],
};

function table() {
  return {
    [mime.text]: "table",
    [mime.table]: {
      columns: [
        { name: "age", type: "integer" },
        { name: "sex", type: "category" },
        { name: "education", type: "category" },
        { name: "intensity", type: "number" },
        { name: "exercise", type: "category" },
        { name: "weight", type: "number" },
        { name: "quit", type: "boolean" },
      ],
      rows: Array.from({ length: 100 }, (_, i) => [
        String(25 + ((i * 7) % 50)),
        i % 2 === 0 ? "female" : "male",
        ["8th grade or less", "high school", "college"][i % 3] ?? "",
        String((i * 3) % 40),
        ["much", "moderate", "little"][i % 3] ?? "",
        i % 9 === 0 ? null : (((i * 37) % 240) / 10 - 8).toFixed(2),
        i % 4 === 0 ? "true" : "false",
      ]),
      offset: 0,
      n: 1566,
    },
  };
}

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CellSpec } from "../../app/notebook/document.ts";
import { doubted } from "../../app/claim.ts";
import { KernelHarness } from "./kernel-support.ts";

/** Ways in which code hands a value on; `u` are names of cells above it. */
const ways: readonly ((v: string, u: readonly string[]) => string)[] = [
  (v, u) => `const ${v} = [${u.join(", ")}]`,
  (v, u) => `const [${v}] = [${u.join(", ")}]`,
  (v, u) =>
    `const { a: ${v} } = { a: ${u[0]}, ${u
      .slice(1)
      .map((n, i) => `b${i}: ${n}`)
      .join(", ")} }`,
  (v, u) => `const ${v} = String([${u.join(", ")}]).length`,
  (v, u) => `const ${v} = JSON.parse(JSON.stringify([${u.join(", ")}]) ?? "null")`,
  (v, u) => `const ${v} = await Promise.resolve([${u.join(", ")}])`,
  (v, u) => `const ${v} = Promise.resolve([${u.join(", ")}])`,
  (v, u) => `const ${v} = (function* () { yield 0; yield [${u.join(", ")}]; })()`,
  (v, u) =>
    `const ${v} = (async function* () { for (const x of [${u.join(", ")}]) { await 0; yield x; } })()`,
  (v, u) => `const ${v} = view(Inputs.range([0, 10 + String([${u.join(", ")}]).length]))`,
  (v, u) => `const ${v} = () => [${u.join(", ")}]`,
  (v, u) => `const ${v} = Mutable([${u.join(", ")}])`,
  (v, u) => `const ${v} = new Map([[1, [${u.join(", ")}]]])`,
  (v, u) => `let ${v}; { const inner = { deep: [${u.join(", ")}] }; ${v} = inner.deep; }`,
  (v, u) =>
    `const ${v} = tableOf({ n: [${u.map((name) => `String(${name}).length`).join(", ")}] })`,
];

/** Ways in which code comes by a claim of its own. */
const engines: readonly ((v: string, n: number) => string)[] = [
  (v, n) =>
    `const ${v} = (await identify(parseGraph("p${n} -> r${n}"), "P(r${n} | do(p${n}))")).kind`,
  (v, n) =>
    `import { identify as ask${n} } from "dagbok/identify";\nconst { kind: ${v} } = ask${n}(parseGraph("p${n} -> r${n}"), "P(r${n} | do(p${n}))")`,
  (v, n) =>
    `import * as all${n} from "dagbok/identify";\nconst ${v} = [1].map(() => all${n}.identify(parseGraph("p${n} -> r${n}"), "P(r${n} | do(p${n}))").kind)`,
  (v, n) =>
    `const ${v} = () => identify(parseGraph("p${n} -> r${n}"), "P(r${n} | do(p${n}))").kind;\n${v}()`,
];

interface Made {
  readonly cells: CellSpec[];
  /** Assumptions by cell, by a walk of ours. */
  readonly expected: ReadonlyMap<string, ReadonlySet<string>>;
  readonly names: ReadonlyMap<string, string>;
}

interface Step {
  readonly kind: "engine" | "code" | "own" | "text" | "model";
  readonly way: number;
  readonly ups: readonly number[];
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("engine", "code", "code", "code", "own", "text", "model"),
  way: fc.nat(1000),
  ups: fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 }),
});

/** A notebook of these steps, each resting on some before it. */
function build(steps: readonly Step[]): Made {
  const cells: CellSpec[] = [];
  const expected = new Map<string, ReadonlySet<string>>();
  const names = new Map<string, string>();
  const above: { name: string; rests: ReadonlySet<string> }[] = [];
  const add = (id: string, kind: string, source: string, name: string, rests: Iterable<string>) => {
    cells.push({ id, kind, source, ...(kind === "graph" || kind === "model" ? { name } : {}) });
    expected.set(id, new Set(rests));
    names.set(id, name);
  };
  steps.forEach(({ kind, way, ups }, n) => {
    const id = `cell${n}`;
    const v = `v${n}`;
    const chosen = [...new Set(ups.map((i) => above[i % Math.max(1, above.length)]))].filter(
      (one) => one !== undefined,
    );
    const inherited = chosen.flatMap(({ rests }) => [...rests]);
    const used = chosen.map(({ name }) => name);
    const own = [`no-confounder:p${n},r${n}`, `positivity:p${n}`];
    if (kind === "engine" || (used.length === 0 && kind !== "own")) {
      add(`graph${n}`, "graph", `p${n} -> r${n}`, `g${n}`, []);
      add(id, "identify", `${v} = P(r${n} | do(p${n})) in g${n}`, v, own);
      above.push({ name: v, rests: new Set(own) });
    } else if (kind === "own") {
      add(id, "ts", (engines[way % engines.length] as (typeof engines)[0])(v, n), v, own);
      above.push({ name: v, rests: new Set(own) });
    } else if (kind === "text") {
      add(
        id,
        "markdown",
        used.map((name) => `\${String(${name}).length}`).join(" "),
        "",
        inherited,
      );
    } else if (kind === "model") {
      add(
        `hole${n}`,
        "ts",
        `const h${n} = 0.5 + 0 * String([${used.join(",")}]).length`,
        `h${n}`,
        inherited,
      );
      add(
        `model${n}`,
        "model",
        `s ~ bernoulli(\${h${n}})\nt ~ bernoulli(0.2 + 0.5*s)`,
        `m${n}`,
        inherited,
      );
      add(id, "counterfactual", `${v} = P(t_{s=1}=1) in m${n}`, v, inherited);
      above.push({ name: v, rests: new Set(inherited) });
    } else {
      add(id, "ts", (ways[way % ways.length] as (typeof ways)[0])(v, used), v, inherited);
      above.push({ name: v, rests: new Set(inherited) });
    }
  });
  return { cells, expected, names };
}

/** What cells and names ought to rest on and do not. */
async function lost({ cells, expected, names }: Made): Promise<readonly string[]> {
  const kernel = new KernelHarness();
  await kernel.open(cells);
  const found: string[] = [];
  for (const [id, rests] of expected) {
    const state = kernel.states.get(id);
    if (state?.kind === "failed") found.push(`${id} failed: ${state.failure.error.message}`);
    const cell = new Set(kernel.ids(id));
    const name = names.get(id) ?? "";
    const value = new Set(kernel.variableClaims.get(name)?.assumptions.map((one) => one.id));
    for (const one of rests) {
      if (!cell.has(one)) found.push(`${id} lost ${one}`);
      if (name !== "" && !value.has(one)) found.push(`${name} lost ${one}`);
    }
    // and nothing is pinned on a cell that rests on nothing
    if (rests.size === 0 && cell.size > 0) found.push(`${id} rests on ${[...cell].join()}`);
  }
  return found;
}

describe("no way through cells drops a claim", () => {
  test(
    "random notebooks of engines, code, streams, controls, models and text",
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), async (steps) => {
          expect(await lost(build(steps))).toEqual([]);
        }),
        { numRuns: process.env["DAGBOK_LONG"] === "1" ? 400 : 25, seed: 7 },
      );
    },
  );

  test("every way by itself, and two of them in a row", { timeout: 30_000 }, async () => {
    const steps: Step[] = [
      { kind: "engine", way: 0, ups: [] },
      ...ways.map((_, way): Step => ({ kind: "code", way, ups: [0] })),
      ...ways.map((_, way): Step => ({ kind: "code", way: way + 4, ups: [way + 1] })),
      ...engines.map((_, way): Step => ({ kind: "own", way, ups: [0] })),
    ].map((one) => one as Step);
    expect(await lost(build(steps))).toEqual([]);
  });

  test("the control: a value smuggled past the cells is missed", async () => {
    const made = build([{ kind: "engine", way: 0, ups: [] }]);
    const rests = made.expected.get("cell0") ?? new Set<string>();
    made.cells.push(
      { id: "push", source: "const pushed = (globalThis.smuggled = { kind: v0.kind }, 1)" },
      { id: "pull", source: "const pulled = globalThis.smuggled.kind" },
    );
    const expected = new Map([...made.expected, ["pull", rests] as const]);
    expect((await lost({ ...made, expected })).some((one) => one.startsWith("pull lost"))).toBe(
      true,
    );
    delete (globalThis as { smuggled?: unknown }).smuggled;
  });

  test("a cell that fails keeps the claim of what it has shown", async () => {
    const kernel = new KernelHarness();
    await kernel.open([
      { id: "grap", kind: "graph", name: "g", source: "x -> y" },
      { id: "iden", kind: "identify", source: "q = P(y | do(x)) in g" },
      { id: "fail", source: "display(q.kind); throw new Error('late')" },
    ]);
    expect(kernel.states.get("fail")?.kind).toBe("failed");
    expect(kernel.ids("fail")).toContain("no-confounder:x,y");
  });

  test("answers of one cell keep their own claims; the cell has all of them", async () => {
    const kernel = new KernelHarness();
    await kernel.open([
      { id: "grap", kind: "graph", name: "g", source: "x -> y; a -> b" },
      { id: "iden", kind: "identify", source: "q = P(y | do(x)) in g\nr = P(b | do(a)) in g" },
      { id: "useq", source: "const k = q.kind" },
      { id: "user", source: "const l = r.kind" },
    ]);
    expect(kernel.ids("iden")).toEqual(
      expect.arrayContaining(["positivity:x", "positivity:a", "no-confounder:x,y"]),
    );
    expect(kernel.ids("useq")).toContain("positivity:x");
    expect(kernel.ids("useq")).not.toContain("positivity:a");
    expect(kernel.ids("user")).not.toContain("positivity:x");
  });

  test("an engine taken in one cell and called in another, at once or a while later", async () => {
    const kernel = new KernelHarness();
    await kernel.open([
      { id: "take", source: 'import { identify as ask } from "dagbok/identify";' },
      { id: "call", source: 'const k = ask(parseGraph("x -> y"), "P(y | do(x))").kind' },
      {
        id: "late",
        source: `const begun = true;
setTimeout(async () => display((await identify(parseGraph("a -> b"), "P(b | do(a))")).kind), 30)`,
      },
      { id: "pass", source: "const passed = [begun]" },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(kernel.ids("call")).toContain("positivity:x");
    expect(kernel.ids("late")).toContain("positivity:a");
    expect(kernel.ids("pass")).toContain("positivity:a");
  });

  test("rows drawn by code from an effect bring what they rest on into an estimate", async () => {
    const kernel = new KernelHarness();
    await kernel.open([
      { id: "grap", kind: "graph", name: "g", source: "x -> y" },
      { id: "iden", kind: "identify", source: "q = P(y | do(x)) in g" },
      {
        id: "rows",
        source:
          "const rows = tableOf({ t: [0, 1, 0, 1, 0, 1], o: [1, 2, 1, 3, 2, q.kind.length] })",
      },
      { id: "esti", kind: "estimate", source: "e = o ~ t from rows by regression" },
    ]);
    expect(kernel.ids("esti")).toContain("positivity:x");
    expect(kernel.claims.get("esti")?.derivedByCode).toBe(true);
  });
});

describe("switching assumptions off", () => {
  const notebook: readonly CellSpec[] = [
    { id: "grap", kind: "graph", name: "g", source: "z -> x, y; w -> x; x -> y" },
    { id: "iden", kind: "identify", source: "q = P(y | do(x)) in g" },
    { id: "kind", source: "const kind = q.kind" },
    { id: "word", source: "const word = kind + '!'" },
    { id: "else", source: "const other = 1" },
  ];

  test("a missing arrow switched off is in the graph's value, and in nobody's text", async () => {
    const kernel = new KernelHarness();
    await kernel.open(notebook);
    expect(kernel.ids("iden")).toContain("no-arrow:w,y");
    const before = kernel.text("iden");
    await kernel.doubt(["no-arrow:w,y"], ["grap"]);
    expect(kernel.text("grap")).toContain("With w → y added by the ledger");
    expect(kernel.text("iden")).not.toBe(before);
    expect(kernel.text("iden")).toMatch(/P\(w\)/);
    expect(kernel.ids("iden")).not.toContain("no-arrow:w,y");
    expect(kernel.claims.get("iden")?.without?.map(({ id }) => id)).toEqual(["no-arrow:w,y"]);
  });

  test("what only uses an unchanged word of the answer is told without running again", async () => {
    const kernel = new KernelHarness();
    await kernel.open(notebook);
    kernel.runs.length = 0;
    await kernel.doubt(["no-arrow:w,y"], ["grap"]);
    expect(kernel.runs).toEqual(["grap", "iden", "kind"]);
    expect(kernel.ids("word")).toEqual(kernel.ids("kind"));
    expect(kernel.ids("word")).not.toContain("no-arrow:w,y");
    expect(kernel.variableClaims.get("word")?.without?.[0]?.id).toBe("no-arrow:w,y");
    kernel.runs.length = 0;
    await kernel.doubt([], ["grap"]);
    expect(kernel.runs).not.toContain("word");
    expect(kernel.ids("word")).toContain("no-arrow:w,y");
    expect(kernel.claims.get("word")?.without).toBeUndefined();
  });

  test("a common cause of treatment and outcome turns the answer into a no, and back", async () => {
    const kernel = new KernelHarness();
    await kernel.open(notebook);
    await kernel.doubt(["no-confounder:x,y"], ["grap"]);
    expect(kernel.claims.get("iden")?.status).toBe("not-identified");
    await kernel.doubt([], ["grap"]);
    expect(kernel.claims.get("iden")?.status).toBe("identified");
  });

  test("an arrow that would close a circle stays out, and all that rests on the graph is greyed out", async () => {
    const kernel = new KernelHarness();
    await kernel.open(notebook, ["no-arrow:y,z"]);
    expect(kernel.text("grap")).toContain("Cannot do without: y does not affect z directly");
    for (const cell of ["grap", "iden", "kind", "word"]) {
      const off = doubted(kernel.claims.get(cell), new Set(["no-arrow:y,z"]));
      expect(off.map(({ id }) => id)).toEqual(["no-arrow:y,z"]);
    }
    expect(doubted(kernel.claims.get("else"), new Set(["no-arrow:y,z"]))).toEqual([]);
  });

  test("two doubts that close a circle together: the first stands, the second greys out", async () => {
    const kernel = new KernelHarness();
    await kernel.open(
      [
        { id: "grap", kind: "graph", name: "g", source: "a -> y; b -> y" },
        { id: "iden", kind: "identify", source: "q = P(y | do(a)) in g" },
      ],
      ["no-arrow:a,b", "no-arrow:b,a"],
    );
    expect(kernel.claims.get("iden")?.without?.map(({ id }) => id)).toEqual(["no-arrow:a,b"]);
    expect(kernel.ids("iden")).toContain("no-arrow:b,a");
  });

  test("a graph that code writes out gets the edge, and back: its answers are derived again", async () => {
    const kernel = new KernelHarness();
    const cells = [
      { id: "made", source: 'const made = parseGraph("z -> x, y; x -> y"); const other = 1;' },
      { id: "late", source: 'const late = Promise.resolve(parseGraph("x -> y"));' },
      { id: "iden", kind: "identify", source: "q = P(y | do(x)) in made" },
      { id: "wait", kind: "identify", source: "r = P(y | do(x)) in late" },
    ];
    await kernel.open(cells, ["no-confounder:x,y"]);
    expect(kernel.claims.get("iden")?.status).toBe("not-identified");
    expect(kernel.claims.get("iden")?.without?.map(({ id }) => id)).toEqual(["no-confounder:x,y"]);
    // A promise of a graph is not looked into: what rests on it is greyed out.
    const off = doubted(kernel.claims.get("wait"), new Set(["no-confounder:x,y"]));
    expect(off).toHaveLength(1);
    await kernel.doubt([], ["made"]);
    expect(kernel.claims.get("iden")?.status).toBe("identified");
    expect(kernel.claims.get("iden")?.without).toBeUndefined();
  });

  test("code that writes no graph out is left alone, whatever names it has", async () => {
    const kernel = new KernelHarness();
    await kernel.open(
      [
        { id: "rows", source: "const x = [1], y = [2];" },
        {
          id: "edge",
          source: 'const g = ((text: string) => parseGraph(text))("pag { x @-> y }");',
        },
        { id: "iden", kind: "identify", source: "q = P(y | do(x)) in g" },
      ],
      ["no-confounder:x,y", "graph-class"],
    );
    expect(kernel.claims.get("rows")).toBeUndefined();
    // A class is found as a whole: no edge is added to it, and what rests on it stays greyed out.
    expect(kernel.claims.get("iden")?.without).toBeUndefined();
    expect(kernel.ids("iden")).toContain("graph-class");
  });

  test("a model answers with bounds where it rested on the absence of a common cause", async () => {
    const kernel = new KernelHarness();
    await kernel.open(
      [
        {
          id: "mode",
          kind: "model",
          name: "m",
          source: "s ~ bernoulli(0.4)\nt ~ bernoulli(0.1 + 0.6*s)",
        },
        {
          id: "coun",
          kind: "counterfactual",
          source: "e = P(t_{s=1} = 1) in m\nf = P(s = 1) in m",
        },
        { id: "draw", kind: "simulate", source: "rows = 50 from m seed 1" },
      ],
      ["no-confounder:s,t"],
    );
    expect(kernel.variableClaims.get("e")?.status).toBe("bounded");
    expect(kernel.variableClaims.get("e")?.without?.map(({ id }) => id)).toEqual([
      "no-confounder:s,t",
    ]);
    // the model itself, and what is drawn from it, stay what they are
    expect(kernel.states.get("draw")?.kind).toBe("done");
    expect(kernel.claims.get("draw")?.without).toBeUndefined();
  });

  test("names with commas, doubts about nothing here, and junk change nothing", async () => {
    const kernel = new KernelHarness();
    await kernel.open(
      [
        { id: "grap", kind: "graph", name: "g", source: '"a,b" -> c; c -> d' },
        { id: "iden", kind: "identify", source: "q = P(d | do(c)) in g" },
      ],
      [
        "no-confounder:a,b,c",
        "no-confounder:zz,yy",
        "no-arrow:",
        "no-confounder:c,c",
        "x",
        "no-arrow:c,d",
      ],
    );
    expect(kernel.claims.get("iden")?.without?.map(({ id }) => id)).toEqual([
      "no-confounder:a,b,c",
    ]);
  });
});

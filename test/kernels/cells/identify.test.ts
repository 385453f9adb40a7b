import { describe, expect, test } from "vitest";
import type { UserError } from "../../../app/errors.ts";
import type { CellContext } from "../../../app/cell/program.ts";
import { mime, type MimeBundle } from "../../../app/protocol/mime.ts";
import type { Block, Report } from "../../../app/protocol/report.ts";
import { cellKinds, type KernelHost } from "../../../kernels/cells/index.ts";
import { tableOf } from "../../../kernels/data/table.ts";
import { type Graph, parseGraph } from "../../../kernels/graph/index.ts";
import type { Bounds, Identification } from "../../../kernels/identify/index.ts";
import { createRng } from "../../../kernels/math/rng.ts";

const host: KernelHost = { attachment: async () => undefined, attachmentNames: () => [] };

interface Shown {
  readonly values: Readonly<Record<string, unknown>>;
  readonly reports: readonly Report[];
  /** When each report came, in milliseconds from the start. */
  readonly at: readonly number[];
  readonly messages: readonly string[];
}

async function ask(
  source: string,
  inputs: Record<string, unknown>,
  signal = new AbortController().signal,
  reports: Report[] = [],
): Promise<Shown> {
  const kind = cellKinds.get("identify");
  const program = kind?.parse({ id: "test", kind: "identify", source }, host);
  if (program?.run === undefined) throw new Error(JSON.stringify(program?.diagnostics));
  const at: number[] = [];
  const messages: string[] = [];
  const start = performance.now();
  const context: CellContext = {
    cell: "test",
    signal,
    invalidation: new Promise(() => {}),
    display: (value) => {
      reports.push((value as { bundle: MimeBundle }).bundle[mime.report] as Report);
      at.push(performance.now() - start);
    },
    view: () => {
      throw new Error("no inputs here");
    },
    progress: ({ message }) => {
      if (message !== undefined) messages.push(message);
    },
    inputClaims: {},
  } as CellContext;
  const { values, rest } = await program.run(inputs, context);
  await rest?.();
  return { values, reports, at, messages };
}

/** Every text of a report, blocks inside blocks included. */
function textOf(report: Report | undefined): string {
  const visit = (block: Block): string[] => {
    switch (block.kind) {
      case "details":
        return [block.title, ...block.blocks.flatMap(visit)];
      case "columns":
        return block.columns.flat().flatMap(visit);
      case "table":
        return [
          block.caption ?? "",
          ...block.columns.map((column) => column.label),
          ...block.rows.map((row) => row.join(" | ")),
        ];
      case "stat":
        return [block.label, block.value, block.note ?? ""];
      case "notice":
        return [block.title, block.text ?? "", block.hint ?? ""];
      case "text":
      case "heading":
      case "formula":
        return [block.text];
      case "assumptions":
        return block.assumptions.map((assumption) => assumption.text);
      default:
        return [];
    }
  };
  return (report?.blocks ?? []).flatMap(visit).join("\n");
}

const all = ({ reports }: Shown): string => reports.map(textOf).join("\n\n");

describe("an identify cell that says yes", () => {
  const graph = parseGraph("z -> x -> y; z -> y; w -> z; w -> x; v -> y");

  test("shows formula, graph and assumptions first, then sets, derivation and what carries it", async () => {
    const shown = await ask("effect = P(y | do(x)) in g", { g: graph });
    const [first, ...rest] = shown.reports;
    expect(first?.blocks[0]).toMatchObject({ kind: "formula" });
    expect(first?.claim?.status).toBe("identified");
    expect(first?.blocks.map((block) => block.kind)).toContain("graph");
    const titles = rest.map(({ blocks: [block] }) =>
      block?.kind === "details" ? block.title : "",
    );
    expect(titles).toEqual([
      "Sets: 1 minimal adjustment set",
      expect.stringMatching(/^Do-calculus, step by step \(\d+ steps, replayed\)$/),
      expect.stringMatching(/^How it was decided \(ID, \d+ lines?\)$/),
      expect.stringMatching(/^Which missing arrows carry this claim/),
    ]);
    expect(all(shown)).toMatch(/adjust for \| z, v \| optimal \(O-set\): smallest variance/);
    expect(all(shown)).toMatch(/adjust for \| z \| fewest variables, minimal/);
    expect(all(shown)).toMatch(/rule 2 on \d+ \(seeing for doing\)/);
    expect(all(shown)).toContain("x ↔ y | no formula any more");
    expect(shown.messages).toContain("Trying every missing arrow");
    expect((shown.values["effect"] as Identification).kind).toBe("identified");
  });

  test("lists sets up to a cap and says that more exist", async () => {
    const rungs = Array.from({ length: 8 }, (_, i) => `a${i} -> x; a${i} -> b${i} -> y`);
    const shown = await ask("P(y | do(x)) in g", { g: parseGraph(`x -> y; ${rungs.join("; ")}`) });
    expect(all(shown)).toContain("at least 20 minimal adjustment sets");
    expect(all(shown)).toContain("More exist");
  });

  test("shows a front door and the derivation of a formula that is no adjustment", async () => {
    const shown = await ask("P(y | do(x)) in g", {
      g: parseGraph("x -> m -> n -> y; x <-> y"),
    });
    expect(all(shown)).toContain("front door | m");
    expect(all(shown)).toContain("product of");
  });

  test("asks nothing of sets for what is only seen", async () => {
    const shown = await ask("P(y | x) in g", { g: graph });
    expect(all(shown)).not.toContain("adjust for");
  });
});

describe("an identify cell that says no", () => {
  test("draws the hedge, shows two models with their common law, and its bounds", async () => {
    const shown = await ask("P(y | do(x)) in g", {
      g: parseGraph("x -> y; u -> x, y; u [latent]"),
    });
    const [first, second] = shown.reports;
    expect(first?.claim?.status).toBe("not-identified");
    const block = first?.blocks.find((one) => one.kind === "graph");
    // The latent cause that ties the hedge together is lit with it.
    expect(block?.edges.map((edge) => edge.highlight)).toEqual(["open", "open", "open"]);
    const text = textOf(second);
    expect(text).toContain("Two models that no such data can tell apart");
    expect(text).toMatch(/may be anything from \*\*0\.\d+\*\* to \*\*0\.\d+\*\*/);
    const law = text.split("\n").filter((line) => /^[01] \| [01] \| 0\.\d{4}/.test(line));
    expect(law).toHaveLength(4);
    for (const line of law) {
      const [, , a, b] = line.split(" | ");
      expect(a).toBe(b);
    }
  });

  test("shows two functional models for a counterfactual", async () => {
    const shown = await ask("P(y_{x=0}=0 | x=1, y=1) in g", { g: parseGraph("x -> y") });
    expect(all(shown)).toContain("how units respond");
    expect(all(shown)).toMatch(/y \| (as|opposite of) x/);
  });

  test("has the main answer out before the search, and stops when told to", async () => {
    const stop = new AbortController();
    const graph = parseGraph(
      "a -> b -> c -> d -> e -> f -> g -> h; a <-> c <-> e <-> g; b <-> d <-> f <-> h; a <-> h; a -> c; b -> d; c -> e",
    );
    const seen: Report[] = [];
    setTimeout(() => stop.abort(new Error("stopped")), 300);
    const start = performance.now();
    await expect(ask("P(h | do(a)) in g", { g: graph }, stop.signal, seen)).rejects.toThrow(
      "stopped",
    );
    expect(performance.now() - start).toBeLessThan(1000);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.claim?.status).toBe("not-identified");
  });
});

describe("the other questions of an identify cell", () => {
  const rng = createRng(4);
  const n = 4000;
  const z = Float64Array.from({ length: n }, () => rng.int(2));
  const x = z.map((v) => Number(rng.next() < 0.2 + 0.6 * v));
  const y = x.map((v, i) => Number(rng.next() < 0.2 + 0.3 * v + 0.3 * (z[i] ?? 0)));
  const data = tableOf({ z: [...z], x: [...x], y: [...y] });

  test("implications, with and without data", async () => {
    const right = parseGraph("z -> x -> y; z -> y");
    const wrong = parseGraph("z -> x -> y");
    const listed = await ask("implications in g", { g: wrong });
    expect(all(listed)).toContain("z ⊥ y | x");
    const tested = await ask("tests = implications in g from data", { g: wrong, data });
    expect(all(tested)).toContain("data contradicts g in 1 place");
    expect(tested.values["tests"]).toHaveLength(1);
    const held = await ask("implications in g from data", { g: right, data });
    expect(all(held)).toContain("implies no independence");
  });

  test("bounds from a table hold the truth, and a point where it is identified", async () => {
    const bow = parseGraph("x -> y; x <-> y");
    const shown = await ask("range = bounds of P(y=1 | do(x=1)) in g from data", { g: bow, data });
    const range = shown.values["range"] as Extract<Bounds, { kind: "bounds" }>;
    // P(y=1 | do(x=1)) = 0.5 + 0.3 P(z=1)
    expect(range.lower).toBeLessThan(0.65);
    expect(range.upper).toBeGreaterThan(0.65);
    const point = await ask("p = bounds of P(y=1 | do(x=1)) in g from data", {
      g: parseGraph("z -> x -> y; z -> y"),
      data,
    });
    expect((point.values["p"] as Extract<Bounds, { kind: "point" }>).value).toBeCloseTo(0.65, 1);
  });

  test.each([
    ["bounds of P(y | do(x)) in g", "from a table"],
    ["P(y | do(x)) in g from data", "answered by the graph alone"],
    ["nonsense in g", "a query such as"],
  ])("%s: says what was expected", (source, expected) => {
    const program = cellKinds.get("identify")?.parse({ id: "t", kind: "identify", source }, host);
    expect(program?.diagnostics[0]?.message).toContain(expected);
    expect(program?.diagnostics[0]?.place?.line).toBe(1);
  });
});

describe("mistakes", () => {
  const g = parseGraph("x -> y; u -> x, y; u [latent]");

  test.each([
    ["a = P(y | do(x)) in g\nb = P(q | do(x)) in g", "unknown-node", "q", 2],
    ["P(u | do(x)) in g", "query-unmeasured", "", 1],
    ["P(y | do(x) in g", undefined, "", 1],
    ["\n  x _||_ q in g", "unknown-node", "", 2],
  ])("%j is refused in place", async (source, code, word, line) => {
    const program = cellKinds.get("identify")?.parse({ id: "t", kind: "identify", source }, host);
    if (code === undefined) {
      expect(program?.diagnostics.length === 1 || program?.run !== undefined).toBe(true);
      return;
    }
    const error = (await ask(source, { g }).catch((thrown: unknown) => thrown)) as UserError;
    expect(error.code).toBe(code);
    if (source.includes("_||_")) return;
    expect(error.place?.line).toBe(line);
    if (word !== "") expect(source.slice(error.place?.start, error.place?.end)).toBe(word);
  });

  test.each([
    ["", "graph-empty"],
    ["a -> b -> a", "graph-cycle"],
    ["a -> a", "graph-self-loop"],
    ["z -> x\nx ->> y", "graph-syntax"],
    ["dag { a -> b", "graph-syntax"],
  ])("graph %j", (source, code) => {
    const program = cellKinds.get("graph")?.parse({ id: "t", kind: "graph", source }, host);
    expect(program?.diagnostics[0]?.code).toBe(code);
    expect(program?.diagnostics[0]?.place?.start).toBeDefined();
    expect(program?.run).toBeUndefined();
  });

  test("one node is a graph, and nothing can be asked of it but its own law", async () => {
    const one = parseGraph("x");
    const shown = await ask("P(x) in g", { g: one });
    expect(shown.reports[0]?.claim?.status).toBe("association");
    await expect(ask("P(x | do(x)) in g", { g: one })).rejects.toMatchObject({
      code: expect.stringMatching(/^query-/) as string,
    });
  });
});

describe("graphs that are large or strange", () => {
  test("500 nodes: the answer comes at once and draws only what bears on it", async () => {
    const rng = createRng(9);
    const edges: string[] = ["v40 -> v41 -> v300 -> v499"];
    for (let i = 1; i < 500; i++) edges.push(`v${i - 1} -> v${i}`);
    for (let i = 0; i < 500; i++) {
      const [a = 0, b = 0] = [rng.int(500), rng.int(500)].sort((p, q) => p - q);
      if (a !== b) edges.push(`v${a} -> v${b}`);
    }
    for (let i = 0; i < 125; i++) {
      const [a, b] = [rng.int(500), rng.int(500)];
      if (a !== b) edges.push(`v${a} <-> v${b}`);
    }
    const graph: Graph = parseGraph(edges.join("\n"));
    const shown = await ask("P(v499 | do(v40)) in g", { g: graph });
    expect(shown.at[0]).toBeLessThan(1500);
    const block = shown.reports[0]?.blocks.find((one) => one.kind === "graph");
    expect(block?.nodes.length).toBeLessThanOrEqual(30);
    expect(block?.summary).toContain("of 500 variables");
  });

  test.each([
    ['"P" -> "do"; "E" -> "P", "do"', 'P("do" | do("P")) in g'],
    ["a b -> c d".replace(/(\w) (\w)/g, '"$1 $2"'), 'P("c d" | do("a b")) in g'],
    ["1 -> 2; 3 -> 1, 2", "P(2 | do(1)) in g"],
    ["åse -> øl; æ -> åse, øl", "P(øl | do(åse)) in g"],
  ])("odd names: %s", async (text, source) => {
    const shown = await ask(source, { g: parseGraph(text) });
    expect(shown.reports[0]?.claim?.status).toBe("identified");
  });

  test("a prime is part of a value's name, not the beginning of a text", async () => {
    const shown = await ask("p = P(y_{x} | x') in g\nq = P(y | do(x)) in g", {
      g: parseGraph("z -> x -> y; z -> y"),
    });
    expect(Object.keys(shown.values)).toEqual(["p", "q"]);
    expect(shown.reports[0]?.claim?.query).toBe("P(y_{x} | x=x')");
  });

  test("a CPDAG is answered where one set serves all, and not certified elsewhere", async () => {
    const yes = await ask("P(y | do(x)) in g", {
      g: parseGraph("pdag { x -> y; z -> y; z -- w }"),
    });
    expect(yes.reports[0]?.claim?.status).toBe("identified");
    const no = await ask("P(y | do(x)) in g", { g: parseGraph("pdag { x -- y }") });
    expect(no.reports[0]?.claim?.status).toBe("not-certified");
  });

  test("selected units: not recovered once two models are found", async () => {
    const g = parseGraph("x -> y -> s; s [selected]");
    const shown = await ask("e = P(y | do(x)) in g", { g });
    expect(shown.reports[0]?.claim?.status).toBe("not-identified");
    expect((shown.values["e"] as Identification).kind).toBe("not-identified");
  });
});

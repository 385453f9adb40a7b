import * as vega from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type Config, type TopLevelSpec } from "vega-lite";
import type { ChartAnswer, ChartRequest } from "./chart.ts";

const theme: Config = {
  background: "transparent",
  mark: { color: "#2d4a88" },
  font: "Inter, system-ui, sans-serif",
  axis: {
    labelColor: "#5f6570",
    titleColor: "#1b1e23",
    gridColor: "#e4e5e8",
    domainColor: "#b9bcc2",
    tickColor: "#b9bcc2",
    titleFontWeight: 500,
  },
  legend: { labelColor: "#5f6570", titleColor: "#1b1e23", titleFontWeight: 500 },
  view: { stroke: "transparent" },
  range: { category: ["#2d4a88", "#287d79", "#8b5dce", "#8f5d02", "#78292e", "#5f6570"] },
};

/**
 * A Vega-Lite specification as SVG. It is a stranger's: its expressions are interpreted and never compiled, and
 * nothing is loaded, whatever address it names. It may still run for ever: see `chart.ts`.
 */
async function draw(spec: Readonly<Record<string, unknown>>): Promise<string> {
  const logger = vega.logger(vega.None);
  const compiled = compile(sized(spec) as unknown as TopLevelSpec, { config: theme, logger }).spec;
  const refuse = (): Promise<never> => Promise.reject(new Error("Charts load nothing."));
  const view = new vega.View(vega.parse(compiled, undefined, { ast: true }), {
    expr: expressionInterpreter,
    renderer: "none",
    logger,
    // Addresses become empty: Vega does not expect to be refused here.
    loader: { load: refuse, http: refuse, file: refuse, sanitize: async () => ({ href: "" }) },
  });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** As on the page: a single view fills the column, which is this wide here. */
function sized(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const composed = ["hconcat", "vconcat", "concat", "facet", "repeat"].some((key) => key in spec);
  if (composed) return spec;
  const { width, ...rest } = spec;
  return {
    height: 220,
    ...rest,
    width: width === undefined || width === "container" ? 560 : width,
  };
}

/** Electron's utility processes speak through a port of their own. */
interface UtilityPort {
  on(event: "message", listener: (message: { data: ChartRequest }) => void): void;
  postMessage(answer: ChartAnswer): void;
}
const utility = (process as { parentPort?: UtilityPort }).parentPort;
const send = (said: ChartAnswer): void => {
  if (utility === undefined) process.send?.(said);
  else utility.postMessage(said);
};

function answer({ id, spec }: ChartRequest): void {
  draw(spec).then(
    (svg) => send({ id, svg }),
    (error: unknown) => send({ id, error: error instanceof Error ? error.message : String(error) }),
  );
}

if (utility === undefined) process.on("message", answer);
else utility.on("message", ({ data }) => answer(data));

import * as vega from "vega";
import * as vegaLite from "vega-lite";
import { expressionInterpreter } from "vega-interpreter";
import { chartConfig } from "../theme/chart.ts";

/** Refuses every address: a chart's data are inline, and a notebook reaches nothing. */
const refusingLoader: vega.Loader = {
  load: (uri: string) => refuse(uri),
  sanitize: (uri: string) => refuse(uri),
  http: (uri: string) => refuse(uri),
  file: (uri: string) => refuse(uri),
};

function refuse(uri: string): Promise<never> {
  return Promise.reject(
    new Error(`Charts do not load anything; this one asked for ${uri.slice(0, 80)}.`),
  );
}

type Spec = Readonly<Record<string, unknown>>;

const HEAVY = 3000;

/** Draws a specification into a host and returns how to take it away. */
export async function renderChart(host: HTMLElement, given: Spec): Promise<() => void> {
  const spec = withDefaults(given);
  const problems: string[] = [];
  const logger = vega.logger(vega.Warn);
  logger.warn = () => logger;
  logger.error = (...parts: readonly unknown[]) => {
    problems.push(parts.map(String).join(" "));
    return logger;
  };
  const compiled = vegaLite.compile(spec as unknown as vegaLite.TopLevelSpec, {
    config: chartConfig(),
    logger,
  });
  // No eval in this page: expressions are walked as trees.
  const runtime = vega.parse(compiled.spec, {}, { ast: true });
  const view = new vega.View(runtime, {
    expr: expressionInterpreter,
    loader: refusingLoader,
    logger,
    renderer: rowCount(given) > HEAVY ? "canvas" : "svg",
    container: host,
    hover: true,
  });
  await view.runAsync();
  if (problems.length > 0 && host.childElementCount === 0) throw new Error(problems[0]);
  return () => {
    view.finalize();
    host.remove();
  };
}

/** Single views fill the column they stand in. */
function withDefaults(spec: Spec): Spec {
  const composed = ["hconcat", "vconcat", "concat", "facet", "repeat"].some((key) => key in spec);
  const faceted =
    typeof spec["encoding"] === "object" &&
    spec["encoding"] !== null &&
    ["row", "column", "facet"].some((key) => key in (spec["encoding"] as object));
  if (composed || faceted) return spec;
  return {
    autosize: { type: "fit-x", contains: "padding" },
    width: "container",
    height: 220,
    ...spec,
  };
}

function rowCount(spec: Spec): number {
  const values = (spec["data"] as { values?: unknown } | undefined)?.values;
  return Array.isArray(values) ? values.length : 0;
}

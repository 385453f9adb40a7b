import { tokenColour } from "./theme.ts";

/** Vega-Lite configuration from the page's own tokens, read when a chart is drawn. */
export function chartConfig(): Record<string, unknown> {
  const ink = tokenColour("ink");
  const muted = tokenColour("muted");
  const line = tokenColour("line");
  const see = tokenColour("see");
  const doing = tokenColour("do");
  const imagine = tokenColour("imagine");
  const stale = tokenColour("stale");
  const error = tokenColour("error");
  const font = "Inter Variable, Inter, system-ui, sans-serif";
  return {
    background: null,
    font,
    padding: 4,
    view: { stroke: null, continuousWidth: 420, continuousHeight: 220 },
    axis: {
      labelFont: font,
      titleFont: font,
      labelFontSize: 11,
      titleFontSize: 12,
      titleFontWeight: 500,
      labelColor: muted,
      titleColor: ink,
      titlePadding: 8,
      labelPadding: 5,
      domainColor: line,
      tickColor: line,
      gridColor: line,
      gridOpacity: 0.75,
      tickSize: 4,
    },
    axisBand: { grid: false },
    axisX: { grid: false },
    legend: {
      labelFont: font,
      titleFont: font,
      labelFontSize: 11.5,
      titleFontSize: 12,
      titleFontWeight: 500,
      labelColor: ink,
      titleColor: muted,
      symbolStrokeWidth: 1.5,
    },
    title: {
      font,
      fontSize: 13,
      fontWeight: 600,
      color: ink,
      anchor: "start",
      subtitleColor: muted,
      subtitleFont: font,
      offset: 10,
    },
    header: { labelFont: font, titleFont: font, labelColor: ink, titleColor: muted },
    text: { font, color: ink },
    mark: { color: see },
    // No rounded bars: Vega-Lite then draws ready-made bins (`bin: "binned"`) with no width.
    line: { strokeWidth: 2 },
    point: { filled: true, size: 42, opacity: 0.85 },
    rule: { color: muted },
    range: {
      category: [see, doing, imagine, stale, error, muted],
      ramp: { scheme: "blues" },
      heatmap: { scheme: "blues" },
    },
  };
}

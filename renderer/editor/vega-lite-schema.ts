import { jsonDefaults } from "monaco-editor/languages/features/json/register";
import schema from "vega-lite/vega-lite-schema.json";

let done = false;

/**
 * Tells the JSON editor what a Vega-Lite chart is made of, for completion, hovers and underlines. Loaded with the first
 * chart cell that is opened: the schema is 1.9 MB.
 */
export function knowVegaLite(): void {
  if (done) return;
  done = true;
  jsonDefaults.setDiagnosticsOptions({
    validate: true,
    enableSchemaRequest: false,
    schemas: [
      {
        uri: "https://vega.github.io/schema/vega-lite/v6.json",
        fileMatch: ["*"],
        schema: schema as never,
      },
    ],
  });
}

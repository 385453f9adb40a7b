// It comes without types.
declare module "vega-lite-api";
// Its types are those of the package.
declare module "sql.js/dist/sql-wasm-browser.js" {
  import init from "sql.js";
  export default init;
}

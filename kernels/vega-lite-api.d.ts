// It comes without types.
declare module "vega-lite-api";

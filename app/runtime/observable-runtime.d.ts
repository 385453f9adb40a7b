declare module "@observablehq/runtime" {
  import type { RuntimeConstructor, RuntimeErrorConstructor } from "./observable.ts";
  export const Runtime: RuntimeConstructor;
  export const RuntimeError: RuntimeErrorConstructor;
}

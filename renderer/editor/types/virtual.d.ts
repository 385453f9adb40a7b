// Made by `main/build.ts`: TypeScript itself, and what cells are checked against (`main/cell-types.ts`).
declare module "virtual:typescript" {
  export const ts: unknown;
}
declare module "virtual:cell-types" {
  export const files: Readonly<Record<string, string>>;
}
declare module "virtual:method-catalogue" {
  export const methods: readonly import("./methods.ts").MethodInfo[];
}

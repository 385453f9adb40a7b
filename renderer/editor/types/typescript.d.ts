// TypeScript 7 has no interface for JavaScript; this is the one ts-blank-space brings, which strips types from cells.
export type { default as ts } from "../../../node_modules/ts-blank-space/node_modules/typescript/lib/typescript.js";

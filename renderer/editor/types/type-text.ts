/** A type of `kernels/cells/types/values.ts`, as text. */
export const valueType = (name: string): string => typeIn("values", name);
export const typeIn = (file: "values" | "tables", name: string): string =>
  `import(${JSON.stringify(`/kernels/cells/types/${file}.ts`)}).${name}`;

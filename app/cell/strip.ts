import tsBlankSpace from "ts-blank-space";
import { type Finding, skipTrivia } from "./place.ts";

export interface Stripped {
  /** JavaScript of the same length, every character at its old place. */
  readonly code: string;
  /** TypeScript that types alone cannot be taken away from. */
  readonly findings: readonly Finding[];
}

/** Blanks out the types of a cell. */
export function stripTypes(source: string): Stripped {
  const findings: Finding[] = [];
  const code = tsBlankSpace(source, ({ pos, end }) => {
    findings.push(describe(source, skipTrivia(source, pos), end));
  });
  // Every message and breakpoint rests on it.
  if (code.length !== source.length) throw new Error("Stripping types has moved the text.");
  return { code, findings };
}

function describe(source: string, start: number, end: number): Finding {
  const text = source.slice(start, end);
  const place = { start, end: Math.min(end, endOfLine(source, start)) };
  if (/^(?:export\s+)?(?:const\s+)?enum\b/.test(text)) {
    return {
      code: "ts-enum",
      message: "Cells cannot declare an enum.",
      hint: 'Use an object: const Colour = { red: "red", blue: "blue" } as const;',
      ...place,
    };
  }
  if (/^(?:export\s+)?(?:namespace|module)\b/.test(text)) {
    return {
      code: "ts-namespace",
      message: "Cells cannot declare a namespace.",
      hint: "Use an object, or give its members a cell of their own.",
      ...place,
    };
  }
  if (/^(?:public|private|protected|readonly|override)$/.test(text)) {
    return {
      code: "ts-parameter-property",
      message: `A constructor's parameter cannot be ${text}.`,
      hint: "Declare the field in the class and assign it in the constructor.",
      ...place,
    };
  }
  if (text.startsWith("<")) {
    return {
      code: "ts-angle-assertion",
      message: "A type in angle brackets cannot stand before a value.",
      hint: "Write `value as Type`.",
      ...place,
    };
  }
  if (/^(?:import|export)\b/.test(text)) {
    return {
      code: "ts-import-equals",
      message: "Cells cannot use `import … =` or `export =`.",
      hint: "Every top-level name of a cell can be used by other cells without export.",
      ...place,
    };
  }
  return {
    code: "ts-not-erasable",
    message: "The type here cannot be taken away without changing what the code means.",
    hint: "Put the part with `as` or `satisfies` in parentheses.",
    ...place,
  };
}

function endOfLine(source: string, start: number): number {
  const end = source.indexOf("\n", start);
  return end < 0 ? source.length : end;
}

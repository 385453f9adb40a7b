interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Names of the types a cell declares at its top (`interface`, `type`, `import type`), which other cells may use.
 * The JavaScript tree knows nothing of them: they are read from what stripping took away between the top-level
 * `statements` of `code`.
 */
export function findTypeOutputs(
  source: string,
  code: string,
  statements: readonly Range[],
): readonly string[] {
  if (!/\b(?:interface|type)\b/.test(source)) return [];
  const names = new Set<string>();
  let at = 0;
  for (const { start, end } of [...statements, { start: source.length, end: source.length }]) {
    const blanked = blankedText(source, code, at, start);
    if (blanked !== "") for (const name of declaredTypes(blanked)) names.add(name);
    for (const name of inlineTypes(source.slice(start, end))) names.add(name);
    at = end;
  }
  return [...names];
}

/** What is in the source and no longer in the code: types, without the comments around them. */
function blankedText(source: string, code: string, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) {
    const from = at;
    while (at < end && source.charCodeAt(at) !== code.charCodeAt(at)) at++;
    // Blanks of the source are not told from blanked text: a word ends at them all the same.
    if (at > from) text += `${source.slice(from, at)} `;
  }
  return text;
}

const TOKEN =
  /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|"(?:[^"\\]|\\[^])*"?|'(?:[^'\\]|\\[^])*'?|`(?:[^`\\]|\\[^])*`?|[\p{ID_Start}$_][\p{ID_Continue}$]*|\S/gu;

function declaredTypes(text: string): readonly string[] {
  const names: string[] = [];
  const tokens = (text.match(TOKEN) ?? []).filter((token) => !/^\/[/*]/.test(token));
  let depth = 0;
  tokens.forEach((token, i) => {
    if (/^[([{]$/.test(token)) depth++;
    else if (/^[)\]}]$/.test(token)) depth--;
    if (depth !== 0 || (token !== "type" && token !== "interface")) return;
    const name = tokens[i + 1] ?? "";
    if (tokens[i - 1] === "import") names.push(...importedTypes(tokens.slice(i + 1)));
    else if (/^[\p{ID_Start}$_]/u.test(name)) names.push(name);
  });
  return names;
}

/** After `import type`: `A from`, `* as A from` or `{ A, B as C } from`. The local name is the last of each. */
function importedTypes(tokens: readonly string[]): readonly string[] {
  const list = tokens.slice(0, tokens.indexOf("from"));
  return list.filter((token, i) => {
    const next = list[i + 1];
    const last = next === undefined || next === "," || next === "}";
    return last && /^[\p{ID_Start}$_]/u.test(token);
  });
}

/** `import { value, type A, type B as C } from …` */
function inlineTypes(statement: string): readonly string[] {
  const list = /^import\b[^"'`{]*\{([^}"'`]*)\}/.exec(statement)?.[1] ?? "";
  return list
    .split(",")
    .flatMap(
      (item) =>
        /^\s*type\s+(?:\S+\s+as\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*$/u.exec(item)?.[1] ??
        [],
    );
}

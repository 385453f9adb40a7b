interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Fenced blocks and code spans of Markdown, in order: what is in them is meant to be read and not to be run.
 * (Blocks made by indentation are not looked for: that needs the whole of Markdown.) Linear in the text.
 */
export function codeRanges(source: string): readonly Range[] {
  if (!source.includes("`") && !source.includes("~~~")) return [];
  const ranges: Range[] = [];
  let fence: { start: number; close: string } | undefined;
  let paragraph = 0;
  let at = 0;
  for (const line of source.split("\n")) {
    const end = at + line.length;
    const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (marks?.startsWith(fence.close) === true && line.trim() === marks) {
        ranges.push({ start: fence.start, end });
        fence = undefined;
        paragraph = end;
      }
    } else if (
      marks !== undefined &&
      !(marks.startsWith("`") && line.trim().includes("`", marks.length))
    ) {
      ranges.push(...codeSpans(source, paragraph, at));
      fence = { start: at, close: marks };
    } else if (line.trim() === "") {
      ranges.push(...codeSpans(source, paragraph, at));
      paragraph = end;
    }
    at = end + 1;
  }
  if (fence !== undefined) ranges.push({ start: fence.start, end: source.length });
  else ranges.push(...codeSpans(source, paragraph, source.length));
  return ranges;
}

/** A code span goes from backticks to the next run of as many, within its paragraph. */
function codeSpans(source: string, start: number, end: number): readonly Range[] {
  const runs = [...source.slice(start, end).matchAll(/(\\?)(`+)/g)].map((match) => ({
    // A backslash takes the first backtick away from an opening run, but not from a closing one.
    escaped: match[1] !== "",
    start: start + match.index + (match[1] ?? "").length,
    length: (match[2] ?? "").length,
  }));
  const next: (number | undefined)[] = [];
  const latest = new Map<number, number>();
  for (let i = runs.length - 1; i >= 0; i--) {
    const { length, escaped } = runs[i] as (typeof runs)[number];
    next[i] = latest.get(escaped ? length - 1 : length);
    latest.set(length, i);
  }
  const ranges: Range[] = [];
  for (let i = 0; i < runs.length; i++) {
    const close = next[i];
    if (close === undefined) continue;
    const from = runs[i] as (typeof runs)[number];
    const to = runs[close] as (typeof runs)[number];
    ranges.push({ start: from.start + (from.escaped ? 1 : 0), end: to.start + to.length });
    i = close;
  }
  return ranges;
}

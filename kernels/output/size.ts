/** A rough size in bytes of a value that is about to be posted; stops counting at `limit`. */
export function roughBytes(value: unknown, limit = 1e8): number {
  let bytes = 0;
  const stack: unknown[] = [value];
  const seen = new Set<object>();
  while (stack.length > 0 && bytes < limit) {
    const item = stack.pop();
    if (typeof item === "string") bytes += 2 * item.length;
    else if (typeof item === "object" && item !== null) {
      if (seen.has(item)) continue;
      seen.add(item);
      if (ArrayBuffer.isView(item)) bytes += item.byteLength;
      else if (item instanceof ArrayBuffer) bytes += item.byteLength;
      else {
        bytes += 16;
        for (const [key, child] of Object.entries(item)) {
          bytes += 2 * key.length;
          stack.push(child);
        }
      }
    } else bytes += 8;
  }
  return bytes;
}

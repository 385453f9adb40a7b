import { Refusal } from "./refusal.ts";

/** Text of notebooks is small; what is larger is sent as a blob. */
export const MAX_JSON = 128 * 1024 * 1024;
export const MAX_BLOB = 1024 * 1024 * 1024;

/** The whole body, unless it grows beyond `limit`. */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body !== null) {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > limit) {
        throw new Refusal(413, "too-large", `The request is larger than ${limit} bytes.`);
      }
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

export async function readJson(request: Request): Promise<Record<string, unknown>> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim();
  const bytes = await readBytes(request, MAX_JSON);
  if (bytes.length === 0) return {};
  // Nothing that a form of another site can send.
  if (type !== "application/json") {
    throw new Refusal(415, "content-type", "The body is not application/json.");
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Refusal(400, "json", `The body is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(400, "json", "The body is not a JSON object.");
  }
  return value as Record<string, unknown>;
}

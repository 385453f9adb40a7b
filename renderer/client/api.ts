import type { ErrorRecord } from "../../app/errors.ts";
import {
  type RouteError,
  type RouteName,
  type Routes,
  routes,
  tokenHeader,
} from "../../app/protocol/routes.ts";

/** The back end as the page sees it; tests and the development page put a fake behind the same type. */
export interface Api {
  call<R extends RouteName>(route: R, input: Routes[R]["in"]): Promise<Routes[R]["out"]>;
}

/** `away`: nobody answered, trying again makes sense. `refused`: the back end said no, and why. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly kind: "away" | "refused";
  readonly status: number;
  readonly record: ErrorRecord;

  constructor(kind: "away" | "refused", status: number, record: ErrorRecord, cause?: unknown) {
    super(record.message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.status = status;
    this.record = record;
  }

  get conflict(): boolean {
    return this.status === 409 || this.record.code === "conflict";
  }
}

export interface FetchApiOptions {
  readonly base: string;
  readonly token: () => string | undefined;
  readonly fetch?: typeof fetch;
}

export function createFetchApi(options: FetchApiOptions): Api {
  const doFetch = options.fetch ?? fetch.bind(globalThis);
  return {
    async call<R extends RouteName>(route: R, input: Routes[R]["in"]): Promise<Routes[R]["out"]> {
      const request = buildRequest(route, { ...input });
      const headers = new Headers(request.headers);
      const token = options.token();
      if (token !== undefined) headers.set(tokenHeader, token);
      let response: Response;
      try {
        response = await doFetch(`${options.base}${request.path}`, {
          method: request.method,
          headers,
          cache: "no-store",
          ...(request.body === undefined ? {} : { body: request.body }),
        });
      } catch (cause) {
        throw new ApiError("away", 0, { name: "Error", message: "Dagbok does not answer." }, cause);
      }
      if (!response.ok) throw await refusal(response);
      if (route === "getBlob") {
        return new Uint8Array(await response.arrayBuffer());
      }
      return (await response.json()) as Routes[R]["out"];
    },
  };
}

interface BuiltRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: BodyInit;
}

/** `:name` parts come from the input; the rest is query or JSON body. */
export function buildRequest(route: RouteName, input: Record<string, unknown>): BuiltRequest {
  const { method, path } = routes[route];
  const rest = { ...input };
  let filled = path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  if (route === "putBlob") {
    return {
      method,
      path: filled,
      headers: { "content-type": input["mime"] as string },
      body: input["bytes"] as Uint8Array<ArrayBuffer>,
    };
  }
  if (method === "GET" || method === "DELETE") {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(rest)) {
      if (value !== undefined)
        query.set(key, typeof value === "string" ? value : JSON.stringify(value));
    }
    if (query.size > 0) filled += `?${query.toString()}`;
    return { method, path: filled, headers: {} };
  }
  return {
    method,
    path: filled,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(rest),
  };
}

async function refusal(response: Response): Promise<ApiError> {
  let record: ErrorRecord = { name: "Error", message: `The answer was ${response.status}.` };
  try {
    record = ((await response.json()) as RouteError).error ?? record;
  } catch {
    // The body was no JSON; the status says what there is to say.
  }
  // 502 to 504 come from whatever stands between, not from the back end itself.
  const away = response.status >= 502 && response.status <= 504;
  return new ApiError(away ? "away" : "refused", response.status, record);
}

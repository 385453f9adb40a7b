import { type RouteName, type RouteShape, routes } from "../../app/protocol/routes.ts";
import { Refusal } from "./refusal.ts";

export interface Match {
  readonly route: RouteName;
  readonly params: Readonly<Record<string, string>>;
}

const shapes = Object.entries(routes) as readonly (readonly [RouteName, RouteShape])[];

/** The route of the table that a request means. */
export function findRoute(method: string, pathname: string): Match {
  let knownPath = false;
  for (const [route, shape] of shapes) {
    const params = matchPath(shape.path, pathname);
    if (params === undefined) continue;
    if (shape.method === method) return { route, params };
    knownPath = true;
  }
  throw knownPath
    ? new Refusal(405, "method", `${method} is not allowed here.`)
    : new Refusal(404, "route", "There is no such route.");
}

function matchPath(pattern: string, pathname: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const seen = pathname.split("/");
  if (wanted.length !== seen.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = seen[i] ?? "";
    if (part.startsWith(":")) {
      if (value === "") return undefined;
      params[part.slice(1)] = decode(value);
    } else if (part !== value) return undefined;
  }
  return params;
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, "path", "The path is not percent-encoded UTF-8.");
  }
}

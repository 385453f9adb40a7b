import { createHash, randomBytes } from "node:crypto";

/** Who may ask: one-time tokens that are handed out in links, and the session tokens they are exchanged for. */
export class Sessions {
  // Kept as hashes, so that looking one up takes no time that depends on the token.
  readonly #links = new Set<string>();
  readonly #sessions = new Set<string>();
  readonly #onExchange: () => void;

  constructor(onExchange: () => void = () => undefined) {
    this.#onExchange = onExchange;
  }

  /** A one-time token for a link. */
  invite(): string {
    return issue(this.#links);
  }

  /** A session token at once, for windows that this process itself opens. */
  start(): string {
    return issue(this.#sessions);
  }

  /** The session token for a one-time token, or nothing if it is unknown or used. */
  exchange(oneTime: string): string | undefined {
    if (!this.#links.delete(digest(oneTime))) return undefined;
    this.#onExchange();
    return this.start();
  }

  isValid(token: string | null): boolean {
    return token !== null && this.#sessions.has(digest(token));
  }
}

function issue(into: Set<string>): string {
  const token = randomBytes(24).toString("base64url");
  into.add(digest(token));
  return token;
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

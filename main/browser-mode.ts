import { assemble, welcome } from "./app.ts";
import { browserPlaces } from "./backend/policies.ts";
import { Sessions } from "./backend/sessions.ts";
import { projectFolder } from "./files.ts";
import { dataHome } from "./home.ts";
import { type RunningServer, startServer } from "./server.ts";
import { openStore } from "./storage/store.ts";

export interface BrowserMode {
  /** An address that opens the page once; `open` names a notebook to show. */
  link(open?: string): string;
  /** The welcome notebook, if it has just been made. */
  readonly welcome: string | undefined;
  readonly port: number;
  close(): Promise<void>;
}

export interface BrowserModeOptions {
  readonly home?: string;
  /** 0 or nothing: any free port. */
  readonly port?: number;
  /** Called whenever a link has been used up, with a new one. */
  readonly onLinkUsed?: (next: string) => void;
}

/** The whole product behind a loopback port. */
export async function startBrowserMode(options: BrowserModeOptions = {}): Promise<BrowserMode> {
  const home = options.home ?? dataHome();
  const store = await openStore({ folder: home });
  const folder = projectFolder;
  const sessions = new Sessions(() => options.onLinkUsed?.(link()));
  let server: RunningServer;
  try {
    server = await startServer(options.port ?? 0, (port) =>
      assemble({ store, sessions, places: browserPlaces(port), home, folder, desktop: false }),
    );
  } catch (error) {
    await store.close();
    throw error;
  }
  const link = (open?: string): string => {
    const query = open === undefined ? "" : `&open=${open}`;
    return `${browserPlaces(server.port).shell}/#token=${sessions.invite()}${query}`;
  };
  return {
    link,
    welcome: await welcome(store, folder),
    port: server.port,
    close: async () => {
      await server.close();
      await store.close();
    },
  };
}

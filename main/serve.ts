import { startBrowserMode } from "./browser-mode.ts";

/** Browser mode until the process is told to end; prints where it is. */
export async function serve(): Promise<void> {
  const app = await startBrowserMode({
    port: Number(process.env["DAGBOK_PORT"] ?? 0),
    onLinkUsed: (next) => console.log(`For another window: ${next}`),
  });
  console.log(`Dagbok is open at ${app.link(app.welcome)}`);
  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", close);
  process.on("SIGTERM", close);
}

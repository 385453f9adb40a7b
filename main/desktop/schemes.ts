import type { CustomScheme } from "electron";
import type { Backend } from "../backend/backend.ts";
import type { ElectronPort } from "./electron-port.ts";

/** Never `corsEnabled`, `bypassCSP` or `allowServiceWorkers`: no origin may read another's answers. */
export const schemes: CustomScheme[] = [
  {
    scheme: "app",
    privileges: {
      standard: true,
      secure: true,
      supportFetchAPI: true,
      stream: true,
      codeCache: true,
    },
  },
  { scheme: "kernel", privileges: { standard: true, secure: true } },
];

export function answerSchemes(protocol: ElectronPort["protocol"], backend: Backend): void {
  for (const { scheme } of schemes) protocol.handle(scheme, backend);
}

// node test/desktop/fuses.ts FOLDER: the packed app's fuses must be those of electron-builder.yml.
import { spawnSync } from "node:child_process";
import { findBinary } from "./binary.ts";

const wanted = {
  RunAsNode: "Disabled",
  EnableCookieEncryption: "Enabled",
  EnableNodeOptionsEnvironmentVariable: "Disabled",
  EnableNodeCliInspectArguments: "Disabled",
  OnlyLoadAppFromAsar: "Enabled",
  GrantFileProtocolExtraPrivileges: "Disabled",
};
const { stdout } = spawnSync(
  "npx",
  ["electron-fuses", "read", "--app", findBinary(process.argv[2] ?? "dist/packages")],
  { encoding: "utf8", shell: process.platform === "win32" },
);
console.log(stdout);
const wrong = Object.entries(wanted).filter(
  ([fuse, state]) => !stdout.includes(`${fuse} is ${state}`),
);
for (const [fuse, state] of wrong) console.error(`${fuse} is not ${state}.`);
process.exitCode = wrong.length === 0 ? 0 : 1;

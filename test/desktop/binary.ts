import { globSync } from "node:fs";

/** The app's binary in a folder that electron-builder has filled. */
export function findBinary(folder: string): string {
  const patterns = [
    "mac*/Dagbok.app/Contents/MacOS/Dagbok",
    "linux*-unpacked/dagbok",
    "win*-unpacked/Dagbok.exe",
  ];
  const [found] = patterns.flatMap((pattern) => globSync(`${folder}/${pattern}`));
  if (found === undefined) throw new Error(`There is no packed app in ${folder}.`);
  return found;
}

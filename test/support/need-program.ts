import { execFileSync, spawnSync } from "node:child_process";

/** A program of the distribution, and the package that brings it. */
export interface NeededProgram {
  readonly command: string;
  readonly package: string;
}

/** Makes sure that a program is there: in CI it is installed. Throws a sentence that names the package. */
export function needProgram({ command, package: name }: NeededProgram): void {
  const isThere = () => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
  if (isThere()) return;
  if (process.env["CI"] === "true") {
    // A new machine knows of no package.
    execFileSync("apt-get", ["update"], { stdio: "inherit" });
    // Somebody else may be installing at the same time.
    const waiting = ["-o", "DPkg::Lock::Timeout=300"];
    execFileSync("apt-get", [...waiting, "install", "-y", name], { stdio: "inherit" });
  }
  if (!isThere()) {
    throw new Error(
      `${command} is missing: install the package ${name}, as by apt-get install ${name}.`,
    );
  }
}

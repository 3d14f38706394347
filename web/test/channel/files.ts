import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The repository: CAUDAL_ROOT, or the folder with go.mod at or above the working directory. */
export function repositoryRoot(): string {
  const named = process.env["CAUDAL_ROOT"];
  if (named !== undefined && named !== "") return named;
  let folder = process.cwd();
  while (!existsSync(join(folder, "go.mod"))) {
    if (folder === dirname(folder)) throw new Error("no go.mod here or above: set CAUDAL_ROOT");
    folder = dirname(folder);
  }
  return folder;
}

/** A file of the repository as text. */
export function readRepositoryFile(path: string): string {
  return readFileSync(join(repositoryRoot(), path), "utf8");
}

/** Every cipher/testdata/vectors*.json: Go's, and those of the other implementations. */
export function vectorFiles(): string[] {
  const folder = "cipher/testdata";
  return readdirSync(join(repositoryRoot(), folder))
    .filter((name) => /^vectors.*\.json$/.test(name))
    .map((name) => `${folder}/${name}`);
}

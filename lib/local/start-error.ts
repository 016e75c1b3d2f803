/** A reason not to start that is a sentence for the person at the terminal, without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** What a person can do about an error of the file system or of SQLite; other errors are given back. */
export function explainFileError(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = "code" in error ? error.code : undefined;
  const sqlite = "errcode" in error && typeof error.errcode === "number" ? error.errcode & 255 : 0;
  const because = (why: string) => new StartError(why, { cause: error });
  // Numbers of SQLite's result codes: https://www.sqlite.org/rescode.html
  if (code === "ENOSPC" || code === "EDQUOT" || sqlite === 13) {
    return because(`The disk that holds ${path} is full.`);
  }
  if (
    code === "EACCES" ||
    code === "EPERM" ||
    code === "EROFS" ||
    sqlite === 3 ||
    sqlite === 8 ||
    sqlite === 14
  ) {
    return because(`${path} cannot be written. Set DATA_DIR to a folder that can.`);
  }
  if (code === "EEXIST" || code === "ENOTDIR") {
    return because(`${path} is not a folder. Set DATA_DIR to one.`);
  }
  if (code === "ENOENT" || code === "ENAMETOOLONG" || sqlite === 10) {
    return because(`${path} cannot be used: ${error.message}. Set DATA_DIR to another folder.`);
  }
  if (sqlite === 11 || sqlite === 26) {
    return because(`The database in ${path} is damaged: ${error.message}.`);
  }
  return error;
}

/** Builds the JSON text of an answer from members that are JSON already; undefined members are left out. */
export function jsonObject(members: Readonly<Record<string, string | undefined>>): string {
  let text = "";
  for (const name in members) {
    const member = members[name];
    if (member !== undefined) text += `${text === "" ? "" : ","}"${name}":${member}`;
  }
  return `{${text}}`;
}

/** JSON text of a value, undefined for undefined. */
export const json = (value: object | undefined): string | undefined =>
  value === undefined ? undefined : JSON.stringify(value);

/** Whether something has all of these values; what is undefined is not asked for. */
export const matches = <T extends object>(
  row: T,
  wanted: { readonly [Name in keyof T]?: T[Name] | undefined },
): boolean =>
  Object.entries(wanted).every(
    ([name, value]) => value === undefined || Reflect.get(row, name) === value,
  );

/** Whether something's name contains a text, whatever the case; everything does when there is none. */
export const hasName = ({ name }: { readonly name: string }, part: string | undefined) =>
  part === undefined || name.toLowerCase().includes(part.toLowerCase());

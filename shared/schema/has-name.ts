/** Whether something's name contains a text, whatever the case; everything does when there is none. */
export const hasName = ({ name }: { readonly name: string }, part: string | undefined) =>
  part === undefined || name.toLowerCase().includes(part.toLowerCase());

/** What takes longer fails, with what explains it then. */
export function within<T>(
  seconds: number,
  work: Promise<T>,
  explain: () => string = () => "",
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((_, refuse) => {
    timer = setTimeout(
      () => refuse(new Error(`It has not ended within ${seconds} s. ${explain()}`.trim())),
      seconds * 1000,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

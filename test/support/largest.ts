/** The largest whole number up to `most` that something takes; it must take 0, and refuse all above one that it refuses. */
export async function largest(
  most: number,
  takes: (number: number) => Promise<boolean>,
): Promise<number> {
  let [taken, refused] = [0, most + 1];
  while (refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2);
    if (await takes(middle)) taken = middle;
    else refused = middle;
  }
  return taken;
}

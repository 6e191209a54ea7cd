/**
 * Reads a list page by page, in its order; one page is kept at a time.
 * @param read answers the page that begins at `after`, the first without it
 */
export async function* eachPage<T>(
  read: (from: { after?: string }) => Promise<{ items: T[]; next?: string | undefined }>,
): AsyncGenerator<T[]> {
  let from: { after?: string } = {};
  for (;;) {
    const { items, next } = await read(from);
    yield items;
    if (!next) return;
    from = { after: next };
  }
}

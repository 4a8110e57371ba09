/** The page's own address; `next` and the first position seen stay with it, so that nothing has to be kept for a browser without a script. */
export const pagePath = (
  queueId: string,
  { next, first, renewed = false }: { next?: string | undefined; first?: number | undefined; renewed?: boolean },
): string => {
  const query = new URLSearchParams({
    ...(next !== undefined && { next }),
    ...(first !== undefined && { first: String(first) }),
    ...(renewed && { renewed: '1' }),
  }).toString();
  return `/waiting-room/${queueId}${query === '' ? '' : `?${query}`}`;
};

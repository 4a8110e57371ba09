interface MailboxOptions {
  /** Hands a message to the connection; `done` is called when it has been taken from this process, or never when the connection is cut. */
  readonly write: (text: string, done: (error?: Error | null) => void) => void;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

/**
 * What one reader has coming: while a message is on its way, only the newest after it is kept. Every message is whole, so a slow reader misses what
 * has passed and nothing that is, and costs this process two messages at most.
 */
export const createMailbox = ({ write, monotonic }: MailboxOptions) => {
  let newest: string | undefined;
  let since: number | undefined;

  const send = (text: string): void => {
    since = monotonic();
    write(text, sent);
  };
  const sent = (error?: Error | null): void => {
    since = undefined;
    const next = newest;
    newest = undefined;
    if (next !== undefined && (error === undefined || error === null)) send(next);
  };

  return {
    /** Sends it, as soon as the one before has gone. */
    put: (text: string): void => {
      if (since === undefined) send(text);
      else newest = text;
    },
    isFree: (): boolean => since === undefined,
    /** How long the reader has not taken what was sent. */
    stalledMs: (): number => (since === undefined ? 0 : monotonic() - since),
  };
};

export type Mailbox = ReturnType<typeof createMailbox>;

import { connect } from 'node:net';

/** A connection that says these bytes as they are, which no client of HTTP would, and keeps what it hears until the other side ends. */
export const openRaw = (baseUrl: string, bytes: string) => {
  const { hostname, port } = new URL(baseUrl);
  const heard = { text: '', closed: false };
  const socket = connect(Number(port), hostname, () => socket.write(bytes));
  const ended = new Promise<Error | undefined>((resolve) => {
    socket.once('error', resolve);
    socket.once('close', () => resolve(undefined));
  });
  socket.on('data', (chunk: Buffer) => (heard.text += chunk.toString()));
  socket.on('close', () => (heard.closed = true));
  return {
    heard,
    says: (more: string): void => void socket.write(more),
    /** All that was heard, when the other side has ended. Throws when the connection broke. */
    whole: async (): Promise<string> => {
      const broken = await ended;
      if (broken !== undefined) throw broken;
      return heard.text;
    },
    close: (): void => void socket.destroy(),
  };
};

import { Message } from '@onsale/contracts';
import type { Broker, SubscribeOptions } from '../../kafka/index.ts';

type Handle = SubscribeOptions['handle'];

/** Messages that are lost on their way, by their type: `losing` is put around the broker of whoever is not to hear them. */
export const messageLosses = () => {
  const losses = new Map<string, (() => Promise<void>)[]>();
  return {
    losing: (broker: Broker): Broker => ({
      ...broker,
      subscribe: ({ handle, ...options }) => {
        const heard: Handle = async (message) => {
          const lost = losses.get(Message.parse(JSON.parse(message.value)).type);
          if (lost === undefined) return handle(message);
          lost.push(() => handle(message));
        };
        return broker.subscribe({ ...options, handle: heard });
      },
    }),
    /** From now on such messages are lost, until what it answers is called: that ends it, and brings them late. */
    loses: ({ type }: { readonly type: string }) => {
      const lost: (() => Promise<void>)[] = [];
      losses.set(type, lost);
      return async (): Promise<void> => {
        losses.delete(type);
        for (const bring of lost) await bring();
      };
    },
  };
};

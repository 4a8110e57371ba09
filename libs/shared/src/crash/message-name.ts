import type { Message } from '@onsale/contracts';

export type Named = Pick<Message, 'id' | 'type'>;

/** The name of a message's point: `lock:do` of the command `<saga>:lock:do`, `reply:lock:do` of its reply, and of an event its type. */
export const messageName = ({ id, type }: Named): string => {
  const [, step, direction, reply] = id.split(':');
  if (step === undefined || direction === undefined) return type;
  return reply === undefined ? `${step}:${direction}` : `${reply}:${step}:${direction}`;
};

/** The same of a message as it travels; what is not one of ours has no point. */
export const nameOfPayload = (payload: string): string | undefined => {
  try {
    return messageName(JSON.parse(payload) as Message);
  } catch {
    return undefined;
  }
};

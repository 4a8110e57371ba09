import { describe, expect, it } from '@jest/globals';
import { lockReservation, reservationHeld } from '@onsale/contracts/reservation';
import { newId } from '../ids/index.ts';
import { commandOf, eventOf, questionOf, replyTo } from './message-draft.ts';

const reservationId = newId();
const saga = newId();
const fields = { saga, step: 'lock', subject: reservationId, data: { reservationId, memberId: newId() } };

describe('message drafts', () => {
  it('gives a command the id of its step, so that it is the same message each time', () => {
    const sent = commandOf(lockReservation, { ...fields, direction: 'do' });
    expect(sent).toMatchObject({
      id: `${saga}:lock:do`,
      topic: 'reservation.commands',
      type: lockReservation.type,
      subject: reservationId,
    });
    expect(commandOf(lockReservation, { ...fields, direction: 'do' })).toEqual(sent);
  });

  it('asks about a pivot under the id of its undo, with a type of its own', () => {
    expect(questionOf(lockReservation, fields)).toMatchObject({
      id: `${saga}:lock:undo`,
      type: `${lockReservation.type}.undo`,
      topic: 'reservation.commands',
    });
  });

  it('answers to the topic of the sender, about the saga', () => {
    const command = { id: `${saga}:lock:do`, source: 'payment', saga };
    expect(replyTo(command, { command: command.id, outcome: 'DONE', data: {} })).toMatchObject({
      topic: 'payment.replies',
      subject: saga,
      id: `${saga}:lock:do:reply`,
    });
  });

  it('refuses data that its contract does not allow, before anybody else has to', () => {
    expect(() => eventOf(reservationHeld, { subject: reservationId, data: { reservationId } as never })).toThrow();
  });
});

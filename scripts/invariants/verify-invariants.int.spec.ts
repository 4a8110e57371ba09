import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { idToBytes, newId } from '@onsale/shared/ids';
import { broken } from './report.ts';
import type { PlantedShop } from './testing/planted-shop.ts';
import { plantedShops } from './testing/planted-shops.ts';

const { start, begin, stop, aged, brokenIn } = plantedShops();
let shop: PlantedShop;
beforeAll(start);
beforeEach(async () => {
  shop = await begin();
});
afterAll(stop);

const brokenInvariants = (): Promise<string[]> => brokenIn(shop);

describe('a shop without a fault', () => {
  it('breaks no invariant: bought, held, and with payments under way', async () => {
    await shop.buys({ seatId: 1 });
    await shop.buys({ seatId: 2 });
    await shop.pays(await shop.holds({ seatId: 3 }));
    await shop.coupon();
    await shop.orders();
    await shop.places();
    const findings = await shop.findings();
    expect(broken(findings)).toEqual([]);
    expect(new Set(findings.map(({ invariant }) => invariant))).toEqual(
      new Set(['I1', 'I2', 'I3', 'I4', 'I5', 'I7', 'I8', 'I9', 'I10', 'I11']),
    );
  });
});

describe('a cap', () => {
  const changesTo = (cap: number | undefined) =>
    shop
      .queue('audit')
      .insert({ actor: 'system', action: 'queue.change', subject: shop.scheduleId, after_change: JSON.stringify({ cap }) });
  const admits = (count: number) => shop.admits(Array.from({ length: count }, () => ({ memberId: newId() })));

  it('that is lowered drains: those inside are no violation, one more is', async () => {
    await admits(2);
    await changesTo(1);
    expect(await brokenInvariants()).toEqual([]);
    await admits(1);
    expect(await brokenInvariants()).toEqual(['I5']);
  });

  it('that is raised, or taken away, lets more in from then on', async () => {
    await admits(2);
    await changesTo(3);
    await admits(1);
    await changesTo(undefined);
    await admits(5);
    expect(await brokenInvariants()).toEqual([]);
  });
});

describe('a fault that has just been healed', () => {
  it('excuses what could not be done before: of sagas, messages and holds', async () => {
    await shop.holds({ seatId: 1, forMs: -10_000 });
    const { paymentId } = await shop.pays(await shop.holds({ seatId: 2 }));
    await shop.saga(paymentId).update(aged(61));
    await shop.payment('outbox').update({ created_at: shop.payment.raw('NOW(3) - INTERVAL 40 SECOND') });
    expect(await brokenInvariants()).toEqual(['I7', 'I8', 'I11']);
    expect(broken(await shop.findings({ healedAt: new Date(Date.now() - 1_000) }))).toEqual([]);
  });
});

describe('a planted fault breaks the one invariant that is meant for it:', () => {
  const faults: [string, string, () => Promise<unknown>][] = [
    [
      'I1',
      'a seat that was sold, whole and paid for, to two',
      async () => {
        await shop.buys({ seatId: 1 });
        await shop.reservation('seats').update({ status: 'AVAILABLE', reservation_id: null, version: 9 });
        await shop.reservation('seat_sales').delete();
        await shop.buys({ seatId: 1 });
      },
    ],
    [
      'I1',
      'a hold that lost its seat to another hold',
      async () => {
        await shop.holds({ seatId: 1 });
        await shop.reservation('seats').where({ id: 1 }).update({ status: 'AVAILABLE', reservation_id: null, held_until: null });
        await shop.holds({ seatId: 1 });
      },
    ],
    [
      'I1',
      'a sold seat without a row of its sale',
      async () => {
        await shop.buys({ seatId: 1 });
        await shop.reservation('seat_sales').delete();
      },
    ],
    [
      'I1',
      'a seat that is held by a reservation that is over',
      async () => {
        const { reservationId } = await shop.holds({ seatId: 1 });
        await shop
          .reservation('reservations')
          .where({ id: idToBytes(reservationId) })
          .update({ status: 'RELEASED' });
      },
    ],
    [
      'I2',
      'a ledger entry with one side',
      async () => {
        await shop.buys({ seatId: 1 });
        await shop.payment('ledger_entries').where({ account: 'sales' }).delete();
      },
    ],
    [
      'I5',
      'a number admitted above the cap',
      async () => {
        await shop.admits([11, 12].map((number) => ({ number, memberId: newId() })));
        await shop.admits([{ number: 13, memberId: newId() }]);
      },
    ],
    [
      'I5',
      'a number admitted while the sale was paused',
      async () => {
        const paused = {
          actor: newId(),
          action: 'queue.pause',
          subject: shop.scheduleId,
          after_change: JSON.stringify({ state: 'PAUSED' }),
        };
        await shop.queue('audit').insert({ ...paused, at: shop.queue.raw('NOW(3) - INTERVAL 1 MINUTE') });
        await shop.admits([{ number: 11, memberId: newId() }]);
      },
    ],
    [
      'I5',
      'a number admitted before a lower one that was present',
      async () => {
        await shop.admits([17, 13].map((number) => ({ number, memberId: newId() })));
      },
    ],
    [
      'I5',
      'a number admitted before the opening',
      async () => {
        await shop.queue('queues').update({ opens_at: new Date(Date.now() + 60_000) });
      },
    ],
    [
      'I5',
      'a number admitted by a draw that does not list it',
      async () => {
        const before = new Date(0);
        await shop.queue('queues').update({ opens_at: before, opened_at: before, draw_listed_at: before });
      },
    ],
    [
      'I5',
      'a member who came in again before the first place had ended',
      async () => {
        const memberId = newId();
        await shop.admits([{ number: 11, memberId }]);
        await shop.queue('journal').update({ ended_at: shop.queue.raw('NOW(3) + INTERVAL 1 HOUR'), ending: 'LEFT' });
        await shop.admits([{ number: 12, memberId }]);
      },
    ],
    [
      'I7',
      'a saga that is not through after a minute, though its command is tried again',
      async () => {
        const { paymentId } = await shop.pays(await shop.holds({ seatId: 1 }));
        await shop.saga(paymentId).update(aged(61));
      },
    ],
    [
      'I7',
      'a payment that began without a saga',
      async () => {
        const { paymentId } = await shop.pays(await shop.holds({ seatId: 1 }));
        await shop.saga(paymentId).delete();
      },
    ],
    [
      'I8',
      'a lost outbox row: the command that a saga waits for',
      async () => {
        const { paymentId } = await shop.pays(await shop.holds({ seatId: 1 }));
        await shop.saga(paymentId).update(aged(40));
        await shop.payment('outbox').delete();
      },
    ],
    [
      'I8',
      'a lost outbox row: the event that opens a queue',
      async () => {
        await shop.queue('queues').delete();
        await shop.reservation('schedules').update({ created_at: shop.reservation.raw('NOW(3) - INTERVAL 40 SECOND') });
      },
    ],
    [
      'I8',
      'an outbox row that does not leave',
      async () => {
        await shop.pays(await shop.holds({ seatId: 1 }));
        await shop.payment('outbox').update({ created_at: shop.payment.raw('NOW(3) - INTERVAL 40 SECOND') });
      },
    ],
    [
      'I9',
      'a sale that nobody has paid for',
      async () => {
        const { paymentId } = await shop.buys({ seatId: 1 });
        await shop.reservation('reservations').where({ saga_id: paymentId }).update({ saga_id: newId() });
      },
    ],
    [
      'I9',
      'a sale at another price than was paid',
      async () => {
        await shop.buys({ seatId: 1 });
        await shop.reservation('reservations').update({ amount: 900 });
        await shop.reservation('reservation_seats').update({ price: 900 });
      },
    ],
    [
      'I9',
      'a purchase whose number was never spent',
      async () => {
        await shop.buys({ seatId: 1 });
        await shop.queue('journal').update({ ended_at: null, ending: null });
      },
    ],
    [
      'I9',
      'a reservation that pays by a payment that is over',
      async () => {
        const { reservationId } = await shop.holds({ seatId: 1 });
        await shop
          .reservation('reservations')
          .where({ id: idToBytes(reservationId) })
          .update({ status: 'PAYING', saga_id: newId() });
      },
    ],
    [
      'I10',
      'two keys of one reservation',
      async () => {
        await shop.holds({ seatId: 1 });
        const [row] = (await shop.reservation('idempotency_keys').select()) as object[];
        await shop.reservation('idempotency_keys').insert({ ...row, scope: Buffer.alloc(32, 7) });
      },
    ],
    ['I11', 'a hold that outlives its time', () => shop.holds({ seatId: 1, forMs: -10_000 })],
    [
      'I11',
      'a hold that was stretched without a payment',
      async () => {
        await shop.holds({ seatId: 1 });
        const later = { held_until: shop.reservation.raw('held_until + INTERVAL 60 SECOND') };
        await shop.reservation('reservations').update(later);
        await shop.reservation('seats').whereNotNull('held_until').update(later);
      },
    ],
  ];
  it.each(faults)('%s, by %s', async (invariant, _fault, plant) => {
    await shop.buys({ seatId: 10 });
    await plant();
    expect(await brokenInvariants()).toEqual([invariant]);
  });
});

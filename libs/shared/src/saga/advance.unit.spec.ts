import { describe, expect, it } from '@jest/globals';
import { command } from '@onsale/contracts';
import { z } from 'zod';
import { refused, saga } from './index.ts';
import { rehearse } from './testing/index.ts';

const Seat = z.object({ seat: z.string() });
const spec = (name: string, refusals: ('SEAT_TAKEN' | 'HOLD_LOST')[] = []) =>
  command({ owner: 'reservation', type: `test.${name}.v1`, data: Seat, reply: z.object({}), refusals });
const lock = command({
  owner: 'reservation',
  type: 'test.lock.v1',
  data: Seat,
  reply: z.object({ amount: z.int() }),
  refusals: ['SEAT_TAKEN'],
});
const unlock = spec('unlock');
const confirm = spec('confirm', ['HOLD_LOST']);
const spend = spec('spend');

interface Purchase {
  seat: string;
  amount?: number;
  paid?: boolean;
}

const about = { subject: ({ seat }: Purchase) => seat, data: ({ seat }: Purchase) => ({ seat }) };

const purchase = saga<Purchase>('purchase')({
  lock: { send: lock, ...about, undo: unlock, keep: (reply) => ({ amount: reply.amount }) },
  debit: { local: async () => {}, undo: async () => {} },
  confirm: { send: confirm, ...about, pivot: true },
  paid: { local: async () => {} },
  spend: { send: spend, ...about },
}).ends({});

const { given, reply, refusal, undone, wasDone, wasNotDone, silence, givenUp, ...does } = rehearse(purchase);
const { sends, runs, undoes, asks, completes, compensates, isStuck } = does;
const bought: Purchase = { seat: 'A1' };

const locked = () => given(bought).when(reply.lock({ amount: 2000 }));

describe('a saga', () => {
  it('goes through its steps, keeps what the replies bring, and completes', () => {
    given(bought, { paid: { paid: true } })
      .leadsTo(sends('lock', { seat: 'A1' }))
      .when(reply.lock({ amount: 2000 }))
      .leadsTo(runs('debit'), sends('confirm'))
      .when(reply.confirm({}))
      .leadsTo(runs('paid'), sends('spend'))
      .when(reply.spend({}))
      .leadsTo(completes({ seat: 'A1', amount: 2000, paid: true }));
  });

  it('ends at once when its first step is refused: there is nothing to take back', () => {
    given(bought).when(refusal.lock('SEAT_TAKEN')).leadsTo(compensates('SEAT_TAKEN'));
  });

  it('goes back from a local refusal over the steps before it', () => {
    given(bought, { debit: refused('INSUFFICIENT_POINTS') })
      .when(reply.lock({ amount: 2000 }))
      .leadsTo(runs('debit'), undoes('lock'))
      .when(undone.lock())
      .leadsTo(compensates('INSUFFICIENT_POINTS'));
  });

  it('goes back in reverse order when the pivot is refused', () => {
    locked()
      .when(refusal.confirm('HOLD_LOST'))
      .leadsTo(undoes('debit'), undoes('lock'))
      .when(undone.lock())
      .leadsTo(compensates('HOLD_LOST'));
  });

  it('sends the same command again when no answer comes, in whichever direction it goes', () => {
    given(bought)
      .when(silence)
      .leadsTo(sends('lock', { seat: 'A1' }));
    locked().when(refusal.confirm('HOLD_LOST')).when(silence).leadsTo(undoes('lock'));
  });

  it('ignores copies and answers that it does not wait for', () => {
    locked()
      .when(reply.lock({ amount: 9 }))
      .leadsTo()
      .when(undone.lock())
      .leadsTo()
      .when(reply.spend({}))
      .leadsTo();
    given(bought)
      .when(refusal.lock('SEAT_TAKEN'))
      .when(reply.lock({ amount: 1 }))
      .leadsTo();
  });

  it('undoes a step whose answer is unknown when it is given up, and no longer listens to that answer', () => {
    given(bought)
      .when(givenUp('TIMEOUT'))
      .leadsTo(undoes('lock'))
      .when(reply.lock({ amount: 2000 }))
      .leadsTo()
      .when(undone.lock())
      .leadsTo(compensates('TIMEOUT'));
  });

  it('asks about a pivot before it goes back, and goes forward when it was done', () => {
    locked().when(givenUp('TIMEOUT')).leadsTo(asks('confirm')).when(wasDone.confirm({})).leadsTo(runs('paid'), sends('spend'));
  });

  it('asks again about a pivot, and goes back when it was not done', () => {
    locked()
      .when(givenUp('TIMEOUT'))
      .when(silence)
      .leadsTo(asks('confirm'))
      .when(wasNotDone.confirm())
      .leadsTo(undoes('debit'), undoes('lock'))
      .when(undone.lock())
      .leadsTo(compensates('TIMEOUT'));
  });

  it('takes the late answer of a pivot for the answer to its question', () => {
    locked().when(givenUp('TIMEOUT')).when(reply.confirm({})).leadsTo(runs('paid'), sends('spend')).when(wasDone.confirm({})).leadsTo();
    locked().when(givenUp('TIMEOUT')).when(refusal.confirm('HOLD_LOST')).leadsTo(undoes('debit'), undoes('lock'));
  });

  it('never goes back past the pivot: a refusal there needs a person', () => {
    const past = locked().when(reply.confirm({}));
    past.when(givenUp('TIMEOUT')).leadsTo();
    past.when(refusal.spend('INTERNAL')).leadsTo(isStuck());
  });

  it('passes over a step that there is nothing to do for, be it the last', () => {
    const when = ({ amount }: Purchase): boolean => amount !== undefined;
    const steps = { first: { local: async () => {} }, spend: { send: spend, ...about, when }, tell: { send: confirm, ...about, when } };
    const some = rehearse(saga<Purchase>('some')(steps).ends({}));
    some.given(bought).leadsTo(some.runs('first'), some.completes());
    some.given(bought, { first: { amount: 1 } }).leadsTo(some.runs('first'), some.sends('spend'));
    const one = { ...steps, tell: { send: confirm, ...about } };
    const other = rehearse(saga<Purchase>('other')(one).ends({}));
    other.given(bought).leadsTo(other.runs('first'), other.sends('tell'));
  });

  it('may have its pivot among its local steps, and no pivot at all', () => {
    const order = rehearse(
      saga<Purchase>('order')({ lock: { send: lock, ...about, undo: unlock }, finish: { local: async () => {}, pivot: true } }).ends({}),
    );
    order
      .given(bought)
      .when(order.reply.lock({ amount: 1 }))
      .leadsTo(order.runs('finish'), order.completes());
    const all = rehearse(saga<Purchase>('all')({ only: { send: spend, ...about } }).ends({}));
    all.given(bought).when(all.givenUp('TIMEOUT')).leadsTo(all.compensates('TIMEOUT'));
  });
});

describe('rehearse', () => {
  it('fails a script that says something else than what happens', () => {
    expect(() => given(bought).leadsTo(sends('confirm'))).toThrow();
    expect(() => given(bought).leadsTo(sends('lock', { seat: 'B2' }))).toThrow();
    expect(() => given(bought).leadsTo()).toThrow();
    expect(() => given(bought).leadsTo(sends('lock'), runs('debit'))).toThrow();
  });
});

describe('saga', () => {
  it('refuses a definition that could not be taken back, or could not be told apart', () => {
    const send = { send: spend, ...about };
    expect(() => saga<Purchase>('x y')({ only: send })).toThrow('not a name');
    expect(() => saga<Purchase>('xy')({ 'a:b': send })).toThrow('not a name');
    expect(() => saga<Purchase>('xy')({ one: { ...send, pivot: true }, two: { ...send, pivot: true } })).toThrow('two pivots');
    expect(() => saga<Purchase>('xy')({ one: { ...send, pivot: true }, two: { ...send, undo: unlock } })).toThrow('cannot be taken back');
    const when = (): boolean => false;
    expect(() => saga<Purchase>('xy')({ one: { ...send, when, undo: unlock } })).toThrow('cannot be passed over');
    expect(() => saga<Purchase>('xy')({ one: { ...send, when, pivot: true } })).toThrow('cannot be passed over');
  });

  it('checks each step against its command', () => {
    saga<Purchase>('typed')({
      // @ts-expect-error the command's data lacks its seat
      one: { send: lock, subject: (state) => state.seat, data: () => ({}) },
      // @ts-expect-error the reply has no such field
      two: { send: lock, ...about, keep: (reply) => ({ amount: reply.price }) },
      // @ts-expect-error the state has no such field
      three: { local: async () => ({ price: 1 }) },
    });
    expect(purchase.steps.size).toBe(5);
  });
});

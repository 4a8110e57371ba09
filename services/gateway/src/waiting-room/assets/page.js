// Keeps the page of somebody who is in line up to date, without loading it again: by the stream of their place, else by asking as often as they are told.
// Whatever is not waiting is a page of its own, which the server writes.
import { headingWords, isWorthTelling, numberWords, placeWords, progressOf, stateWords, waitWords } from './wording.js';

const API = '/api/v1';
const WAITING = ['PREQUEUE', 'WAITING'];
/** A stream that was refused, or did not last, is not tried again for so long: asking does as well. */
const WITHOUT_STREAM_MS = 60_000;
/** What all are told in the same moment, nobody need act on in the same moment. */
const APART_MS = 10_000;
const byId = (id) => document.getElementById(id);
const room = byId('room');

const showTime = (element) => {
  const { seconds, date } = element.dataset;
  const style = { timeStyle: seconds ? 'medium' : 'short', ...(date && { dateStyle: 'long' }) };
  element.textContent = new Intl.DateTimeFormat('en', style).format(new Date(element.dateTime));
};
for (const element of document.querySelectorAll('time')) showTime(element);

const keepUp = ({ queue, poll, first }) => {
  const place = `${API}/queues/${queue}/tokens/current`;
  let told = JSON.parse(room.dataset.place);
  let from = Number(first) || undefined;
  let timer;
  let stream;
  let left = false;
  let listenAgainAt = 'EventSource' in window ? 0 : Infinity;

  const leave = (afterMs = 0) => {
    if (left) return;
    left = true;
    clearTimeout(timer);
    stream?.close();
    setTimeout(() => location.reload(), afterMs);
  };

  const write = (id, text) => {
    const element = byId(id);
    if (element.textContent !== text) element.textContent = text;
  };

  const show = (now) => {
    if (!WAITING.includes(now.status)) return leave();
    if (now.state === 'CLOSED') return leave(APART_MS * Math.random());
    write('heading', headingWords(now));
    byId('place').hidden = now.status === 'PREQUEUE';
    byId('opening').hidden = now.status !== 'PREQUEUE';
    from = Math.max(from ?? 0, now.position ?? 0) || undefined;
    write('position', now.position === undefined ? '…' : numberWords(now.position));
    write('wait', now.state === 'PAUSED' ? 'paused' : waitWords(now.etaSeconds));
    write('state', stateWords(now));
    write('message', now.message ?? '');
    byId('message').hidden = !now.message;
    const progress = progressOf({ position: now.position, first: from });
    if (progress) Object.assign(byId('progress'), progress);
    byId('updated').dateTime = new Date().toISOString();
    showTime(byId('updated'));
    document.title = `${placeWords(now)} – Waiting room`;
    if (!isWorthTelling(told, now)) return;
    byId('announcer').textContent = [placeWords(now), now.message].filter(Boolean).join('. ');
    told = now;
  };

  const renewed = async () => (await fetch(`${API}/sessions/refresh`, { method: 'POST' })).ok;

  /** Milliseconds until the next look; the queue says how long, and an outage is met with patience. */
  const look = async () => {
    const answer = await fetch(place);
    if (answer.ok) {
      const now = await answer.json();
      show(now);
      return now.pollAfterMs ?? 5000;
    }
    if (answer.status === 401 && (await answer.json()).code === 'UNAUTHENTICATED' && (await renewed())) return 0;
    if (answer.status < 500 && answer.status !== 429) return leave();
    write('state', 'The waiting room does not answer at the moment. We keep your place.');
    return Math.max(2, Number(answer.headers.get('retry-after')) || 2) * 1000 * (1 + Math.random());
  };

  const lookAndAsk = async () => {
    const next = await look().catch(() => {
      write('state', 'You seem to be offline. We keep your place.');
      return 5000 * (1 + Math.random());
    });
    if (left || stream !== undefined) return;
    if (Date.now() >= listenAgainAt) listen();
    else ask(next);
  };

  const ask = (afterMs) => {
    clearTimeout(timer);
    timer = setTimeout(() => void lookAndAsk(), afterMs);
  };

  /** The answer to a plain question says why there is no stream; a session that is over is renewed by it, and listened to again. */
  const askInstead = (lasted) => {
    stream.close();
    stream = undefined;
    listenAgainAt = lasted ? 0 : Date.now() + WITHOUT_STREAM_MS;
    if (!left) ask(Math.min(poll, 2000) * Math.random());
  };

  const listen = () => {
    let heard = 0;
    stream = new EventSource(`${place}/stream`);
    stream.addEventListener('status', (event) => {
      heard += 1;
      show(JSON.parse(event.data));
    });
    stream.addEventListener('end', () => askInstead(heard > 1));
    stream.addEventListener('error', () => {
      if (stream?.readyState === EventSource.CLOSED) askInstead(false);
    });
  };

  if (listenAgainAt === 0) listen();
  else ask(poll);
};

if (room?.dataset.place) keepUp({ queue: room.dataset.queue, poll: Number(room.dataset.poll), first: room.dataset.first });

// What clients do while pods come and go: requests at a steady rate, and streams of which so many are always open. Every
// answer is looked at. Without TLS, whose handshakes would be most of the work: the Ingress must allow it.
import { address, ask, ends, question, told_by } from './client.mjs';

let count = 0;
const headers = () => ({ 'x-request-id': `client-${++count}` });
const dialect_of = (number) => (number % 2 ? 'messages' : 'chat');

function text_of({ text }) {
  try {
    const answer = JSON.parse(text);
    return answer.content?.[0]?.text ?? answer.choices?.[0]?.message?.content;
  } catch {
    return undefined; // nginx's own words, or half of ours
  }
}

/** On a machine that cannot keep up this many wait for their answer, and no more: it then is slow, and not drowned. */
const most_in_flight = 60;

/** Requests to both dialects, `per_second` of them, each on a connection of its own, until stop(). */
export class SteadyRequests {
  constructor(nginx, { per_second, model }) {
    Object.assign(this, { nginx, per_second, model, all: [], in_flight: 0, began: performance.now() });
    this.timer = setInterval(() => this.#send_due(), 5);
  }

  #send_due() {
    const due = Math.floor((performance.now() - this.began) / 1000 * this.per_second);
    while (this.all.length < due && this.in_flight < most_in_flight) this.#send();
  }

  #send() {
    const sent = { number: this.all.length, began: performance.now(), headers: headers() };
    sent.over = ask(this.nginx, {
      ...question(dialect_of(sent.number), this.model, false), headers: sent.headers, from: address(sent.number), plain: true,
    }).then((answer) => {
      Object.assign(sent, { answer });
      --this.in_flight;
    });
    ++this.in_flight;
    this.all.push(sent);
  }

  /** Sends no more; gives when each has its answer. */
  async stop() {
    clearInterval(this.timer);
    this.seconds ??= (performance.now() - this.began) / 1000;
    await Promise.all(this.all.map(({ over }) => over));
  }

  /** Those without their whole answer. */
  get lost() {
    const said = this.all.map(({ answer }) => text_of(answer ?? {})).find(Boolean);
    return this.all.filter(({ answer }) => answer.status !== 200 || answer.end !== ends.complete || text_of(answer) !== said);
  }
  get rate() {
    return this.all.length / this.seconds;
  }
}

/** Streams of both dialects, `open` of them at any time, until stop(). */
export class OpenStreams {
  constructor(nginx, { open, model }) {
    Object.assign(this, { nginx, model, all: [], going_on: true });
    for (let lane = 0; lane < open; ++lane) this.#begin();
  }

  #begin() {
    const stream = { number: this.all.length, text: '', headers: headers() };
    this.all.push(stream);
    stream.over = ask(this.nginx, {
      ...question(dialect_of(stream.number), this.model, true), headers: stream.headers, from: address(stream.number), plain: true,
      on_text: (text) => (stream.text += text),
    }).then((answer) => {
      Object.assign(stream, { answer });
      if (this.going_on) this.#begin();
    });
  }

  /** Those that have begun and not ended. */
  get flowing() {
    return this.all.filter(({ answer, text }) => !answer && text.includes('data: '));
  }

  /** Opens no more; gives when each has ended. */
  async stop() {
    this.going_on = false;
    await Promise.all(this.all.map(({ over }) => over));
  }

  /** Those that did not come to their last event, or not whole. */
  get broken() {
    const told = new Map(this.all.map((stream) => [stream, told_by(stream.answer.text ?? '')]));
    const longest = [...told.values()].map(({ said }) => said).reduce((a, b) => (b.length > a.length ? b : a), '');
    return this.all.filter((stream) => stream.answer.status !== 200 || stream.answer.end !== ends.complete ||
      !told.get(stream).done || told.get(stream).said !== longest);
  }
}

// Asks the daemon every two seconds, one question at a time; less often while it does not answer.

export const every = 2000;     // ms
const slowest = 30000;         // ms
const patience = 10000;        // ms for one answer

export function waitAfter(failures) {
  return Math.min(slowest, every * 2 ** failures);
}

async function read(get, url) {
  let answer;
  try {
    answer = await get(url, { cache: "no-store", signal: AbortSignal.timeout(patience) });
  } catch (error) {
    throw new Error(error.name === "TimeoutError" ? `no answer within ${patience / 1000} s` : "no connection to the admin port");
  }
  if (!answer.ok) throw new Error(`the admin port answered with status ${answer.status}`);
  try {
    return await answer.json();
  } catch {
    throw new Error("the answer broke off or is not JSON");
  }
}

export class Feed {
  #failures = 0;
  #round = 0;
  #timer;

  /** onSample(feed); onFailure({ reason, failures, wait }), wait in ms until the next try. */
  constructor({ url, onSample, onFailure, get = (...of) => fetch(...of), later = (...of) => setTimeout(...of) }) {
    Object.assign(this, { url, onSample, onFailure, get, later });
  }

  start() {
    this.stop();
    return this.#ask(this.#round);
  }

  /** An answer under way is dropped. */
  stop() {
    this.#round += 1;
    clearTimeout(this.#timer);
  }

  async #ask(round) {
    let sample;
    let failure;
    try {
      sample = await read(this.get, this.url);
    } catch (error) {
      failure = error;
    }
    if (round !== this.#round) return;
    this.#failures = failure ? this.#failures + 1 : 0;
    const wait = waitAfter(this.#failures);
    this.#timer = this.later(() => this.#ask(round), wait);
    if (failure) this.onFailure({ reason: failure.message, failures: this.#failures, wait });
    else this.onSample(sample);
  }
}

import { getHeapStatistics } from "node:v8";
import { cookieHeaderOf } from "./drivers/fetch.mjs";
import { median } from "./statistics.mjs";
import { dataOf } from "./workload.mjs";

const POOL_MAX = 1024;
const POOL_SECONDS = 0.5;
const BATCH_MS = 2;
const BATCH_MAX = 128;
/** Requests in a batch per request in flight. With several, all lanes are busy most of the time. */
const BATCH_PER_LANE = 4;
const LONG_BATCH_MS = 100;

/**
 * Clients, each with a session of its own. The contender serves them in batches. The requests of a
 * batch are created before the clock starts, and the new cookies are collected after it has
 * stopped.
 */
export class Clients {
  #contender;
  #cookies;
  #next = 0;
  #batch = 8;
  #batchPerLane = BATCH_PER_LANE;

  static async create(contender, bytes, { count = POOL_MAX, minimum = 96 } = {}) {
    const cookies = [];
    const deadline = performance.now() + POOL_SECONDS * 1000;
    while (cookies.length < count && (cookies.length < minimum || performance.now() < deadline)) {
      cookies.push(await seed(contender, dataOf(bytes, cookies.length)));
    }
    return new Clients(contender, cookies);
  }

  /** Clients that send no cookie. */
  static anonymous(contender) {
    return new Clients(contender, [undefined]);
  }

  constructor(contender, cookies) {
    this.#contender = contender;
    this.#cookies = cookies;
  }

  get cookies() {
    return this.#cookies;
  }

  /** Runs batches for this number of milliseconds, so that the JIT compiles the hot code. */
  async warmUp(action, inFlight, milliseconds) {
    const deadline = performance.now() + milliseconds;
    do await this.run(action, inFlight, 0.001);
    while (performance.now() < deadline);
  }

  /**
   * Returns the elapsed time and the CPU time of a request, in microseconds, and the bytes that it
   * allocates: medians of batches that together last this number of milliseconds.
   */
  async run(action, inFlight, milliseconds) {
    const times = [];
    const cpuTimes = [];
    const allocations = [];
    for (let spent = 0; spent < milliseconds;) {
      const size = inFlight === 1 ? this.#batch : inFlight * this.#batchPerLane;
      const { time, cpu, allocated } = await this.#runBatch(size, action, inFlight);
      times.push((time * 1000) / size);
      cpuTimes.push(cpu / size);
      allocations.push(allocated / size);
      spent += time;
      if (time > LONG_BATCH_MS) this.#batchPerLane = 1;
      const fitting = Math.round((size * BATCH_MS) / time);
      this.#batch = Math.min(Math.max(fitting, 2), BATCH_MAX);
    }
    return { time: median(times), cpu: median(cpuTimes), allocated: median(allocations) };
  }

  async #runBatch(size, action, inFlight) {
    const { exchange, handle, setCookiesOf } = this.#contender;
    const indexes = Array.from({ length: size }, () => this.#next++ % this.#cookies.length);
    const exchanges = indexes.map((index) => exchange(this.#cookies[index]));
    const responses = Array.from({ length: size });
    let taken = 0;
    const serve = async () => {
      while (taken < size) {
        const i = taken++;
        const answer = handle(exchanges[i], action);
        responses[i] = typeof answer.then === "function" ? await answer : answer;
      }
    };
    // A garbage collection within the batch would copy all prepared exchanges. A server does not
    // prepare exchanges, so the collection runs here, before the clock starts.
    globalThis.gc({ type: "minor" });
    const heap = getHeapStatistics().used_heap_size;
    const before = process.cpuUsage();
    const start = performance.now();
    if (inFlight === 1) await serve();
    else await Promise.all(Array.from({ length: inFlight }, serve));
    const time = Math.max(performance.now() - start, 0.001);
    // Of all threads of this process. Other load on the machine does not count.
    const { user, system } = process.cpuUsage(before);
    const allocated = getHeapStatistics().used_heap_size - heap;
    if (this.#cookies[0] !== undefined) {
      for (const [i, index] of indexes.entries()) {
        this.#cookies[index] = cookieHeaderOf(setCookiesOf(responses[i])) ?? this.#cookies[index];
      }
    }
    return { time, cpu: user + system, allocated };
  }
}

/** Creates a session with these data, and returns its Cookie header. */
export async function seed(contender, data) {
  const { exchange, handle, setCookiesOf, actions } = contender;
  const response = await handle(exchange(undefined), (session) => actions.seed(session, data));
  const cookie = cookieHeaderOf(setCookiesOf(response));
  if (cookie === undefined) throw new Error("A new session set no cookie.");
  return cookie;
}

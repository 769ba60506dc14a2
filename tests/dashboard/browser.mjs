// Headless Chromium by the DevTools protocol over its pipe (file descriptors 3 and 4): no port, no library.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Browser {
  #waiting = new Map();
  #listeners = new Set();
  #next = 1;

  static async start() {
    const browser = new Browser();
    browser.profile = await mkdtemp(join(tmpdir(), "holysheep-dashboard-"));
    browser.process = spawn(process.env.CHROMIUM ?? "chromium", ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
      "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-extensions", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      `--user-data-dir=${browser.profile}`], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    const [, , , toBrowser, fromBrowser] = browser.process.stdio;
    browser.pipe = toBrowser;
    toBrowser.on("error", () => {});
    browser.process.on("exit", () => browser.#end("the browser ended"));
    browser.process.on("error", (error) => browser.#end(`chromium: ${error.message}`));
    let rest = "";
    fromBrowser.setEncoding("utf8");
    fromBrowser.on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      for (const message of messages) browser.#take(JSON.parse(message));
    });
    return browser;
  }

  /** A new tab of the size given; everything that it reports goes to `events`. */
  async page({ width = 1280, height = 900, dark = false } = {}) {
    // A context of its own: a clock that ran ahead would stop the next page of the same process.
    const { browserContextId } = await this.send("Target.createBrowserContext", { disposeOnDetach: true });
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank", browserContextId, newWindow: true });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId, targetId);
    for (const domain of ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility"]) await page.send(`${domain}.enable`);
    await page.resize(width, height);
    await page.scheme(dark);
    return page;
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, method });
      this.pipe.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  on(listener) { this.#listeners.add(listener); }

  async close() {
    if (this.process.exitCode === null) {
      const ended = new Promise((exit) => this.process.once("exit", exit));
      this.send("Browser.close").catch(() => {});
      await Promise.race([ended, new Promise((later) => setTimeout(later, 3000))]);
      this.process.kill("SIGKILL");
    }
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #take({ id, result, error, method, params, sessionId }) {
    if (id === undefined) {
      for (const listener of this.#listeners) listener({ method, params, sessionId });
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(`${waiting.method}: ${error.message}`));
    else waiting.resolve(result);
  }

  #end(why) {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}

class Page {
  events = [];
  #wanted = new Set();

  constructor(browser, sessionId, targetId) {
    Object.assign(this, { browser, sessionId, targetId });
    browser.on((event) => {
      if (event.sessionId !== sessionId) return;
      this.events.push(event);
      for (const wanted of this.#wanted) if (event.method === wanted.method) { this.#wanted.delete(wanted); wanted.resolve(event.params); }
    });
  }

  send(method, params) { return this.browser.send(method, params, this.sessionId); }

  event(method) { return new Promise((resolve) => this.#wanted.add({ method, resolve })); }

  async open(url) {
    const loaded = this.event("Page.loadEventFired");
    await this.send("Page.navigate", { url });
    await loaded;
  }

  resize(width, height) {
    return this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }

  scheme(dark) {
    return this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
  }

  /** Lets the page's clock run ahead by `ms` as fast as it can; requests are waited for. */
  async pass(ms) {
    const over = this.event("Emulation.virtualTimeBudgetExpired");
    await this.send("Emulation.setVirtualTimePolicy", { policy: "pauseIfNetworkFetchesPending", budget: ms });
    await over;
  }

  /** The value of an expression in the page. */
  async value(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  text(selector) { return this.value(`document.querySelector(${JSON.stringify(selector)}).innerText`); }

  async press(key) {
    for (const type of ["keyDown", "keyUp"]) await this.send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: { Tab: 9, Enter: 13 }[key], text: type === "keyDown" && key === "Enter" ? "\r" : undefined });
  }

  async screenshot(path) {
    const { cssContentSize: { width, height } } = await this.send("Page.getLayoutMetrics");
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true, clip: { x: 0, y: 0, width, height, scale: 1 } });
    await writeFile(path, Buffer.from(data, "base64"));
  }

  /** What went wrong in the page: exceptions, console errors, refusals by the policy, failed loads. */
  problems() {
    return this.events.flatMap(({ method, params }) => {
      if (method === "Runtime.exceptionThrown") return [params.exceptionDetails.exception?.description ?? params.exceptionDetails.text];
      if (method === "Runtime.consoleAPICalled" && ["error", "warning"].includes(params.type)) return [params.args.map((of) => of.value ?? of.description).join(" ")];
      if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)) return [params.entry.text];
      return [];
    });
  }

  requests() {
    return this.events.filter(({ method }) => method === "Network.requestWillBeSent").map(({ params }) => params.request.url);
  }

  async close() { await this.browser.send("Target.closeTarget", { targetId: this.targetId }); }
}

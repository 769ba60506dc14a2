// The page as a running daemon serves it, at DASHBOARD_URL.

import assert from "node:assert/strict";
import test from "node:test";

import { Browser } from "./browser.mjs";

test("the daemon's page shows the daemon's figures, and breaks no rule", async () => {
  const url = new URL("/", process.env.DASHBOARD_URL).href;
  const answer = await fetch(url);
  assert.match(answer.headers.get("content-security-policy") ?? "none", /^default-src 'none'; script-src 'self'; style-src 'self'; /);
  const browser = await Browser.start();
  try {
    const page = await browser.page({ width: 360, height: 740 });
    await page.open(url);
    await page.pass(7000);
    assert.match(await page.text("#word"), /^(Serving|Not ready)$/);
    assert.match(await page.text("#about"), /^version /);
    assert.equal(await page.value(`document.getElementById("notice").hidden`), true);
    assert.equal(await page.value("document.documentElement.scrollWidth"), 360);
    for (const table of ["latency-table", "upstreams", "admission", "connections", "cache", "memory", "process", "settings"]) {
      assert.ok(await page.value(`document.querySelectorAll("#${table} tbody td").length`) > 0, table);
    }
    assert.deepEqual(page.problems(), []);
    assert.deepEqual(page.requests().filter((asked) => !asked.startsWith(url) && !asked.startsWith("data:")), []);
    if (process.env.SCREENSHOTS) await page.screenshot(`${process.env.SCREENSHOTS}/daemon.png`);
  } finally {
    await browser.close();
  }
});

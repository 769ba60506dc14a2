// Serves dashboard/ as the admin port does, with a feed that the test decides on.

import { readFile } from "node:fs/promises";
import http from "node:http";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const types = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", mjs: "text/javascript; charset=utf-8", js: "text/javascript; charset=utf-8" };

/** The policy that the daemon sends, from its own header. */
async function policy() {
  const header = await readFile(`${root}include/holysheep/app/dashboard_files.hpp`, "utf8");
  const [, text] = header.match(/dashboard_policy =([^;]*(?:;[^"]*"[^;]*)*?);\n/s);
  return [...text.matchAll(/"([^"]*)"/g)].map(([, part]) => part).join("");
}

/** { url, feed, asked, close() }; `feed(step)` gives the next answer, an object, or a number: a bare status. */
export async function serve(feed) {
  const csp = await policy();
  if (!csp.endsWith("frame-ancestors 'none'")) throw new Error(`not the policy: ${csp}`);
  const served = { feed, step: 0, asked: [] };
  const server = http.createServer(async (request, response) => {
    served.asked.push(request.url);
    response.setHeader("Content-Security-Policy", csp);
    response.setHeader("Cache-Control", "no-store");
    if (request.url === "/dashboard.json") {
      const answer = served.feed(served.step++);
      if (typeof answer === "number") return response.writeHead(answer).end();
      return response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
    }
    const name = request.url === "/" ? "index.html" : request.url.match(/^\/dashboard\/([a-z.]+)$/)?.[1];
    const path = name === "chart.min.js" ? "/usr/share/javascript/chart.js/chart.min.js" : `${root}dashboard/${name}`;
    try {
      response.writeHead(200, { "Content-Type": types[name.split(".").at(-1)] }).end(await readFile(path));
    } catch {
      if (!response.headersSent) response.writeHead(404);
      response.end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  served.url = `http://127.0.0.1:${server.address().port}/`;
  served.close = () => { server.closeAllConnections(); server.close(); };
  return served;
}

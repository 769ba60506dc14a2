// The colours by WCAG 2: 4.5 to 1 for text, 3 to 1 for the lines of the charts.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

const style = await readFile(new URL("../../dashboard/style.css", import.meta.url), "utf8");
const schemes = [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) =>
  Object.fromEntries([...body.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour])));

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

test("text and lines stand out, in light and in dark", () => {
  assert.equal(schemes.length, 2);
  for (const colours of schemes) {
    for (const ground of ["card", "page"]) {
      for (const text of ["text", "muted", "accent", "good", "warn", "bad"]) {
        assert.ok(contrast(colours[text], colours[ground]) >= 4.5, `${text} ${colours[text]} on ${ground} ${colours[ground]}`);
      }
    }
    for (const series of ["series-1", "series-2", "series-3", "series-4", "series-5"]) {
      assert.ok(contrast(colours[series], colours.card) >= 3, `${series} ${colours[series]}`);
    }
  }
});

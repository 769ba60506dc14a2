#!/bin/sh
# The dashboard's tests as ctest runs them: its pure modules in node, the page in headless Chromium.
#
#   tests/dashboard/run.sh          with a feed of their own; SCREENSHOTS=<folder> keeps pictures
#   tests/dashboard/run.sh URL      the page of a daemon: its admin port, http://127.0.0.1:9090/
#
# Exit 77: skipped, no node or no Chromium.
set -eu
cd "$(dirname "$0")"
if ! command -v node >/dev/null 2>&1 || ! command -v "${CHROMIUM:-chromium}" >/dev/null 2>&1; then
  echo "SKIPPED: the dashboard's tests need node and Chromium, and nothing was tested" >&2
  exit 77
fi
if [ $# -gt 0 ]; then
  DASHBOARD_URL=$1 exec node --test daemon.test.mjs
fi
exec node --test feed.test.mjs figures.test.mjs style.test.mjs page.test.mjs

-- What wrk sends where answers come from a cache. At its end it prints one line of JSON, as chat.lua does.
wrk.path = "/v1/models"
wrk.headers["Authorization"] = "Bearer a-client-key"
wrk.headers["User-Agent"] = "OpenAI/Python 1.99.0"
wrk.headers["Accept"] = "application/json"

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end

-- What wrk sends: one chat completion with a body of 1 KiB. At its end it prints one line of JSON.
local head = '{"model":"gpt-4.1","temperature":0.7,"messages":[{"role":"user","content":"'
local tail = '"}]}'
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.body = head .. string.rep("lorem ipsum ", 100):sub(1, 1024 - #head - #tail) .. tail
wrk.headers["Content-Type"] = "application/json"
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

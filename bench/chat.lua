-- What wrk sends: one chat completion with a body of 1 KiB.
local head = '{"model":"gpt-4.1","temperature":0.7,"messages":[{"role":"user","content":"'
local tail = '"}]}'
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.body = head .. string.rep("lorem ipsum ", 100):sub(1, 1024 - #head - #tail) .. tail
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer a-client-key"
wrk.headers["User-Agent"] = "OpenAI/Python 1.99.0"
wrk.headers["Accept"] = "application/json"

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "done.lua")

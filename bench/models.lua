-- What wrk sends where answers come from a cache.
wrk.path = "/v1/models"
wrk.headers["Authorization"] = "Bearer a-client-key"
wrk.headers["User-Agent"] = "OpenAI/Python 1.99.0"
wrk.headers["Accept"] = "application/json"

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "done.lua")

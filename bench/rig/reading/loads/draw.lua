-- For wrk: each request goes to a path drawn from a list, nine in ten to its first HOT lines (0: all alike).
--
--     wrk … -s draw.lua http://127.0.0.1:8000 -- PATHS HOT
--
-- Its last line is for the benchmark: requests, microseconds, faults, p50 and p99 in microseconds.

local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("seed", threads)
end

function init(words)
   math.randomseed(seed)
   hot = tonumber(words[2])
   wrk.headers["Accept-Encoding"] = "gzip"
   requests = {}
   for path in io.lines(words[1]) do
      requests[#requests + 1] = wrk.format("GET", path)
   end
end

function request()
   local among = #requests
   if hot > 0 and math.random(10) > 1 then
      among = hot
   end
   return requests[math.random(among)]
end

function done(summary, latency)
   local errors = summary.errors
   local faults = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format("drawn %d %d %d %d %d\n", summary.requests, summary.duration, faults,
      latency:percentile(50), latency:percentile(99)))
end

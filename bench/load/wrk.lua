-- Sends the requests of a file over and over: its path is the first argument after `--`. Three lines each: the path,
-- the headers as "name: value" separated by tabs, the body.
local requests, position = {}, 0

function init(arguments)
  local lines = io.lines(arguments[1])
  for path in lines do
    local headers, body = {}, nil
    for name, value in lines():gmatch("([^\t:]+): ([^\t]+)") do headers[name] = value end
    body = lines()
    requests[#requests + 1] = wrk.format("POST", path, headers, body)
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency)
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p99":%d,"failures":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  ))
end

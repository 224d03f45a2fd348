-- wrk runs this. Arguments: method, prefix of made-up ids, how many of them there are (0: a new one for each request), body.
-- Where the path holds %7Bn%7D, each request asks for the prefix and a number in its place.
local before, after, prefix, count, next_number = nil, nil, nil, 0, 0

function init(args)
  wrk.method = args[1]
  prefix = args[2]
  count = tonumber(args[3])
  if args[4] ~= "" then wrk.body = args[4] end
  local from, to = wrk.path:find("%7Bn%7D", 1, true)
  if from == nil then return end
  -- The request is written once, and cut where the id stands.
  local text = wrk.format(wrk.method, wrk.path)
  from, to = text:find("%7Bn%7D", 1, true)
  before, after = text:sub(1, from - 1) .. prefix, text:sub(to + 1)
  request = function()
    next_number = next_number + 1
    local number = next_number
    if count > 0 then number = math.random(count) end
    return before .. number .. after
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%f,"failed":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end

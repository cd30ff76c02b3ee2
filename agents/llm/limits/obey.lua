-- What a provider said in an answer: the twin of chenu.provider_obey. KEYS and times as in take.lua.
local function text(number) return string.format('%.0f', number) end
local clock = redis.call('TIME')
local present = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(present))
local under_way = redis.call('ZRANGE', KEYS[3], 0, -1)
local tokens = 0
for _, ticket in ipairs(under_way) do
    tokens = tokens + tonumber(string.match(redis.call('HGET', KEYS[2], ticket) or '|0', '|(.*)$'))
end
local longest = 0
local function keep(name, value, length)
    redis.call('HSET', KEYS[6], name, text(value))
    longest = math.max(longest, length)
end
local pause = tonumber(ARGV[1])
if pause then
    local known = tonumber(redis.call('HGET', KEYS[6], 'not_before') or '0')
    keep('not_before', math.max(known, present + pause), pause)
end
for place, name in ipairs({ 'requests', 'tokens' }) do
    local left, length = tonumber(ARGV[place * 2]), tonumber(ARGV[place * 2 + 1])
    if left then
        keep('left_' .. name, left - (name == 'tokens' and tokens or #under_way), length)
        keep(name .. '_until', present + length, length)
    end
end
local known = redis.call('PTTL', KEYS[6])
redis.call('PEXPIRE', KEYS[6], text(math.max(known, 2 * longest / 1000, 60000)))
return 1

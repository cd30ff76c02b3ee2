-- The call is over, or was never made: the twin of chenu.provider_leave. KEYS and times as in take.lua.
local row = redis.call('HGET', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
if redis.call('ZREM', KEYS[3], ARGV[1]) == 1 and row then
    local whose, tokens = string.match(row, '^(.*)|(.*)$')
    redis.call('HSET', KEYS[2], ARGV[1], whose .. '|' .. ARGV[2])
    redis.call('INCRBY', KEYS[4], string.format('%.0f', tonumber(ARGV[2]) - tonumber(tokens)))
end
return 1

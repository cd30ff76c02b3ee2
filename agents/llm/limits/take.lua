-- One take, decided atomically by the server's own clock: the twin of chenu.provider_take.
-- Answers {granted, microseconds until one should ask again or of the grant's moment, why}.
-- KEYS: takes, facts, open, spent, waits, gate. Times are microseconds.
local takes, facts, open, spent_at, waits, gate = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local ticket, whose = ARGV[1], ARGV[2]
local weight, wanted, most, most_tokens, at_once, burst, span, lease, patience, ageing = unpack(
    { tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]),
      tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12]) })
local second = 1000000

local function text(number) return string.format('%.0f', number) end

local function said(name) return tonumber(redis.call('HGET', gate, name) or '') end

-- A server that has just started may have lost what was counted before: nobody calls until a window has passed.
local up = tonumber(string.match(redis.call('INFO', 'server'), 'uptime_in_seconds:(%d+)')) - 1
if ARGV[13] == 'exact' and up * second <= span then
    return { 0, text(span + second - up * second), 'restarted' }
end

local clock = redis.call('TIME')
local present = math.max(tonumber(clock[1]) * second + tonumber(clock[2]), said('newest') or 0)
local known = redis.call('ZSCORE', takes, ticket)
if known then  -- asked again, because the answer was lost
    return { 1, text(tonumber(known)), '' }
end

local function parts(row)
    local id, priority, tokens, since, seen = string.match(row, '^(.-)|(.-)|(.-)|(.-)|(.-)$')
    return id, tonumber(priority), tonumber(tokens), tonumber(since), tonumber(seen)
end

-- What has left the window, and calls whose lease has ended.
for _, old in ipairs(redis.call('ZRANGEBYSCORE', takes, '-inf', '(' .. text(present - span))) do
    local _, tokens = string.match(redis.call('HGET', facts, old) or '|0', '^(.*)|(.*)$')
    redis.call('DECRBY', spent_at, tokens)
    redis.call('HDEL', facts, old)
    redis.call('ZREM', takes, old)
end
redis.call('ZREMRANGEBYSCORE', open, '-inf', text(present))

if most_tokens >= 0 then wanted = math.min(wanted, most_tokens) end
local mine = redis.call('HGET', waits, ticket)
local _, _, _, since = parts(mine or ('|0|0|' .. text(present) .. '|0'))

-- Who waits rises with the time; of equal ones comes first whose identity has had, and asked for, less.
local ahead, ahead_tokens = 0, 0
local line = {}
local rows = redis.call('HGETALL', waits)
for number = 1, #rows, 2 do
    local id, priority, tokens, from, seen = parts(rows[number + 1])
    if rows[number] ~= ticket then
        if seen < present - patience then
            redis.call('HDEL', waits, rows[number])
        else
            line[#line + 1] = { ticket = rows[number], id = id, tokens = tokens, since = from, priority = priority }
        end
    end
end
if #line > 0 then
    line[#line + 1] = { ticket = ticket, id = whose, tokens = wanted, since = since, priority = weight }
    for _, each in ipairs(line) do
        each.urgent = math.min(3, each.priority + math.floor((present - each.since) / ageing))
    end
    local function older(a, b)
        if a.since ~= b.since then return a.since < b.since end
        return a.ticket < b.ticket
    end
    table.sort(line, function(a, b)
        if a.urgent ~= b.urgent then return a.urgent > b.urgent end
        return older(a, b)
    end)
    local had = {}
    for _, row in ipairs(redis.call('HVALS', facts)) do
        local id = string.match(row, '^(.*)|')
        had[id] = (had[id] or 0) + 1
    end
    for _, each in ipairs(line) do
        had[each.id] = (had[each.id] or 0) + 1
        each.turn = had[each.id]
    end
    table.sort(line, function(a, b)
        if a.urgent ~= b.urgent then return a.urgent > b.urgent end
        if a.turn ~= b.turn then return a.turn < b.turn end
        return older(a, b)
    end)
    for _, each in ipairs(line) do
        if each.ticket == ticket then break end
        ahead, ahead_tokens = ahead + 1, ahead_tokens + each.tokens
    end
end

-- All limits are tested, for those ahead and for this one, before anything is charged.
local due, why = present, ''

local function test(limit, from, length, word)
    local place = redis.call('ZCOUNT', takes, from, '+inf') + ahead - limit
    if place < 0 then return end
    local first = redis.call('ZRANGEBYSCORE', takes, from, '+inf', 'WITHSCORES', 'LIMIT', place, 1)
    local later = (first[2] and tonumber(first[2]) or present) + length
    if later >= due then due, why = later + 1000, word end
end

test(most, '-inf', span, 'requests')
test(burst, text(present - second), second, 'burst')
if most_tokens >= 0 then
    local spent = tonumber(redis.call('GET', spent_at) or '0')
    if spent > 0 and spent + ahead_tokens + wanted > most_tokens then
        local later, gone = present + span, 0
        local all = redis.call('ZRANGE', takes, 0, -1, 'WITHSCORES')
        for number = 1, #all, 2 do
            gone = gone + tonumber(string.match(redis.call('HGET', facts, all[number]), '|(.*)$'))
            if spent - gone + ahead_tokens + wanted <= most_tokens then
                later = tonumber(all[number + 1]) + span
                break
            end
        end
        due, why = math.max(due, later + 1000), 'tokens'
    end
end
if at_once <= ahead + redis.call('ZCARD', open) then
    due, why = math.max(due, present + 200000), 'at_once'
end
-- What the provider itself has said.
local function heed(until_name, refused)
    local till = said(until_name)
    if till and till > due and refused then due, why = till, 'provider' end
end
heed('not_before', true)
heed('requests_until', (said('left_requests') or 0) <= ahead)
heed('tokens_until', (said('left_tokens') or 0) < ahead_tokens + wanted)

if why ~= '' then
    redis.call('HSET', waits, ticket,
        table.concat({ whose, text(weight), text(wanted), text(since), text(present) }, '|'))
    redis.call('PEXPIRE', waits, text(patience / 1000))
    return { 0, text(due - present), why }
end
redis.call('ZADD', takes, text(present), ticket)
redis.call('HSET', facts, ticket, whose .. '|' .. text(wanted))
redis.call('ZADD', open, text(present + lease), ticket)
redis.call('INCRBY', spent_at, text(wanted))
redis.call('HSET', gate, 'newest', text(present))
if said('left_requests') then redis.call('HINCRBY', gate, 'left_requests', -1) end
if said('left_tokens') then redis.call('HINCRBY', gate, 'left_tokens', text(-wanted)) end
redis.call('HDEL', waits, ticket)
-- Twice the longest of them: what nobody asks for any more goes by itself, never what still counts.
local keep = text(2 * math.max(span, lease) / 1000)
for _, key in ipairs({ takes, facts, open, spent_at, gate }) do redis.call('PEXPIRE', key, keep) end
return { 1, text(present), '' }

//! The scripts, which Redis runs at once and undisturbed.
//!
//! A topic begins where one is used that is not there: with an epoch that whoever uses it brings along. Numbers are written with
//! `string.format`, as Lua writes large ones with an exponent.

/// A script's place in [`ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Append,
    Since,
    Head,
    Enter,
    Leave,
    Reap,
    Here,
    Beat,
}

pub(super) const COUNT: usize = 8;

impl Script {
    pub(super) const ALL: [Script; COUNT] = [
        Script::Append,
        Script::Since,
        Script::Head,
        Script::Enter,
        Script::Leave,
        Script::Reap,
        Script::Here,
        Script::Beat,
    ];

    pub(super) fn text(self) -> String {
        let own = match self {
            Script::Append => APPEND,
            Script::Since => SINCE,
            Script::Head => HEAD,
            Script::Enter => ENTER,
            Script::Leave => LEAVE,
            Script::Reap => REAP,
            Script::Here => HERE,
            Script::Beat => return format!("{TIME}{BEAT}"),
        };
        format!("{TIME}{BEGIN}{own}")
    }
}

const TIME: &str = r"
local function whole(n) return string.format('%.0f', n) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
";

/// Of all topics' scripts: KEYS are top and another; ARGV begin with an epoch, the milliseconds to keep it, and the channel.
const BEGIN: &str = r"
local top = redis.call('HMGET', KEYS[1], 'e', 'o', 'v')
local epoch = top[1]
local function begin()
  epoch = ARGV[1]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'e', epoch)
  top = {epoch, false, false}
end
if not epoch then begin() end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local function changed(kind, rest)
  local version = whole(redis.call('HINCRBY', KEYS[1], 'v', 1))
  redis.call('PUBLISH', ARGV[3], kind .. epoch .. '-' .. version .. '-' .. rest)
end
";

/// Another key: the log. ARGV: data, who does not hear it, how many are kept, for how many milliseconds.
const APPEND: &str = r"
local offset = whole(redis.call('HINCRBY', KEYS[1], 'o', 1))
if offset == '1' then redis.call('DEL', KEYS[2]) end
local most, age = tonumber(ARGV[6]), tonumber(ARGV[7])
if most > 0 then
  redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[6], offset .. '-' .. whole(now), 'd', ARGV[4], 'x', ARGV[5])
  redis.call('PEXPIRE', KEYS[2], ARGV[7])
  local looked = tonumber(redis.call('HGET', KEYS[1], 'l') or '0')
  if now - looked > age / 10 then
    redis.call('HSET', KEYS[1], 'l', whole(now))
    for _ = 1, most do
      local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
      if not first or tonumber(string.match(first[1], '-(%d+)$')) >= now - age then break end
      redis.call('XDEL', KEYS[2], first[1])
    end
  end
end
redis.call('PUBLISH', ARGV[3], 'L' .. epoch .. '-' .. offset .. '-' .. ARGV[5] .. ' ' .. ARGV[4])
return {epoch, offset}
";

/// Another key: the log. ARGV: the epoch and offset that is asked for, for how many milliseconds events are kept, how many are told at
/// once and of how many bytes, and 1 if the position was heard of from Redis itself.
///
/// Answers with epoch, last offset, 1 if there is a gap, and the events: id, data, who does not hear it.
const SINCE: &str = r"
local after, last = tonumber(ARGV[5]), tonumber(top[2] or '0')
if epoch == ARGV[4] and after > last and ARGV[9] == '1' then
  begin()
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  last = 0
end
if epoch ~= ARGV[4] or after > last then return {epoch, whole(last), 1} end
if after == last then return {epoch, whole(last), 0} end
local most, most_bytes, bytes = tonumber(ARGV[7]), tonumber(ARGV[8]), 0
local answer, nextone = {epoch, whole(last), 0}, after + 1
while true do
  local part = redis.call('XRANGE', KEYS[2], whole(nextone) .. '-0', '+', 'COUNT', 20)
  if #part == 0 then return {epoch, whole(last), 1} end
  for _, entry in ipairs(part) do
    local offset, at = string.match(entry[1], '^(%d+)-(%d+)$')
    if tonumber(offset) ~= nextone or tonumber(at) < now - tonumber(ARGV[6]) then
      return {epoch, whole(last), 1}
    end
    bytes = bytes + #entry[2][2]
    if #answer > 3 and bytes > most_bytes then return answer end
    answer[#answer + 1] = {offset, entry[2][2], entry[2][4]}
    nextone = nextone + 1
    if #answer - 3 >= most or nextone > last then return answer end
  end
end
";

const HEAD: &str = r"
return {epoch, top[2] or '0', top[3] or '0'}
";

/// Another key: who is here. ARGV: the connection, the node, its data.
///
/// What is kept is 16 digits of microseconds since when, 32 of the node, and the data.
const ENTER: &str = r"
local before = redis.call('HGET', KEYS[2], ARGV[4])
local since
if before then
  since = string.sub(before, 1, 16)
  if string.sub(before, 49) == ARGV[6] then
    if string.sub(before, 17, 48) ~= ARGV[5] then
      redis.call('HSET', KEYS[2], ARGV[4], since .. ARGV[5] .. ARGV[6])
    end
    return 0
  end
else
  since = string.format('%010d%06d', time[1], time[2])
end
redis.call('HSET', KEYS[2], ARGV[4], since .. ARGV[5] .. ARGV[6])
changed('E', ARGV[4] .. ' ' .. ARGV[6])
return 1
";

/// Another key: who is here. ARGV: the connection.
const LEAVE: &str = r"
if redis.call('HDEL', KEYS[2], ARGV[4]) == 0 then return 0 end
changed('G', ARGV[4])
return 1
";

/// Another key: who is here. ARGV: the node. Who finds nothing any more tells nothing, so that each is told once.
const REAP: &str = r"
local all, gone = redis.call('HGETALL', KEYS[2]), 0
for i = 1, #all, 2 do
  if string.sub(all[i + 1], 17, 48) == ARGV[4] then
    redis.call('HDEL', KEYS[2], all[i])
    changed('G', all[i])
    gone = gone + 1
  end
end
return gone
";

/// Another key: who is here.
const HERE: &str = r"
return {epoch, top[3] or '0', redis.call('HGETALL', KEYS[2])}
";

/// KEYS: the nodes. ARGV: this node, after how many milliseconds it is taken for dead, and how long dead ones are remembered.
const BEAT: &str = r"
local until_ = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
redis.call('ZADD', KEYS[1], whole(now + tonumber(ARGV[2])), ARGV[1])
local long = now - tonumber(ARGV[3])
return {
  until_ > now and 1 or 0,
  redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. whole(long), whole(now)),
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', whole(long)),
}
";

//! A layer's server, by tables and NOTIFY.
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result, Value, value::Uuid};
use quintet_orm::{Db, Executor, Notice, Notices, Stmt};
use tokio::time::timeout;

use super::{
    notice::{self, Parts},
    tables::{self, rows},
};
use crate::layer::{
    ConnectionId, Event, Here, MOST_AT_ONCE, MOST_BYTES_AT_ONCE, Position, Retention, Since, new_epoch,
    served::{
        Beat, Follow, Head, NodeId, Pace, REMEMBERED, Server, kept,
        say::{self, Said},
    },
};

/// Rows that one statement deletes at most.
const BATCH: i64 = 5_000;
/// Topics that are known to have grown.
const MOST_GROWN: usize = 50_000;

pub(super) struct PostgresServer {
    pub(super) db: Db,
    retention: Retention,
    pace: Pace,
    /// The channel of NOTIFY.
    channel: OnceLock<String>,
    /// Topics that this process appended to since it last tidied.
    grown: Mutex<HashSet<String>>,
    /// And those that had grown the time before: some of their rows were too new to go.
    grown_before: Mutex<HashSet<String>>,
}

pub(super) struct Heard {
    notices: Notices,
    parts: Parts,
}

impl PostgresServer {
    pub(super) fn new(db: Db, retention: Retention, pace: Pace) -> PostgresServer {
        PostgresServer {
            db,
            retention,
            pace,
            channel: OnceLock::new(),
            grown: Mutex::default(),
            grown_before: Mutex::default(),
        }
    }

    pub(super) fn channel(&self) -> Result<Value> {
        let channel = self.channel.get().cloned().map(Value::Text);
        channel.ok_or_else(|| away("it is not connected yet"))
    }

    fn grew(&self, topic: &str) {
        let mut grown = self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        if grown.len() < MOST_GROWN && !grown.contains(topic) {
            grown.insert(topic.to_owned());
        }
    }

    /// Begins topics that are not there.
    async fn begin(&self, topics: Vec<Value>) -> Result {
        let epochs = topics.iter().map(|_| epoch()).collect::<Result<Vec<_>>>()?;
        let sql = "INSERT INTO quintet_channel_topic (name, epoch) SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT DO NOTHING";
        let begin = Stmt::write(sql, vec![Value::List(topics), Value::List(epochs)]);
        self.db.execute(begin).await?;
        Ok(())
    }

    /// Nothing that waits for a turn in the program's own transactions.
    pub(super) async fn say(&self, topic: &str, said: &[u8]) -> Result {
        let notices = notice::notices(topic, said)?.into_iter().map(Value::Text).collect();
        let say = Stmt::write(
            "SELECT pg_notify($1, said)::text FROM unnest($2::text[]) AS said",
            vec![self.channel()?, Value::List(notices)],
        );
        rows(&self.db, say).await?;
        Ok(())
    }

    /// The log after a position, as one look at it. None if there is no such topic.
    async fn read(&self, topic: &str, after: Position, told: bool) -> Result<Option<(Since, Position)>> {
        const READ: &str = r#"
SELECT t.epoch, t.last, e.number, e.data, e.not_to
FROM quintet_channel_topic t
LEFT JOIN LATERAL (
    SELECT number, data, not_to, sum(octet_length(data)) OVER (ORDER BY number) - octet_length(data) AS before
    FROM quintet_channel_event
    WHERE epoch = t.epoch AND t.epoch = $2 AND number > $3 AND number > t.last - $4
        AND at >= clock_timestamp() - $5::bigint * interval '1 millisecond'
    ORDER BY number
    LIMIT $6
) e ON e.before <= $7
WHERE t.name = $1
ORDER BY e.number"#;
        let (Ok(asked), Ok(offset)) = (i64::try_from(after.epoch), i64::try_from(after.offset)) else {
            return Ok(self.end(topic).await?.map(|end| (Since::Gap { at: end }, end)));
        };
        let look = Stmt::write(
            READ,
            vec![
                Value::Text(topic.to_owned()),
                Value::Int(asked),
                Value::Int(offset),
                // Where none are kept, who was only told of one may still read it.
                if told && self.retention.events == 0 { Value::Int(i64::MAX) } else { most(self.retention) },
                millis(self.retention.age),
                Value::Int(MOST_AT_ONCE as i64),
                Value::Int(MOST_BYTES_AT_ONCE as i64),
            ],
        );
        let mut events = Vec::new();
        let mut end = None;
        for row in rows(&self.db, look).await? {
            let [epoch, last, number, data, not_to] = row.try_into().map_err(|_| strange())?;
            end = Some(position(&epoch, &last)?);
            if let Some(number) = number.as_int() {
                let Value::Bytes(data) = data else { return Err(strange()) };
                let except = match not_to {
                    Value::Uuid(id) => Some(ConnectionId(id.as_u128())),
                    _ => None,
                };
                events.push((unsigned(number)?, Event { data: data.into(), except }));
            }
        }
        let Some(end) = end else { return Ok(None) };
        let gap = Some((Since::Gap { at: end }, end));
        if end.epoch != after.epoch || after.offset > end.offset {
            return Ok(gap);
        }
        // All of them, one after the other, and some if there are any.
        let whole = events.iter().zip(after.offset + 1..).all(|((number, _), should)| *number == should);
        if !whole || (events.is_empty() && after.offset < end.offset) {
            return Ok(gap);
        }
        let offset = events.last().map_or(after.offset, |(offset, _)| *offset);
        Ok(Some((Since::Events { events, at: Position { epoch: end.epoch, offset } }, end)))
    }

    async fn end(&self, topic: &str) -> Result<Option<Position>> {
        let sql = "SELECT epoch, last FROM quintet_channel_topic WHERE name = $1";
        let found = rows(&self.db, Stmt::write(sql, vec![Value::Text(topic.to_owned())])).await?;
        match found.first().map(Vec::as_slice) {
            Some([epoch, last]) => Ok(Some(position(epoch, last)?)),
            _ => Ok(None),
        }
    }

    /// A log that ends before what was heard of it has lost its end: it begins anew.
    async fn begin_anew(&self, topic: &str, heard: Position) -> Result {
        let sql = "UPDATE quintet_channel_topic SET epoch = $2, last = 0, version = version + 1 WHERE name = $1 AND epoch = $3 AND last < $4";
        let (Ok(old), Ok(offset)) = (i64::try_from(heard.epoch), i64::try_from(heard.offset)) else {
            return Ok(());
        };
        let anew = vec![Value::Text(topic.to_owned()), epoch()?, Value::Int(old), Value::Int(offset)];
        self.db.execute(Stmt::write(sql, anew)).await?;
        Ok(())
    }

    async fn look_at_heads(&self, topics: &[Arc<str>]) -> Result<Vec<Option<Head>>> {
        const HEADS: &str = r#"
SELECT w.number, t.epoch, t.last, t.version, t.used < clock_timestamp() - $2::bigint * interval '1 millisecond'
FROM unnest($1::text[]) WITH ORDINALITY AS w (name, number) JOIN quintet_channel_topic t ON t.name = w.name"#;
        let names: Vec<Value> = topics.iter().map(|topic| Value::Text((**topic).to_owned())).collect();
        let look = Stmt::write(HEADS, vec![Value::List(names), millis(kept(self.retention) / 4)]);
        let mut heads = vec![None; topics.len()];
        let mut unused = Vec::new();
        for row in rows(&self.db, look).await? {
            let [number, epoch, last, version, old] = row.try_into().map_err(|_| strange())?;
            let which =
                number.as_int().and_then(|number| usize::try_from(number - 1).ok()).ok_or_else(strange)?;
            let head = Head {
                log: position(&epoch, &last)?,
                version: unsigned(version.as_int().ok_or_else(strange)?)?,
            };
            *heads.get_mut(which).ok_or_else(strange)? = Some(head);
            if old == Value::Bool(true) {
                unused.extend(topics.get(which).map(|topic| Value::Text((**topic).to_owned())));
            }
        }
        if !unused.is_empty() {
            let sql =
                "UPDATE quintet_channel_topic SET used = clock_timestamp() WHERE name = ANY($1::text[])";
            self.db.execute(Stmt::write(sql, vec![Value::List(unused)])).await?;
        }
        Ok(heads)
    }
}

impl Server for PostgresServer {
    type Pump = Heard;

    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn connect(&self) -> Result<Heard> {
        let silent = |_| away("it does not answer");
        let site = match timeout(self.pace.limit, tables::find(&self.db)).await.map_err(silent)?? {
            Some(site) => site,
            None => tables::make(&self.db).await?,
        };
        self.channel.get_or_init(|| format!("quintet_channel_{site:x}"));
        timeout(self.pace.limit, self.listen()).await.map_err(silent)?
    }

    async fn pump(&self, heard: &mut Heard, follow: &Follow) -> Error {
        loop {
            match heard.notices.next().await {
                Notice::Said { payload, .. } => {
                    if let Some((topic, said)) = heard.parts.take(&payload)
                        && let Some(said) = Said::read(&said)
                    {
                        follow.hear(&topic, said);
                    }
                }
                Notice::Lost { why } => return away(&why),
                _ => return away("the connection that listens was opened anew"),
            }
        }
    }

    async fn ping(&self) -> Result {
        self.db.execute(Stmt::write("SELECT 1", Vec::new())).await?;
        Ok(())
    }

    /// All that is said in the database is heard.
    async fn subscribe(&self, _: &[Arc<str>], _: &[Arc<str>]) -> Result {
        Ok(())
    }

    async fn append(&self, topic: &str, event: &Event) -> Result<Position> {
        const APPEND: &str = r#"
WITH topic AS (
    INSERT INTO quintet_channel_topic AS t (name, epoch, last) VALUES ($1, $2, 1)
    ON CONFLICT (name) DO UPDATE SET last = t.last + 1, used = clock_timestamp()
    RETURNING epoch, last
), kept AS (
    INSERT INTO quintet_channel_event (epoch, number, data, not_to)
    SELECT epoch, last, $3, $4 FROM topic WHERE $5
)
SELECT epoch, last, pg_notify($6, $7::text || to_hex(epoch) || '-' || last || $8::text)::text FROM topic"#;
        self.grew(topic);
        let beginning = notice::beginning(topic);
        let (beginning, rest) = match std::str::from_utf8(&event.data) {
            Ok(text) if notice::is_small(&beginning, &event.data) => {
                (beginning + "L", format!("-{} {text}", say::except_text(event)))
            }
            _ => (beginning + "W", String::new()),
        };
        let append = Stmt::write(
            APPEND,
            vec![
                Value::Text(topic.to_owned()),
                epoch()?,
                Value::Bytes(event.data.to_vec()),
                event.except.map_or(Value::Null, uuid),
                Value::Bool(self.retention.events > 0 || rest.is_empty()),
                self.channel()?,
                Value::Text(beginning),
                Value::Text(rest),
            ],
        );
        match rows(&self.db, append).await?.first().map(Vec::as_slice) {
            Some([epoch, last, _]) => position(epoch, last),
            _ => Err(strange()),
        }
    }

    async fn pass(&self, topic: &str, event: &Event) -> Result {
        self.say(topic, &say::passed(event)).await
    }

    async fn since(&self, topic: &str, after: Position, told: bool) -> Result<(Since, Position)> {
        for _ in 0..3 {
            match self.read(topic, after, told).await? {
                Some((Since::Gap { at }, _))
                    if told && at.epoch == after.epoch && at.offset < after.offset =>
                {
                    self.begin_anew(topic, after).await?;
                }
                Some(read) => return Ok(read),
                None => self.begin(vec![Value::Text(topic.to_owned())]).await?,
            }
        }
        Err(strange())
    }

    async fn heads(&self, topics: &[Arc<str>]) -> Result<Vec<Head>> {
        for _ in 0..3 {
            let heads = self.look_at_heads(topics).await?;
            let missing = topics.iter().zip(&heads).filter(|(_, head)| head.is_none());
            let missing: Vec<_> = missing.map(|(topic, _)| Value::Text((**topic).to_owned())).collect();
            if missing.is_empty() {
                return Ok(heads.into_iter().flatten().collect());
            }
            self.begin(missing).await?;
        }
        Err(strange())
    }

    async fn here(&self, topic: &str) -> Result<(Position, Vec<Here>)> {
        for _ in 0..3 {
            match self.present(topic).await? {
                Some(present) => return Ok(present),
                None => self.begin(vec![Value::Text(topic.to_owned())]).await?,
            }
        }
        Err(strange())
    }

    async fn enter(&self, node: NodeId, topic: &str, here: &Here) -> Result {
        self.come(node, topic, here).await
    }

    async fn leave(&self, _: NodeId, topic: &str, id: ConnectionId, _: bool) -> Result {
        self.go(topic, "id", uuid(id)).await
    }

    async fn beat(&self, node: NodeId) -> Result<Beat> {
        const BEAT: &str = r#"
WITH before AS (
    SELECT 1 FROM quintet_channel_node WHERE id = $1 AND until > clock_timestamp()
), beat AS (
    INSERT INTO quintet_channel_node (id, until) VALUES ($1, clock_timestamp() + $2::bigint * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE SET until = excluded.until
)
SELECT $1::uuid, EXISTS (SELECT 1 FROM before)
UNION ALL
SELECT id, until < clock_timestamp() - $3::bigint * interval '1 millisecond'
FROM quintet_channel_node WHERE id <> $1 AND until < clock_timestamp()"#;
        let beat = Stmt::write(BEAT, vec![uuid(node), millis(self.pace.dead), millis(REMEMBERED)]);
        let mut answer = Beat::default();
        for row in rows(&self.db, beat).await? {
            match row.as_slice() {
                [Value::Uuid(id), Value::Bool(known)] if id.as_u128() == node.0 => answer.known = *known,
                [Value::Uuid(id), Value::Bool(long)] => answer.dead.push((ConnectionId(id.as_u128()), *long)),
                _ => return Err(strange()),
            }
        }
        Ok(answer)
    }

    async fn topics_of(&self, node: NodeId) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT topic FROM quintet_channel_here WHERE node = $1";
        let found = rows(&self.db, Stmt::write(sql, vec![uuid(node)])).await?;
        let topics = found.into_iter().filter_map(|row| match row.into_iter().next() {
            Some(Value::Text(topic)) => Some(topic),
            _ => None,
        });
        Ok(topics.collect())
    }

    async fn reap(&self, node: NodeId, topic: &str) -> Result {
        self.go(topic, "node", uuid(node)).await
    }

    async fn bury(&self, node: NodeId) -> Result {
        let sql = "DELETE FROM quintet_channel_node WHERE id = $1";
        self.db.execute(Stmt::write(sql, vec![uuid(node)])).await?;
        Ok(())
    }

    fn tidy_every(&self) -> Option<Duration> {
        Some((self.retention.age / 10).clamp(Duration::from_secs(1), Duration::from_secs(15)))
    }

    /// Deletes a bounded number of rows; what is left is for the next time.
    async fn tidy(&self) -> Result {
        const TOO_MANY: &str = r#"
DELETE FROM quintet_channel_event WHERE ctid = ANY (ARRAY(
    SELECT e.ctid FROM quintet_channel_topic t JOIN quintet_channel_event e ON e.epoch = t.epoch AND e.number <= t.last - $2
    WHERE t.name = ANY ($1::text[]) AND e.at < clock_timestamp() - interval '5 seconds' LIMIT $3))"#;
        const TOO_OLD: &str = r#"
DELETE FROM quintet_channel_event WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM quintet_channel_event WHERE at < now() - $1::bigint * interval '1 millisecond'
    ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))"#;
        const UNUSED: &str = r#"
DELETE FROM quintet_channel_topic WHERE name IN (
    SELECT name FROM quintet_channel_topic WHERE used < now() - $1::bigint * interval '1 millisecond'
    ORDER BY used LIMIT $2 FOR UPDATE SKIP LOCKED)"#;
        let grown = std::mem::take(&mut *self.grown.lock().unwrap_or_else(PoisonError::into_inner));
        let before = std::mem::replace(
            &mut *self.grown_before.lock().unwrap_or_else(PoisonError::into_inner),
            grown.clone(),
        );
        let grown: Vec<_> = grown.union(&before).cloned().map(Value::Text).collect();
        for topics in grown.chunks(1_000) {
            let names = Value::List(topics.to_vec());
            self.delete(TOO_MANY, vec![names, most(self.retention), Value::Int(BATCH)]).await?;
        }
        self.delete(TOO_OLD, vec![millis(self.retention.age), Value::Int(BATCH)]).await?;
        self.delete(UNUSED, vec![millis(kept(self.retention)), Value::Int(BATCH)]).await
    }
}

impl PostgresServer {
    async fn listen(&self) -> Result<Heard> {
        let channel = self.channel.get().ok_or_else(strange)?;
        let notices = self.db.notices(&[channel]).await?.test_after(self.pace.limit);
        let mut heard = Heard { notices, parts: Parts::default() };
        // Behind some poolers nothing is ever heard.
        let word = format!("?{}", ConnectionId::random()?);
        let say =
            Stmt::write("SELECT pg_notify($1, $2)::text", vec![self.channel()?, Value::Text(word.clone())]);
        rows(&self.db, say).await?;
        let hear = async {
            loop {
                match heard.notices.next().await {
                    Notice::Said { payload, .. } if payload == word => return Ok(()),
                    Notice::Lost { why } => return Err(away(&why)),
                    _ => {}
                }
            }
        };
        let deaf = |_| {
            away(
                "what was said by NOTIFY was not heard: behind a pooler such as PgBouncer that gives each transaction another server, \
                 LISTEN does not work; give the layer a `Db` that leads to the server itself",
            )
        };
        timeout(self.pace.limit / 2, hear).await.map_err(deaf)??;
        Ok(heard)
    }

    /// Again and again, while there is much to delete.
    async fn delete(&self, sql: &'static str, values: Vec<Value>) -> Result {
        for _ in 0..20 {
            if self.db.execute(Stmt::write(sql, values.clone())).await? < BATCH as u64 {
                break;
            }
        }
        Ok(())
    }
}

pub(super) fn epoch() -> Result<Value> {
    Ok(Value::Int(i64::try_from(new_epoch()?).unwrap_or(1)))
}

/// How many events are kept.
fn most(retention: Retention) -> Value {
    Value::Int(i64::try_from(retention.events).unwrap_or(i64::MAX))
}

pub(super) fn uuid(id: ConnectionId) -> Value {
    Value::Uuid(Uuid::from_u128(id.0))
}

fn millis(duration: Duration) -> Value {
    // 100 years will do.
    Value::Int(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).min(3_153_600_000_000))
}

pub(super) fn position(epoch: &Value, offset: &Value) -> Result<Position> {
    let number = |value: &Value| value.as_int().ok_or_else(strange).and_then(unsigned);
    Ok(Position { epoch: number(epoch)?, offset: number(offset)? })
}

fn unsigned(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| strange())
}

pub(super) fn strange() -> Error {
    Error::database("the tables quintet_channel_* are not as this version made them")
}

fn away(why: &str) -> Error {
    let message = format!("PostgreSQL can't carry topics now: {why}");
    Error::of_kind(ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, message)
}

//! Who is present. Whoever changes it locks the topic's row first, so that versions are counted in the order of commits.
use quintet_core::{Result, Value};
use quintet_orm::{Executor, Stmt, Tx};

use super::{
    notice,
    server::{PostgresServer, epoch, position, strange, uuid},
    tables::rows,
};
use crate::layer::{
    ConnectionId, Here, Position,
    served::{
        NodeId,
        say::{self, Change},
    },
};

impl PostgresServer {
    /// None if there is no such topic.
    pub(super) async fn present(&self, topic: &str) -> Result<Option<(Position, Vec<Here>)>> {
        const PRESENT: &str = r#"
SELECT t.epoch, t.version, h.id, h.meta
FROM quintet_channel_topic t LEFT JOIN quintet_channel_here h ON h.topic = t.name
WHERE t.name = $1
ORDER BY h.since"#;
        let look = Stmt::write(PRESENT, vec![Value::Text(topic.to_owned())]);
        let mut present = Vec::new();
        let mut version = None;
        for row in rows(&self.db, look).await? {
            let [epoch, number, id, meta] = row.try_into().map_err(|_| strange())?;
            version = Some(position(&epoch, &number)?);
            if let (Value::Uuid(id), Value::Bytes(meta)) = (id, meta) {
                present.push(Here { id: ConnectionId(id.as_u128()), meta: meta.into() });
            }
        }
        Ok(version.map(|version| (version, present)))
    }

    pub(super) async fn come(&self, node: NodeId, topic: &str, here: &Here) -> Result {
        let tx = self.db.begin().await?;
        let before = lock(&tx, topic).await?;
        let key = || vec![Value::Text(topic.to_owned()), uuid(here.id)];
        let sql = "SELECT node, meta FROM quintet_channel_here WHERE topic = $1 AND id = $2";
        let known = rows(&tx, Stmt::write(sql, key())).await?;
        let same = match known.first().map(Vec::as_slice) {
            Some([Value::Uuid(by), Value::Bytes(meta)]) if **meta == *here.meta => {
                if by.as_u128() == node.0 {
                    return tx.commit().await;
                }
                true
            }
            _ => false,
        };
        let sql = "INSERT INTO quintet_channel_here (topic, id, node, meta) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (topic, id) DO UPDATE SET node = excluded.node, meta = excluded.meta";
        let mut values = key();
        values.extend([uuid(node), Value::Bytes(here.meta.to_vec())]);
        tx.execute(Stmt::write(sql, values)).await?;
        if !same {
            self.changed(&tx, topic, before, &[Change::Entered(here.clone())]).await?;
        }
        tx.commit().await
    }

    /// Removes those of a topic whose `column`, `id` or `node`, is this.
    pub(super) async fn go(&self, topic: &str, column: &'static str, value: Value) -> Result {
        let tx = self.db.begin().await?;
        let before = lock(&tx, topic).await?;
        let sql = match column {
            "id" => "DELETE FROM quintet_channel_here WHERE topic = $1 AND id = $2 RETURNING id",
            _ => "DELETE FROM quintet_channel_here WHERE topic = $1 AND node = $2 RETURNING id",
        };
        let gone = rows(&tx, Stmt::write(sql, vec![Value::Text(topic.to_owned()), value])).await?;
        let mut changes = Vec::with_capacity(gone.len());
        for row in gone {
            let Some(Value::Uuid(id)) = row.first() else { return Err(strange()) };
            changes.push(Change::Left(ConnectionId(id.as_u128())));
        }
        self.changed(&tx, topic, before, &changes).await?;
        tx.commit().await
    }

    /// Counts these changes and tells them.
    async fn changed(&self, tx: &Tx, topic: &str, before: Position, changes: &[Change]) -> Result {
        if changes.is_empty() {
            return Ok(());
        }
        let mut at = before;
        let mut notices = Vec::with_capacity(changes.len());
        for change in changes {
            at.offset += 1;
            notices.extend(notice::notices(topic, &say::changed(at, change))?.into_iter().map(Value::Text));
        }
        const TELL: &str = r#"
WITH counted AS (UPDATE quintet_channel_topic SET version = $2 WHERE name = $1)
SELECT pg_notify($3, said)::text FROM unnest($4::text[]) AS said"#;
        let version = i64::try_from(at.offset).map_err(|_| strange())?;
        let tell =
            vec![Value::Text(topic.to_owned()), Value::Int(version), self.channel()?, Value::List(notices)];
        rows(tx, Stmt::write(TELL, tell)).await?;
        Ok(())
    }
}

/// Locks a topic's row, which begins where there is none, and gives the version of who is present.
async fn lock(tx: &Tx, topic: &str) -> Result<Position> {
    let sql = "INSERT INTO quintet_channel_topic AS t (name, epoch) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET used = clock_timestamp() RETURNING epoch, version";
    let locked = rows(tx, Stmt::write(sql, vec![Value::Text(topic.to_owned()), epoch()?])).await?;
    match locked.first().map(Vec::as_slice) {
        Some([epoch, version]) => position(epoch, version),
        _ => Err(strange()),
    }
}

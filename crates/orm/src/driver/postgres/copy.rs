//! Many rows on their way to the server by COPY, in its binary form.
//!
//! The rows are there when the statement is sent, so that all of it goes at once: the COPY, its data and the Sync. If the
//! server refuses, it skips what it was sent up to the Sync. A value that is wrong is found before anything is sent.
//!
//! Not every table can be copied to as rows are inserted: it is asked for together with the types of the columns, when
//! the table is locked already, because a COPY that is refused would end the transaction.

use bytes::{BufMut, BytesMut};
use postgres_protocol::{IsNull, message::frontend};
use quintet_core::Value;

use super::{
    bind::{self, bind},
    oid,
    plan::{Format, Plan},
};
use crate::stmt::ByInsert;

/// A message of data ends with the row that reaches this, in bytes.
pub(super) const MESSAGE: usize = 64 * 1024;

/// Signature, flags and the length of what else the header has.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Why rows that were written already are not sent.
pub(super) const CHANGED: &str = "the table's columns, or who may write to it, were changed while rows were inserted into it: insert them \
     again";

/// Would a COPY do what the insert does? It is refused where a policy would have to look at each row, and on views; it does
/// not know of rules, and overwrites what only the server gives out.
const MAY: &str = "SELECT c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT pg_catalog.row_security_active(c.oid) \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attidentity = 'a' \
     AND a.attname::text = ANY(pg_catalog.string_to_array($2, $3))) \
     FROM pg_catalog.pg_class c WHERE c.oid = $1::regclass";

/// Writes the question whether a COPY does what the insert does.
pub(super) fn ask(insert: &ByInsert, out: &mut BytesMut) -> std::io::Result<()> {
    frontend::parse("", MAY, [oid::TEXT; 3], out)?;
    let given = [&*insert.table, &insert.columns, ByInsert::BETWEEN];
    let text = |value: &str, out: &mut BytesMut| {
        out.put_slice(value.as_bytes());
        Ok(IsNull::No)
    };
    frontend::bind("", "", [0], given, text, [0], out).map_err(|error| match error {
        frontend::BindError::Conversion(error) => std::io::Error::other(error),
        frontend::BindError::Serialization(error) => error,
    })?;
    frontend::execute("", 0, out)
}

/// The answer, in its row of one column.
pub(super) fn may(row: &[u8]) -> bool {
    row.ends_with(b"t")
}

/// Writes the COPY with its rows, up to the Sync. Where there is none, or a value has no binary form of its column's (a text
/// for a column of an enum, say), all rows are inserted instead.
///
/// # Errors
/// What is wrong with which value. `out` may hold a part of it then.
pub(super) fn rows(
    plan: &Plan,
    copy: Option<&str>,
    insert: &str,
    params: &[Value],
    out: &mut BytesMut,
) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    let rows = || params.chunks(plan.params.len().max(1));
    let are_binary =
        || rows().all(|row| row.iter().zip(&plan.params).all(|(value, oid)| is_binary(value, *oid)));
    let Some(copy) = copy.filter(|_| are_binary()) else {
        let types: Box<[u32]> = plan.params.iter().copied().cycle().take(params.len()).collect();
        frontend::parse("", insert, types.iter().copied(), out).map_err(io)?;
        bind(&Plan::new(String::new(), types, Vec::new()), params, out)?;
        return frontend::execute("", 0, out).map_err(io);
    };
    self::start(copy, out)?;
    let mut start = open(out);
    out.put_slice(HEADER);
    let columns = u16::try_from(plan.params.len()).map_err(|_| "there are too many columns".to_owned())?;
    for (number, row) in rows().enumerate() {
        if out.len() - start > MESSAGE {
            close(start, out)?;
            start = open(out);
        }
        out.put_u16(columns);
        for (column, (value, oid)) in (1..).zip(row.iter().zip(&plan.params)) {
            put(value, *oid, out).map_err(|why| format!("row {}, column {column}: {why}", number + 1))?;
        }
    }
    out.put_i16(-1);
    close(start, out)?;
    frontend::copy_done(out);
    Ok(())
}

/// Writes the COPY that data follows.
pub(super) fn start(copy: &str, out: &mut BytesMut) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    frontend::parse("", copy, [], out).map_err(io)?;
    bind(&Plan::new(String::new(), Box::default(), Vec::new()), &[], out)?;
    frontend::execute("", 0, out).map_err(io)
}

/// Would the server read the same from a text and from the binary form?
pub(super) fn is_binary(value: &Value, wanted: u32) -> bool {
    value.is_null()
        || bind::format(value, wanted) == Format::Binary
        || matches!(
            (value, wanted),
            (Value::Text(_), oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::JSON)
        )
}

fn put(value: &Value, wanted: u32, out: &mut BytesMut) -> Result<(), String> {
    let start = out.len();
    out.put_i32(-1);
    match bind::write(value, wanted, out)? {
        IsNull::Yes => Ok(()),
        IsNull::No => patch(start, out.len() - start - 4, out),
    }
}

/// Begins a message of data; gives the place of its length.
fn open(out: &mut BytesMut) -> usize {
    out.put_u8(b'd');
    out.put_i32(0);
    out.len() - 4
}

fn close(start: usize, out: &mut BytesMut) -> Result<(), String> {
    patch(start, out.len() - start, out)
}

/// Writes a length where room was left for it.
fn patch(place: usize, length: usize, out: &mut BytesMut) -> Result<(), String> {
    let length = i32::try_from(length).map_err(|_| "the value is too long".to_owned())?;
    if let Some(room) = out.get_mut(place..place + 4) {
        room.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(oids: &[u32], params: &[Value]) -> Result<Vec<u8>, String> {
        let plan = Plan::new(String::new(), oids.into(), Vec::new());
        let mut out = BytesMut::new();
        rows(&plan, Some("COPY"), "INSERT", params, &mut out).map(|()| out.to_vec())
    }

    #[test]
    fn rows_are_fields_with_their_lengths() {
        let out = sent(
            &[oid::INT4, oid::TEXT],
            &[Value::Int(7), Value::Text("ab".into()), Value::Null, Value::Null],
        );
        let out = out.unwrap();
        let rows = b"\0\x02\0\0\0\x04\0\0\0\x07\0\0\0\x02ab\0\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
        let data = [HEADER, rows].concat();
        let length = u32::try_from(data.len() + 4).unwrap().to_be_bytes();
        let end = [b"d", &length[..], &data, b"c\0\0\0\x04"].concat();
        assert!(out.ends_with(&end), "{out:?}");
    }

    #[test]
    fn long_data_goes_in_several_messages() {
        let text = Value::Text("x".repeat(50_000));
        let out = sent(&[oid::TEXT], &vec![text; 5]).unwrap();
        let (mut rest, mut tags) = (&out[..], Vec::new());
        while let [tag, a, b, c, d, ..] = rest {
            tags.push(*tag);
            rest = &rest[1 + u32::from_be_bytes([*a, *b, *c, *d]) as usize..];
        }
        assert_eq!(tags, *b"PBEdddc");
    }

    #[test]
    fn what_the_server_has_to_read_as_text_is_inserted() {
        let texts = [Value::Text("sad".into()), Value::Text("ok".into())];
        let out = sent(&[99_999], &texts).unwrap();
        assert!(out.windows(6).any(|part| part == b"INSERT") && !out.windows(4).any(|part| part == b"COPY"));
        let wide = sent(&[oid::INT2], &[Value::Int(1), Value::Int(40_000)]).unwrap_err();
        assert!(wide.contains("row 2, column 1") && wide.contains("smallint"), "{wide}");
    }
}

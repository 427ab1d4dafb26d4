//! Rows written in COPY's binary form before it is their turn to be sent.
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use postgres_protocol::IsNull;
use quintet_core::Value;

use super::{
    bind,
    copy::{self, HEADER, MESSAGE},
    oid,
    plan::Plan,
};
use crate::copied::{RowForm, WriteRows, Written};

/// For the row that goes beyond what was thought, and for the end.
const MORE: usize = 4096;

/// The form of rows of these columns.
pub(super) struct Form(pub(super) Arc<Plan>);

impl RowForm for Form {
    fn rows(&self, room: usize) -> Box<dyn WriteRows> {
        let out = Out { data: Vec::with_capacity(room + MORE), scratch: BytesMut::new() };
        let mut rows = Rows { plan: self.0.clone(), out, open: 0 };
        rows.open();
        rows.out.data.extend_from_slice(HEADER);
        Box::new(rows)
    }
}

/// What is sent between a COPY and the Sync, and what its columns are.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) plan: Arc<Plan>,
    pub(super) data: Bytes,
}

struct Rows {
    plan: Arc<Plan>,
    out: Out,
    /// Where the length of the last message of data is, which is still open.
    open: usize,
}

impl Rows {
    fn open(&mut self) {
        self.out.data.push(b'd');
        self.open = self.out.data.len();
        self.out.data.extend_from_slice(&[0; 4]);
    }

    fn close(&mut self) {
        // `row` has seen that it can be told.
        let length = u32::try_from(self.out.data.len() - self.open).unwrap_or(u32::MAX).to_be_bytes();
        if let Some(room) = self.out.data.get_mut(self.open..self.open + 4) {
            room.copy_from_slice(&length);
        }
    }
}

/// Where values are written.
struct Out {
    data: Vec<u8>,
    /// For values that are seldom.
    scratch: BytesMut,
}

impl Out {
    /// Adds a value. The common ones are written here, without a further look.
    #[inline]
    fn value(&mut self, value: &Value, wanted: u32) -> bool {
        match (value, wanted) {
            (Value::Text(text), oid::TEXT | oid::VARCHAR | oid::BPCHAR) => return self.text(text),
            (Value::Int(number), oid::INT8) => self.fixed(8, number.to_be_bytes()),
            (Value::Int(number), oid::INT4) => match i32::try_from(*number) {
                Ok(number) => self.fixed(4, number.to_be_bytes()),
                Err(_) => return false,
            },
            (Value::Float(number), oid::FLOAT8) => self.fixed(8, number.to_be_bytes()),
            (Value::Bool(yes), oid::BOOL) => self.fixed(1, [u8::from(*yes)]),
            (Value::Null, _) => self.data.extend_from_slice(&(-1i32).to_be_bytes()),
            _ => return self.other(value, wanted),
        }
        true
    }

    #[inline]
    fn fixed<const N: usize>(&mut self, length: u32, bytes: [u8; N]) {
        self.data.reserve(4 + N);
        self.data.extend_from_slice(&length.to_be_bytes());
        self.data.extend_from_slice(&bytes);
    }

    fn text(&mut self, text: &str) -> bool {
        let Ok(length) = i32::try_from(text.len()) else { return false };
        // The server keeps none in a text.
        if text.as_bytes().contains(&0) {
            return false;
        }
        self.data.extend_from_slice(&length.to_be_bytes());
        self.data.extend_from_slice(text.as_bytes());
        true
    }

    fn other(&mut self, value: &Value, wanted: u32) -> bool {
        self.scratch.clear();
        if !copy::is_binary(value, wanted)
            || !matches!(bind::write(value, wanted, &mut self.scratch), Ok(IsNull::No))
        {
            return false;
        }
        let Ok(length) = i32::try_from(self.scratch.len()) else { return false };
        self.data.extend_from_slice(&length.to_be_bytes());
        self.data.extend_from_slice(&self.scratch);
        true
    }
}

impl WriteRows for Rows {
    fn row(&mut self, values: &mut dyn Iterator<Item = &Value>) -> bool {
        let Rows { plan, out, open } = self;
        let Ok(columns) = u16::try_from(plan.params.len()) else { return false };
        let start = out.data.len();
        out.data.extend_from_slice(&columns.to_be_bytes());
        let written =
            plan.params.iter().all(|wanted| values.next().is_some_and(|value| out.value(value, *wanted)));
        let length = out.data.len() - *open;
        if !written || i32::try_from(length).is_err() {
            out.data.truncate(start);
            return false;
        }
        if length > MESSAGE {
            self.close();
            self.open();
        }
        true
    }

    fn size(&self) -> usize {
        self.out.data.len()
    }

    fn done(mut self: Box<Self>) -> Written {
        self.out.data.extend_from_slice(&(-1i16).to_be_bytes());
        self.close();
        self.out.data.extend_from_slice(b"c\0\0\0\x04");
        Arc::new(Sent { plan: self.plan, data: Bytes::from(self.out.data) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [u32; 3] = [oid::INT4, oid::TEXT, oid::UUID];

    fn rows(rows: &[[Value; 3]]) -> (Vec<bool>, Bytes) {
        let plan = Plan::new(String::new(), COLUMNS.into(), Vec::new());
        let mut out = Form(plan).rows(0);
        let added = rows.iter().map(|row| out.row(&mut row.iter())).collect();
        let sent = out.done().downcast::<Sent>().ok().unwrap();
        (added, sent.data.clone())
    }

    fn params(rows: &[[Value; 3]]) -> Vec<u8> {
        let plan = Plan::new(String::new(), COLUMNS.into(), Vec::new());
        let mut out = BytesMut::new();
        copy::rows(&plan, Some("COPY"), "INSERT", rows.as_flattened(), &mut out).unwrap();
        let data = out.windows(HEADER.len()).position(|part| part == HEADER).unwrap() - 5;
        out[data..].to_vec()
    }

    #[test]
    fn they_are_what_rows_of_parameters_are() {
        let uuid = Value::Uuid(quintet_core::value::Uuid::from_u128(7));
        let good = [
            [Value::Int(-1), Value::Text("zw\u{f6}lf".into()), uuid.clone()],
            [Value::Null, Value::Null, Value::Null],
            [Value::Int(i32::MAX.into()), Value::Text("x".repeat(MESSAGE)), uuid.clone()],
            [Value::Int(0), Value::Text(String::new()), uuid],
        ];
        let (added, data) = rows(&good);
        assert_eq!(added, [true; 4]);
        assert_eq!(data, params(&good));
        assert_eq!(rows(&[]).1, params(&[]));
    }

    #[test]
    fn what_does_not_fit_leaves_nothing_behind() {
        let row = |number, text: &str, id: &str| {
            [Value::Int(number), Value::Text(text.into()), Value::Text(id.into())]
        };
        let none = [Value::Int(3), Value::Text("fits".into()), Value::Null];
        let (added, data) = rows(&[
            row(1, "an id that the server has to read", "00000000-0000-0000-0000-000000000007"),
            row(i64::MAX, "wide", ""),
            row(2, "a\0b", ""),
            none.clone(),
        ]);
        assert_eq!(added, [false, false, false, true]);
        assert_eq!(data, params(&[none]));
    }
}

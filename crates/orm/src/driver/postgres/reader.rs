//! The server's messages, taken apart.

use super::{
    oid,
    plan::{Column, Format},
};

/// A message that breaks the protocol. The connection can't go on after it.
#[derive(Debug)]
pub(super) struct Malformed;

/// A message: its tag, its body, and how many bytes both take.
pub(super) type Message<'a> = (u8, &'a [u8], usize);

/// The message at the front of `buffer`, or none if more must be read first.
pub(super) fn message(buffer: &[u8]) -> Result<Option<Message<'_>>, Malformed> {
    let [tag, a, b, c, d, rest @ ..] = buffer else { return Ok(None) };
    let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
    let body = length.checked_sub(4).ok_or(Malformed)?;
    // PostgreSQL itself stops at 1 GB.
    if body > 1 << 30 {
        return Err(Malformed);
    }
    Ok(rest.get(..body).map(|body| (*tag, body, length + 1)))
}

/// Walks over a message's body.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (front, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (front, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*front)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    /// Text that ends with a zero byte.
    pub(super) fn text(&mut self) -> Result<std::borrow::Cow<'a, str>, Malformed> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(Malformed)?;
        let text = self.bytes(end)?;
        self.u8()?;
        Ok(String::from_utf8_lossy(text))
    }
}

/// ParameterDescription: the types that the statement wants.
pub(super) fn parameters(body: &[u8]) -> Result<Box<[u32]>, Malformed> {
    let mut reader = Reader(body);
    let count = reader.u16()?;
    (0..count).map(|_| reader.u32()).collect()
}

/// RowDescription. As the description of a statement it says nothing about formats: what this driver reads as
/// binary is asked for so.
pub(super) fn columns(body: &[u8], with_formats: bool) -> Result<Vec<Column>, Malformed> {
    let mut reader = Reader(body);
    let count = reader.u16()?;
    let mut columns = Vec::with_capacity(count.into());
    for _ in 0..count {
        let name = reader.text()?.into();
        reader.bytes(6)?; // table and column number
        let oid = reader.u32()?;
        reader.bytes(6)?; // size and modifier
        let told = if reader.u16()? == 1 { Format::Binary } else { Format::Text };
        let format = if with_formats { told } else { oid::format(oid) };
        columns.push(Column { name, oid, format });
    }
    Ok(columns)
}

/// Where a value lies in a row's bytes; `None` is NULL.
pub(super) type Span = Option<(u32, u32)>;

/// DataRow: where each value lies in `body`.
pub(super) fn row(body: &[u8], spans: &mut Vec<Span>) -> Result<(), Malformed> {
    spans.clear();
    let mut reader = Reader(body);
    let count = reader.u16()?;
    for _ in 0..count {
        let length = reader.i32()?;
        spans.push(match u32::try_from(length) {
            Ok(length) => {
                let start = u32::try_from(body.len() - reader.0.len()).map_err(|_| Malformed)?;
                reader.bytes(length as usize)?;
                Some((start, start + length))
            }
            Err(_) => None,
        });
    }
    Ok(())
}

/// CommandComplete: the number at the end of `INSERT 0 5`, `UPDATE 5`, `SELECT 5`, and whether the tag is
/// `ROLLBACK`.
pub(super) fn tag(body: &[u8]) -> (u64, bool) {
    let text = body.strip_suffix(b"\0").unwrap_or(body);
    let number = text.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let number = number.iter().try_fold(0u64, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    });
    (number.unwrap_or_default(), text == b"ROLLBACK")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_only_when_it_is_complete() {
        assert!(message(b"").unwrap().is_none());
        assert!(message(b"Z\0\0\0\x05").unwrap().is_none());
        let (tag, body, length) = message(b"Z\0\0\0\x05I1").unwrap().unwrap();
        assert_eq!((tag, body, length), (b'Z', &b"I"[..], 6));
        assert!(message(b"Z\0\0\0\x03I").is_err(), "shorter than its own length");
        assert!(message(b"D\xff\xff\xff\xff").is_err(), "a length that no server sends");
    }

    #[test]
    fn a_row_is_cut_into_values_and_a_short_one_is_refused() {
        let body = b"\0\x03\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\0";
        let mut spans = Vec::new();
        row(body, &mut spans).unwrap();
        assert_eq!(spans, [Some((6, 8)), None, Some((16, 16))]);
        assert!(row(b"\0\x01\0\0\0\x09ab", &mut spans).is_err());
    }

    #[test]
    fn tags_tell_how_many_rows_were_changed() {
        for (text, number) in
            [(&b"INSERT 0 5\0"[..], 5), (b"UPDATE 12\0", 12), (b"CREATE TABLE\0", 0), (b"COMMIT\0", 0)]
        {
            assert_eq!(tag(text), (number, false));
        }
        assert!(tag(b"ROLLBACK\0").1);
    }
}

//! Frames of RFC 6455, as much of it as servers use here.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Ping,
    Pong,
    Close,
}

/// The first frame in the bytes, if it is whole, and how long it is.
pub fn first(bytes: &[u8]) -> Result<Option<(Kind, &[u8], usize)>, String> {
    let &[head, short, ..] = bytes else { return Ok(None) };
    if short & 0x80 != 0 {
        return Err("the server has masked a frame".into());
    }
    let (start, length) = match short {
        126 => match bytes.get(2..4).and_then(|long| long.try_into().ok()) {
            Some(long) => (4, usize::from(u16::from_be_bytes(long))),
            None => return Ok(None),
        },
        127 => match bytes.get(2..10).and_then(|long| long.try_into().ok()) {
            Some(long) => (10, usize::try_from(u64::from_be_bytes(long)).map_err(|_| "a frame is too long")?),
            None => return Ok(None),
        },
        short => (2, usize::from(short)),
    };
    let kind = match head {
        0x81 => Kind::Text,
        0x88 => Kind::Close,
        0x89 => Kind::Ping,
        0x8a => Kind::Pong,
        other => return Err(format!("a frame that starts with {other:#x}")),
    };
    Ok(bytes.get(start..start + length).map(|payload| (kind, payload, start + length)))
}

/// A frame of a client. Its mask is zero: it must have one, and a random one would only be work.
pub fn of_client(kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    out.push(match kind {
        Kind::Text => 0x81,
        Kind::Close => 0x88,
        Kind::Ping => 0x89,
        Kind::Pong => 0x8a,
    });
    match payload.len() {
        short @ 0..=125 => out.push(0x80 | short as u8),
        long => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(long as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

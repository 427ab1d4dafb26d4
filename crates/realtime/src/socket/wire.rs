//! The connection as the protocol's state reads and writes it: as far as it goes without waiting, counted.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// For the time of one call.
pub(super) struct Wire<'a, 'b, S> {
    pub(super) io: &'a mut S,
    pub(super) cx: &'a mut Context<'b>,
    pub(super) count: &'a mut Count,
}

/// What has passed.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) read: u64,
    pub(super) written: u64,
    /// The client does not take what it is sent: whoever writes is woken when it does.
    pub(super) blocked: bool,
}

fn now<T>(polled: Poll<io::Result<T>>) -> io::Result<T> {
    match polled {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

impl<S: AsyncRead + Unpin> Read for Wire<'_, '_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut into = ReadBuf::new(into);
        now(Pin::new(&mut *self.io).poll_read(self.cx, &mut into))?;
        let read = into.filled().len();
        self.count.read = self.count.read.wrapping_add(read as u64);
        Ok(read)
    }
}

impl<S: AsyncWrite + Unpin> Write for Wire<'_, '_, S> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let polled = Pin::new(&mut *self.io).poll_write(self.cx, data);
        self.count.blocked = polled.is_pending();
        let written = now(polled)?;
        self.count.written = self.count.written.wrapping_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let polled = Pin::new(&mut *self.io).poll_flush(self.cx);
        self.count.blocked = polled.is_pending();
        now(polled)
    }
}

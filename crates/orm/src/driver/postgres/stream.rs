//! The bytes' way to the server: TCP, a Unix socket, or TLS over TCP.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::target::{Place, Target};

/// A connection's socket.
pub(super) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
    #[cfg(feature = "postgres-tls")]
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl Stream {
    /// Opens the socket, without TLS.
    pub(super) async fn open(target: &Target) -> io::Result<Stream> {
        match &target.place {
            Place::Tcp(host) => {
                let mut last = None;
                for address in tokio::net::lookup_host((host.as_str(), target.port)).await? {
                    match TcpStream::connect(address).await {
                        Ok(stream) => return tuned(stream).map(Stream::Tcp),
                        Err(error) => last = Some(error),
                    }
                }
                Err(last
                    .unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address")))
            }
            #[cfg(unix)]
            Place::Unix(directory) => {
                let path = directory.join(format!(".s.PGSQL.{}", target.port));
                tokio::net::UnixStream::connect(path).await.map(Stream::Unix)
            }
            #[cfg(not(unix))]
            Place::Unix(_) => {
                Err(io::Error::new(io::ErrorKind::Unsupported, "there are no Unix sockets here"))
            }
        }
    }

    fn inner(&mut self) -> Pin<&mut dyn Both> {
        Pin::new(match self {
            Stream::Tcp(stream) => stream,
            #[cfg(unix)]
            Stream::Unix(stream) => stream,
            #[cfg(feature = "postgres-tls")]
            Stream::Tls(stream) => &mut **stream,
        })
    }
}

/// Sends at once, and finds out within two minutes that the other side is gone without a word.
fn tuned(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    let keepalive =
        TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));
    let socket = SockRef::from(&stream);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_secs(60)))?;
    Ok(stream)
}

trait Both: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Both for T {}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The common case without a virtual call.
        match &mut *self {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            #[cfg(any(unix, feature = "postgres-tls"))]
            _ => self.inner().poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut *self {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            #[cfg(any(unix, feature = "postgres-tls"))]
            _ => self.inner().poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(cx)
    }
}

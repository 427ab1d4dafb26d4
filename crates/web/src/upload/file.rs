//! A file that somebody sent.

use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::StreamExt as _;
use quintet_core::{Error, FieldErrors, Result, TemplateValue, Value, settings::ByteSize};
use quintet_storage::{BoxStream, Content, Storage};
use tokio::io::{AsyncRead, ReadBuf};

use super::{
    image::{self, ImageSize},
    name,
    spool::Bits,
};
use crate::kind::{self, Kind, UNKNOWN};

/// A file that came with a form: as a field of `#[data]`, or from a [`Multipart`](super::Multipart).
///
/// Small ones are in memory, others in a file without a name, which is gone with the last clone of this. Its name and its type
/// are safe to use: the name is a plain one, and the type is that of its bytes, whatever the sender said.
///
/// ```
/// use quintet_core::Result;
/// use quintet_storage::Storage;
/// use quintet_web::{Upload, data};
///
/// #[data]
/// struct NewPoster {
///     #[field(max_size = "5 MB", accept = "image/*", max_pixels = 24_000_000)]
///     poster: Upload,
///     #[field(max_length = 3)]
///     more: Vec<Upload>,
/// }
///
/// async fn keep(new: NewPoster, storage: &Storage) -> Result<String> {
///     new.poster.save(storage, "posters/").await // "posters/alien.jpg", or another name if that is taken
/// }
/// ```
#[derive(Clone)]
pub struct Upload(Arc<Inner>);

struct Inner {
    name: String,
    sent_name: String,
    sent_type: Option<String>,
    kind: Option<&'static Kind>,
    len: u64,
    bits: Bits,
    image: Option<ImageSize>,
    problem: Option<Problem>,
}

/// What is wrong with it in itself.
#[derive(Debug, Clone)]
struct Problem {
    code: &'static str,
    message: String,
}

/// What came, before it is looked at.
pub(super) struct Arrived {
    pub(super) sent_name: String,
    pub(super) sent_type: Option<String>,
    pub(super) bits: Bits,
    pub(super) head: Vec<u8>,
    pub(super) len: u64,
    /// How much of it there may be.
    pub(super) most: Option<u64>,
}

impl Upload {
    /// A file of these bytes, as if it had been sent under this name: for tests and for what is made.
    #[must_use]
    pub fn of_bytes(sent_name: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let head = bytes.get(..kind::HEAD.min(bytes.len())).unwrap_or_default().to_vec();
        let (sent_name, len) = (sent_name.to_owned(), bytes.len() as u64);
        let bits = Bits::Memory(bytes);
        Upload::look(Arrived { sent_name, sent_type: None, bits, head, len, most: None })
    }

    /// Looks at a file; one on disk away from the threads that serve.
    pub(super) async fn of(arrived: Arrived) -> Result<Self> {
        if matches!(arrived.bits, Bits::Disk(_)) {
            return tokio::task::spawn_blocking(|| Upload::look(arrived))
                .await
                .map_err(|why| Error::internal(format!("a file could not be looked at: {why}")));
        }
        Ok(Upload::look(arrived))
    }

    fn look(arrived: Arrived) -> Self {
        let Arrived { sent_name, sent_type, bits, head, len, most } = arrived;
        let last = sent_name.rsplit(['/', '\\']).next().unwrap_or_default();
        let kind = kind::sniff(&head, last);
        let mime = kind.map_or(UNKNOWN, |kind| kind.mime);
        let image = image::size(mime, &head, &bits);
        let claimed =
            Kind::of_name(last).or_else(|| Kind::of_mime(sent_type.as_deref()?.split(';').next()?.trim()));
        let problem = problem(kind, claimed, &bits, len, most, image);
        // Pictures are called by what they are: a WebP that was saved as `.jpg` is shown as one.
        let other = kind.filter(|kind| {
            let named = kind
                .endings
                .iter()
                .any(|ending| last.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(ending)));
            kind.class == kind::Class::Image && !named
        });
        let name = name::clean(&sent_name, other.and_then(|kind| kind.endings.first()).copied());
        Upload(Arc::new(Inner { name, sent_name, sent_type, kind, len, bits, image, problem }))
    }

    /// A plain name: letters, digits, `-`, `_` and `.`, without folders, not too long.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The name that the sender gave, as it was sent: to be shown, and for nothing else.
    #[must_use]
    pub fn sent_name(&self) -> &str {
        &self.0.sent_name
    }

    /// What it is: by its bytes, and where they leave that open, by its name; `application/octet-stream` if nothing is known.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        self.0.kind.map_or(UNKNOWN, |kind| kind.mime)
    }

    /// The type that the sender gave, in lower case: not to be trusted.
    #[must_use]
    pub fn sent_type(&self) -> Option<&str> {
        self.0.sent_type.as_deref()
    }

    /// Bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len
    }

    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Is it in memory, rather than on disk?
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        matches!(self.0.bits, Bits::Memory(_))
    }

    /// How large the picture is, by its header: of PNG, JPEG, GIF and WebP.
    #[must_use]
    pub fn image_size(&self) -> Option<ImageSize> {
        self.0.image
    }

    /// What is wrong with it, if anything: it is larger than it may be, or is not what its name says. A field of `#[data]` refuses
    /// it for that.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.0.problem.as_ref().map(|problem| problem.message.as_str())
    }

    /// Adds what is wrong with it.
    pub(crate) fn check(&self, path: &str, errors: &mut FieldErrors) {
        if let Some(problem) = &self.0.problem {
            errors.push_coded(path.to_owned(), problem.code, problem.message.clone());
        }
    }

    /// All of it at once.
    ///
    /// # Errors
    /// If the disk can't be read, or it was too large to be kept.
    pub async fn bytes(&self) -> Result<Bytes> {
        if let Bits::Memory(bytes) = &self.0.bits {
            return Ok(bytes.clone());
        }
        let mut all = BytesMut::with_capacity(usize::try_from(self.0.len).unwrap_or_default());
        let mut pieces = self.stream();
        while let Some(piece) = pieces.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok(all.freeze())
    }

    /// Piece by piece, from the beginning.
    #[must_use]
    pub fn stream(&self) -> BoxStream {
        self.0.bits.stream()
    }

    /// A reader, from the beginning. Several may read at once.
    ///
    /// # Errors
    /// If it was too large to be kept.
    pub async fn reader(&self) -> Result<UploadReader> {
        if matches!(self.0.bits, Bits::Dropped) {
            return Err(Error::internal("the file was too large to be kept"));
        }
        Ok(UploadReader { pieces: self.stream(), piece: Bytes::new() })
    }

    /// Keeps it in a folder of the storage (`"posters/"`, or `""`) under its [name](Self::name), or one like it where that is
    /// taken, and gives the name in the storage. Nothing is overwritten, and either the whole file is kept or nothing.
    ///
    /// # Errors
    /// 422 if something is wrong with the file itself, else as [`Storage::save`].
    pub async fn save(&self, storage: &Storage, folder: &str) -> Result<String> {
        let slash = if folder.is_empty() || folder.ends_with('/') { "" } else { "/" };
        self.save_as(storage, &format!("{folder}{slash}{}", self.name())).await
    }

    /// As [`save`](Self::save), under a name of your own: `posters/7.jpg`.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub async fn save_as(&self, storage: &Storage, name: &str) -> Result<String> {
        let mut errors = FieldErrors::new();
        self.check("", &mut errors);
        errors.into_result()?;
        let content = match &self.0.bits {
            Bits::Memory(bytes) => Content::from(bytes.clone()),
            bits => {
                let bits = bits.clone();
                Content::again(move || bits.stream())
            }
        };
        storage.save(name, content).await
    }
}

fn problem(
    kind: Option<&'static Kind>,
    claimed: Option<&'static Kind>,
    bits: &Bits,
    len: u64,
    most: Option<u64>,
    image: Option<ImageSize>,
) -> Option<Problem> {
    if let Some(most) = most.filter(|most| matches!(bits, Bits::Dropped) || len > *most) {
        let message = format!("is too large: at most {}", ByteSize::new(most));
        return Some(Problem { code: "max_size", message });
    }
    let wrong = |message: String| Some(Problem { code: "content", message });
    if let Some(claimed) = claimed.filter(|_| len > 0) {
        let fits = match kind {
            Some(kind) => kind.passes_as(claimed),
            // Something binary, which begins as nothing that is known.
            None => false,
        };
        if !fits {
            let called = claimed.endings.first().map_or(claimed.mime, |ending| ending).to_uppercase();
            return wrong(format!("is called {called}, but its content is not"));
        }
    }
    let unread = kind.is_some_and(|kind| image::READ.contains(&kind.mime)) && image.is_none();
    if unread { wrong("is no picture that can be read".to_owned()) } else { None }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("name", &self.name())
            .field("content_type", &self.content_type())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// In templates it has `name`, `content_type` and `size`.
impl TemplateValue for Upload {
    fn to_value(&self) -> Value {
        Value::Map(vec![
            ("name".into(), Value::Text(self.name().to_owned())),
            ("content_type".into(), Value::Text(self.content_type().to_owned())),
            ("size".into(), Value::Int(i64::try_from(self.len()).unwrap_or(i64::MAX))),
        ])
    }
}

/// Reads an [`Upload`].
pub struct UploadReader {
    pieces: BoxStream,
    piece: Bytes,
}

impl AsyncRead for UploadReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.piece.is_empty() {
            match ready!(self.pieces.as_mut().poll_next(cx)) {
                Some(piece) => self.piece = piece?,
                None => return Poll::Ready(Ok(())),
            }
        }
        let fitting = self.piece.len().min(out.remaining());
        out.put_slice(self.piece.get(..fitting).unwrap_or_default());
        self.piece.advance(fitting);
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for UploadReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UploadReader")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG of these dots, as far as its header.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend_from_slice(&width.to_be_bytes());
        bytes.extend_from_slice(&height.to_be_bytes());
        bytes.extend_from_slice(b"\x08\x06\0\0\0");
        bytes
    }

    #[test]
    fn a_file_is_what_its_bytes_are() {
        let poster = Upload::of_bytes("C:\\My Pictures\\Poster.PNG", png(300, 200));
        assert_eq!((poster.name(), poster.content_type()), ("Poster.PNG", "image/png"));
        assert_eq!(poster.image_size(), Some(ImageSize { width: 300, height: 200 }));
        assert_eq!((poster.problem(), poster.is_in_memory()), (None, true));
        // What browsers save under another name.
        let renamed = Upload::of_bytes("a.jpg", png(1, 1));
        assert_eq!((renamed.name(), renamed.problem()), ("a.png", None));
        for (name, bytes, told) in [
            ("x.png", &b"<html><script>alert(1)</script>"[..], "is called PNG, but its content is not"),
            ("x.png", b"\x89PNG\r\n\x1a\nbroken", "no picture that can be read"),
            ("x.png", b"<svg onload=alert(1)>", "is called PNG"),
            ("x.jpg", b"\0\x01\x02", "is called JPG"),
            ("x.pdf", b"PK\x03\x04", "is called PDF"),
            ("x.csv", b"\x7fELF\0", "is called CSV"),
            ("x.html", b"%PDF-1.4", "is called HTML"),
        ] {
            let problem = Upload::of_bytes(name, bytes).problem().map(str::to_owned).unwrap_or_default();
            assert!(problem.contains(told), "{name}: {problem}");
        }
        for (name, bytes) in [
            ("x.txt", &b"<html>"[..]),
            ("x.unknown", b"\0\x01"),
            ("x", b"anything"),
            ("x.png", b""),
            ("x.docx", b"PK\x03\x04"),
            ("x.csv", b"a;b\n"),
        ] {
            assert_eq!(Upload::of_bytes(name, bytes).problem(), None, "{name}");
        }
    }

    #[tokio::test]
    async fn readers_and_templates_see_it() {
        use tokio::io::AsyncReadExt as _;
        let file = Upload::of_bytes("a.txt", "abcdef");
        let mut text = String::new();
        file.reader().await.unwrap().read_to_string(&mut text).await.unwrap();
        assert_eq!((text.as_str(), &file.bytes().await.unwrap()[..]), ("abcdef", &b"abcdef"[..]));
        assert_eq!(file.to_value().get("size"), Some(&Value::Int(6)));
        assert_eq!(
            format!("{file:?}"),
            "Upload { name: \"a.txt\", content_type: \"text/plain\", len: 6, .. }"
        );
    }

    #[tokio::test]
    async fn it_is_saved_under_a_free_name() {
        let storage = Storage::memory();
        let file = Upload::of_bytes("../a.txt", "abc");
        assert_eq!(file.save(&storage, "texts/").await.unwrap(), "texts/a.txt");
        assert!(file.save(&storage, "texts").await.unwrap().starts_with("texts/a_"));
        assert_eq!(file.save(&storage, "").await.unwrap(), "a.txt");
        assert_eq!(file.save_as(&storage, "b/c.txt").await.unwrap(), "b/c.txt");
        assert_eq!(&storage.read("b/c.txt").await.unwrap()[..], b"abc");
        let wrong = Upload::of_bytes("x.png", "<html>");
        assert_eq!(wrong.save(&storage, "").await.unwrap_err().status(), 422);
        assert_eq!(storage.list("").await.unwrap().len(), 4);
    }
}

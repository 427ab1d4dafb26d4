use std::fmt;

use axum::{
    RequestExt as _,
    extract::{FromRequest, Request},
};
use bytes::Bytes;
use http::{StatusCode, header};
use quintet_core::{Error, FieldErrors, Result, Services, settings::ByteSize};

use super::{
    Upload, UploadLimits,
    file::Arrived,
    head::Head,
    name,
    parts::{self, Parts},
    spool::{self, Open, Spool},
};
use crate::errors::{Rejected, Source};

/// A form of several parts, of which some may be files: read part by part, each piece by piece.
///
/// Where a form fits into `#[data]`, [`Upload`] is shorter. This is for what is too large to be kept anywhere first, or has parts that
/// nobody knows beforehand. A breach of a limit of [`[uploads]`](super::UploadSettings) is answered 413.
///
/// ```
/// use quintet_core::Result;
/// use quintet_web::{Multipart, post};
///
/// #[post("/count/")]
/// async fn count(mut form: Multipart) -> Result<String> {
///     let mut bytes = 0;
///     while let Some(mut part) = form.next_part().await? {
///         while let Some(piece) = part.chunk().await? {
///             bytes += piece.len();
///         }
///     }
///     Ok(bytes.to_string())
/// }
/// ```
pub struct Multipart {
    parts: Parts,
    limits: UploadLimits,
    files: usize,
    fields: usize,
    /// Bytes of parts that are no files.
    texts: u64,
    open: Open,
}

/// A part of a [`Multipart`]: a field, or a file. What of it is not read is passed over.
pub struct Part<'a> {
    form: &'a mut Multipart,
    head: Head,
    file_name: Option<String>,
    most: Option<u64>,
    read: u64,
}

/// A form that was read whole.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// Names and texts, in the order in which they came.
    pub texts: Vec<(String, String)>,
    /// Names and files. One that was too large is there, with a [problem](Upload::problem) and without its bytes.
    pub files: Vec<(String, Upload)>,
}

impl Multipart {
    /// Begins to read a request, by limits of its own.
    ///
    /// # Errors
    /// 415 if its body is no form of parts.
    pub fn of_request(request: Request, limits: UploadLimits) -> Result<Self> {
        let sent = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let sent = sent.unwrap_or_default();
        let kind = sent.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("multipart/form-data") {
            let was = if kind.is_empty() { "no `Content-Type`".to_owned() } else { format!("`{kind}`") };
            let why = format!("A form with files is sent as `multipart/form-data`; this one has {was}.");
            return Err(Error::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
        let boundary = parts::boundary(sent)?;
        let body = request.with_limited_body().into_body();
        let parts = Parts::new(body, &boundary, limits.max_header_size);
        Ok(Multipart { parts, limits, files: 0, fields: 0, texts: 0, open: spool::nameless })
    }

    /// The limits, to be changed before the parts that they are for.
    pub fn limits(&mut self) -> &mut UploadLimits {
        &mut self.limits
    }

    /// The next part; `None` after the last.
    ///
    /// # Errors
    /// 400 if the form is malformed or broke off, 408 if it did not come in time, 413 if there is too much of something.
    pub async fn next_part(&mut self) -> Result<Option<Part<'_>>> {
        let Some(head) = self.parts.next().await? else { return Ok(None) };
        if head.name.len() > self.limits.max_name_length {
            let most = self.limits.max_name_length;
            let why =
                format!("The name of a part has more than {most} bytes (`max_name_length` in [uploads]).");
            return Err(Error::new(StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        // A control in which nothing was chosen sends a file without a name.
        if head.file_name.as_deref().is_some_and(|name| !name.is_empty()) {
            self.count_file()?;
        } else {
            let setting = self.limits.fields_setting;
            one_more(&mut self.fields, self.limits.max_fields, "fields", setting)?;
        }
        let file_name = head.file_name.as_deref().map(|sent| name::clean(sent, None));
        let most = match &head.file_name {
            Some(_) => self.limits.of_file(&head.name),
            None => None,
        };
        Ok(Some(Part { form: self, head, file_name, most, read: 0 }))
    }

    fn count_file(&mut self) -> Result {
        one_more(&mut self.files, self.limits.max_files, "files", "`max_files` in [uploads]")
    }

    /// Reads all of it. A file that is too large is passed over, and says so itself.
    ///
    /// # Errors
    /// As [`next_part`](Self::next_part); 507 if the disk is full.
    pub async fn receive(mut self) -> Result<Received> {
        let mut received = Received::default();
        while let Some(part) = self.next_part().await? {
            if !part.is_file() {
                let name = part.head.name.clone();
                received.texts.push((name, part.text().await?));
                continue;
            }
            let (name, unnamed) = (part.head.name.clone(), part.sent_file_name().is_some_and(str::is_empty));
            let file = part.upload_or_problem().await?;
            if !(unnamed && file.is_empty()) {
                received.files.push((name, file));
            }
        }
        Ok(received)
    }
}

fn one_more(count: &mut usize, most: usize, what: &str, setting: &str) -> Result {
    *count += 1;
    if *count <= most {
        return Ok(());
    }
    let why = format!("The form has more than {most} {what} ({setting}).");
    Err(Error::new(StatusCode::PAYLOAD_TOO_LARGE, why))
}

impl Part<'_> {
    /// The name of its field.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// Is it a file?
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.file_name.is_some()
    }

    /// The file's name, made plain: see [`Upload::name`].
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The file's name as it was sent; empty if nothing was chosen.
    #[must_use]
    pub fn sent_file_name(&self) -> Option<&str> {
        self.head.file_name.as_deref()
    }

    /// The type that the sender gave, in lower case: not to be trusted.
    #[must_use]
    pub fn sent_type(&self) -> Option<&str> {
        self.head.content_type.as_deref()
    }

    /// Takes at most so many bytes of this part, whatever the settings say.
    #[must_use]
    pub fn max_size(mut self, most: ByteSize) -> Self {
        self.most = Some(most.bytes());
        self
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// 413 if the part is larger than it may be, else as [`Multipart::next_part`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let piece = self.form.parts.piece().await?;
        let length = piece.as_ref().map_or(0, |piece| piece.len() as u64);
        self.read += length;
        if let Some(most) = self.most.filter(|most| self.read > *most) {
            return Err(self.too_large(format!("is too large: at most {}", ByteSize::new(most))));
        }
        // One that has a limit of its own is read as it comes, and kept by nobody.
        if !self.is_file() && self.most.is_none() {
            self.form.texts += length;
            let most = self.form.limits.max_text_size;
            if self.form.texts > most {
                let all = ByteSize::new(most);
                return Err(self.too_large(format!(
                    "is too much: all texts of the form may have {all} together (`max_text_size` in [uploads])"
                )));
            }
        }
        Ok(piece)
    }

    fn too_large(&self, message: String) -> Error {
        let why = format!("`{}` {message}.", self.head.name);
        let mut errors = FieldErrors::new();
        errors.push_coded(self.head.name.clone(), "max_size", message);
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, why).with_fields(errors)
    }

    /// All of it.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    pub async fn bytes(mut self) -> Result<Bytes> {
        let mut all = bytes::BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// All of it as text.
    ///
    /// # Errors
    /// 400 if it is not UTF-8, else as [`chunk`](Self::chunk).
    pub async fn text(self) -> Result<String> {
        let name = self.head.name.clone();
        let bytes = self.bytes().await?;
        String::from_utf8(bytes.into())
            .map_err(|_| Error::bad_request(format!("The field `{name}` is not UTF-8.")))
    }

    /// All of it as a file, in memory or on disk.
    ///
    /// # Errors
    /// 413 if it is larger than it may be, 422 if its content is not what its name says, 507 if the disk is full.
    pub async fn upload(self) -> Result<Upload> {
        let name = self.head.name.clone();
        let upload = self.upload_or_problem().await?;
        let mut errors = FieldErrors::new();
        upload.check(&name, &mut errors);
        let too_large = errors.codes(&name).any(|code| code == "max_size");
        match errors.into_result() {
            Err(error) if too_large => Err(error.with_status(StatusCode::PAYLOAD_TOO_LARGE)),
            other => other.map(|()| upload),
        }
    }

    /// As [`upload`](Self::upload), but what is wrong with the file is said by itself.
    async fn upload_or_problem(self) -> Result<Upload> {
        let Part { form, head, most, .. } = self;
        let mut spool = Spool::new(form.limits.memory, form.limits.folder.clone(), form.open);
        let mut uncounted = head.file_name.as_deref().is_some_and(str::is_empty);
        while let Some(piece) = form.parts.piece().await? {
            // Without a name, but with bytes: a file like the others.
            if std::mem::take(&mut uncounted) {
                form.count_file()?;
            }
            if most.is_some_and(|most| spool.len() + piece.len() as u64 > most) {
                spool.forget();
            }
            spool.write(&piece).await?;
        }
        let len = spool.len();
        let (bits, first) = spool.finish().await?;
        if matches!(bits, spool::Bits::Memory(_)) {
            // What is kept of one file is not there for the next.
            form.limits.memory = form.limits.memory.saturating_sub(len);
        }
        let sent_name = head.file_name.unwrap_or_default();
        Upload::of(Arrived { sent_name, sent_type: head.content_type, bits, head: first, len, most }).await
    }
}

impl<S: Send + Sync> FromRequest<S> for Multipart {
    type Rejection = Rejected;

    async fn from_request(request: Request, _: &S) -> Result<Self, Rejected> {
        let limits = UploadLimits::of(request.extensions().get::<Services>());
        limits
            .and_then(|limits| Multipart::of_request(request, limits))
            .map_err(|error| Rejected::new(Source::Body, error))
    }
}

impl fmt::Debug for Multipart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multipart").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("head", &self.head).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn form(parts: &[(&str, &str)], limits: UploadLimits) -> Multipart {
        let parts: String = parts
            .iter()
            .map(|(names, content)| {
                format!("--b\r\nContent-Disposition: form-data; {names}\r\n\r\n{content}\r\n")
            })
            .collect();
        let request = Request::builder().header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        Multipart::of_request(request.body(Body::from(format!("{parts}--b--"))).unwrap(), limits).unwrap()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_ends_the_form() {
        let large = "x".repeat(100_000);
        let limits = UploadLimits { memory: 0, ..UploadLimits::default() };
        let mut form = form(&[("name=a; filename=a.txt", &large)], limits);
        // The kernel refuses what is written there, as a full disk does.
        form.open = |_| std::fs::OpenOptions::new().write(true).open("/dev/full");
        let error = form.receive().await.unwrap_err();
        assert_eq!(error.status(), StatusCode::INSUFFICIENT_STORAGE, "{error}");
    }

    #[tokio::test]
    async fn texts_are_bounded_together_and_parts_by_their_own_limit() {
        let limits = UploadLimits { max_text_size: 10, ..UploadLimits::default() };
        let parts = [("name=a", "12345"), ("name=b", "123456")];
        let error = form(&parts, limits.clone()).receive().await.unwrap_err();
        assert_eq!(error.status(), 413);
        assert!(error.field_errors().unwrap().of("b").next().unwrap().contains("10 B together"), "{error}");
        // What has a limit of its own counts for none of the others.
        let mut both = form(&parts, limits);
        let own = both.next_part().await.unwrap().unwrap().max_size(ByteSize::new(5));
        assert_eq!(own.text().await.unwrap(), "12345");
        assert_eq!(both.next_part().await.unwrap().unwrap().text().await.unwrap(), "123456");
        let mut again = form(&parts, UploadLimits::default());
        let own = again.next_part().await.unwrap().unwrap().max_size(ByteSize::new(4));
        assert_eq!(own.text().await.unwrap_err().status(), 413);
        // What is left of it is passed over.
        assert_eq!(again.next_part().await.unwrap().unwrap().name(), "b");
    }

    #[tokio::test]
    async fn other_bodies_are_no_forms() {
        for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
            let request = Request::builder().header(header::CONTENT_TYPE, kind).body(Body::empty()).unwrap();
            let error = Multipart::of_request(request, UploadLimits::default()).unwrap_err();
            assert_eq!(error.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        }
    }
}

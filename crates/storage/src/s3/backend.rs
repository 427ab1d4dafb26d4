//! The trait, answered by a bucket.

use std::{fmt, io, ops::Range, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Method;
use object_store::{
    Attribute, Attributes, Error as Failed, GetOptions, GetRange, ObjectMeta, ObjectStore as _,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions,
    list::{PaginatedListOptions, PaginatedListStore as _},
    path::Path,
    signer::{SignedUrlOptions, Signer as _},
};
use quintet_core::{BoxFuture, Error, ErrorKind, Result, value::Timestamp};

use super::{
    S3Settings,
    place::{LONGEST, Place},
    told,
    upload::{Begun, Broken, Upload},
};
use crate::{Backend, Content, Info, Names, Opened, backend::failed, kind};

/// By which of a file's own values an upload knows its own file again.
const MARK: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("quintet-upload"));

/// Files in a bucket of S3, or of a server that speaks as it does.
///
/// A file is there when all of it is: small ones come in one request, larger ones in parts that become a file at the end. A new
/// one never takes the place of another, however many save at once, where the server knows conditions on writes; those that
/// Amazon, MinIO, Ceph and Cloudflare run do.
pub struct S3 {
    place: Place,
    settings: S3Settings,
    keep: Duration,
    private: Vec<String>,
}

/// What became of a try to create a file.
enum Tried {
    Kept,
    Taken,
}

impl S3 {
    /// The place that a URL such as `s3://bucket/folder` names.
    ///
    /// # Errors
    /// What is wrong with the URL or the settings. Nothing is asked of the server yet.
    pub fn new(url: &str, settings: &S3Settings) -> Result<Self> {
        let place = Place::of(url.strip_prefix("s3://").unwrap_or_default(), settings)?;
        let keep = Duration::from_secs(60 * 60);
        Ok(S3 { place, settings: settings.clone(), keep, private: Vec::new() })
    }

    /// For how long those who get a file from the server may keep it; those in these folders they may not.
    #[must_use]
    pub fn keep(self, keep: Duration, private: Vec<String>) -> Self {
        S3 { keep, private, ..self }
    }

    fn key(&self, name: &str) -> Result<Path, Failed> {
        Ok(Path::parse(format!("{}{name}", self.place.folder))?)
    }

    /// What is kept with a file, for whoever gets it from the server rather than from the site.
    fn attributes(&self, name: &str, mark: &str) -> Attributes {
        let (mime, shown) = kind::served(name);
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, mime.into());
        if !shown {
            attributes.insert(Attribute::ContentDisposition, "attachment".into());
        }
        let keep = match crate::name::is_below(name, &self.private) {
            true => "private, no-cache".to_owned(),
            false => format!("public, max-age={}", self.keep.as_secs()),
        };
        attributes.insert(Attribute::CacheControl, keep.into());
        attributes.insert(MARK, mark.to_owned().into());
        attributes
    }

    async fn head(&self, name: &str) -> Result<Option<(ObjectMeta, Attributes)>, Failed> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        match self.place.store.get_opts(&self.key(name)?, options).await {
            Ok(result) => Ok(Some((result.meta, result.attributes))),
            Err(Failed::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Is the file of this name the one that was sent with this mark? What an answer that was lost would have said.
    async fn is_ours(&self, name: &str, mark: &str) -> bool {
        if mark.is_empty() {
            return false;
        }
        let found = self.head(name).await.ok().flatten();
        found.is_some_and(|(_, attributes)| attributes.get(&MARK).is_some_and(|found| found.as_ref() == mark))
    }

    /// Sends the content; `new` only if there is no file of this name.
    async fn put(&self, name: &str, begun: &mut Begun, new: bool) -> Result<Tried, Broken> {
        let mark = mark();
        let condition = new && self.settings.conditional;
        let key = self.key(name)?;
        let attributes = self.attributes(name, &mark);
        let outcome = match &mut begun.rest {
            None => {
                let mode = if condition { PutMode::Create } else { PutMode::Overwrite };
                let options = PutOptions { mode, attributes, ..PutOptions::default() };
                let sent = self.place.store.put_opts(&key, begun.first.clone().into(), options).await;
                match sent {
                    Ok(_) => return Ok(Tried::Kept),
                    Err(_) if condition && self.is_ours(name, &mark).await => return Ok(Tried::Kept),
                    Err(error) => Broken::Server(error),
                }
            }
            Some(rest) => {
                let store = if new { &self.place.creating } else { &self.place.store };
                let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
                let mut upload = Upload::new(store.put_multipart_opts(&key, options).await?);
                match upload.send(begun.first.clone(), rest).await {
                    Ok(()) => return Ok(Tried::Kept),
                    Err(Broken::Server(_)) if self.is_ours(name, &mark).await => {
                        upload.ended();
                        return Ok(Tried::Kept);
                    }
                    Err(error) => {
                        upload.forget().await;
                        error
                    }
                }
            }
        };
        match outcome {
            // 412, and 409 of a server where two came at the same moment.
            Broken::Server(
                Failed::AlreadyExists { .. } | Failed::Precondition { .. } | Failed::NotModified { .. },
            ) if condition => Ok(Tried::Taken),
            error => Err(error),
        }
    }

    fn broken(&self, name: &str, broken: Broken) -> Error {
        match broken {
            Broken::Server(error) => self.place.told("saving", name, error),
            Broken::Source(error) => failed("saving", name, error),
            Broken::TooManyParts => Error::internal(format!(
                "`{name}` is larger than 10,000 parts of {}, and S3 takes no more: set `part_size` of `[storage.s3]` higher",
                self.settings.part_size
            )),
        }
    }

    async fn begin(&self, name: &str, content: Content) -> Result<Begun> {
        let begun = Begun::of(content, self.settings.part_size.as_usize()).await;
        begun.map_err(|error| failed("saving", name, error))
    }

    fn info_of(&self, name: &str, meta: &ObjectMeta) -> Info {
        let modified =
            Timestamp::from_second(meta.last_modified.timestamp()).unwrap_or(Timestamp::UNIX_EPOCH);
        Info {
            name: name.to_owned(),
            size: meta.size,
            modified,
            tag: meta.e_tag.as_deref().map(|tag| tag.trim_start_matches("W/").trim_matches('"').to_owned()),
        }
    }

    async fn nothing_of(&self, name: &str) -> Result<Option<Opened>> {
        let info = self.info(name).await?;
        Ok(info.map(|info| Opened { info, stream: Box::pin(stream::iter([Ok(Bytes::new())])) }))
    }
}

impl Backend for S3 {
    fn create<'a>(&'a self, names: Names, content: Content) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let wished = names.clone().next().unwrap_or_default();
            let mut begun = self.begin(&wished, content).await?;
            let none_free = names.none_free();
            for name in names {
                // Not all servers keep to conditions, and a name that is taken is known before anything is sent.
                match self.head(&name).await {
                    Ok(None) => {}
                    Ok(Some(_)) => continue,
                    Err(error) => return Err(self.place.told("saving", &name, error)),
                }
                match self.put(&name, &mut begun, true).await {
                    Ok(Tried::Kept) => return Ok(name),
                    Ok(Tried::Taken) if begun.rest.is_none() => {}
                    Ok(Tried::Taken) => match begun.again().await {
                        Some(again) => begun = again.map_err(|error| failed("saving", &name, error))?,
                        None => {
                            return Err(Error::of_kind(
                                ErrorKind::Conflict { constraint: name.clone() },
                                http::StatusCode::CONFLICT,
                                format!(
                                    "another file was saved as `{name}` while this one was on its way: send it again, and it gets \
                                     another name"
                                ),
                            ));
                        }
                    },
                    Err(error) => return Err(self.broken(&name, error)),
                }
            }
            Err(none_free)
        })
    }

    fn replace<'a>(&'a self, name: &'a str, content: Content) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let mut begun = self.begin(name, content).await?;
            self.put(name, &mut begun, false).await.map(drop).map_err(|error| self.broken(name, error))
        })
    }

    fn open<'a>(&'a self, name: &'a str, range: Option<Range<u64>>) -> BoxFuture<'a, Result<Option<Opened>>> {
        Box::pin(async move {
            if range.as_ref().is_some_and(Range::is_empty) {
                return self.nothing_of(name).await;
            }
            let asked = async {
                let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
                self.place.store.get_opts(&self.key(name)?, options).await
            };
            let result = match asked.await {
                Ok(result) => result,
                Err(error) if told::beyond_the_end(&error) => return self.nothing_of(name).await,
                Err(error @ Failed::NotFound { .. })
                    if told::code(&error).as_deref() != Some("NoSuchBucket") =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(self.place.told("opening", name, error)),
            };
            let info = self.info_of(name, &result.meta);
            let (place, name) = (self.place.clone(), name.to_owned());
            let pieces = result.into_stream().map(move |piece| {
                piece.map_err(|error| {
                    let why = told::whole(&error);
                    io::Error::other(format!("{}: {why}", place.told("reading", &name, error)))
                })
            });
            Ok(Some(Opened { info, stream: Box::pin(pieces) }))
        })
    }

    fn info<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Info>>> {
        Box::pin(async move {
            match self.head(name).await {
                Ok(found) => Ok(found.map(|(meta, _)| self.info_of(name, &meta))),
                Err(error) => Err(self.place.told("looking at", name, error)),
            }
        })
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            // S3 does not say whether there was one.
            if self.info(name).await?.is_none() {
                return Ok(false);
            }
            let deleted = async { self.place.store.delete(&self.key(name)?).await };
            deleted.await.map(|()| true).map_err(|error| self.place.told("deleting", name, error))
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Info>>> {
        Box::pin(async move {
            let folder = &self.place.folder;
            let mut found = Vec::new();
            let mut page_token = None;
            let whole = format!("{folder}{prefix}");
            loop {
                let options = PaginatedListOptions { page_token, ..PaginatedListOptions::default() };
                let page = self
                    .place
                    .store
                    .list_paginated(Some(&whole).filter(|all| !all.is_empty()).map(String::as_str), options);
                let page = page.await.map_err(|error| self.place.told("listing", prefix, error))?;
                for meta in &page.result.objects {
                    let Some(name) = meta.location.as_ref().strip_prefix(folder.as_str()) else { continue };
                    // What has such a name can't be asked for either: what other programs have put there, and folders that some of
                    // them make.
                    if name.starts_with(prefix) && crate::name::checked(name).is_ok() {
                        found.push(self.info_of(name, meta));
                    }
                }
                page_token = page.page_token;
                if page_token.is_none() {
                    break;
                }
            }
            found.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(found)
        })
    }

    fn direct_url<'a>(&'a self, name: &'a str, good_for: Duration) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(async move {
            if good_for.as_secs() == 0 || good_for > LONGEST {
                return Err(Error::internal(
                    "an address of S3 is good for a second at least, and seven days at most",
                ));
            }
            let (mime, shown) = kind::served(name);
            let disposition = if shown { "inline" } else { "attachment" };
            let query = [("response-content-type", mime), ("response-content-disposition", disposition)];
            let options = SignedUrlOptions::new().with_query(query);
            let signed = async {
                let key = self.key(name)?;
                self.place.store.signed_url_opts(Method::GET, &key, good_for, &options).await
            };
            let signed =
                signed.await.map_err(|error| self.place.told("signing an address of", name, error))?;
            Ok(Some(signed.to_string()))
        })
    }

    fn redirect(&self) -> Option<Duration> {
        self.settings.redirect
    }

    fn origin(&self) -> Option<String> {
        Some(self.place.origin.clone())
    }

    fn check<'a>(&'a self) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let options = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
            let folder = Some(self.place.folder.as_str()).filter(|folder| !folder.is_empty());
            let listed = self.place.store.list_paginated(folder, options).await;
            listed.map(drop).map_err(|error| self.place.told("listing", "", error))
        })
    }
}

fn mark() -> String {
    let mut bytes = [0u8; 16];
    // Without randomness no upload knows its file again, and what is doubtful is told as an error.
    if getrandom::fill(&mut bytes).is_err() {
        return String::new();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3({:?})", self.place)
    }
}

//! What went wrong, and what to do about it.

use object_store::{
    Error as Failed,
    client::{HttpError, HttpErrorKind},
};
use quintet_core::Error;

use super::place::Place;

/// The server's own word for it, `NoSuchBucket`, if its answer had one.
pub(super) fn code(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let text = whole(error);
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.to_owned())
}

/// What became of the request, if it got no answer.
fn unanswered(error: &(dyn std::error::Error + 'static)) -> Option<HttpErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return Some(error.kind());
        }
        next = error.source();
    }
    None
}

/// Everything that is known of it. Neither a secret nor a signature is: those are in headers, which nothing here shows.
pub(super) fn whole(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

/// Was the range beyond the end of the file?
pub(super) fn beyond_the_end(error: &Failed) -> bool {
    code(error).as_deref() == Some("InvalidRange") || whole(error).contains("416 Range Not Satisfiable")
}

impl Place {
    /// The error for a caller.
    #[track_caller]
    pub(super) fn told(&self, doing: &str, name: &str, error: Failed) -> Error {
        let code = code(&error);
        if matches!(code.as_deref(), Some("QuotaExceeded" | "XMinioStorageFull" | "InsufficientStorage"))
            || whole(&error).contains("507 Insufficient Storage")
        {
            return crate::backend::failed(
                doing,
                name,
                std::io::Error::new(std::io::ErrorKind::StorageFull, error),
            );
        }
        let fix = self.fix(code.as_deref(), &error);
        let name = if name.is_empty() { String::new() } else { format!(" `{name}`") };
        Error::internal(format!(
            "the storage failed while {doing}{name} in the bucket `{}` at {}{fix}",
            self.bucket, self.server
        ))
        .with_source(error)
    }

    fn fix(&self, code: Option<&str>, error: &Failed) -> String {
        let text = whole(error);
        let refused = matches!(error, Failed::PermissionDenied { .. } | Failed::Unauthenticated { .. });
        match code {
            Some("NoSuchBucket") => ": there is no such bucket; create it, or mend `url` of `[storage]`".to_owned(),
            Some("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "ExpiredToken") => format!(
                ": the server does not take these credentials ({}); look at `access_key_id` and `secret_access_key` of \
                 `[storage.s3]`, or the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                code.unwrap_or_default()
            ),
            Some("RequestTimeTooSkewed") => ": the clock of this machine is wrong".to_owned(),
            Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
                self.elsewhere()
            }
            Some("NotImplemented") => {
                ": the server does not know this; if it is conditions on writes, `conditional = false` in `[storage.s3]` does without"
                    .to_owned()
            }
            _ if refused => ": the server refuses it; look whether `access_key_id` and `secret_access_key` of `[storage.s3]` are \
                             right, and whether the account may do s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket and \
                             s3:AbortMultipartUpload there"
                .to_owned(),
            _ if text.contains("without LOCATION") || text.contains("301 Moved") => self.elsewhere(),
            _ if !self.given && (text.contains("169.254.") || text.contains("credential")) => {
                ": there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or `access_key_id` and \
                 `secret_access_key` of `[storage.s3]`"
                    .to_owned()
            }
            Some(code) => format!(": the server says {code}"),
            None => match unanswered(error) {
                Some(HttpErrorKind::Timeout) => {
                    ": the server is silent; `timeout` of `[storage.s3]` says for how long it may be".to_owned()
                }
                Some(HttpErrorKind::Connect) => {
                    ": the server can't be reached; is it up, and is `endpoint` of `[storage.s3]` right?".to_owned()
                }
                Some(_) => ": the connection to the server broke".to_owned(),
                None => String::new(),
            },
        }
    }

    fn elsewhere(&self) -> String {
        ": the bucket is in another region; mend `region` of `[storage.s3]`, or the variable AWS_REGION"
            .to_owned()
    }
}

//! Why a body can't be read to its end.

use std::error::Error as StdError;

use axum::extract::rejection::BytesRejection;
use http::StatusCode;
use http_body_util::LengthLimitError;
use quintet_core::Error;

use super::is_stalled;

/// Why a body can't be read to its end.
pub fn unread(why: BytesRejection) -> Error {
    let status = why.status();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ if is_stalled(&why) => {
            Error::new(StatusCode::REQUEST_TIMEOUT, "The rest of the body did not come in time.")
        }
        _ => {
            Error::bad_request("The body could not be read to its end.").with_detail("cause", why.body_text())
        }
    }
}

fn too_large() -> Error {
    Error::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than this site takes.")
}

/// Why a body that came piece by piece broke off.
pub fn broken(why: Box<dyn StdError + Send + Sync>) -> Error {
    let mut causes =
        std::iter::successors(Some(&*why as &(dyn StdError + 'static)), |cause| (*cause).source());
    if causes.any(|cause| cause.is::<LengthLimitError>()) {
        return too_large();
    }
    if is_stalled(&*why) {
        return Error::new(StatusCode::REQUEST_TIMEOUT, "The rest of the body did not come in time.");
    }
    Error::bad_request("The body could not be read to its end.").with_detail("cause", why.to_string())
}

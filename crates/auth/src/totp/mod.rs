//! The second factor: codes that an app on a phone shows (`code`), and codes on paper for when the phone is gone.
//!
//! A secret is kept encrypted by the site's keys. A code is good once: the step of the last one is kept, and taken further by one
//! statement that says whether it was later. A recovery code is a row that one statement deletes.
mod code;
mod qr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use quintet_core::{Result, Service as _, Services, clock};
use quintet_orm::{Db, prelude::*};
use sha2::{Digest as _, Sha256};

pub(crate) use code::{address, new_secret, typed};
pub(crate) use qr::svg;

use crate::{
    models::{RecoveryCode, Totp, User},
    passwords::random_bytes,
    sealed::Sealer,
};

/// So many recovery codes there are at once.
const CODES: usize = 10;
/// Bytes of one: so many that a hash without salt says nothing of it.
const CODE: usize = 10;

fn sealer(services: &Services) -> Result<Sealer> {
    Sealer::of(services, "quintet.auth.totp")
}

/// A secret that is not the user's yet, for their session.
pub(crate) fn seal_new(services: &Services, secret: &str, user: i64) -> Result<String> {
    sealer(services)?.seal(secret, &format!("new:{user}"))
}

/// The same again.
pub(crate) fn open_new(services: &Services, sealed: &str, user: i64) -> Result<Option<String>> {
    Ok(sealer(services)?.open(sealed, &format!("new:{user}")))
}

/// The step of a code of this secret, now.
pub(crate) fn fits(secret: &str, typed: &str) -> Option<i64> {
    code::step_of(secret, typed, clock::now())
}

/// Makes it the user's, and gives them recovery codes. The step is that of the code they have shown: it is good no more.
pub(crate) async fn enroll(services: &Services, user: i64, secret: &str, step: i64) -> Result<Vec<String>> {
    let sealed = sealer(services)?.seal(secret, &user.to_string())?;
    let db = Db::of(services)?.primary();
    db.atomic(async |tx| {
        Totp.filter(Totp.user.eq(user)).delete(tx).await?;
        create!(Totp { user: user, secret: &*sealed, confirmed: clock::now(), last_step: step })
            .insert(tx)
            .await?;
        new_codes(user, tx).await
    })
    .await
}

/// Gives the user other recovery codes; those of before are good no more.
pub(crate) async fn renew_codes(services: &Services, user: i64) -> Result<Vec<String>> {
    let db = Db::of(services)?.primary();
    db.atomic(async |tx| new_codes(user, tx).await).await
}

async fn new_codes(user: i64, db: &dyn Executor) -> Result<Vec<String>> {
    RecoveryCode.filter(RecoveryCode.user.eq(user)).delete(db).await?;
    let new = || Ok(code::base32(&random_bytes::<CODE>()?).to_ascii_lowercase());
    let codes = (0..CODES).map(|_| new()).collect::<Result<Vec<String>>>()?;
    let rows = codes
        .iter()
        .map(|code| create!(RecoveryCode { user: user, hash: hash(user, code) }))
        .collect::<Vec<_>>();
    RecoveryCode.bulk_insert(rows, db).await?;
    Ok(codes.iter().map(|code| in_fours(code, "-")).collect())
}

/// In groups of four letters, as people copy them.
pub(crate) fn in_fours(text: &str, between: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(between)
}

fn hash(user: i64, code: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::new().chain_update(user.to_be_bytes()).chain_update(code).finalize())
}

/// What a code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// None, or one that was used.
    Wrong,
    /// The app's.
    Code,
    /// One from paper.
    Recovery,
}

/// Is this a code that the user's app shows, or one of their recovery codes? Then it is good no more.
pub(crate) async fn take(services: &Services, user: i64, text: &str) -> Result<Taken> {
    let db = Db::of(services)?.primary();
    let text = typed(text);
    if text.len() > 6 {
        let own = RecoveryCode.user.eq(user) & RecoveryCode.hash.eq(hash(user, &text));
        let recovery = RecoveryCode.filter(own).delete(&db).await? > 0;
        return Ok(if recovery { Taken::Recovery } else { Taken::Wrong });
    }
    let Some(totp) = Totp.filter(Totp.user.eq(user)).first(&db).await? else { return Ok(Taken::Wrong) };
    let Some(secret) = sealer(services)?.open(&totp.secret, &user.to_string()) else {
        tracing::error!(
            user,
            "the secret of a second factor can't be read: was `secret_key` changed without `secret_key_fallbacks`?"
        );
        return Ok(Taken::Wrong);
    };
    let Some(step) = fits(&secret, &text) else { return Ok(Taken::Wrong) };
    // Whoever has seen it being typed comes too late; of two at once, one does.
    let later = Totp.filter(Totp.user.eq(user) & Totp.last_step.lt(step));
    let first = later.update(Totp.last_step.set(step)).exec(&db).await? == 1;
    Ok(if first { Taken::Code } else { Taken::Wrong })
}

/// Takes the second factor away, and says whether there was one.
pub(crate) async fn remove(services: &Services, user: i64) -> Result<bool> {
    let db = Db::of(services)?.primary();
    db.atomic(async |tx| {
        RecoveryCode.filter(RecoveryCode.user.eq(user)).delete(tx).await?;
        Ok(Totp.filter(Totp.user.eq(user)).delete(tx).await? > 0)
    })
    .await
}

/// Since when the user has one, and how many recovery codes are left.
pub(crate) async fn state(
    services: &Services,
    user: &User,
) -> Result<Option<(quintet_core::value::Timestamp, u64)>> {
    let db = Db::of(services)?.primary();
    let Some(totp) = Totp.filter(Totp.user.eq(user.id)).first(&db).await? else { return Ok(None) };
    let left = RecoveryCode.filter(RecoveryCode.user.eq(user.id)).count(&db).await?;
    Ok(Some((totp.confirmed, left)))
}

/// What an app shows for this secret at a time: for tests.
#[doc(hidden)]
#[must_use]
pub fn shown_at(secret: &str, time: quintet_core::value::Timestamp) -> String {
    code::code(secret, code::step(time)).unwrap_or_default()
}

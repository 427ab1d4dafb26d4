//! `#[quintet::main]` on an async function: what it ends with is the program's status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::process::ExitCode;

mod works {
    #[quintet_macros::main]
    pub(crate) async fn main() -> quintet_core::Result {
        // On a runtime, or this would panic.
        tokio::spawn(async {}).await?;
        Ok(())
    }
}

mod ends_with_nothing {
    #[quintet_macros::main]
    pub(crate) async fn main() {}
}

mod fails {
    #[quintet_macros::main]
    pub(crate) async fn main() -> Result<(), std::num::ParseIntError> {
        "seven".parse::<i32>().map(drop)
    }
}

mod is_set_up_wrongly {
    #[quintet_macros::main]
    pub(crate) async fn main() -> quintet_core::Result {
        Err(quintet_core::Error::settings("no port"))
    }
}

#[test]
fn the_status_tells_good_ends_faults_and_mistakes_apart() {
    assert_eq!(works::main(), ExitCode::SUCCESS);
    assert_eq!(ends_with_nothing::main(), ExitCode::SUCCESS);
    assert_eq!(fails::main(), ExitCode::from(1));
    assert_eq!(is_set_up_wrongly::main(), ExitCode::from(2));
}

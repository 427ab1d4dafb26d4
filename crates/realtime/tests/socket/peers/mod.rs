//! Clients that others have written: `websockets` (Python) and `ws` (Node.js). `scripts/peers` has them; without them these tests are
//! skipped.

use std::{path::Path, process::Stdio};

use quintet_core::Site;
use quintet_realtime::socket::Upgrade;
use quintet_web::{Routing, axum::response::Response, routes};
use tokio::{process::Command, time::timeout};

use crate::{
    echo::{echo, protocols},
    site::{HANG, serve},
};

async fn goodbye(upgrade: Upgrade) -> Response {
    upgrade.run(async |mut socket| {
        socket.close(4321, "that is all");
        Ok(())
    })
}

/// Runs a peer, which has to be content, and leaves nothing open.
async fn content(mut peer: Command) {
    let served = serve(Site::new().routes(routes![echo, protocols]).get("/goodbye/", goodbye)).await;
    peer.arg(format!("ws://{}", served.address)).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(HANG * 6, peer.output()).await.expect("the peer hangs").expect("the peer runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    served.nobody().await;
    served.stop().await;
}

fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/socket/peers").join(name)
}

#[tokio::test]
async fn websockets_of_python_is_content() {
    let Some(python) = std::env::var_os("QUINTET_TEST_WEBSOCKETS") else {
        return eprintln!("skipped: QUINTET_TEST_WEBSOCKETS=$(scripts/peers python)");
    };
    let mut peer = Command::new(python);
    peer.arg(file("peer.py"));
    content(peer).await;
}

#[tokio::test]
async fn ws_of_node_is_content() {
    let Some(folder) = std::env::var_os("QUINTET_TEST_WS") else {
        return eprintln!("skipped: QUINTET_TEST_WS=$(scripts/peers node)");
    };
    let mut peer = Command::new("node");
    peer.arg(file("peer.mjs")).arg(folder);
    content(peer).await;
}

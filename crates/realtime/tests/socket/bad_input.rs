//! What no client should send: each is told what is wrong with it, and nothing is left open.

use crate::{
    client::{BINARY, CLOSE, CONTINUED, FIN, PING, TEXT, frame, goodbye},
    echo,
    site::serve,
};

const RSV1: u8 = 0x40;

fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, payload.len() as u8], payload].concat()
}

#[tokio::test]
async fn each_fault_has_its_code() {
    let served = serve(echo::site()).await;
    let large = vec![b'x'; 64 * 1024 + 1];
    let third = vec![b'x'; 30 * 1024];
    let cases: Vec<(&str, u16, Vec<Vec<u8>>)> = vec![
        ("text that is no UTF-8", 1007, vec![frame(FIN | TEXT, b"a\xffb")]),
        ("a letter that never ends", 1007, vec![frame(FIN | TEXT, b"\xc3")]),
        ("no UTF-8 in the second piece", 1007, vec![frame(TEXT, b"a"), frame(FIN | CONTINUED, b"\xc3\x28")]),
        ("half of a pair", 1007, vec![frame(FIN | TEXT, b"\xed\xa0\x80")]),
        ("no UTF-8 in a goodbye", 1007, vec![frame(FIN | CLOSE, b"\x03\xe8\xff")]),
        ("a frame that is too large", 1009, vec![frame(FIN | BINARY, &large)]),
        (
            "a frame that says it is huge",
            1009,
            vec![vec![FIN | BINARY, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]],
        ),
        (
            "pieces that are too large together",
            1009,
            vec![frame(BINARY, &third), frame(CONTINUED, &third), frame(FIN | CONTINUED, &third)],
        ),
        ("an unmasked frame", 1002, vec![unmasked(FIN | TEXT, b"hello")]),
        ("an unknown kind of data", 1002, vec![frame(FIN | 3, b"x")]),
        ("an unknown kind of control", 1002, vec![frame(FIN | 11, b"x")]),
        ("a reserved bit", 1002, vec![frame(FIN | RSV1 | TEXT, b"x")]),
        ("a ping in pieces", 1002, vec![frame(PING, b"x")]),
        ("a ping that is too large", 1002, vec![frame(FIN | PING, &[0; 126])]),
        ("the rest of nothing", 1002, vec![frame(FIN | CONTINUED, b"x")]),
        ("a message in a message", 1002, vec![frame(TEXT, b"x"), frame(FIN | TEXT, b"y")]),
        ("half a code", 1002, vec![frame(FIN | CLOSE, b"\x03")]),
        ("a code that must not be sent", 1002, vec![frame(FIN | CLOSE, &goodbye(1006, ""))]),
        ("a code that is none", 1002, vec![frame(FIN | CLOSE, &goodbye(999, ""))]),
    ];
    for (what, code, frames) in cases {
        let mut client = served.open("/echo/").await;
        for frame in frames {
            client.raw(&frame).await;
        }
        let (said, reason) = client.closed().await;
        assert_eq!(said, code, "{what}: {reason}");
        drop(client);
        served.nobody().await;
    }
    served.stop().await;
}

#[tokio::test]
async fn the_word_arrives_though_the_client_goes_on_sending() {
    let served = serve(echo::site()).await;
    for _ in 0..20 {
        let mut client = served.open("/echo/").await;
        // Megabytes that nobody reads as a message: were the connection just closed, it would be reset, and the code lost.
        client.raw(&frame(FIN | BINARY, &vec![0; 4 * 1024 * 1024])).await;
        assert_eq!(client.told().await.0, 1009);
        drop(client);
        served.nobody().await;
    }
    served.stop().await;
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_and_holds_up_nobody() {
    let served = serve(echo::site()).await;
    let mut flooding = served.open("/echo/").await;
    let mut other = served.open("/echo/").await;
    let many: Vec<u8> = (0..20_000).flat_map(|_| frame(FIN | PING, b"are you there?")).collect();
    let (mut read, mut write) = flooding.stream.into_split();
    let flood = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        write.write_all(&many).await.unwrap();
        write
    });
    for n in 0..20 {
        other.say(&n.to_string()).await;
        assert_eq!(other.text().await, n.to_string());
    }
    // It takes none of the answers until all is sent: what waits for it does not grow, for only the last ping need be answered.
    let write = flood.await.unwrap();
    let mut some = vec![0; 64 * 1024];
    assert!(tokio::io::AsyncReadExt::read(&mut read, &mut some).await.unwrap() > 0);
    flooding.stream = read.reunite(write).unwrap();
    drop(flooding);
    drop(other);
    served.nobody().await;
    served.stop().await;
}

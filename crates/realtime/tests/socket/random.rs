//! Frames at random: whatever comes, the server answers what it understands, closes what it does not, and nothing is left.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::{
    client::{Client, frame},
    echo,
    site::{HANG, serve},
};

/// xorshift: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: u64) -> usize {
        usize::try_from(self.next() % most).unwrap()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// Mostly what a client may send, sometimes anything.
    fn piece(&mut self) -> Vec<u8> {
        let length = match self.below(10) {
            0 => 0,
            1..=6 => self.below(126),
            7 | 8 => self.below(5_000),
            _ => self.below(200_000),
        };
        let text = |random: &mut Self| (0..length).map(|_| b' ' + random.below(95) as u8).collect::<Vec<_>>();
        let short = length.min(125);
        match self.below(20) {
            0..=5 => frame(0x81, &text(self)),
            6..=9 => frame(0x82, &self.bytes(length)),
            10 | 11 => frame(0x89, &self.bytes(short)),
            12 => frame(0x8a, &self.bytes(short)),
            13 => frame(0x01, &text(self)),
            14 => frame(0x00, &text(self)),
            15 => frame(0x80, &text(self)),
            16 => frame(0x88, &self.bytes(short)),
            17 => frame(self.next() as u8, &self.bytes(short)),
            18 => {
                let mut cut = frame(0x82, &self.bytes(length));
                cut.truncate(self.below(cut.len() as u64 + 1));
                cut
            }
            _ => self.bytes(length),
        }
    }
}

async fn attack(client: Client, seed: u64) {
    let mut random = Random(seed | 1);
    let (mut read, mut write) = client.stream.into_split();
    let reading = tokio::spawn(async move {
        // Everything that comes is a frame that a server may send.
        let mut all = Vec::new();
        let _ = read.read_to_end(&mut all).await;
        let mut rest = &all[..];
        while rest.len() >= 2 {
            assert!([0x81, 0x82, 0x88, 0x89, 0x8a].contains(&rest[0]), "{:x}", rest[0]);
            assert_eq!(rest[1] & 0x80, 0);
            let (head, length) = match rest[1] {
                126 if rest.len() >= 4 => (4, u64::from(u16::from_be_bytes([rest[2], rest[3]]))),
                127 if rest.len() >= 10 => (10, u64::from_be_bytes(rest[2..10].try_into().unwrap())),
                short @ 0..=125 => (2, u64::from(short)),
                _ => break,
            };
            assert!(length <= 64 * 1024);
            if rest[0] == 0x88 {
                let code = rest.get(2..4).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]));
                assert!(length == 0 || matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999), "{code}");
            }
            rest = rest.get(head + length as usize..).unwrap_or_default();
        }
    });
    for _ in 0..1 + random.below(30) {
        let piece = random.piece();
        for part in piece.chunks(1 + random.below(70_000)) {
            if write.write_all(part).await.is_err() {
                break;
            }
        }
    }
    drop(write);
    timeout(HANG, reading).await.unwrap_or_else(|_| panic!("it hangs")).unwrap();
}

/// `QUINTET_FUZZ_SEED` repeats one, `QUINTET_FUZZ_ROUNDS` makes more of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_at_random_break_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let first = number("QUINTET_FUZZ_SEED").unwrap_or(now);
    let rounds = number("QUINTET_FUZZ_ROUNDS").unwrap_or(300);
    let served = serve(echo::site()).await;
    for round in 0..rounds {
        // Far apart, or neighbours begin alike.
        let seed = if round == 0 { first } else { Random((first ^ round.rotate_left(40)) | 1).next() };
        let client = served.open("/echo/").await;
        let attack = tokio::spawn(attack(client, seed));
        if let Err(error) = attack.await {
            panic!("QUINTET_FUZZ_SEED={seed} repeats it: {error}");
        }
    }
    served.nobody().await;
    let mut client = served.open("/echo/").await;
    client.say("still here").await;
    assert_eq!(client.text().await, "still here");
    client.closed_by_us().await;
    served.stop().await;
}

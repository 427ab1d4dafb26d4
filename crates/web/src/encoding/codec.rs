//! gzip and brotli, for whole bodies and piece by piece.

use std::io::{self, Write};

use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use flate2::{Compression, GzBuilder, write::GzEncoder};

use super::Encoding;

/// How long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For what is sent once.
    Low,
    /// For what is sent often.
    #[cfg(feature = "static")]
    High,
    /// For what is made once and kept for ever.
    #[cfg(feature = "static")]
    Most,
}

impl Effort {
    fn gzip(self) -> Compression {
        Compression::new(match self {
            Effort::Low => 5,
            #[cfg(feature = "static")]
            Effort::High | Effort::Most => 9,
        })
    }

    fn brotli(self) -> i32 {
        match self {
            Effort::Low => 4,
            #[cfg(feature = "static")]
            Effort::High => 9,
            #[cfg(feature = "static")]
            Effort::Most => 11,
        }
    }
}

/// All of it at once.
#[cfg(feature = "static")]
pub(crate) fn whole(bytes: &[u8], encoding: Encoding, effort: Effort) -> io::Result<Vec<u8>> {
    let mut packer = Packer::new(encoding, effort, Some(bytes.len()), 0);
    packer.write(bytes)?;
    packer.finish(&[])
}

/// Takes a body piece by piece.
pub(crate) struct Packer(Inner);

enum Inner {
    Gzip(GzEncoder<Vec<u8>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
}

impl Packer {
    /// `length` is that of all that will come, if it is known. A gzip body gets `padding` bytes more, which mean nothing;
    /// one of brotli gets them when it is finished.
    pub(crate) fn new(encoding: Encoding, effort: Effort, length: Option<usize>, padding: usize) -> Self {
        Packer(match encoding {
            Encoding::Gzip => {
                let mut head = GzBuilder::new();
                if padding > 0 {
                    // Where the name of a file would stand.
                    head = head.filename(vec![b'a'; padding]);
                }
                Inner::Gzip(head.write(Vec::new(), effort.gzip()))
            }
            Encoding::Brotli => {
                let params = BrotliEncoderParams {
                    quality: effort.brotli(),
                    // Small bodies need no large window, and the memory for one is not small.
                    lgwin: length
                        .map_or(18, |length| window(length).min(if effort == Effort::Low { 18 } else { 22 })),
                    size_hint: length.unwrap_or(0),
                    ..BrotliEncoderParams::default()
                };
                Inner::Brotli(Box::new(CompressorWriter::with_params(Vec::new(), 4096, &params)))
            }
        })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.0 {
            Inner::Gzip(gzip) => gzip.write_all(bytes),
            Inner::Brotli(brotli) => brotli.write_all(bytes),
        }
    }

    /// What has been written so far can be read from what has been taken afterwards.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Inner::Gzip(gzip) => gzip.flush(),
            Inner::Brotli(brotli) => brotli.flush(),
        }
    }

    /// What is ready to leave.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(match &mut self.0 {
            Inner::Gzip(gzip) => gzip.get_mut(),
            Inner::Brotli(brotli) => brotli.get_mut(),
        })
    }

    /// The rest. A brotli body gets the `padding` (256 bytes at most), which means nothing.
    pub(crate) fn finish(mut self, padding: &[u8]) -> io::Result<Vec<u8>> {
        if let Inner::Brotli(brotli) = &mut self.0
            && !padding.is_empty()
        {
            // Behind a flush the stream stands at a whole byte, and a block of metadata may follow.
            brotli.flush()?;
            metadata(brotli.get_mut(), padding);
        }
        match self.0 {
            Inner::Gzip(gzip) => gzip.finish(),
            Inner::Brotli(brotli) => Ok(brotli.into_inner()),
        }
    }
}

/// The smallest window that holds all of it, in bits.
fn window(length: usize) -> i32 {
    let bits = usize::BITS - length.leading_zeros();
    // Always fits: it is at most 64.
    i32::try_from(bits).unwrap_or(22).clamp(10, 22)
}

/// RFC 7932, 9.2: not the last (0), MNIBBLES 0 (11), reserved (0), one byte of length (01), the length less one.
fn metadata(out: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = bytes.get(..bytes.len().min(256)).unwrap_or_default();
    let Some(less_one) = bytes.len().checked_sub(1).and_then(|n| u8::try_from(n).ok()) else { return };
    out.push(0b01_0110 | (less_one << 6));
    out.push(less_one >> 2);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn text() -> Vec<u8> {
        (0..2000)
            .flat_map(|n: u32| format!("line {n} of a text that repeats itself\n").into_bytes())
            .collect()
    }

    fn read(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match encoding {
            Encoding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap(),
            Encoding::Brotli => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut out).unwrap(),
        };
        out
    }

    #[test]
    fn what_is_packed_can_be_read() {
        for encoding in [Encoding::Gzip, Encoding::Brotli] {
            for text in [text(), Vec::new(), b"x".to_vec()] {
                for padding in [0, 1, 100, 256] {
                    let mut packer = Packer::new(encoding, Effort::Low, Some(text.len()), padding);
                    let mut packed = Vec::new();
                    let mut written = 0;
                    for piece in text.chunks(30_000) {
                        packer.write(piece).unwrap();
                        packer.flush().unwrap();
                        packed.extend(packer.take());
                        written += piece.len();
                        // A reader has all of it before the end is there.
                        let mut seen = vec![0; written];
                        let read: &mut dyn Read = match encoding {
                            Encoding::Gzip => &mut flate2::read::GzDecoder::new(&*packed),
                            Encoding::Brotli => &mut brotli::Decompressor::new(&*packed, 4096),
                        };
                        read.read_exact(&mut seen).unwrap();
                        assert_eq!(seen, text[..written]);
                    }
                    packed.extend(packer.finish(&vec![b'a'; padding]).unwrap());
                    assert_eq!(read(encoding, &packed), text, "{encoding:?} {padding}");
                }
            }
        }
    }

    #[test]
    fn the_padding_is_the_difference() {
        for encoding in [Encoding::Gzip, Encoding::Brotli] {
            let length = |padding: usize| {
                let mut packer = Packer::new(encoding, Effort::Low, None, padding);
                packer.write(&text()).unwrap();
                packer.finish(&vec![b'a'; padding]).unwrap().len()
            };
            assert_eq!(length(90) - length(10), 80, "{encoding:?}");
        }
    }

    #[cfg(feature = "static")]
    #[test]
    fn more_effort_makes_it_shorter() {
        // Prose and code, not made for the purpose.
        let text = include_bytes!("codec.rs");
        let most = whole(text, Encoding::Brotli, Effort::Most).unwrap();
        let low = whole(text, Encoding::Brotli, Effort::Low).unwrap();
        assert!(most.len() < low.len() && low.len() < text.len() / 2);
        assert_eq!(read(Encoding::Brotli, &most), text);
        let gzip = whole(text, Encoding::Gzip, Effort::Most).unwrap();
        assert_eq!(read(Encoding::Gzip, &gzip), text);
    }
}

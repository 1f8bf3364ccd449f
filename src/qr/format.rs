//! Which picture formats pass: told by a file's first bytes, never by what a server says about it.

/// A format that browsers show and [`decode`](super::decode) reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Portable Network Graphics: what the platform sends.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF; its first frame counts.
    Gif,
}

impl Format {
    /// The format of these bytes; `None` for anything but the three.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_format() {
        let table: [(&[u8], Option<Format>); 8] = [
            (b"\x89PNG\r\n\x1a\n....", Some(Format::Png)),
            (b"\xff\xd8\xff\xe0....", Some(Format::Jpeg)),
            (b"GIF89a....", Some(Format::Gif)),
            (b"GIF87a....", Some(Format::Gif)),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", None),
            (b"<!DOCTYPE html>", None),
            (b"\x89PNG", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(Format::of(bytes), expected, "{bytes:?}");
        }
    }
}

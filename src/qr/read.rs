//! Reads the text out of a QR picture, whatever the picture is: a bomb, a photograph, noise.

use std::io::Cursor;

use image::error::LimitErrorKind;
use image::{DynamicImage, ImageError, ImageFormat, ImageReader, Limits};
use rqrr::PreparedImage;

use super::Format;

/// Why a picture gives no text.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not PNG, JPEG or GIF.
    #[error("the picture is no PNG, JPEG or GIF")]
    Format,
    /// Larger than a QR has reason to be.
    #[error("the picture is larger than {MAX_SIDE} × {MAX_SIDE} pixels")]
    TooLarge,
    /// The file is broken.
    #[error("the picture is damaged")]
    Damaged(#[source] ImageError),
    /// A picture of something else, or of a code that cannot be made out.
    #[error("there is no readable QR in the picture")]
    NoCode,
}

/// Longest side accepted, in pixels. The platform's pictures have a few hundred.
const MAX_SIDE: u32 = 2048;

/// Most memory the picture decoder may take, in bytes: 2048 × 2048 pixels of 16-bit RGBA, twice.
const MAX_MEMORY: u64 = 64 * 1024 * 1024;

/// The text of the first readable QR in a picture.
///
/// Takes up to some 100 ms of processor time and, held by limits on the picture's dimensions, less than
/// 80 MiB of memory, however small the file that unpacks to it.
pub fn decode(bytes: &[u8]) -> Result<String, Unreadable> {
    let picture = unpack(bytes)?.into_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared =
        PreparedImage::prepare_from_greyscale(width, height, |x, y| picture.as_raw()[y * width + x]);
    prepared
        .detect_grids()
        .iter()
        .find_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
        .filter(|text| !text.is_empty())
        .ok_or(Unreadable::NoCode)
}

/// A picture as PNG, whichever of the three it is; as costly as [`decode`].
pub fn as_png(bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut file = Cursor::new(Vec::new());
    unpack(bytes)?.write_to(&mut file, ImageFormat::Png).map_err(Unreadable::Damaged)?;
    Ok(file.into_inner())
}

fn unpack(bytes: &[u8]) -> Result<DynamicImage, Unreadable> {
    let format = match Format::of(bytes).ok_or(Unreadable::Format)? {
        Format::Png => ImageFormat::Png,
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Gif => ImageFormat::Gif,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    reader.decode().map_err(|error| match error {
        ImageError::Limits(limit) if exceeded(&limit.kind()) => Unreadable::TooLarge,
        error => Unreadable::Damaged(error),
    })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    limits
}

fn exceeded(kind: &LimitErrorKind) -> bool {
    matches!(kind, LimitErrorKind::DimensionError | LimitErrorKind::InsufficientMemory)
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, RgbImage};

    use super::*;
    use crate::qr::png;

    const TEXT: &str = "http://weixin.qq.com/x/4fmLkPzrl3vB9e2wqg1a";

    fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        picture.into().write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    #[test]
    fn jpeg_and_gif_are_read_like_png() {
        let picture = image::load_from_memory(&png(TEXT).unwrap()).unwrap();
        for format in [ImageFormat::Jpeg, ImageFormat::Gif] {
            let picture = DynamicImage::from(picture.to_rgb8());
            assert_eq!(decode(&file(picture, format)).unwrap(), TEXT, "{format:?}");
        }
    }

    #[test]
    fn noise_like_a_photograph_is_an_error() {
        let mut random = fastrand::Rng::with_seed(7);
        for side in [1, 7, 64, 257, 600] {
            let noise = RgbImage::from_fn(side, side, |_, _| image::Rgb([random.u8(..), random.u8(..), 90]));
            let result = decode(&file(noise, ImageFormat::Png));
            assert!(matches!(result, Err(Unreadable::NoCode)), "{side}: {result:?}");
        }
    }

    #[test]
    fn a_picture_damaged_anywhere_never_panics() {
        let whole = png(TEXT).unwrap();
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..100 {
            let mut damaged = whole.clone();
            let place = random.usize(8..damaged.len());
            damaged[place] ^= random.u8(1..);
            damaged.truncate(random.usize(place..=whole.len()));
            let _either_way = decode(&damaged);
        }
        assert!(matches!(decode(&whole[..whole.len() / 2]), Err(Unreadable::Damaged(_))));
    }

    #[test]
    fn a_code_with_modules_flipped_never_panics() {
        let picture = image::load_from_memory(&png(TEXT).unwrap()).unwrap().into_luma8();
        let mut random = fastrand::Rng::with_seed(13);
        for flips in [1, 20, 200, 400] {
            let mut flipped = picture.clone();
            for _ in 0..flips {
                let (x, y) = (random.u32(..picture.width() / 8), random.u32(..picture.height() / 8));
                for (dx, dy) in (0..8).flat_map(|dx| (0..8).map(move |dy| (dx, dy))) {
                    let Luma([old]) = *flipped.get_pixel(x * 8 + dx, y * 8 + dy);
                    flipped.put_pixel(x * 8 + dx, y * 8 + dy, Luma([255 - old]));
                }
            }
            let _either_way = decode(&file(flipped, ImageFormat::Png));
        }
    }

    #[test]
    fn a_bomb_is_refused_by_its_dimensions() {
        let bomb = file(GrayImage::new(8_000, 8_000), ImageFormat::Png);
        assert!(bomb.len() < 1024 * 1024);
        assert!(matches!(decode(&bomb), Err(Unreadable::TooLarge)));
    }

    #[test]
    fn what_is_no_picture_is_named_so() {
        assert!(matches!(decode(b"<html>no picture</html>"), Err(Unreadable::Format)));
        assert!(matches!(decode(b""), Err(Unreadable::Format)));
    }
}

//! The pictures the platform serves: QR codes to scan, and the faces of people.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use qrcode::{EcLevel, QrCode};

/// Pixels per module of a QR: about 370 pixels a side, as the platform's own pictures have.
const MODULE: u32 = 8;

/// Pixels per cell of a face: the platform's small pictures have 132 pixels a side.
const CELL: u32 = 12;

/// Why a picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    /// The text does not fit into a QR.
    #[error("the text does not fit into a QR")]
    TooLong(#[from] qrcode::types::QrError),
    /// The PNG encoder refused.
    #[error("the picture cannot be encoded")]
    Encode(#[from] image::ImageError),
}

/// A QR that says `text`, as PNG.
pub(super) fn qr(text: &str) -> Result<Vec<u8>, PictureError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let picture: GrayImage = code.render::<Luma<u8>>().module_dimensions(MODULE, MODULE).build();
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// A face for this name, always the same one: five by five mirrored cells on a pale ground.
pub(super) fn face(name: &str) -> Result<Vec<u8>, PictureError> {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let bits = hasher.finish();
    let [red, green, blue, ..] = bits.to_be_bytes();
    let ink = Rgb([red / 2 + 40, green / 2 + 40, blue / 2 + 40]);
    let picture = RgbImage::from_fn(11 * CELL, 11 * CELL, |x, y| {
        // A margin of one half cell, and cells of two: 0.5 + 5 × 2 + 0.5.
        let cell = |at: u32| at.checked_sub(CELL / 2).map(|at| at / (2 * CELL)).filter(|cell| *cell < 5);
        match (cell(x), cell(y)) {
            (Some(x), Some(y)) if bits >> (y * 3 + x.min(4 - x)) & 1 == 1 => ink,
            _ => Rgb([238, 240, 236]),
        }
    });
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

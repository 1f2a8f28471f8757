//! Small versions of product pictures.

use std::io::Cursor;

use image::{DynamicImage, ImageError, ImageFormat, ImageReader, Limits};
use thiserror::Error;

/// The largest picture that is read, in pixels on a side.
const MAX_INPUT_SIDE: u32 = 12_000;

/// The memory a picture may take while it is decoded.
const MAX_INPUT_BYTES: u64 = 256 * 1024 * 1024;

/// Why there is no thumbnail.
#[derive(Debug, Error)]
pub enum ThumbnailError {
    #[error("a thumbnail must be at least one pixel large")]
    ZeroSize,
    #[error("the file is neither a PNG nor a JPEG picture")]
    UnknownFormat,
    #[error("the picture cannot be read or written: {0}")]
    Image(#[from] ImageError),
}

/// Scales a PNG or JPEG picture down so that neither side is longer than
/// `max_side`, and returns it in the same format. Smaller pictures keep their
/// size.
pub fn thumbnail(image: &[u8], max_side: u32) -> Result<Vec<u8>, ThumbnailError> {
    if max_side == 0 {
        return Err(ThumbnailError::ZeroSize);
    }
    let format = detect(image)?;
    let picture = decode(image, format)?;
    let (width, height) = fit(picture.width(), picture.height(), max_side);
    let small = if (width, height) == (picture.width(), picture.height()) {
        picture
    } else {
        picture.thumbnail_exact(width, height)
    };
    encode(&small, format)
}

fn detect(image: &[u8]) -> Result<ImageFormat, ThumbnailError> {
    match image::guess_format(image) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => Ok(format),
        _ => Err(ThumbnailError::UnknownFormat),
    }
}

fn decode(image: &[u8], format: ImageFormat) -> Result<DynamicImage, ImageError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_INPUT_SIDE);
    limits.max_image_height = Some(MAX_INPUT_SIDE);
    limits.max_alloc = Some(MAX_INPUT_BYTES);

    let mut reader = ImageReader::with_format(Cursor::new(image), format);
    reader.limits(limits);
    reader.decode()
}

/// The largest size with the same proportions that fits.
fn fit(width: u32, height: u32, max_side: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= max_side {
        return (width, height);
    }
    let scale = |side: u32| {
        let scaled = u64::from(side) * u64::from(max_side) / u64::from(longest);
        (scaled as u32).max(1)
    };
    (scale(width), scale(height))
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>, ThumbnailError> {
    let mut bytes = Cursor::new(Vec::new());
    match format {
        // JPEG knows no transparency.
        ImageFormat::Jpeg => picture.to_rgb8().write_to(&mut bytes, format)?,
        _ => picture.write_to(&mut bytes, format)?,
    }
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        encode(&DynamicImage::new_rgb8(width, height), format).unwrap()
    }

    #[test]
    fn large_pictures_shrink() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let small = thumbnail(&picture(200, 100, format), 50).unwrap();
            assert_eq!(detect(&small).unwrap(), format);
            let small = decode(&small, format).unwrap();
            assert_eq!((small.width(), small.height()), (50, 25));
        }
    }

    #[test]
    fn proportions_are_kept_but_never_vanish() {
        assert_eq!(fit(40, 30, 64), (40, 30));
        assert_eq!(fit(3000, 2, 300), (300, 1));
    }

    #[test]
    fn other_files_are_refused() {
        let error = thumbnail(b"GIF89a and so on", 50).unwrap_err();
        assert!(matches!(error, ThumbnailError::UnknownFormat));
        let error = thumbnail(&picture(1, 1, ImageFormat::Png), 0).unwrap_err();
        assert!(matches!(error, ThumbnailError::ZeroSize));
    }

    #[test]
    fn broken_pictures_are_an_error() {
        let mut png = picture(20, 20, ImageFormat::Png);
        png.truncate(30);
        let error = thumbnail(&png, 5).unwrap_err();
        assert!(matches!(error, ThumbnailError::Image(_)));
    }
}

//! Turns the things of the shop into something people can look at: invoices,
//! thumbnails and spreadsheets.

pub mod csv;
mod format;
pub mod invoice;
pub mod locale;
pub mod report;
mod template;
pub mod thumbnail;

pub use invoice::{RenderError, RenderOptions, render_invoice};
pub use locale::Locale;
pub use template::TemplateError;
pub use thumbnail::{ThumbnailError, thumbnail};

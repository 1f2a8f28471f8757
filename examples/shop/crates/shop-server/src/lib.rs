//! The web service of the shop.

pub mod config;
pub mod db;
pub mod error;
pub mod handlers;
pub mod jobs;
pub mod mailer;
pub mod middleware;
pub mod shipping;
pub mod state;

pub use config::Config;
pub use handlers::router;
pub use state::AppState;

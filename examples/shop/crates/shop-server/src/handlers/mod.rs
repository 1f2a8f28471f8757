//! The routes of the service.

mod account;
mod admin;
mod catalog;
mod checkout;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::middleware::log_requests;
use crate::state::AppState;

/// Pictures are the largest things anyone sends.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// All routes of the shop.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/health", get(async || "ok"))
        .route("/products", get(catalog::list))
        .route("/search", get(catalog::search))
        .route("/thumbnails", post(catalog::make_thumbnail))
        .route("/register", post(account::register))
        .route("/login", post(account::login))
        .route("/logout", post(account::logout))
        .route("/quote", post(checkout::quote))
        .route("/shipping", post(checkout::shipping))
        .route("/orders", post(checkout::place))
        .route("/orders/{id}", get(checkout::show))
        .route("/orders/{id}/instalments", get(checkout::instalments))
        .route("/orders/{id}/invoice", get(checkout::invoice))
        .nest("/admin", admin::router())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(log_requests))
        .with_state(state)
}

//! What happens around the handlers.

use std::time::Instant;

use axum::extract::{FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use shop_domain::ids::CustomerId;
use tracing::info;

use crate::error::ApiError;
use crate::state::AppState;

/// Logs every request with its outcome.
pub async fn log_requests(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let millis = started.elapsed().as_millis();
    info!(%method, path, status, millis, "request");
    response
}

/// Whoever sent the request, with a token that is valid and in use.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    pub customer: CustomerId,
    pub token: String,
    pub admin: bool,
}

impl FromRequestParts<AppState> for LoggedIn {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let token = bearer(parts).ok_or(ApiError::Unauthorized)?;
        let claims = state.key().verify(token, state.now())?;
        state
            .sessions()
            .touch(token)
            .ok_or(ApiError::Unauthorized)?;
        Ok(Self {
            customer: claims.subject.parse().map_err(ApiError::internal)?,
            token: token.to_owned(),
            admin: claims.admin,
        })
    }
}

/// Like [`LoggedIn`], for those who run the shop.
#[derive(Clone, Debug)]
pub struct Admin;

impl FromRequestParts<AppState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let who = LoggedIn::from_request_parts(parts, state).await?;
        who.admin.then_some(Self).ok_or(ApiError::Forbidden)
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    header.strip_prefix("Bearer ").map(str::trim)
}
